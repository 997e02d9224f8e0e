"""The Hub's own manner of saving, pushing and loading; strict, and with what the Hub files a model under."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

import vocoder
from tests.localhub import LocalHub
from tests.small import small_checkpoint, small_flow
from vocoder.errors import SettingsError, WeightsError
from vocoder.weights import load_flow
from vocoder.weights.hub import HubError
from vocoder.weights.hub.pretrained import Pretrained

ROOT = Path(__file__).parents[3]
PUSH = "import sys; from vocoder.weights.hub.pretrained import Pretrained as P; P.from_pretrained(sys.argv[1])"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOCODER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_checkpoint(tmp_path / "small")


def push(folder: Path, repo: str, hub: LocalHub) -> None:
    """In a process of its own, since the Hub's client reads its address when it is imported."""
    environment = {**os.environ, "HF_ENDPOINT": hub.address, "HF_TOKEN": "hf_x", "HF_HUB_DISABLE_XET": "1"}
    code = f"{PUSH}.push_to_hub(sys.argv[2])"
    subprocess.run([sys.executable, "-c", code, folder, repo], cwd=ROOT, env=environment, check=True)


def front_matter(readme: str) -> dict:
    return yaml.safe_load(readme.split("---\n")[1])


def test_pushed_and_loaded_again_it_is_the_same(hub: LocalHub, folder: Path) -> None:
    push(folder, "org/mine", hub)
    assert sorted(hub.files) == [f"org/mine/{name}" for name in ("README.md", "config.json", "model.safetensors")]
    told = front_matter(hub.files["org/mine/README.md"].decode())
    assert (told["library_name"], told["license"], told["pipeline_tag"]) == ("vocoder", "mit", "audio-to-audio")
    assert {"vocoder", "normalizing-flow", "model_hub_mixin"} <= set(told["tags"])
    assert told["mel"]["sample_rate"] == 22_050 and told["mel"]["fmax"] == 8000
    shutil.rmtree(folder)
    flow = vocoder.from_pretrained("org/mine")  # and nothing of the folder that was pushed
    mel = torch.full((1, 80, 8), -5.0)
    expected = small_flow().synthesise(mel, seed=3, temperature=0.7)
    assert torch.equal(flow.synthesise(mel, seed=3, temperature=0.7), expected)
    kept = Pretrained.from_pretrained("org/mine", revision=hub.commit)
    assert kept.card.name == "mine" and kept.card.parameters == sum(p.numel() for p in kept.model.parameters())


def test_the_readmes_four_lines(hub: LocalHub, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = re.findall(r"```py\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    hub.add_folder("org/name", folder)
    shutil.copy(ROOT / "assets" / "examples" / "arctic_a0009.flac", tmp_path / "speech.wav")
    monkeypatch.chdir(tmp_path)
    exec(block, names := {})
    assert len([line for line in block.splitlines() if line]) == 4
    assert vocoder.read_recording("other.wav").samples.shape == vocoder.read_recording("speech.wav").samples.shape
    assert names["flow"].info.source == "random numbers"


def test_saved_it_is_a_checkpoint_of_ours(folder: Path, tmp_path: Path) -> None:
    kept = Pretrained.from_pretrained(folder)
    kept.save_pretrained(tmp_path / "again")
    flow, card = load_flow(tmp_path / "again")
    assert card.sha256 == kept.card.sha256 and flow.settings == kept.model.settings
    readme = (tmp_path / "again" / "README.md").read_text("utf-8")
    assert 'vocoder.from_pretrained("again")' in readme and "| fmax | 8000 |" in readme and card.sha256 in readme


def test_a_folder_with_other_things_is_left_alone(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "config.json").write_text("{}")
    (tmp_path / "other" / "thesis.tex").write_text("x")
    with pytest.raises(WeightsError, match="holds other things than a checkpoint"):
        Pretrained.from_pretrained(folder).save_pretrained(tmp_path / "other")
    assert (tmp_path / "other" / "config.json").read_text() == "{}"


def test_a_licence_that_the_hub_does_not_know_is_named(folder: Path, tmp_path: Path) -> None:
    kept = Pretrained.from_pretrained(folder)
    own = Pretrained(kept.model, type(kept.card)("mine", "My-Own-1.0", "me"))
    own.save_pretrained(tmp_path / "own")
    told = front_matter((tmp_path / "own" / "README.md").read_text("utf-8"))
    assert (told["license"], told["license_name"]) == ("other", "My-Own-1.0")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda tensors: tensors.pop("scale.net.0.bias"), "scale.net.0.bias is missing"),
        (lambda tensors: tensors.update(extra=torch.zeros(2)), "extra is unknown"),
        (lambda tensors: tensors.update({"scale.net.0.bias": torch.zeros(3)}), "scale.net.0.bias is 3, should be "),
    ],
)
def test_loading_is_strict_and_names_what_differs(hub: LocalHub, folder: Path, change, words: str) -> None:
    tensors = load_file(folder / "model.safetensors")
    old = vocoder.weights.load_flow(folder)[1].sha256
    change(tensors)
    save_file(tensors, folder / "model.safetensors")
    import hashlib

    new = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    config = (folder / "config.json").read_text("utf-8").replace(old, new)
    (folder / "config.json").write_text(config, "utf-8")
    hub.add_folder("org/wrong", folder)
    with pytest.raises(WeightsError, match=f"does not fit its settings: .*{words}"):
        vocoder.from_pretrained("org/wrong")


def test_without_the_hub_it_is_the_cache_or_a_sentence(
    hub: LocalHub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add_folder("org/small", folder)
    with pytest.raises(HubError, match="org/small is not in the cache"):
        Pretrained.from_pretrained("org/small", local_files_only=True)
    Pretrained.from_pretrained("org/small")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert Pretrained.from_pretrained("org/small", local_files_only=True).card.name == "small"
    assert vocoder.from_pretrained("org/small").info.licence == "MIT"
    with pytest.raises(HubError, match=r"There is no folder 'org/else' here, and from the Hub: .*HF_HUB_OFFLINE"):
        vocoder.from_pretrained("org/else")
    with pytest.raises(SettingsError, match="knows no strict"):
        Pretrained.from_pretrained("org/small", strict=False)


def test_a_token_is_shown_to_the_hub_alone(hub: LocalHub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add_folder("org/small", folder)
    hub.needs_token = True
    with pytest.raises(HubError, match="no public repository org/small"):
        vocoder.from_pretrained("org/small")
    assert vocoder.from_pretrained("org/small", token="hf_secret").info.family == "flow"
