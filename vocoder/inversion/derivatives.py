"""The phase's two derivatives, which the magnitude alone nearly determines: the gradient theorem.

BPD = wrap(phase[k, t] - phase[k, t - 1] - 2 pi k hop / n_fft)   from frame to frame, in baseband: 0 for a tone
                                                                 in the middle of its bin
FPD = wrap(phase[k, t] - phase[k - 1, t])                        from bin to bin: minus the group delay, counted
                                                                 from the window's centre
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from vocoder.features import MelSettings
from vocoder.inversion.frames import GAUSSIAN_WIDTH, wrap

Values = TypeVar("Values", NDArray[np.float64], Tensor)

CONTEXT = 4  # frames an estimate sees: t - 3 ... t, or t - 2 ... t + 1 with one frame of look-ahead
FLOOR = 1e-5  # -100 dB below the loudest bin so far: where logarithms stop, so that digital silence has none
TINY = 1e-30  # and an absolute floor, for a beginning in digital silence

# gamma / window^2 of the Gaussian exp(-pi n^2 / gamma) that each window is nearest to: LTFAT's constants (Prusa,
# Balazs & Sondergaard, "A noniterative method for reconstruction of phase from STFT magnitude", TASLP 25(5), 2017).
WIDTHS = {"hann": 0.25645, "hamming": 0.29794, "blackman": 0.17954, "gaussian": GAUSSIAN_WIDTH}


def baseband_advance(settings: MelSettings) -> Tensor:
    """2 pi k hop / n_fft, modulo 2 pi: what a tone in the middle of bin k advances in a hop; float64 (K,)."""
    cycles = torch.arange(settings.n_fft // 2 + 1) * settings.hop % settings.n_fft
    return 2 * torch.pi * cycles.double() / settings.n_fft


def oracle(spectrum: Tensor, settings: MelSettings = MelSettings()) -> tuple[Tensor, Tensor]:
    """The true derivatives of complex `spectrum` (B, K, T), window-centre phases.

    Returns:
        (BPD, FPD), each (B, K, T) radians; without a neighbour, BPD is 0 in the first frame and FPD in the first bin.
    """
    phase = spectrum.angle()
    advance = baseband_advance(settings).to(phase)[:, None]
    bpd = wrap(phase.diff(dim=-1) - advance)
    fpd = wrap(phase.diff(dim=-2))
    return F.pad(bpd, (1, 0)), F.pad(fpd, (0, 0, 1, 0))


def contexts(magnitude: Tensor, look_ahead: int = 0, loudest: Tensor | None = None) -> Tensor:
    """The log-magnitudes that each frame's estimate sees, in a batch as a stream would see them.

    Before the first frame and behind the last, the nearest one is repeated. Floored at FLOOR of the loudest bin that
    the stream has met by then.

    Args:
        magnitude: (B, K, T).
        look_ahead: frames of the context that lie in the future, 0 or 1.
        loudest: (B,) of the loudest bin before the first frame, for pieces of longer recordings.
    Returns:
        (B, T, CONTEXT, K), oldest frame first.
    """
    frames = magnitude.mT
    order = torch.arange(1 - CONTEXT, 1, device=frames.device) + look_ahead
    index = (torch.arange(frames.shape[1], device=frames.device)[:, None] + order).clamp(0, frames.shape[1] - 1)
    peaks = frames.amax(-1) if loudest is None else torch.maximum(frames.amax(-1), loudest[:, None])
    floor = (FLOOR * peaks.cummax(-1).values[:, index[:, -1]]).clamp_min(TINY)
    return torch.maximum(frames[:, index], floor[..., None, None]).log()


def analytic(
    context: Values, settings: MelSettings = MelSettings(), *, look_ahead: int = 0, shape: str = "hann"
) -> tuple[Values, Values]:
    r"""Derivatives from log-magnitudes, by the relation that is exact for a Gaussian window exp(-pi n^2 / gamma).

        d phase / dt = (hop n_fft / gamma) ds/dk  [per hop, baseband],   d phase / dk = -gamma / (hop n_fft) ds/dt

    with s = ln |X| (Portnoff 1979; Auger, Chassande-Mottin & Flandrin 2012). ds/dk is a central difference, and 0 at
    DC and Nyquist, about which the spectrum of a real signal is symmetric. ds/dt is central with a frame of look-ahead,
    and (3 s[t] - 4 s[t-1] + s[t-2]) / 2 without. Differences between neighbours are their means (trapezoidal rule).

    Args:
        context: (..., CONTEXT, K) log-magnitudes, as `contexts` makes them for the same `look_ahead`; NumPy or torch.
    Returns:
        (BPD, FPD), each (..., K) radians, not wrapped.
    """
    ratio = settings.hop * settings.n_fft / (WIDTHS[shape] * settings.window**2)
    now = CONTEXT - 1 - look_ahead
    pair = context[..., now - 1, :] + context[..., now, :]
    bpd, fpd = 0 * pair, 0 * pair
    bpd[..., 1:-1] = (pair[..., 2:] - pair[..., :-2]) * (ratio / 4)
    if look_ahead:
        slope = context[..., now + 1, :] - context[..., now - 1, :]
    else:
        slope = 3 * context[..., now, :] - 4 * context[..., now - 1, :] + context[..., now - 2, :]
    fpd[..., 1:] = (slope[..., 1:] + slope[..., :-1]) * (-0.25 / ratio)
    return bpd, fpd
