"""Where visitors' models are, whatever their page calls them, and that uploads do not pile up."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from tests.small import small_checkpoint
from vocoder.errors import WeightsError
from vocoder.ui import shelf
from vocoder.weights.hub import Cache, wanted


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "page"))
    monkeypatch.setenv("VOCODER_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_checkpoint(tmp_path / "small")


def send(folder: Path) -> str:
    return shelf.upload([str(folder / "config.json"), str(folder / "model.safetensors")])


def test_an_upload_is_found_by_the_id_that_its_sender_got(folder: Path) -> None:
    name = send(folder)
    found = shelf.model_folder(name)
    assert found is not None and shelf.describe(name, found).card.name == "small"
    assert shelf.describe(name, found).system == name
    shelf.discard(name)
    assert shelf.model_folder(name) is None


def test_a_model_of_the_hub_has_a_system_name_that_leads_back_to_it(folder: Path) -> None:
    thing = wanted("Org/Na.me@v1")
    assert thing is not None

    def fill(fresh: Path) -> None:
        for path in folder.iterdir():
            (fresh / path.name).write_bytes(path.read_bytes())

    item = Cache().keep(thing.key, {}, fill)
    system = shelf.describe(thing.name, item).system
    assert system.replace("-", "").isalnum() and system == system.lower()
    assert shelf.model_folder(system) == shelf.model_folder("Org/Na.me@v1") == item


@pytest.mark.parametrize(
    "name", ["", "flow", "griffin-lim", "upload-", "upload-../../etc", "upload-nothing", "hub-x", "../etc", "a/b:../c"]
)
def test_names_that_nobody_brought(name: str) -> None:
    assert shelf.model_folder(name) is None


def test_uploads_go_when_they_are_old_or_too_many(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, first, second = send(folder), send(folder), send(folder)
    long_ago = time.time() - 2 * shelf.KEEP_SECONDS
    os.utime(shelf.model_folder(old) or "", (long_ago, long_ago))
    os.utime(shelf.model_folder(first) or "", (time.time() - 60, time.time() - 60))
    third = send(folder)
    assert shelf.model_folder(old) is None and all(map(shelf.model_folder, (first, second, third)))
    monkeypatch.setattr(shelf, "MOST_UPLOADED", 2 * sum(path.stat().st_size for path in folder.iterdir()))
    send(folder)
    assert shelf.model_folder(first) is None and shelf.model_folder(third)


@pytest.mark.parametrize("mel", [5, "x", [1], {"hop": "x"}, {"hop": 0}, {"bandz": 80}, {"fmax": None}])
def test_a_config_that_makes_no_sense_is_refused_in_a_sentence(folder: Path, mel: Any) -> None:
    config = json.loads((folder / "config.json").read_text("utf-8")) | {"mel": mel}
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    with pytest.raises(WeightsError, match="The config.json of mine has no mel settings that can be used"):
        shelf.describe("mine", folder)
