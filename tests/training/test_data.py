"""The corpus: what is packed is what any other decoder and resampler makes of the files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from vocoder.errors import SettingsError
from vocoder.training.data import list_files, read_corpus

RATE = 22_050


def sound(rate: int, channels: int) -> np.ndarray:
    noise = np.random.default_rng(1).standard_normal((rate, channels)) / 8
    return np.clip(noise, -1, 0.999)


def write(path: Path, rate: int, channels: int, kind: str) -> None:
    soundfile.write(path, sound(rate, channels), rate, subtype=kind)


@pytest.mark.parametrize(
    ("name", "rate", "channels", "kind"),
    [("a.wav", 22_050, 1, "PCM_16"), ("b.flac", 44_100, 2, "PCM_24"), ("c.wav", 16_000, 1, "FLOAT")],
)
@pytest.mark.parametrize("speed", [1.0, 1.06])
def test_files_are_decoded_mixed_resampled_and_rounded(tmp_path, name, rate, channels, kind, speed):
    write(tmp_path / name, rate, channels, kind)
    ours = read_corpus([tmp_path / name], RATE, (1.0, speed))
    mono = soundfile.read(tmp_path / name, dtype="float32", always_2d=True)[0].mean(1)
    begin, end = ours.spans[1]
    assert ours.spans[0, 0] == 0 and begin == ours.spans[0, 1] and end == ours.samples.size
    expected = mono if rate == RATE * speed else soxr.resample(mono, rate * speed, RATE)
    got = ours.samples[begin:end]
    assert abs(got.size - expected.size) <= 1
    inside = slice(200, 20_000)  # at the ends, resampling once and twice differ
    margin = 0 if rate == RATE * speed else 1 if 1.0 in (speed, rate / RATE) else 80
    assert np.abs(got[inside] - np.clip(np.round(expected * 32768), -32768, 32767)[inside]).max() <= margin


def test_a_file_that_is_no_sound_is_named(tmp_path):
    (tmp_path / "a.wav").write_text("no sound")
    with pytest.raises(SettingsError, match=r"^a\.wav cannot be trained on: "):
        read_corpus([tmp_path / "a.wav"], RATE)
    with pytest.raises(SettingsError, match="no sound file to train on"):
        read_corpus([], RATE)


def test_without_a_manifest_every_fiftieth_file_is_for_validation(tmp_path):
    for index in range(60):
        (tmp_path / f"{index:02}.wav").touch()
    (tmp_path / "notes.txt").touch()
    assert [path.name for path in list_files(tmp_path, "val", val=True)] == ["00.wav", "50.wav"]
    assert len(list_files(tmp_path, "train", val=False)) == 58
