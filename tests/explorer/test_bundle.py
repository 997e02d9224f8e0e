"""Everything shown as one file: what it holds, that it can be read, and that it is whole or not there."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from tests.small import RATE, rumble, small_system
from vocoder.audio import to_int16
from vocoder.errors import SettingsError
from vocoder.explorer import analyse, sample_again
from vocoder.explorer.bundle import Settings, Shown, samples_hash, write_bundle
from vocoder.explorer.recipe import Recipe

RECIPE = Recipe("vowels", checkpoint="small", seed=5)


@pytest.fixture(scope="module")
def shown() -> Shown:
    samples, system = rumble(8000), small_system()
    analysis = analyse(system, samples)
    again = {"same": sample_again(system, analysis, mode="same")}
    return Shown(RECIPE, analysis.mel, {"original": samples, "flow": -samples}, analysis, again, 0.5, 1, -20.0)


def test_it_holds_what_is_shown(tmp_path: Path, shown: Shown) -> None:
    told: list[float] = []
    write_bundle(tmp_path / "all.zip", shown, told.append)
    assert [path.name for path in tmp_path.iterdir()] == ["all.zip"]
    assert told == sorted(told) and told
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.testzip() is None
        contents = {name: archive.read(name) for name in archive.namelist()}
    settings = Settings.from_json(contents["settings.json"].decode())
    assert (settings.recipe, settings.scaled, settings.fresh) == (RECIPE, 0.5, 1)
    assert settings.python == RECIPE.to_python() and settings.command == RECIPE.to_command()
    assert {"python", "torch", "numpy", "gradio"} <= set(settings.versions)
    for name, samples in (*shown.sounds.items(), ("same", shown.again["same"].samples)):
        heard, rate = soundfile.read(io.BytesIO(contents[f"{name}.wav"]), dtype="int16")
        np.testing.assert_array_equal(heard, to_int16(samples))
        assert rate == RATE and settings.sounds[f"{name}.wav"] == samples_hash(heard / np.float32(32768))
    assert shown.analysis is not None
    for name, array in (("mel", shown.mel), ("z", shown.analysis.z)):
        np.testing.assert_array_equal(np.load(io.BytesIO(contents[f"{name}.npy"]), allow_pickle=False), array)
    figures = ["spectrogram-original", "spectrogram-flow", "latents", "gaussian"]
    assert {name for name in contents if name.startswith("figures/")} == {
        f"figures/{name}.{form}" for name in figures for form in ("png", "svg")
    }
    for name in figures:
        picture = np.asarray(Image.open(io.BytesIO(contents[f"figures/{name}.png"])).convert("L"))
        assert picture.shape == (480, 960) and picture.std() > 10
        assert ElementTree.fromstring(contents[f"figures/{name}.svg"]).tag == "{http://www.w3.org/2000/svg}svg"


def test_who_stops_it_leaves_nothing_behind(tmp_path: Path, shown: Shown) -> None:
    def stop(fraction: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        write_bundle(tmp_path / "all.zip", shown, stop)
    assert list(tmp_path.iterdir()) == []


def test_settings_that_are_none_are_refused() -> None:
    good = json.loads(Settings(RECIPE, 0.5, 1, "", {}, {}).to_json())
    for change in ({"format": 2}, {"recipe": None}, {"more": 1}, {"recipe": good["recipe"] | {"seed": -1}}):
        with pytest.raises(SettingsError):
            Settings.from_json(json.dumps(good | change))
    with pytest.raises(SettingsError):
        Settings.from_json("[]")
