"""Loudness against the numbers that ITU-R BS.1770 and EBU Tech 3341 print."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from vocoder.explorer.loudness import k_weighting, loudness, weighted

RATES = [22_050, 44_100, 48_000]


def sine(level: float, seconds: float, rate: int, hertz: float = 1000.0) -> np.ndarray:
    return 10 ** (level / 20) * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def test_the_filters_at_48_khz_are_the_standards() -> None:
    (above, below), (high_above, high_below) = k_weighting(48_000)  # tables 1 and 2 of BS.1770-4
    np.testing.assert_allclose(above, [1.53512485958697, -2.69169618940638, 1.19839281085285], rtol=1e-9)
    np.testing.assert_allclose(below, [1, -1.69065929318241, 0.73248077421585], rtol=1e-9)
    np.testing.assert_allclose(high_above, [1, -2, 1])
    np.testing.assert_allclose(high_below, [1, -1.99004745483398, 0.99007225036621], rtol=1e-9)


def test_filtering_is_sample_by_sample_filtering() -> None:
    noise = np.random.default_rng(0).normal(size=9_000)
    expected = noise
    for above, below in k_weighting(22_050):
        expected = lfilter(above, below, expected)
    np.testing.assert_allclose(weighted(noise, 22_050), expected, atol=1e-6)


@pytest.mark.parametrize("rate", RATES)
def test_a_full_scale_sine_of_997_hertz(rate: int) -> None:
    assert loudness(sine(0, 3, rate, 997), rate) == pytest.approx(-3.01, abs=0.05)


@pytest.mark.parametrize("rate", RATES)
def test_quiet_stretches_do_not_count(rate: int) -> None:
    """EBU Tech 3341, case 3: 10 s at -36, 60 s at -23, 10 s at -36 dBFS are -23 LUFS of two channels, -26 of one."""
    sound = np.concatenate([sine(-36, 10, rate), sine(-23, 60, rate), sine(-36, 10, rate)])
    assert loudness(sound, rate) == pytest.approx(-26.0, abs=0.1)


def test_twice_the_amplitude_is_six_decibels_more() -> None:
    noise = np.random.default_rng(1).normal(0, 0.05, 30_000)
    louder, quieter = loudness(2 * noise, 22_050), loudness(noise, 22_050)
    assert louder is not None and quieter is not None
    assert louder - quieter == pytest.approx(20 * np.log10(2), abs=1e-9)


@pytest.mark.parametrize("seconds", [0.01, 0.39, 0.41])
def test_short_sounds_have_a_loudness_too(seconds: float) -> None:
    assert loudness(sine(-20, seconds, 22_050), 22_050) == pytest.approx(-23, abs=1.5)


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(22_050), np.full(22_050, 1e-5)])
def test_silence_has_none(samples: np.ndarray) -> None:
    assert loudness(samples, 22_050) is None
