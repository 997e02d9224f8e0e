"""The pictures' levels against what is known of the sounds, and against SciPy's transform."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from vocoder.explorer import spectrogram
from vocoder.explorer.spectrogram import COLUMNS, FLOOR, ROWS, WINDOW

RATE = 22_050


def sine(hertz: float, amplitude: float, seconds: float = 1.0) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


@pytest.mark.parametrize("amplitude", [1.0, 0.1, 0.001])
def test_a_sine_stands_at_its_level_and_frequency(amplitude: float) -> None:
    hertz = 40 * RATE / WINDOW  # in the middle of a bin
    picture = spectrogram(sine(hertz, amplitude), RATE)
    middle = picture.levels[:, picture.levels.shape[1] // 2]
    assert middle.max() == pytest.approx(20 * np.log10(amplitude), abs=0.1)
    assert (np.argmax(middle) + 0.5) / ROWS * picture.hertz == pytest.approx(hertz, abs=picture.hertz / ROWS)


def test_levels_are_scipys() -> None:
    samples = np.random.default_rng(3).normal(0, 0.1, 5120).astype(np.float32)
    hop = max(len(samples) // COLUMNS, 32)
    window = signal.get_window("hann", WINDOW)
    spectra = signal.ShortTimeFFT(window, hop, RATE, scale_to=None).stft(
        np.pad(samples, WINDOW // 2, mode="reflect"),
        p0=WINDOW // 2 // hop,
        p1=WINDOW // 2 // hop + 1 + len(samples) // hop,
    )
    expected = 20 * np.log10(np.abs(spectra[: 2 * ROWS]) / (window.sum() / 2)).reshape(ROWS, 2, -1).max(1)
    np.testing.assert_allclose(spectrogram(samples, RATE).levels, expected, atol=0.01)


def test_a_click_in_thirty_seconds_stays_visible() -> None:
    samples = np.zeros(30 * RATE, np.float32)
    samples[400_001] = 1
    picture = spectrogram(samples, RATE)
    assert picture.levels.shape[0] == ROWS and picture.levels.shape[1] <= COLUMNS
    column = int(400_001 / len(samples) * picture.levels.shape[1])
    assert picture.levels[:, column - 1 : column + 2].max() > -60
    assert picture.levels[:, : column - 2].max() == FLOOR
    assert picture.seconds == pytest.approx(30)


@pytest.mark.parametrize("samples", [1, 2, 300, 1023])
def test_short_sounds_have_a_picture_too(samples: int) -> None:
    assert np.isfinite(spectrogram(np.full(samples, 0.5, np.float32), RATE).levels).all()
