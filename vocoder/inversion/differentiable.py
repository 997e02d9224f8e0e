"""The least-squares integration of `integrate`, batched and differentiable: what a network can be trained through."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy.linalg.lapack import dptsv
from torch import Tensor
from torch.nn import functional as F

from vocoder.features import MelSettings
from vocoder.inversion.derivatives import baseband_advance
from vocoder.inversion.frames import wrap
from vocoder.inversion.integrate import EPSILON, EXPONENT, FREQUENCY, SILENCE


class _Tridiagonal(torch.autograd.Function):
    """y of T y = r for N symmetric positive definite tridiagonal T: diagonal (N, K), side (N, K - 1), r (N, 2, K).

    The N systems are one of N K unknowns whose blocks no side element joins: a single LAPACK call. With the gradient g
    of y, q = T^-1 g is the gradient of r, and -q y^T that of T.
    """

    @staticmethod
    def forward(ctx: Any, diagonal: Tensor, side: Tensor, right: Tensor) -> Tensor:
        solution = _solve(diagonal, side, right)
        ctx.save_for_backward(diagonal, side, solution)
        return solution

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        diagonal, side, y = ctx.saved_tensors
        q = _solve(diagonal, side, gradients[0])
        crossed = q[..., 1:] * y[..., :-1] + q[..., :-1] * y[..., 1:]
        return -(q * y).sum(1), -crossed.sum(1), q


def _solve(diagonal: Tensor, side: Tensor, right: Tensor) -> Tensor:
    systems, _, bins = right.shape
    joined = F.pad(side, (0, 1)).detach().cpu().numpy().ravel()[:-1]
    columns = right.detach().cpu().numpy().transpose(0, 2, 1).reshape(systems * bins, 2)
    solution = dptsv(diagonal.detach().cpu().numpy().ravel(), joined, columns)[2]
    return torch.from_numpy(np.ascontiguousarray(solution.reshape(systems, bins, 2).transpose(0, 2, 1))).to(right)


def integrate(
    magnitude: Tensor,
    bpd: Tensor,
    fpd: Tensor,
    settings: MelSettings = MelSettings(),
    *,
    exponent: float = EXPONENT,
    frequency: float = FREQUENCY,
) -> Tensor:
    """Phase from its derivatives, frame after frame; gradients flow to all three tensors.

    Args:
        magnitude: (B, K, T).
        bpd: (B, K, T) baseband differences from the frame before; the first frame's are not read.
        fpd: (B, K, T) differences from the bin below; the first bin's are not read.
    Returns:
        (B, K, T) radians in [-pi, pi], like `magnitude`; DC of the first frame is 0, since one rotation of the whole is
        not observable. Computed in float64 on the CPU.
    """
    size, time, bins = (x.to(device="cpu", dtype=torch.float64).unbind(-1) for x in (magnitude, bpd, fpd))
    advance = baseband_advance(settings)
    phases: list[Tensor] = []
    for now in range(len(size)):
        along = F.pad(bins[now][:, 1:], (1, 0)).cumsum(-1)
        if now == 0:
            phases.append(wrap(along))
            continue
        loudest = torch.maximum(size[now], size[now - 1]).amax(-1, keepdim=True).clamp_min(SILENCE)
        here, before = size[now] / loudest, size[now - 1] / loudest
        along_time = (here * before) ** exponent + EPSILON
        along_frequency = frequency * (here[:, 1:] * here[:, :-1]) ** exponent + 0.01 * EPSILON
        diagonal = along_time + F.pad(along_frequency, (1, 0)) + F.pad(along_frequency, (0, 1))
        mismatch = phases[-1] + advance + time[now] - along
        right = along_time[:, None] * torch.stack([mismatch.cos(), mismatch.sin()], 1)
        solution: Tensor = _Tridiagonal.apply(diagonal, -along_frequency, right)
        phases.append(wrap(along + torch.atan2(solution[:, 1], solution[:, 0])))
    return torch.stack(phases, -1).to(magnitude)
