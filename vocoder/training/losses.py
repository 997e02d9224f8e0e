"""How far a sample from the inverse is from the recording, as the ear would weigh it."""

from __future__ import annotations

import torch
from torch import Tensor

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
        convergence = (x - y).square().sum((1, 2)).sqrt() / y.square().sum((1, 2)).sqrt().clamp_min(1e-5)
        distance = (x.clamp_min(1e-5).log() - y.clamp_min(1e-5).log()).abs().mean((1, 2))
        total = total + (convergence.clamp_max(10) + distance).mean()
    return total / len(resolutions)


def mel_loss(estimate: Tensor, target: Tensor, settings: MelSettings) -> Tensor:
    """Mean absolute difference of log-mels, nats."""
    return (log_mel(estimate, settings) - log_mel(target, settings).detach()).abs().mean()
