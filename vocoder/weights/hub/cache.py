"""What has been downloaded: a folder of checkpoints that does not grow beyond its limit.

`items/KEY/` holds what is complete, with an `about.json`; `partial/KEY/` what has broken off; `pins.json` the hashes
that were found on first use. An item appears and goes in one step; the one that was not used for longest goes first.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from vocoder.errors import WeightsError

FOLDER_VARIABLE, LIMIT_VARIABLE = "VOCODER_CACHE", "VOCODER_CACHE_GB"
_GIGABYTES = 8.0
_ABOUT = "about.json"


class Cache:
    """The cache folder of this machine, shared by all processes that use it."""

    def __init__(self, folder: Path | None = None, most_bytes: int | None = None) -> None:
        """
        Args:
            folder: `VOCODER_CACHE` where None, else `vocoder` under the user's cache.
            most_bytes: `VOCODER_CACHE_GB` where None, else 8 GB.
        """
        standard = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vocoder"
        self.folder = folder or Path(os.environ.get(FOLDER_VARIABLE) or standard)
        self.most_bytes = _limit() if most_bytes is None else most_bytes

    def item(self, key: str) -> Path:
        """Where a complete item is, or will be."""
        return self.folder / "items" / key

    def partial(self, key: str) -> Path:
        """Where its download is put together."""
        return self.folder / "partial" / key

    def lock(self, key: str) -> AbstractContextManager[Any]:
        """Held by whoever makes an item, so that two processes do not."""
        from huggingface_hub.utils import WeakFileLock

        place = self.folder / "locks"
        place.mkdir(parents=True, exist_ok=True)
        return WeakFileLock(place / f"{key}.lock")

    def find(self, key: str) -> Path | None:
        """A complete item; that it was asked for is remembered."""
        about = self.item(key) / _ABOUT
        try:
            os.utime(about)
        except OSError:
            return None
        return about.parent

    def about(self, key: str) -> dict[str, Any]:
        """What was kept with an item; empty where there is none."""
        try:
            found = json.loads((self.item(key) / _ABOUT).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def keep(self, key: str, about: Mapping[str, Any], fill: Callable[[Path], None]) -> Path:
        """Makes an item: `fill` puts its files into a fresh folder, which then takes the item's place in one step."""
        place = self.item(key)
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".fresh-", dir=place.parent))
        try:
            fill(fresh)
            (fresh / _ABOUT).write_text(json.dumps(about), "utf-8")
            self.drop(key)
            fresh.rename(place)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        self.trim({key})
        return place

    def drop(self, key: str) -> None:
        """Removes an item, at once for those who look for it."""
        place = self.item(key)
        if place.exists():
            gone = Path(tempfile.mkdtemp(prefix=".gone-", dir=place.parent))
            place.rename(gone / key)
            shutil.rmtree(gone, ignore_errors=True)

    def trim(self, spared: set[str], room: int = 0) -> None:
        """Deletes what was not used for longest until `room` more bytes fit.

        Args:
            spared: keys that stay, whatever they take.
        Raises:
            WeightsError: `room` alone is more than the cache may hold.
        """
        if room > self.most_bytes:
            raise WeightsError(
                f"{room / 1e6:.0f} MB are more than the cache may hold, {self.most_bytes / 1e6:.0f} MB; "
                f"{LIMIT_VARIABLE} raises that."
            )
        found = [path for kind in ("items", "partial") for path in sorted((self.folder / kind).glob("[!.]*"))]
        sizes = {path: size_of(path) for path in found}
        total = sum(sizes.values())
        for path in sorted(found, key=_last_use):
            if total + room <= self.most_bytes:
                return
            if path.name in spared:
                continue
            if path.parent.name == "items":
                self.drop(path.name)
            else:
                shutil.rmtree(path, ignore_errors=True)
            total -= sizes[path]

    def pin(self, name: str, sha256: str = "", commit: str = "") -> tuple[str, str]:
        """The SHA-256 and the commit that a name was first seen with; the ones given where this is the first time."""
        with self.lock("pins"):
            place = self.folder / "pins.json"
            pins = json.loads(place.read_text("utf-8")) if place.is_file() else {}
            if name not in pins and sha256:
                pins[name] = [sha256, commit]
                fresh = place.with_suffix(".fresh")
                fresh.write_text(json.dumps(pins, indent=1), "utf-8")
                fresh.replace(place)
        known, at = pins.get(name, ["", ""])
        return str(known), str(at)


def size_of(path: Path) -> int:
    """Bytes of all files in a folder."""
    total = 0
    for file in path.rglob("*"):
        try:
            total += file.stat().st_size if file.is_file() else 0
        except OSError:  # another process has just taken it away
            continue
    return total


def _last_use(path: Path) -> float:
    about = path / _ABOUT
    try:
        return (about if about.is_file() else path).stat().st_mtime
    except OSError:
        return 0.0


def _limit() -> int:
    text = os.environ.get(LIMIT_VARIABLE, "")
    try:
        gigabytes = float(text) if text else _GIGABYTES
    except ValueError:
        gigabytes = -1.0
    if not 0 < gigabytes < 1e6:
        raise WeightsError(f"{LIMIT_VARIABLE} must be a number of gigabytes above 0, not {text!r}.")
    return int(gigabytes * 1e9)
