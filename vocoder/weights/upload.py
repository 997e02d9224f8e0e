"""A checkpoint that somebody sends: its two files, or a .zip of them, and nothing else."""

from __future__ import annotations

import os
import shutil
import zipfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from vocoder.errors import WeightsError

NEEDED = ("model.safetensors", "config.json")
ALLOWED = (*NEEDED, "README.md")
MOST_BYTES = 512 << 20  # of all files together, unpacked
_BLOCK = 1 << 20
_MOST_ENTRIES = 16

Opened = Callable[[], IO[bytes]]


def receive(paths: Sequence[str | os.PathLike[str]], folder: Path, most_bytes: int = MOST_BYTES) -> None:
    """Puts the files of a checkpoint into a new folder; only these, however the archive names them.

    What is written is counted, whatever an archive claims. Whether it is a checkpoint is for `load_checkpoint` to say.

    Raises:
        WeightsError: files are missing, too large, twice there, or something else; the folder is not there then.
    """
    with ExitStack() as opened:
        files = _files([Path(path) for path in paths], opened)
        missing = [name for name in NEEDED if name not in files]
        if missing:
            raise WeightsError(
                f"There is no {missing[0]}; give {NEEDED[0]} and {NEEDED[1]}, or a .zip of the checkpoint's folder."
            )
        folder.mkdir(mode=0o700, parents=True)
        try:
            left = most_bytes
            for name, source in files.items():
                left = _copy(name, source, folder / name, left, most_bytes)
        except BaseException as error:
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError)):
                raise WeightsError(f"The archive is damaged ({str(error)[:100] or type(error).__name__}).") from error
            raise


def _files(paths: list[Path], opened: ExitStack) -> dict[str, Opened]:
    """What to open for each file of the checkpoint, by its plain name."""
    found: dict[str, Opened] = {}
    for path in paths:
        if path.suffix.lower() == ".zip":
            entries = _entries(path, opened)
        else:
            entries = {path.name: lambda path=path: path.open("rb")}  # type: ignore[misc]
        for name, source in entries.items():
            if name not in ALLOWED:
                raise WeightsError(f"{name[:80]!r} is no part of a checkpoint; it has {', '.join(ALLOWED)}.")
            if name in found:
                raise WeightsError(f"{name} is there twice; give one checkpoint at a time.")
            found[name] = source
    return found


def _entries(path: Path, opened: ExitStack) -> dict[str, Opened]:
    """The files of an archive, which may lie in one folder."""
    try:
        archive = opened.enter_context(zipfile.ZipFile(path))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise WeightsError(f"{path.name[:80]!r} is not a .zip archive that can be read.") from error
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > _MOST_ENTRIES:
        raise WeightsError(f"The archive holds {len(entries)} files; a checkpoint has {', '.join(ALLOWED)}.")
    if any(entry.flag_bits & 1 for entry in entries):
        raise WeightsError("The archive is encrypted; give one without a password.")
    found: dict[str, Opened] = {}
    for entry in entries:
        name = entry.filename.rsplit("/", 1)[-1]  # where it says to go does not matter
        if name in found:
            raise WeightsError(f"{name[:80]} is in the archive twice; give one checkpoint at a time.")
        found[name] = lambda entry=entry: archive.open(entry)  # type: ignore[misc]
    return found


def _copy(name: str, source: Opened, target: Path, left: int, most: int) -> int:
    """Writes a file; returns how many bytes may still follow."""
    with source() as read, target.open("xb") as write:
        while block := read.read(min(_BLOCK, left + 1)):
            left -= len(block)
            if left < 0:
                raise WeightsError(f"{name} unpacks to more than {most / 1e6:.0f} MB, which is refused.")
            write.write(block)
    return left
