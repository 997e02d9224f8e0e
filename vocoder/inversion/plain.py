"""Two phases that know nothing: what a vocoder has to be better than."""

from __future__ import annotations

import torch
from torch import Tensor


def zero_phase(magnitude: Tensor) -> Tensor:
    """Every frame a symmetric pulse about its centre: a buzz at the frame rate. Radians like `magnitude` (B, K, T)."""
    return torch.zeros_like(magnitude)


def random_phase(magnitude: Tensor, *, seed: int = 0) -> Tensor:
    """Uniform in [-pi, pi): hoarse and washed out.

    Drawn on the CPU, and alike for every clip of a batch, so that a seed is the same sound everywhere.
    """
    draw = torch.rand(magnitude.shape[1:], generator=torch.Generator().manual_seed(seed))
    return (2 * torch.pi * (draw - 0.5)).to(magnitude).expand_as(magnitude)
