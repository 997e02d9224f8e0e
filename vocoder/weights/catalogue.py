"""Checkpoints of other people that are known to work, as data: `catalogue.json` beside this file.

What is not known is left empty and never guessed: an entry without a SHA-256 is pinned to what its first download
brings, and one without a commit to the commit of that moment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from vocoder.errors import SettingsError, WeightsError
from vocoder.melsettings import MelSettings

CATALOGUE = Path(__file__).with_name("catalogue.json")
READERS = ("waveglow", "hifigan", "melgan", "bigvgan")
FAMILIES = ("flow", "hifigan", "melgan", "bigvgan")


@dataclass(frozen=True)
class Entry:
    """One checkpoint file somewhere in the world."""

    id: str
    title: str  # for people
    family: str  # of the network it becomes, as in `config.json`
    reader: str  # what converts it
    repo: str  # `org/name` on the Hub; empty where the file is elsewhere
    file: str  # within the repository
    revision: str  # the commit, 40 hexadecimal digits; empty where not known
    sha256: str  # of the file; empty where not known
    megabytes: float | None  # of the file, about; None where not known
    licence: str  # of the weights, an SPDX identifier, or "unknown"
    mel: MelSettings  # what it was trained on
    source: str  # who made it, and where it was released
    note: str  # a sentence for people

    @property
    def reference(self) -> str:
        """`org/name:file@revision`, as one names a file of the Hub; empty where it is elsewhere."""
        pinned = f"@{self.revision}" if self.revision else ""
        return f"{self.repo}:{self.file}{pinned}" if self.repo else ""

    @property
    def elsewhere(self) -> str:
        """Why it cannot be downloaded from here; empty where it can."""
        if self.repo:
            return ""
        return f"not on the Hub: get {self.file} from {self.source}, then `python -m vocoder convert` it"

    @property
    def trust(self) -> str:
        """What is known of the file before it is downloaded, for people."""
        if not self.repo:
            return "SHA-256 not known"
        if self.sha256:
            return f"SHA-256 {self.sha256[:12]}\N{HORIZONTAL ELLIPSIS}"
        return "commit known, SHA-256 pinned on first use" if self.revision else "pinned on first use"

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values, with every mel setting."""
        return asdict(self)


@lru_cache(maxsize=1)
def catalogue() -> dict[str, Entry]:
    """Every entry by its id, in the order to show them."""
    return read_catalogue(json.loads(CATALOGUE.read_text("utf-8")))


def find_entry(name: str) -> Entry | None:
    """The entry with this id."""
    return catalogue().get(name)


def read_catalogue(values: Any) -> dict[str, Entry]:
    """The entries of a catalogue's JSON; raises `WeightsError` for what it does not know, or knows twice."""
    if not isinstance(values, list):
        raise WeightsError("The catalogue must be a list of entries.")
    entries: dict[str, Entry] = {}
    for number, value in enumerate(values, 1):
        try:
            entry = _entry(value)
        except SettingsError as error:
            raise WeightsError(f"Entry {number} of the catalogue cannot be used: {error}") from error
        if entry.id in entries:
            raise WeightsError(f"The catalogue names {entry.id!r} twice.")
        entries[entry.id] = entry
    return entries


_FORMS = {  # what a text must look like; others must not be empty
    "id": r"[a-z0-9]+(-[a-z0-9]+)*",
    "family": "|".join(FAMILIES),
    "reader": "|".join(READERS),
    "repo": r"([\w.-]+/[\w.-]+)?",
    "revision": r"([0-9a-f]{40})?",
    "sha256": r"([0-9a-f]{64})?",
}


def _entry(value: Any) -> Entry:
    known = {field.name for field in fields(Entry)}
    if not isinstance(value, Mapping) or set(value) != known:
        differing = sorted(set(value) ^ known) if isinstance(value, Mapping) else []
        raise SettingsError(f"it must have exactly {', '.join(sorted(known))}; unknown or missing: {differing}.")
    for name in known - {"mel", "megabytes"}:
        form = _FORMS.get(name, r"[^\n]+")
        if not isinstance(value[name], str) or not re.fullmatch(form, value[name]):
            raise SettingsError(f"{name} should look like {form}, and is {value[name]!r}.")
    size = value["megabytes"]
    if size is not None and (type(size) not in (int, float) or not 0 < size < 1e5):
        raise SettingsError(f"megabytes should be a number above 0, or null where not known, and is {size!r}.")
    if not isinstance(value["mel"], Mapping):
        raise SettingsError("mel should be an object: the settings in which it differs from the common ones.")
    return Entry(**{**value, "mel": MelSettings.from_dict(dict(value["mel"]))})
