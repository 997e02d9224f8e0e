"""Where a foreign checkpoint comes from: a local file, or one on the Hugging Face Hub."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from vocoder.errors import WeightsError
from vocoder.weights.catalogue import Entry
from vocoder.weights.hub.address import Parcel, endpoint
from vocoder.weights.hub.obtain import Wanted, bring, wanted

_ADDRESS = re.compile(r"/([^/]+/[^/]+)/(?:resolve|blob|raw)/([^/]+)/(.+)")


@dataclass(frozen=True)
class Source:
    """A checkpoint file on this machine, and the words that say where it is from."""

    path: Path
    origin: str
    entry: Entry | None = None  # of the catalogue, where it is in there


def locate(
    source: str | os.PathLike[str], revision: str | None = None, progress: Callable[[float], None] | None = None
) -> Source:
    """Finds, and downloads where it must, the file that a person named.

    Args:
        source: a path, an id of the catalogue, `org/name:file` on the Hub, or the https address of a file of the Hub.
        revision: of the repository; its default branch where None.
        progress: told the fraction of a download that is done.
    Raises:
        WeightsError: there is no such file, or it cannot be had.
    """
    text = os.fspath(source)
    path = Path(text)
    if path.is_file():
        return Source(path, path.name)
    if path.exists():
        raise WeightsError(f"{text} is not a file; name the foreign checkpoint itself.")
    thing = _parse_address(text) if re.match(r"https?://", text) else wanted(text, revision)
    if thing is None or thing.ours:
        raise WeightsError(
            f"There is no file {text}; name a file, org/name:file on the Hugging Face Hub, or its https address."
        )
    from huggingface_hub import get_token

    file = bring(thing, token=get_token(), progress=progress)
    return Source(file.path, file.origin, thing.entry)


def _parse_address(address: str) -> Wanted:
    """What an address such as https://huggingface.co/org/name/resolve/main/file.pt names."""
    parts = urlsplit(address)
    if parts.netloc not in ("huggingface.co", "hf.co", urlsplit(endpoint()).netloc):
        raise WeightsError(f"{address} is not on the Hugging Face Hub; download the file yourself and name it.")
    match = _ADDRESS.fullmatch(unquote(parts.path))
    if match is None:
        raise WeightsError(
            f"{address} names no file; a file's address is https://huggingface.co/org/name/resolve/main/file."
        )
    parcel = Parcel(match[1], (match[3],), match[2])
    return Wanted(str(parcel), parcel)
