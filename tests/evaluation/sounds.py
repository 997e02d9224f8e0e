"""A sound that pitch trackers and PESQ take for speech, made from nothing: no recording is needed to test."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

RATE = 22_050


def voice(seconds: float, pitch: float = 120.0, rate: int = RATE, seed: int = 0) -> np.ndarray:
    """Syllables of a buzz at a steady pitch through two formants, four a second, a little breath: (N,) float32."""
    time = np.arange(round(seconds * rate)) / rate
    rng = np.random.default_rng(seed)
    buzz = sum(np.cos(2 * np.pi * pitch * k * time) / k for k in range(1, int(4000 / pitch)))
    for formant, width in ((600, 80), (1700, 120)):
        radius = np.exp(-np.pi * width / rate)
        buzz = lfilter([1 - radius], [1, -2 * radius * np.cos(2 * np.pi * formant / rate), radius**2], buzz)
    syllables = 0.55 - 0.45 * np.cos(2 * np.pi * 4 * time + 0.7 * np.sin(2 * np.pi * 0.6 * time))
    sound = buzz / np.abs(buzz).max() * syllables + 1e-3 * rng.standard_normal(len(time))
    return (0.4 * sound).astype(np.float32)


def noise(samples: int, level: float = 0.01, seed: int = 1) -> np.ndarray:
    """White noise of a root mean square level."""
    return (level * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)
