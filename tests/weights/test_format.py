"""Checkpoint folders: what is saved comes back, and nothing in them is believed."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from tests.small import CARD, SETTINGS, small_checkpoint, small_flow
from vocoder.errors import WeightsError
from vocoder.features import MelSettings
from vocoder.flow import WAVEGLOW
from vocoder.weights import Card, checkpoints, find_checkpoint, load_flow, read_config, save_flow

FULL = Card(
    name="small",
    licence="CC0-1.0",
    source="a test",
    title="Small flow",
    summary="Knows nothing.",
    data=("a voice, CC0 1.0", "another | voice"),
    date="2026-11-21",
    commit="0" * 40,
    figures={"STOI | val": 0.9512, "NLL, nats a sample": -4},
)


@pytest.fixture
def folder(tmp_path) -> Path:
    return small_checkpoint(tmp_path / "weights")


def rewrite(folder: Path, change) -> None:
    """Passes the tensors through `change` and makes the config agree with the new file's hash."""
    tensors = load_file(folder / "model.safetensors")
    save_file(change(tensors) or tensors, folder / "model.safetensors")
    agree(folder)


def agree(folder: Path) -> None:
    configure(
        folder, lambda c: c["card"].update(sha256=sha256((folder / "model.safetensors").read_bytes()).hexdigest())
    )


def configure(folder: Path, change) -> None:
    config = json.loads((folder / "config.json").read_text())
    change(config)
    (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize("storage", ["float32", "float16"])
@pytest.mark.parametrize("settings", [SETTINGS, replace(WAVEGLOW, channels=8, layers=2)], ids=["lapped", "waveglow"])
def test_what_is_saved_comes_back(tmp_path, storage, settings):
    flow = small_flow(settings=settings)
    saved = save_flow(flow, tmp_path / "a" / "b", FULL, storage=storage)
    loaded, card = load_flow(tmp_path / "a" / "b")
    assert loaded.settings == settings and loaded.mel_settings == MelSettings()
    for name, tensor in loaded.state_dict().items():
        expected = flow.state_dict()[name]
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor, expected.half().float() if storage == "float16" else expected), name
    assert not loaded.training and not any(p.requires_grad for p in loaded.parameters())
    data = (tmp_path / "a" / "b" / "model.safetensors").read_bytes()
    assert card == saved == replace(FULL, sha256=sha256(data).hexdigest(), parameters=card.parameters)
    stored = load_file(tmp_path / "a" / "b" / "model.safetensors")
    assert card.parameters == sum(array.size for array in stored.values())
    assert {array.dtype for array in stored.values()} == {np.dtype(storage)}
    assert read_config(tmp_path / "a" / "b").card == card


def test_the_model_card_says_it_to_people(tmp_path):
    save_flow(small_flow(), tmp_path / "weights", FULL)
    text = (tmp_path / "weights" / "README.md").read_text()
    front, body = text.split("---\n")[1:]
    assert "license: cc0-1.0" in front
    for word in ("# Small flow", "Knows nothing.", "* a voice, CC0 1.0", "2026-11-21", "0" * 40):
        assert word in body
    assert "| STOI \\| val | 0.9512 |" in body


def test_anyone_may_read_what_is_written(folder):
    assert [oct(path.stat().st_mode)[-3:] for path in (folder, *sorted(folder.iterdir()))] == ["755", *["644"] * 3]


def test_saving_again_replaces_the_whole_checkpoint_and_leaves_nothing_beside_it(folder):
    save_flow(small_flow(seed=1), folder, replace(CARD, name="second"))
    assert load_flow(folder)[1].name == "second"
    assert {path.name for path in folder.iterdir()} == {"model.safetensors", "config.json", "README.md"}
    assert [path.name for path in folder.parent.iterdir()] == ["weights"]


def test_a_failed_save_leaves_what_was_there(folder):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    broken = small_flow()
    broken.mixings[0].weight.data[0, 0] = torch.nan
    with pytest.raises(WeightsError, match=r"mixings.0.weight holds numbers that are not finite"):
        save_flow(broken, folder, CARD)
    too_large = small_flow()
    too_large.mixings[0].weight.data[0, 0] = 1e5  # fits float32 and not float16
    with pytest.raises(WeightsError, match="not finite"):
        save_flow(too_large, folder, CARD, storage="float16")
    with pytest.raises(ValueError):
        save_flow(small_flow(), folder, replace(CARD, figures={"PESQ": float("nan")}))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in folder.parent.iterdir()] == ["weights"]


def test_a_folder_with_other_things_is_not_replaced(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(WeightsError, match="holds other things"):
        save_flow(small_flow(), tmp_path, CARD)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


DAMAGE = {
    "one bit flipped": (lambda f: flip(f / "model.safetensors"), "damaged or was exchanged"),
    "cut short": (lambda f: cut(f / "model.safetensors"), "damaged or was exchanged"),
    "cut short, hash agrees": (lambda f: (cut(f / "model.safetensors"), agree(f)), "not a safetensors file"),
    "no tensors": (lambda f: (f / "model.safetensors").unlink(), "has no model.safetensors"),
    "no config": (lambda f: (f / "config.json").unlink(), "has no config.json"),
    "a pickle": (lambda f: (torch.save({"a": torch.ones(1)}, f / "model.safetensors"), agree(f)), "not a safetensors"),
    "empty tensors": (lambda f: ((f / "model.safetensors").write_bytes(b""), agree(f)), "not a safetensors"),
    "config is no JSON": (lambda f: (f / "config.json").write_text("{"), "cannot be used: Expecting"),
    "config is no text": (lambda f: (f / "config.json").write_bytes(b"\xff\xfe\x00"), "cannot be used"),
    "config is a list": (lambda f: (f / "config.json").write_text("[]"), "should be an object with exactly"),
    "config nested deeply": (lambda f: (f / "config.json").write_text("[" * 100_000), "cannot be used"),
    "config of two MiB": (lambda f: (f / "config.json").write_text(" " * (2 << 20)), "longer than 1 MiB"),
    "NaN": (
        lambda f: rewrite(f, lambda t: t["mixings.1.weight"].__setitem__((3, 3), np.nan)),
        "mixings.1.weight holds",
    ),
    "infinity": (lambda f: rewrite(f, lambda t: t["encoder.start.bias"].fill(np.inf)), "encoder.start.bias holds"),
    "a tensor missing": (
        lambda f: rewrite(f, lambda t: {k: v for k, v in t.items() if k != "mixings.0.weight"}),
        "mixings.0.weight is missing",
    ),
    "a tensor too many": (lambda f: rewrite(f, lambda t: t.update(extra=np.ones(1, "f4"))), "extra is unknown"),
    "another shape": (
        lambda f: rewrite(f, lambda t: t.update({"mixings.0.weight": np.eye(32, dtype="f4")})),
        "mixings.0.weight is 32x32, should be 64x64",
    ),
    "another type": (
        lambda f: rewrite(f, lambda t: t.update({"mixings.0.weight": np.eye(64, dtype="f8")})),
        "mixings.0.weight is F64, should be F32",
    ),
    "storage belied": (lambda f: configure(f, lambda c: c.update(storage="float16")), "is F32, should be F16"),
    "storage unknown": (lambda f: configure(f, lambda c: c.update(storage="int8")), "'float32' or 'float16'"),
    "unknown key": (lambda f: configure(f, lambda c: c.update(extra=1)), "unknown or missing: 'extra'"),
    "missing key": (lambda f: configure(f, lambda c: c.pop("mel") and None), "unknown or missing: 'mel'"),
    "unknown flow setting": (
        lambda f: configure(f, lambda c: c["flow"].update(depth=3)),
        "Unknown flow setting 'depth'",
    ),
    "unknown mel setting": (lambda f: configure(f, lambda c: c["mel"].update(power=2)), "Unknown mel setting 'power'"),
    "unknown card key": (lambda f: configure(f, lambda c: c["card"].update(stars=5)), "unknown key 'stars'"),
    "mel setting of text": (
        lambda f: configure(f, lambda c: c["mel"].update(hop="256")),
        "hop must be a number like 256",
    ),
    "mel setting of NaN": (lambda f: configure(f, lambda c: c["mel"].update(fmax=float("nan"))), "fmax is nan"),
    "another hop": (lambda f: configure(f, lambda c: c["mel"].update(hop=250)), "multiple of group"),
    "another size": (lambda f: configure(f, lambda c: c["flow"].update(channels=9)), "does not fit its settings"),
    "endless flows": (lambda f: configure(f, lambda c: c["flow"].update(flows=10**9)), "more than 4096 is refused"),
    "a thousand layers": (
        lambda f: configure(f, lambda c: c["flow"].update(layers=1000)),
        "describes at least 1000 tensors; ",
    ),
    "a giant window": (lambda f: configure(f, lambda c: c["mel"].update(n_fft=10**12)), "is refused"),
    "another family": (lambda f: configure(f, lambda c: c.update(family="wavenet")), "'wavenet' in format 1"),
    "another format": (lambda f: configure(f, lambda c: c.update(format=2)), "'flow' in format 2"),
    "parameters belied": (lambda f: configure(f, lambda c: c["card"].update(parameters=7)), "its card says 7"),
    "no licence": (lambda f: configure(f, lambda c: c["card"].update(licence="")), "must say its licence"),
    "figures of text": (
        lambda f: configure(f, lambda c: c["card"].update(figures={"a": "b"})),
        "figures must be numbers",
    ),
    "data of numbers": (lambda f: configure(f, lambda c: c["card"].update(data=[1])), "data must be a list of texts"),
    "no hash": (lambda f: configure(f, lambda c: c["card"].pop("sha256") and None), "says nothing"),
}


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_checkpoint_is_refused_by_name(folder, damage):
    change, said = DAMAGE[damage]
    change(folder)
    with pytest.raises(WeightsError) as raised:
        load_flow(folder)
    text = str(raised.value)
    assert said in text and "weights" in text  # the folder is named
    assert "\n" not in text and len(text) < 500


def test_a_forged_size_allocates_nothing(folder):
    """Settings that ask for gigabytes, and a table of tensors that claims them, are refused by their shapes."""
    script = f"""
import resource, sys
from vocoder.errors import WeightsError
from vocoder.weights import load_flow
load_flow({str(folder)!r})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
import json
path = {str(folder / "config.json")!r}
config = json.load(open(path))
config["flow"].update(channels=4096, encoder=4096)
json.dump(config, open(path, "w"))
try:
    load_flow({str(folder)!r})
except WeightsError as error:
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    sys.exit(0 if "does not fit" in str(error) and grown < 20 * 1024 else f"{{error}}: {{grown}} KiB")
sys.exit("taken")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr


def test_finding_checkpoints(folder, monkeypatch, tmp_path):
    assert find_checkpoint(folder) == folder
    monkeypatch.setattr("vocoder.weights.FOLDER", tmp_path)
    (tmp_path / "broken").mkdir()
    assert list(checkpoints()) == ["weights"]
    assert checkpoints()["weights"].name == "small"
    assert find_checkpoint("weights") == folder
    with pytest.raises(WeightsError, match="no checkpoint 'other'.*own: weights"):
        find_checkpoint("other")


class TestBundled:
    """The weights that come with the project."""

    def test_they_load_and_say_where_they_come_from(self):
        flow, card = load_flow(find_checkpoint())
        assert card.name == "flow-small"
        assert card.licence and card.data and card.date and card.figures
        assert sum(p.numel() for p in flow.parameters()) == card.parameters

    def test_they_are_small(self):
        assert sum(path.stat().st_size for path in find_checkpoint().iterdir()) <= 16 << 20

    def test_loading_needs_no_more_of_pytorch_than_the_flow_does(self):
        """`torch.eye` on the meta device imports 800 modules and takes seconds; SymPy is one of them."""
        script = (
            "import sys; from vocoder.weights import find_checkpoint, load_flow; "
            "load_flow(find_checkpoint()); sys.exit('sympy' in sys.modules)"
        )
        assert subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2]).returncode == 0
