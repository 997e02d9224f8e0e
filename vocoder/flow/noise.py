"""Gaussian noise by position: the same seed gives the same sound, whichever way a recording is cut into pieces."""

from __future__ import annotations

import torch
from torch import Tensor

BLOCK = 64  # columns drawn from one generator


def _mix(seed: int, block: int) -> int:
    """A well-spread 63-bit seed for one block of one noise (the finaliser of splitmix64; Steele, Lea & Flood 2014)."""
    mask = (1 << 64) - 1
    state = ((seed & mask) * 0x9E3779B97F4A7C15 + (block + 1) * 0xBF58476D1CE4E5B9) & mask
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        state = ((state ^ (state >> shift)) * factor) & mask
    return (state ^ (state >> 31)) >> 1


def positional_noise(channels: int, start: int, columns: int, seed: int) -> Tensor:
    """N(0, 1) numbers (channels, columns) for the columns `start` to `start + columns` of the noise called `seed`.

    Drawn on the CPU from an explicit generator, so that every device hears the same noise.
    """
    generator = torch.Generator()
    first, last = start // BLOCK, (start + max(columns, 1) - 1) // BLOCK
    blocks = [
        torch.randn(channels, BLOCK, generator=generator.manual_seed(_mix(seed, block)))
        for block in range(first, last + 1)
    ]
    offset = start - first * BLOCK
    return torch.cat(blocks, 1)[:, offset : offset + columns]
