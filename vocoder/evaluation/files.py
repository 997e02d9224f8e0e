"""Which sound files an evaluation is about, and whose outputs belong to them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from vocoder.errors import AudioError, SettingsError

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")


def sound_files(folder: str | os.PathLike[str]) -> list[Path]:
    """The sound files of a folder by name, not those of folders within it.

    Raises:
        AudioError: there is no such folder, or no sound file in it.
    """
    place = Path(folder)
    if not place.is_dir():
        raise AudioError(f"{place} is not a folder.")
    found = sorted(path for path in place.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
    if not found:
        raise AudioError(f"{place} holds no sound file ({', '.join(SUFFIXES)}).")
    return found


def chosen_files(folder: str | os.PathLike[str], files: Iterable[str | os.PathLike[str]] | None) -> list[Path]:
    """All sound files of a folder, or the listed ones: names in it, or paths of their own.

    Raises:
        AudioError: a listed file is not there, or none is listed.
    """
    if files is None:
        return sound_files(folder)
    paths = [Path(folder) / file for file in files]
    if not paths:
        raise AudioError("The list of files is empty.")
    for path in paths:
        if not path.is_file():
            raise AudioError(f"{path} is not a file.")
    return paths


def read_list(path: str | os.PathLike[str]) -> list[str]:
    """The files named in a text file, one a line; empty lines and lines that begin with # do not count.

    Raises:
        AudioError: it cannot be read.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise AudioError(f"The list of files {path} cannot be read as text.") from error
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def named_folders(texts: Sequence[str]) -> dict[str, Path]:
    """`NAME=FOLDER` texts of the command line as a dictionary.

    Raises:
        SettingsError: a text has another form, or two have the same name.
    """
    folders: dict[str, Path] = {}
    for text in texts:
        name, equals, folder = text.partition("=")
        if not (name and equals and folder):
            raise SettingsError(f"Outputs are given as NAME=FOLDER; {text!r} is not.")
        if name in folders:
            raise SettingsError(f"Two outputs are named {name!r}; give each its own name.")
        folders[name] = Path(folder)
    return folders
