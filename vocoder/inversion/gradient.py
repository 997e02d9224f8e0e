"""The gradient-theorem methods: derivatives of the phase estimated from magnitudes, then integrated."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from vocoder.errors import SettingsError
from vocoder.features import MelSettings
from vocoder.inversion.derivatives import CONTEXT, FLOOR, TINY, analytic
from vocoder.inversion.integrate import Array, LeastSquares
from vocoder.inversion.online import OnlinePhase


class Integrator(Protocol):
    """Derivatives to phase: `LeastSquares`, or `rtpghi.HeapIntegrator`."""

    def __call__(self, magnitude: Array, before: Array, phase: Array | None, bpd: Array, fpd: Array) -> Array: ...


class Estimator(Protocol):
    """Log-magnitudes (CONTEXT, K) of frame number `index` to its (BPD, FPD), each (K,)."""

    def __call__(self, context: Array, index: int) -> tuple[Array, Array]: ...


class GradientPhase(OnlinePhase):
    """An estimator and an integrator, frame by frame. By default the analytic estimate and least squares."""

    def __init__(
        self,
        settings: MelSettings = MelSettings(),
        *,
        look_ahead: int = 0,
        shape: str = "hann",
        estimator: Estimator | None = None,
        integrator: Integrator | None = None,
    ) -> None:
        """
        Args:
            look_ahead: 0, or 1 for a frame of latency, which halves the analytic group delay's error.
        """
        if look_ahead not in (0, 1):
            raise SettingsError(f"look_ahead is 0 or 1 frames, not {look_ahead}.")
        self.look_ahead, self.past = look_ahead, CONTEXT - 1 - look_ahead
        self._estimate = estimator or analytic_estimator(settings, look_ahead=look_ahead, shape=shape)
        self._integrate = integrator or LeastSquares(settings)
        self.reset()

    def reset(self) -> None:
        self._phase: Array | None = None
        self._logs: Array | None = None
        self._loudest = 0.0
        self._index = 0

    def step(self, frames: Array) -> Array:
        if self._logs is None:
            self._loudest, self._logs = float(frames.max()), np.log(np.maximum(frames, TINY))
        else:  # logarithms cost, and three frames of four have theirs
            self._logs[:-1] = self._logs[1:]
            np.log(np.maximum(frames[-1], TINY), out=self._logs[-1])
            self._loudest = max(self._loudest, float(frames[-1].max()))
        context = np.maximum(self._logs, np.log(max(FLOOR * self._loudest, TINY)))
        bpd, fpd = self._estimate(context, self._index)
        self._phase = self._integrate(frames[self.past], frames[self.past - 1], self._phase, bpd, fpd)
        self._index += 1
        return self._phase


def analytic_estimator(settings: MelSettings, *, look_ahead: int, shape: str) -> Estimator:
    """`derivatives.analytic` for one frame at a time."""

    def estimate(context: Array, index: int) -> tuple[Array, Array]:
        return analytic(context, settings, look_ahead=look_ahead, shape=shape)

    return estimate
