"""Signals with the traits of speech that phase methods meet: gliding harmonics, formants, hiss, a burst, silence."""

import numpy as np
import pytest
from scipy.signal import lfilter

RATE = 22_050


def _resonate(source: np.ndarray, formants: list[tuple[float, float]]) -> np.ndarray:
    for frequency, bandwidth in formants:
        radius = np.exp(-np.pi * bandwidth / RATE)
        poles = [1, -2 * radius * np.cos(2 * np.pi * frequency / RATE), radius**2]
        source = lfilter([sum(poles)], poles, source)
    return source


@pytest.fixture(scope="session")
def voice() -> np.ndarray:
    """1.2 s: a vowel gliding from 110 to 180 Hz, a fricative, a stop with its burst, another; float64, peak 0.5."""
    rng = np.random.default_rng(3)
    time = np.arange(int(0.5 * RATE)) / RATE
    pulses = np.diff(np.floor(np.cumsum(110 + 140 * time) / RATE), prepend=0)
    vowel = _resonate(pulses, [(700, 90), (1220, 110), (2600, 160), (3500, 250)]) * np.hanning(len(time)) ** 0.3
    second = _resonate(pulses[::-1], [(300, 60), (2200, 110), (3000, 160)])[: RATE // 4]
    hiss = np.diff(rng.standard_normal(RATE // 5), prepend=0) * np.hanning(RATE // 5)
    gap = np.zeros(RATE // 16)
    burst = rng.standard_normal(RATE // 100) * np.exp(-np.arange(RATE // 100) / 40)
    parts = [vowel / np.abs(vowel).max(), 0.05 * hiss, gap, 0.3 * burst, second / np.abs(second).max()]
    signal = np.concatenate([*parts, gap])
    return 0.5 * signal / np.abs(signal).max() + 1e-5 * rng.standard_normal(len(signal))
