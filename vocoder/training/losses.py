"""How far a sample from the inverse is from the recording, as the ear would weigh it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from vocoder.features import MelSettings, log_mel, magnitude, stft

RESOLUTIONS = (256, 512, 1024, 2048)


def spectral_loss(estimate: Tensor, target: Tensor, resolutions: tuple[int, ...] = RESOLUTIONS) -> Tensor:
    """Multi-resolution STFT loss (Yamamoto, Song & Kim 2020): spectral convergence plus L1 of log magnitudes.

    Args:
        estimate, target: (B, N) samples. Convergence is taken by item, so that quiet segments count as much as loud.
    """
    total = estimate.new_zeros(())
    for n_fft in resolutions:
        x = magnitude(stft(estimate, n_fft, n_fft // 4, n_fft))
        with torch.no_grad():
            y = magnitude(stft(target, n_fft, n_fft // 4, n_fft))
        convergence = _convergence(x, y, 1e-5)
        distance = (x.clamp_min(1e-5).log() - y.clamp_min(1e-5).log()).abs().mean((1, 2))
        total = total + (convergence.clamp_max(10) + distance).mean()
    return total / len(resolutions)


def magnitude_loss(estimate: Tensor, target: Tensor) -> Tensor:
    """How far told magnitudes (B, K, T) are from a recording's: their difference, and that of their logarithms.

    The whole segment's spectral convergence, the mean of each frame's relative L1, and a tenth of the L1 of logarithms
    above a hundredth of the 17 bins around: whatever the level, the same errors count the same.
    """
    relative = (estimate - target).abs().sum(1) / (target.sum(1) + 1e-3 * target.shape[1])
    floor = 0.01 * F.avg_pool1d(target.mT, 17, 1, 8, count_include_pad=False).mT + 1e-5
    distance = ((estimate + floor) / (target + floor)).log().abs()
    return _convergence(estimate, target, 1e-3).mean() + relative.mean() + 0.1 * distance.mean()


def _convergence(estimate: Tensor, target: Tensor, least: float) -> Tensor:
    """Spectral convergence (B,) of magnitudes (B, K, T): their error's norm over the target's, at least `least`."""
    return (estimate - target).square().sum((1, 2)).sqrt() / target.square().sum((1, 2)).sqrt().clamp_min(least)


def mel_loss(estimate: Tensor, target: Tensor, settings: MelSettings) -> Tensor:
    """Mean absolute difference of log-mels, nats."""
    return (log_mel(estimate, settings) - log_mel(target, settings).detach()).abs().mean()
