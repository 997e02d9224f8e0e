"""What the player is given says what the sounds are, and nothing without bounds leaves Python."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from vocoder.explorer.loudness import loudness
from vocoder.explorer.spectrogram import spectrogram
from vocoder.ui.files import prepare_cache
from vocoder.ui.player import Track, payload, recording
from vocoder.ui.player_payload import MAX_COLUMNS, VERSION, Payload, raster

RATE = 22_050


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "cache"))
    prepare_cache()


def noise(seconds: float = 0.5, level: float = 0.1) -> np.ndarray:
    return np.random.default_rng(0).normal(0, level, round(seconds * RATE)).astype(np.float32)


def values(picture: dict) -> np.ndarray:
    """A raster as the page reads it."""
    cells = np.frombuffer(zlib.decompress(base64.b64decode(picture["data"])), np.uint8)
    return picture["low"] + cells.reshape(picture["rows"], picture["columns"]) / 255 * (
        picture["high"] - picture["low"]
    )


def test_it_is_json_with_every_sounds_file_levels_and_loudness() -> None:
    sound, z = noise(), np.random.default_rng(1).normal(size=(8, 4_000))
    tracks = [Track("original", "Original", sound, latents=z), Track("flow", "Flow", 0.5 * sound, name="flow-1")]
    there = json.loads(json.dumps(payload(tracks)))
    assert (there["version"], there["seconds"], there["chosen"], there["region"]) == (VERSION, 0.5, None, None)
    for track, given in zip(there["tracks"], tracks, strict=True):
        saved, rate = soundfile.read(track["file"]["path"], dtype="float32")
        assert rate == RATE
        np.testing.assert_allclose(saved, given.samples, atol=2**-15)
        assert track["loudness"] == loudness(given.samples, RATE)
        levels = spectrogram(given.samples, RATE).levels
        low, high = track["spectrogram"]["low"], track["spectrogram"]["high"]
        np.testing.assert_allclose(values(track["spectrogram"]), np.clip(levels, low, high), atol=(high - low) / 500)
    assert [track["file"]["orig_name"] for track in there["tracks"]] == ["original.wav", "flow-1.wav"]
    drawn = values(there["tracks"][0]["latents"])
    assert drawn.shape == (8, 1000)
    np.testing.assert_allclose(drawn, np.clip(z[:, ::4], -3, 3), atol=6 / 500)
    assert there["tracks"][1]["latents"] is None


def test_all_spectrograms_share_one_scale() -> None:
    loud, quiet = payload([Track("a", "A", noise()), Track("b", "B", noise(level=0.01))])["tracks"]
    assert loud["spectrogram"]["high"] == quiet["spectrogram"]["high"]
    assert loud["spectrogram"]["high"] % 5 == 0
    assert values(loud["spectrogram"]).mean() > values(quiet["spectrogram"]).mean() + 10


@pytest.mark.parametrize("columns", [1, 700, 1024, 1025, 30_000])
def test_rasters_are_never_wider_than_the_page_takes(columns: int) -> None:
    assert raster(np.zeros((4, columns)), -1, 1, "z", 4).columns <= MAX_COLUMNS


def test_silence_has_no_loudness() -> None:
    assert payload([Track("a", "A", np.zeros(RATE, np.float32))])["tracks"][0]["loudness"] is None


@pytest.mark.parametrize(
    "wrong",
    [{"id": "Has Blanks"}, {"colour": "red"}, {"title": "t" * 81}, {"samples": noise(61)}, {"note": "n" * 401}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_track_that_is_none_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match="The player cannot show"):
        payload([replace(Track("a", "A", noise(0.1)), **wrong)])


def test_too_many_too_few_and_the_same_twice_are_refused() -> None:
    one = recording(Track("a", "A", noise(0.1)), 0.0)
    several = tuple(replace(one, id=name) for name in "abcdefg")
    assert len(Payload(several[:6], None, None, None).as_json()["tracks"]) == 6
    for wrong in ((), several, (one, one)):
        with pytest.raises(ValueError, match="The player cannot show"):
            Payload(wrong, None, None, None)


@pytest.mark.parametrize("wrong", [{"chosen": "b"}, {"region": (0.2, 0.1)}, {"region": (0, 61)}, {"mark": 0.0}])
def test_what_nothing_stands_for_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match="The player cannot show"):
        payload([Track("a", "A", noise(0.1))], **wrong)


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (0.0, float("nan")), (float("-inf"), 0.0)])
def test_a_raster_without_a_range_is_refused(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="The player cannot show"):
        replace(raster(np.zeros((2, 2)), 0, 1, "dB", 1), low=low, high=high)
