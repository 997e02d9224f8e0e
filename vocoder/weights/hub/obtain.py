"""From a name to a checkpoint folder in our format: a catalogue id, `org/name`, or a foreign file `org/name:file`."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path

from vocoder.errors import WeightsError
from vocoder.melsettings import MelSettings
from vocoder.weights.catalogue import Entry, find_entry
from vocoder.weights.hub.address import OURS, Parcel, parse_reference
from vocoder.weights.hub.cache import Cache
from vocoder.weights.hub.deliver import Progress, deliver
from vocoder.weights.hub.request import HubError, NoSuchFile
from vocoder.weights.hub.run import LIMITS, Limits

CONVERTED = "checkpoint"  # folder of a cache item, beside what the cache keeps of it
_converting = threading.Lock()  # a large checkpoint takes as much memory as it has bytes


@dataclass(frozen=True)
class Wanted:
    """Something of the Hub that becomes a checkpoint of ours."""

    name: str  # as people write it
    parcel: Parcel
    entry: Entry | None = None  # of the catalogue, where it is in there

    @property
    def ours(self) -> bool:
        """Whether it is in our format already."""
        return self.parcel.files == OURS

    @property
    def key(self) -> str:
        """What the cache files the checkpoint under."""
        if self.ours:
            return self.parcel.key
        mel = self.entry.mel if self.entry else MelSettings()
        return hashlib.sha256(f"{self.parcel.key} in our format, {mel}".encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Brought:
    """A foreign file that is here now."""

    path: Path
    origin: str  # its address on the Hub, with the commit
    key: str  # the cache's


def wanted(text: str, revision: str | None = None) -> Wanted | None:
    """What a person named; None for a text that names nothing of the Hub.

    Raises:
        WeightsError: it names something of the Hub that cannot be, or that is not on the Hub.
    """
    name, _, named = text.strip().partition("@")
    entry = find_entry(name)
    if entry is None:
        parcel = parse_reference(text, revision)
        return Wanted(str(parcel), parcel) if parcel else None
    if entry.elsewhere:
        raise WeightsError(f"{entry.id} is {entry.elsewhere}.")
    at = named or revision or ""
    return Wanted(
        f"{name}@{at}" if at else name, Parcel(entry.repo, (entry.file,), at or entry.revision or "main"), entry
    )


def folder_of(name: str, cache: Cache | None = None) -> Path | None:
    """The checkpoint folder of something that was obtained before; None where it was not, or was removed since."""
    thing = wanted(name)
    return checkpoint_in((cache or Cache()).find(thing.key)) if thing else None


def commit_of(name: str, cache: Cache | None = None) -> str:
    """The commit that something of the Hub was found at when it was obtained; "" for other things, or if not known.

    Raises:
        WeightsError: see `wanted`.
    """
    thing = wanted(name)
    if thing is None or thing.parcel.pinned:
        return thing.parcel.revision if thing else ""
    cache = cache or Cache()
    return str(cache.about(thing.key).get("commit", "")) if thing.ours else cache.pin(thing.name)[1]


def checkpoint_in(item: Path | None) -> Path | None:
    """The checkpoint of a cache item: the item itself, or the folder in it that was made from a foreign file."""
    return item / CONVERTED if item and (item / CONVERTED).is_dir() else item


def obtain(
    name: str,
    revision: str | None = None,
    *,
    cache: Cache | None = None,
    limits: Limits = LIMITS,
    token: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """The checkpoint folder of what a person named, downloaded and converted where it is not in the cache.

    Args:
        revision: of the repository, where the name does not say one.
        token: for what is not public; see `huggingface_hub.get_token`.
        progress: told the fraction of the download that is done; may raise, which ends the waiting.
    Raises:
        WeightsError: there is no such thing, it cannot be had, or it is not what it should be.
    """
    thing = wanted(name, revision)
    if thing is None:
        raise WeightsError(
            f"{name!r} names no checkpoint; say an id of the catalogue, org/name on the Hub, or org/name:file of it."
        )
    cache = cache or Cache()
    if thing.ours:
        try:
            return deliver(thing.parcel, cache, limits=limits, token=token, progress=progress)
        except NoSuchFile as error:
            raise HubError(
                f"{thing.parcel.repo} holds no checkpoint in this project's format ({str(error).rstrip('.')}); "
                f"name a file of it to convert, as in {thing.parcel.repo}:model.pt."
            ) from error
    if found := folder_of(thing.name, cache):
        return found
    file = bring(thing, cache, limits=limits, token=token, progress=progress)
    return _converted(thing, file, cache)


def bring(
    thing: Wanted,
    cache: Cache | None = None,
    *,
    limits: Limits = LIMITS,
    token: str | None = None,
    progress: Progress | None = None,
) -> Brought:
    """A foreign file, in the cache; the same one as at its first use, whatever its branch holds by now.

    Raises:
        WeightsError: see `deliver`; also when it has changed since.
    """
    cache = cache or Cache()
    (name,) = thing.parcel.files
    sha256, commit = cache.pin(thing.name)
    parcel = thing.parcel if thing.parcel.pinned or not commit else Parcel(thing.parcel.repo, (name,), commit)
    expected = (thing.entry.sha256 if thing.entry else "") or sha256
    folder = deliver(
        parcel, cache, sha256={name: expected} if expected else {}, limits=limits, token=token, progress=progress
    )
    about = cache.about(parcel.key)
    cache.pin(thing.name, about["sha256"][name], about["commit"])
    at = about["commit"] or parcel.revision
    origin = f"https://huggingface.co/{parcel.repo}/blob/{at}/{name}"
    return Brought(folder / name.rsplit("/", 1)[-1], origin, parcel.key)


def _converted(thing: Wanted, file: Brought, cache: Cache) -> Path:
    """A foreign file in our format; the foreign one is not kept."""
    from vocoder.weights.convert import convert  # which loads PyTorch
    from vocoder.weights.foreign import Source

    licence = thing.entry.licence if thing.entry else "unknown"
    mel = thing.entry.mel if thing.entry else None

    def fill(fresh: Path) -> None:
        convert(Source(file.path, file.origin), fresh / CONVERTED, licence=licence, mel=mel, name=thing.name)

    with _converting, cache.lock(thing.key):
        found = cache.find(thing.key) or cache.keep(thing.key, {"name": thing.name, "origin": file.origin}, fill)
        cache.drop(file.key)
    return found / CONVERTED
