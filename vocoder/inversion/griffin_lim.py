"""Griffin-Lim: go back and forth between "these magnitudes" and "a spectrogram that a sound can have"."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from vocoder.errors import SettingsError
from vocoder.features import MelSettings
from vocoder.inversion.frames import Overlap, recentre
from vocoder.inversion.plain import random_phase

TINY = 1e-36  # keeps 0 / |0|^2 finite, in float32 too


def griffin_lim(
    magnitude: Tensor,
    settings: MelSettings = MelSettings(),
    *,
    iterations: int = 32,
    momentum: float = 0.99,
    seed: int = 0,
    phase: Tensor | None = None,
    shape: str = "hann",
    progress: Callable[[float], None] | None = None,
) -> Tensor:
    """The sound that `iterations` of (fast) Griffin-Lim make of a magnitude spectrogram.

    Args:
        magnitude: (B, n_fft // 2 + 1, T) magnitudes of frames centred on samples 0, hop, 2 hop, ...
        iterations: 0 takes the start phase as it stands.
        momentum: 0 is Griffin & Lim's method, 0.99 the fast variant; see `GriffinLim`.
        seed: draws the start phase, uniform in [-pi, pi), when `phase` is not given.
        phase: (B, n_fft // 2 + 1, T) radians to start from, window-centre convention as all phases here.
        progress: called with the fraction done after each iteration.
    Returns:
        (B, T hop) samples; a recording of N samples, T = 1 + N // hop, is its first N.
    """
    method = GriffinLim(magnitude, settings, momentum=momentum, seed=seed, phase=phase, shape=shape)
    for done in range(iterations):
        method.step()
        if progress is not None:
            progress((done + 1) / iterations)
    return method.samples()


class GriffinLim:
    r"""The iteration itself, one `step` at a time, for those who want to watch it.

        c_n = P_consistent(t_{n-1}),    t_n = P_magnitude(c_n + a (c_n - c_{n-1}))

    P_consistent is STFT(iSTFT(.)), P_magnitude keeps the phase, with the given magnitudes. a = 0 is Griffin & Lim
    (IEEE TASSP 32(2), 1984), a near 1 the fast variant (Perraudin, Balazs & Sondergaard, WASPAA 2013). As in
    `librosa.griffinlim`, a phase is all that P_magnitude keeps, so only c_n - a / (1 + a) c_{n-1} is needed.

    Frames lie contiguous in memory, each step reuses the same four buffers, and no Python loop runs over frames.
    """

    def __init__(
        self,
        magnitude: Tensor,
        settings: MelSettings = MelSettings(),
        *,
        momentum: float = 0.99,
        seed: int = 0,
        phase: Tensor | None = None,
        shape: str = "hann",
    ) -> None:
        bins = settings.n_fft // 2 + 1
        if magnitude.dim() != 3 or magnitude.shape[1] != bins or not magnitude.shape[2]:
            raise SettingsError(
                f"Magnitudes of shape (batch, {bins}, frames) are needed, not {tuple(magnitude.shape)}."
            )
        if not 0 <= momentum < 1:
            raise SettingsError(f"Griffin-Lim: momentum must be at least 0 and below 1, not {momentum}.")
        self._magnitude = magnitude.mT.contiguous()
        if phase is None:
            phase = random_phase(magnitude, seed=seed)
        self._estimate = recentre(torch.polar(magnitude, phase.to(magnitude))).mT.contiguous()
        self._consistent, self._before = torch.empty_like(self._estimate), torch.zeros_like(self._estimate)
        self._scale = torch.empty_like(self._magnitude)
        self._overlap = Overlap(self._magnitude, settings, shape)
        self._pull = momentum / (1 + momentum)

    def step(self) -> None:
        """One iteration."""
        self._overlap.synthesise(self._estimate)
        self._overlap.analyse(out=self._consistent)
        torch.sub(self._consistent, self._before, alpha=self._pull, out=self._estimate)
        real, imaginary = self._estimate.real, self._estimate.imag
        torch.mul(real, real, out=self._scale).addcmul_(imaginary, imaginary)
        self._scale.add_(TINY).rsqrt_().mul_(self._magnitude)
        torch.view_as_real(self._estimate).mul_(self._scale[..., None])
        self._before, self._consistent = self._consistent, self._before

    def convergence(self) -> Tensor:
        """Spectral convergence of the sound the last step started from: ||magnitude - |c|| / ||magnitude||, (B,)."""
        error = torch.linalg.vector_norm(self._before.abs() - self._magnitude, dim=(1, 2))
        return error / torch.linalg.vector_norm(self._magnitude, dim=(1, 2)).clamp_min(TINY)

    def samples(self) -> Tensor:
        """The sound of the current estimate: (B, T hop)."""
        return self._overlap.crop(self._overlap.synthesise(self._estimate, self._overlap.faint))

    def phase(self) -> Tensor:
        """The current estimate's phase: (B, K, T) radians."""
        return recentre(self._estimate.mT).angle()
