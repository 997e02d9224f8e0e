"""From 80 mel bands back to 513 linear magnitudes: the first of the two losses a vocoder has to make good."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from vocoder.errors import MelError
from vocoder.features import MelSettings, mel_filterbank

ITERATIONS = 40  # residual 0.05 % of the mel on speech, where one clamped pseudo-inverse leaves 2-4 %
BLOCK = 1024  # frames solved together; each frame is a problem of its own, so this bounds memory and changes nothing


def mel_to_magnitude(mel: Tensor, settings: MelSettings = MelSettings(), *, iterations: int = ITERATIONS) -> Tensor:
    r"""The non-negative magnitudes whose mel is nearest: min over x >= 0 of ||M x - exp(mel)||^2, frame by frame.

    Projected gradient with Nesterov's momentum (FISTA: Beck & Teboulle, SIAM J. Imaging Sciences 2(1), 2009), step
    1 / ||M||^2, from the clamped pseudo-inverse, which is also what `librosa.feature.inverse.mel_to_stft` starts from.

    Args:
        mel: (B, bands, T) natural-log mel-spectrogram.
    Returns:
        (B, n_fft // 2 + 1, T) magnitudes, at least 0, in the mel's precision; nothing lies above `settings.fmax`.
    Raises:
        MelError: `mel` has another shape.
    """
    if mel.dim() != 3 or mel.shape[1] != settings.bands:
        raise MelError(f"A mel of shape (batch, {settings.bands}, frames) is needed; this one is {tuple(mel.shape)}.")
    whole, pseudo_inverse, step = _problem(settings)
    bank, inverse = (torch.from_numpy(matrix).to(mel) for matrix in (whole, pseudo_inverse))
    blocks = [_solve(block.exp(), bank, inverse, step, iterations) for block in mel.split(BLOCK, -1)]
    return torch.cat(blocks, -1)


@lru_cache(maxsize=8)
def _problem(settings: MelSettings) -> tuple[np.ndarray, np.ndarray, float]:
    """The filters (bands, K), their pseudo-inverse (K, bands) and the step, in float64."""
    bank = mel_filterbank(settings).astype(np.float64)
    return bank, np.linalg.pinv(bank), 1 / float(np.linalg.norm(bank, 2)) ** 2


def _solve(target: Tensor, bank: Tensor, inverse: Tensor, step: float, iterations: int) -> Tensor:
    """`iterations` steps of FISTA on `target` (B, bands, T)."""
    bank = bank.expand(len(target), -1, -1)
    solution = (inverse @ target).clamp_min_(0)
    ahead, before, residual = solution.clone(), torch.empty_like(solution), torch.empty_like(target)
    momentum = 1.0
    for _ in range(iterations):
        torch.baddbmm(target, bank, ahead, beta=-1, out=residual)
        before.copy_(solution)
        torch.baddbmm(ahead, bank.mT, residual, alpha=-step, out=solution).clamp_min_(0)
        following = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
        torch.lerp(before, solution, 1 + (momentum - 1) / following, out=ahead)
        momentum = following
    return solution
