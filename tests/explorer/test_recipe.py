"""Recipes: there and back as links and JSON, and run as what they say they are."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
import soundfile
import torch

from tests.localhub import COMMIT, running
from tests.small import CARD, small_flow
from vocoder.audio import read_recording, to_int16
from vocoder.cli import main
from vocoder.errors import SettingsError
from vocoder.explorer import compare, synthesise
from vocoder.explorer.bundle import samples_hash
from vocoder.explorer.examples import EXAMPLES
from vocoder.explorer.files import synthesise_file
from vocoder.explorer.recipe import Recipe, from_query
from vocoder.features import log_mel
from vocoder.systems import load_system
from vocoder.weights import save_flow

ROOT = Path(__file__).resolve().parents[2]
FULL = Recipe(
    example="impulses", systems=("flow", "spsi"), checkpoint="flow-small", weights="0a" * 32, revision="5" * 40,
    temperature=0.6, seed=2**32 - 1, region=(0.25, 1.125), tab="inside",
)  # fmt: skip
OWN = replace(FULL, example="", upload="f" * 64, given="mel", region=None, temperature=0.1 + 0.2)


HUBS = tuple(
    replace(FULL, systems=("flow",), checkpoint=name, revision=COMMIT)
    for name in ("org/other", "_o-1/my.flow_2:deep/flow-3.pt", "waveglow-universal-v5")
)


@pytest.mark.parametrize("recipe", [Recipe(), FULL, OWN, replace(FULL, temperature=1e-5), *HUBS])
def test_it_comes_back_from_a_link_and_from_json(recipe: Recipe) -> None:
    assert from_query(dict(parse_qsl(recipe.to_query()))) == (recipe, ())
    assert Recipe.from_dict(recipe.to_dict()) == recipe


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("example", "../../etc/passwd"), ("example", "nobody"), ("upload", "f" * 63), ("upload", "G" * 64),
        ("given", "video"), ("systems", "flow,flow"), ("systems", "a,b,c,d,e,f"), ("systems", "flow,__import__('os')"),
        ("checkpoint", "../secret"), ("checkpoint", "/etc"), ("checkpoint", "a b"), ("checkpoint", "x" * 81),
        ("checkpoint", "a..b"), ("checkpoint", "org/../etc"), ("checkpoint", "org/.hidden"), ("checkpoint", "a/b/c"),
        ("checkpoint", "/org/name"), ("checkpoint", "org/name:"), ("checkpoint", "org/name:/etc/passwd"),
        ("checkpoint", "org/name:../flow.pt"), ("checkpoint", "org/name:a//b"), ("checkpoint", "org/name:a\\b"),
        ("checkpoint", "org/name@main"), ("checkpoint", "https://org/name"), ("checkpoint", "org/<b>name</b>"),
        ("checkpoint", 'org/name")'), ("checkpoint", "org/name\n"), ("checkpoint", "örg/name"),
        ("revision", "F" * 40), ("revision", "5" * 41),
        ("weights", "abc"), ("revision", "main"), ("temperature", "nan"), ("temperature", "-1"), ("temperature", "2.1"),
        ("temperature", "1e99"), ("seed", "-1"), ("seed", "1.5"), ("seed", str(2**32)), ("seed", "٣"),
        ("region", "2_1"), ("region", "1"), ("region", "0_61"), ("tab", "<script>"), ("colour", "red"),
        ("__class__", "x"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_left_out_by_name(name: str, text: str) -> None:
    recipe, ignored = from_query({name: text, "seed": "3"} if name != "seed" else {name: text})
    assert ignored == (name,)
    assert recipe == (Recipe() if name == "seed" else Recipe(seed=3))


def test_json_that_is_no_recipe_is_refused() -> None:
    for change in ({"seed": -1}, {"example": "nobody"}, {"more": 1}):
        with pytest.raises(SettingsError, match="recipe"):
            Recipe.from_dict(FULL.to_dict() | change)


def test_both_programs_write_the_very_samples(tmp_path: Path) -> None:
    recipe = Recipe("impulses", checkpoint="flow-small", temperature=0.6, seed=3)
    (tmp_path / "assets").symlink_to(ROOT / "assets")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    recording = read_recording(EXAMPLES / "impulses.flac").samples
    wanted = {}
    for system, settings in (("flow", {"seed": 3, "temperature": 0.6}), ("griffin-lim", {"seed": 0})):
        (copy,) = compare([load_system(system)], recording, **settings)
        wanted[system] = samples_hash(copy.samples)
    commands = [shlex.split(line) for line in recipe.to_command().splitlines() if not line.startswith("#")]
    assert all(command[0] == "python" for command in commands)
    for programs in ([["-c", recipe.to_python()]], [command[1:] for command in commands]):
        for program in programs:
            subprocess.run([sys.executable, *program], cwd=tmp_path, env=environment, check=True, capture_output=True)
        for system, expected in wanted.items():
            samples, rate = soundfile.read(tmp_path / f"{system}.wav", dtype="int16")
            assert rate == 22_050 and samples_hash(samples / np.float32(32768)) == expected
            (tmp_path / f"{system}.wav").unlink()


def test_both_programs_bring_a_flow_of_the_hub_at_its_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_flow(small_flow(7), tmp_path / "other", CARD)
    (copy,) = compare(
        [load_system("flow", checkpoint=tmp_path / "other")], read_recording(EXAMPLES / "impulses.flac").samples,
        seed=3, temperature=0.6,
    )  # fmt: skip
    recipe = replace(HUBS[0], example="impulses", temperature=0.6, seed=3)
    (command,) = (shlex.split(line) for line in recipe.to_command().splitlines() if not line.startswith("#"))
    assert command[:3] == ["python", "-m", "vocoder"]
    (tmp_path / "assets").symlink_to(ROOT / "assets")
    monkeypatch.chdir(tmp_path)
    with running() as hub:
        hub.add_folder("org/other", tmp_path / "other")
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        for number, program in enumerate((lambda: exec(recipe.to_python(), {}), lambda: main(command[3:]))):
            monkeypatch.setenv("VOCODER_CACHE", str(tmp_path / f"cache-{number}"))
            hub.asked.clear()
            program()
            assert {path.split("/")[4] for _, path, _ in hub.asked} == {COMMIT}
            np.testing.assert_array_equal(soundfile.read("flow.wav", dtype="int16")[0], to_int16(copy.samples))
            Path("flow.wav").unlink()


def test_a_visitors_own_sound_is_named_by_its_hash_alone() -> None:
    for recipe, reader in ((OWN, 'vocoder.read_mel("mel.npy")'), (replace(OWN, given="recording"), "recording.wav")):
        assert reader in recipe.to_python() and "f" * 64 in recipe.to_python()
        assert "assets" not in recipe.to_command() and recipe.source in recipe.to_command()


def test_what_is_too_loud_clips_as_on_the_page_where_a_recipe_says_so(tmp_path: Path) -> None:
    recording = read_recording(EXAMPLES / "impulses.flac").samples
    mel = log_mel(torch.from_numpy(recording)[None])[0].numpy() + np.float32(np.log(8))
    np.save(tmp_path / "mel.npy", mel)
    system = load_system("spsi")
    made = synthesise(system, mel).samples
    assert np.abs(made).max() > 1
    kept = synthesise_file(system, tmp_path / "mel.npy", tmp_path / "kept.wav", keep_level=True)
    turned = synthesise_file(system, tmp_path / "mel.npy", tmp_path / "turned.wav")
    assert kept.gain == 1 > turned.gain
    np.testing.assert_array_equal(soundfile.read(tmp_path / "kept.wav", dtype="int16")[0], to_int16(made))
    assert np.abs(soundfile.read(tmp_path / "turned.wav")[0]).max() < 1
