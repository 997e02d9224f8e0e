"""Which files an evaluation is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from vocoder.errors import AudioError, SettingsError
from vocoder.evaluation.files import chosen_files, named_folders, read_list, sound_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.wav", "a.FLAC", "c.mp3", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "inner.wav").mkdir()
    return tmp_path


def test_all_sound_files_in_order(folder: Path) -> None:
    assert [path.name for path in chosen_files(folder, None)] == ["a.FLAC", "b.wav", "c.mp3"]


def test_listed_files_as_they_are_listed(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "inner.wav" / "d.wav"
    elsewhere.touch()
    assert [path.name for path in chosen_files(folder, ["c.mp3", elsewhere])] == ["c.mp3", "d.wav"]


def test_a_list_in_a_file(folder: Path, tmp_path: Path) -> None:
    listing = tmp_path / "val.txt"
    listing.write_text("# the shortest\nb.wav\n\n c.mp3 \n", encoding="utf-8")
    assert read_list(listing) == ["b.wav", "c.mp3"]
    listing.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(AudioError, match="cannot be read as text"):
        read_list(listing)
    with pytest.raises(AudioError, match="cannot be read as text"):
        read_list(tmp_path / "none.txt")


def test_folders_that_cannot_be_used(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="is not a folder"):
        sound_files(tmp_path / "nowhere")
    with pytest.raises(AudioError, match="holds no sound file"):
        sound_files(tmp_path / "inner.wav")
    with pytest.raises(AudioError, match=r"e\.wav is not a file"):
        chosen_files(folder, ["e.wav"])
    with pytest.raises(AudioError, match="list of files is empty"):
        chosen_files(folder, [])


def test_named_folders() -> None:
    assert named_folders(["ours=a/b", "theirs=c=d"]) == {"ours": Path("a/b"), "theirs": Path("c=d")}
    for texts in (["a/b"], ["=a"], ["a="], ["x=a", "x=b"]):
        with pytest.raises(SettingsError):
            named_folders(texts)
