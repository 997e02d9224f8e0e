"""The picture of a sound: levels over time and frequency, small enough to send to a browser."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from vocoder.features import magnitude, stft

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
    audio = torch.from_numpy(np.ascontiguousarray(samples, np.float32))[None]
    amplitudes = magnitude(stft(audio, WINDOW, hop, WINDOW))[0, : 2 * ROWS] * (2 / (WINDOW / 2))
    frames = amplitudes.shape[-1]
    each = -(-frames // COLUMNS)
    padded = torch.nn.functional.pad(amplitudes, (0, -frames % each))
    loudest = padded.reshape(ROWS, 2, -1, each).amax((1, 3))
    levels = (20 * loudest.clamp_min(10 ** (FLOOR / 20)).log10()).numpy()
    return Spectrogram(levels, len(samples) / sample_rate, sample_rate / 2)
