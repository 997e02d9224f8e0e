"""BigVGAN's activation: periodic, learned, and computed at twice the rate so that its harmonics do not fold back."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

TAPS = 12
REACH = 6  # samples to either side that the activation of one sample depends on: 3 on the way up, 3 on the way down


def kaiser_sinc(taps: int = TAPS, cutoff: float = 0.25, width: float = 0.6) -> np.ndarray:
    """A low-pass filter: the ideal one's sinc under Kaiser's window, scaled to leave a constant as it is.

        h[n] ~ sinc(2 f (n - (taps - 1) / 2)) * kaiser(n; beta),   sum h = 1

    `beta` follows Kaiser's rule A = 2.285 (M - 1) pi w + 7.95, beta = 0.1102 (A - 8.7) (Kaiser 1974; Oppenheim &
    Schafer 7.6), in julius' reading that BigVGAN took over: M is half the taps, w twice the transition's width.

    Args:
        cutoff: of the pass band in cycles a sample; 1/4 is the Nyquist frequency of half the rate.
        width: of the transition, in units of pi a sample.
    Returns:
        float64 (taps,).
    """
    attenuation = 2.285 * (taps // 2 - 1) * math.pi * 2 * width + 7.95
    window = np.kaiser(taps, 0.1102 * (attenuation - 8.7))
    ideal = np.sinc(2 * cutoff * (np.arange(taps) - (taps - 1) / 2))
    return ideal * window / np.sum(ideal * window)


class Snake(nn.Module):
    r"""Snake (Ziyin, Hartwig & Ueda 2020, arXiv 2006.08195): x + sin^2(a x) / b, one a and b a channel.

    `beta` is BigVGAN's own b ("snakebeta"); without it b = a. In a logarithmic scale the parameters are ln a and ln b.

    Shapes: (B, C, N) -> (B, C, N).
    """

    def __init__(self, channels: int, *, beta: bool, logarithmic: bool) -> None:
        super().__init__()
        self.logarithmic = logarithmic
        start = torch.zeros(channels) if logarithmic else torch.ones(channels)
        self.alpha = nn.Parameter(start)
        self.beta = nn.Parameter(start.clone()) if beta else None

    def forward(self, x: Tensor) -> Tensor:
        a = self.alpha[:, None]
        b = a if self.beta is None else self.beta[:, None]
        if self.logarithmic:
            a, b = torch.exp(a), torch.exp(b)
        return x + torch.sin(a * x).square() / (b + 1e-9)


class AntiAliased(nn.Module):
    """Up by two, the activation, down by two, both through `kaiser_sinc` (Lee et al. 2023, figure 2; StyleGAN3's idea).

        u[n] = 2 sum_m h[n + 5 - 2 m] x[m],   v = activation(u),   y[n] = sum_k h[k] v[2 n + k - 5]

    Beyond its ends a signal is continued by its last value.

    Shapes: (B, C, N) -> (B, C, N).
    """

    taps: Tensor

    def __init__(self, activation: nn.Module) -> None:
        super().__init__()
        self.activation = activation
        # Not part of a checkpoint, so it must hold its values even where the parameters are built on the meta device.
        self.register_buffer("taps", torch.tensor(kaiser_sinc(), dtype=torch.float32, device="cpu"), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        channels = x.shape[1]
        taps = self.taps.expand(channels, 1, -1)
        up = F.conv_transpose1d(F.pad(x, (3, 3), mode="replicate"), 2 * taps, stride=2, groups=channels)[..., 11:-11]
        return F.conv1d(F.pad(self.activation(up), (5, 6), mode="replicate"), taps, stride=2, groups=channels)
