"""The picture of a sound: levels over time and frequency, small enough to send to a browser."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

WINDOW = 1024  # samples; 46 ms at 22 050 Hz: harmonics of a voice are resolved, syllables still are
COLUMNS = 480  # at most, in time
ROWS = 256  # in frequency, pairs of the window's 512 bins
FLOOR = -120.0  # dB; the lowest level given


@dataclass(frozen=True)
class Spectrogram:
    """Levels of a sound in dB; a sine of full scale (amplitude 1) is at 0 dB."""

    levels: np.ndarray  # (ROWS, columns) float32, row 0 at 0 Hz, each the loudest of the bins and frames it stands for
    seconds: float  # from the first column's left edge to the last column's right edge
    hertz: float  # at the upper edge of the last row: half the sample rate

    @property
    def peak(self) -> float:
        """The highest level in dB."""
        return float(self.levels.max())


def spectrogram(samples: np.ndarray, sample_rate: int) -> Spectrogram:
    """Short-time Fourier magnitudes of samples (N,), Hann window of 1024, as dB relative to a full-scale sine.

    Long sounds are not thinned out: a column holds the loudest frame of its stretch, so that clicks stay visible.
    """
    hop = min(max(len(samples) // COLUMNS, 32), WINDOW // 4)
    amplitudes = _magnitudes(np.asarray(samples, np.float32), hop)[:, : 2 * ROWS] * (2 / (WINDOW / 2))
    frames = len(amplitudes)
    each = -(-frames // COLUMNS)
    padded = np.pad(amplitudes, ((0, -frames % each), (0, 0)))
    loudest = padded.reshape(-1, each, ROWS, 2).max((1, 3)).T
    levels = np.maximum(20 * np.log10(np.maximum(loudest, 1e-9)), FLOOR).astype(np.float32)
    return Spectrogram(np.ascontiguousarray(levels), len(samples) / sample_rate, sample_rate / 2)


def _magnitudes(samples: np.ndarray, hop: int) -> np.ndarray:
    """(1 + N // hop, WINDOW / 2 + 1): what `features.stft` gives, without waiting for PyTorch to be imported."""
    half = WINDOW // 2
    longer = np.pad(samples, (0, max(0, half + 1 - len(samples))))  # so that the reflection has something to reflect
    padded = np.pad(longer, half, mode="reflect")[: len(samples) + WINDOW]
    hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)
    return np.abs(np.fft.rfft(sliding_window_view(padded, WINDOW)[::hop] * hann))
