"""Checkpoints that are sent: the two files or an archive of them, and archives that are up to something."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.small import small_checkpoint, small_flow
from vocoder.errors import WeightsError
from vocoder.weights import load_flow
from vocoder.weights.upload import receive


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_checkpoint(tmp_path / "small")


def archive(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


def contents(folder: Path, prefix: str = "") -> dict[str, bytes]:
    return {f"{prefix}{path.name}": path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("prefix", ["", "small/", "../../a/", "/etc/"])
def test_an_archive_of_the_folder(folder: Path, tmp_path: Path, prefix: str) -> None:
    """Wherever it says that its files go, they go where we say."""
    sent = archive(tmp_path / "sent.zip", contents(folder, prefix))
    receive([sent], tmp_path / "in" / "new")
    flow, _ = load_flow(tmp_path / "in" / "new")
    for found, expected in zip(flow.state_dict().values(), small_flow().state_dict().values(), strict=True):
        assert torch.equal(found, expected)
    assert {path.name for path in (tmp_path / "in").iterdir()} == {"new"}


def test_its_two_files(folder: Path, tmp_path: Path) -> None:
    receive([folder / "config.json", folder / "model.safetensors"], tmp_path / "new")
    load_flow(tmp_path / "new")


def damaged(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    content = bytearray(file.getvalue())
    content[len(content) // 2] ^= 0xFF  # inside the tensors, so that their checksum is wrong
    return bytes(content)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda files: {name: files[name] for name in ("config.json",)}, "There is no model.safetensors; give"),
        (lambda files: files | {"model.pt": b"x"}, "'model.pt' is no part of a checkpoint"),
        (lambda files: files | {"other/config.json": b"{}"}, "config.json is in the archive twice"),
        (lambda files: {f"{n}.json": b"" for n in range(40)}, "The archive holds 40 files"),
        (lambda files: files | {"README.md": bytes(30_000_000)}, "README.md unpacks to more than 20 MB"),
    ],
)
def test_what_is_no_checkpoint_leaves_nothing(
    folder: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], dict[str, bytes]], words: str
) -> None:
    sent = archive(tmp_path / "sent.zip", change(contents(folder)))
    with pytest.raises(WeightsError) as refused:
        receive([sent], tmp_path / "new", most_bytes=20_000_000)
    assert words in str(refused.value) and not (tmp_path / "new").exists()


def test_a_bomb_is_stopped_at_the_limit_whatever_it_claims(folder: Path, tmp_path: Path) -> None:
    sent = archive(tmp_path / "sent.zip", contents(folder) | {"README.md": bytes(50_000_000)})
    content = sent.read_bytes()
    claimed = (50_000_000).to_bytes(4, "little")
    assert content.count(claimed) == 2  # in the file's own head, and in the archive's list
    sent.write_bytes(content.replace(claimed, (10).to_bytes(4, "little")))
    with pytest.raises(WeightsError):
        receive([sent], tmp_path / "new", most_bytes=20_000_000)
    assert not (tmp_path / "new").exists()


def test_a_damaged_archive(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "sent.zip").write_bytes(damaged(contents(folder)))
    with pytest.raises(WeightsError, match="The archive is damaged"):
        receive([tmp_path / "sent.zip"], tmp_path / "new")
    (tmp_path / "sent.zip").write_bytes(b"PK\3\4 and no more")
    with pytest.raises(WeightsError, match="'sent.zip' is not a .zip archive"):
        receive([tmp_path / "sent.zip"], tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_an_encrypted_archive(folder: Path, tmp_path: Path) -> None:
    sent = archive(tmp_path / "sent.zip", contents(folder))
    content = bytearray(sent.read_bytes())
    at = 0
    while (at := content.find(b"PK\1\2", at)) >= 0:  # the flags of every entry in the list
        content[at + 8] |= 1
        at += 4
    sent.write_bytes(content)
    with pytest.raises(WeightsError, match="The archive is encrypted"):
        receive([sent], tmp_path / "new")


def test_the_same_file_twice(folder: Path, tmp_path: Path) -> None:
    sent = archive(tmp_path / "sent.zip", contents(folder))
    with pytest.raises(WeightsError, match="config.json is there twice"):
        receive([sent, folder / "config.json"], tmp_path / "new")
