"""SPSI, against the algorithm written out bin by bin, and on sinusoids, for which it is made."""

import numpy as np
import torch

from vocoder.features import MelSettings
from vocoder.inversion import SPSI, centred_stft, online_phase, to_samples


def _written_out(magnitude: np.ndarray, hop: int, n_fft: int) -> np.ndarray:
    """Beauregard, Harish & Wyse 2015, for (K, T), window-centre phases."""
    bins, frames = magnitude.shape
    result, phase = [], np.zeros(bins)
    for t in range(frames):
        m, after = magnitude[:, t], phase.copy()
        for k in range(1, bins - 1):
            if m[k] > m[k - 1] and m[k] >= m[k + 1]:
                moved = 0.5 * (m[k - 1] - m[k + 1]) / (m[k - 1] - 2 * m[k] + m[k + 1])
                low = k
                while low > 0 and m[low - 1] < m[low]:
                    low -= 1
                high = k
                while high < bins - 1 and m[high + 1] <= m[high]:
                    high += 1
                after[low:high] = phase[k] + 2 * np.pi * hop * (k + moved) / n_fft
                if high == bins - 1:
                    after[high] = after[k]
        phase = after
        result.append(phase)
    return np.array(result).T


def test_it_is_the_published_algorithm():
    settings = MelSettings(n_fft=128, hop=32, window=128)
    magnitude = np.random.default_rng(0).random((65, 9))
    magnitude[0] = magnitude[-1] = 0  # so that every bin belongs to a peak
    ours = online_phase(SPSI(settings), torch.from_numpy(magnitude)[None])[0].numpy()
    assert np.abs(np.angle(np.exp(1j * (ours - _written_out(magnitude, 32, 128))))).max() < 1e-9


def test_steady_tones_come_back_as_tones():
    time = np.arange(40 * 256)
    tones = sum(np.cos(2 * np.pi * f / 22_050 * time + p) for f, p in ((441.0, 0.1), (1510.0, 2.0), (4012.3, 1.0)))
    magnitude = centred_stft(torch.from_numpy(tones)[None]).abs()
    sound = to_samples(magnitude, online_phase(SPSI(), magnitude))
    inside = slice(4, -6)
    error = centred_stft(sound[:, : len(time)]).abs() - magnitude
    assert error[..., inside].norm() < 0.05 * magnitude[..., inside].norm()


def test_a_frame_without_peaks_keeps_the_phase():
    magnitude = torch.rand(1, 513, 6, generator=torch.Generator().manual_seed(0)).double()
    magnitude[..., 3] = 0
    phase = online_phase(SPSI(), magnitude)
    assert torch.equal(phase[..., 3], phase[..., 2])
    assert phase.isfinite().all()
