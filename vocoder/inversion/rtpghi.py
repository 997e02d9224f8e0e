"""Real-time phase gradient heap integration: follow the loudest path, a frame at a time."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

import numpy as np

from vocoder.features import MelSettings
from vocoder.inversion.derivatives import baseband_advance
from vocoder.inversion.gradient import GradientPhase
from vocoder.inversion.integrate import Array, wrapped

TOLERANCE = 1e-6  # -120 dB below the louder frame's maximum: quieter bins get a random phase


class RTPGHI(GradientPhase):
    """The method of Prusa & Sondergaard ("Real-time spectrogram inversion using phase gradient heap integration",
    DAFx 2016), causal or with one frame of look-ahead: the analytic gradient, integrated along a heap."""

    def __init__(
        self, settings: MelSettings = MelSettings(), *, look_ahead: int = 0, shape: str = "hann", seed: int = 0
    ) -> None:
        self._heap = HeapIntegrator(settings, seed=seed)
        super().__init__(settings, look_ahead=look_ahead, shape=shape, integrator=self._heap)

    def reset(self) -> None:
        self._heap.reset()
        super().reset()


class HeapIntegrator:
    """Every bin's phase comes from its loudest neighbour whose phase is already known.

    The neighbours are the same bin one frame before and the bins below and above. The heap starts with the whole frame
    before; the loudest bin leaves it and hands its phase, plus the derivative, to those around it.
    """

    def __init__(self, settings: MelSettings = MelSettings(), *, tolerance: float = TOLERANCE, seed: int = 0) -> None:
        self._advance = baseband_advance(settings).numpy()
        self._tolerance, self._seed = tolerance, seed
        self.reset()

    def reset(self) -> None:
        """Draws the same random phases again."""
        self._random = np.random.default_rng(self._seed)

    def __call__(self, magnitude: Array, before: Array, phase: Array | None, bpd: Array, fpd: Array) -> Array:
        """As `LeastSquares`; without a predecessor the loudest bin begins, with phase 0."""
        bins = len(magnitude)
        result = self._random.uniform(-np.pi, np.pi, bins)
        threshold = self._tolerance * max(magnitude.max(), before.max())
        todo = (magnitude > threshold).tolist()
        negative, step = (-magnitude).tolist(), fpd.tolist()
        values = result.tolist()
        if phase is None:
            first = int(magnitude.argmax())
            values[first] = 0.0
            heap = [(negative[first], first)] if todo[first] else []
            todo[first] = False
        else:
            advanced = (phase + self._advance + bpd).tolist()
            # Nodes of the frame before are numbered -1 - k, those of this frame k.
            heap = list(zip((-before).tolist(), range(-1, -1 - bins, -1), strict=True))
            heapify(heap)
        while heap:
            _, node = heappop(heap)
            if node < 0:
                node = -1 - node
                if todo[node]:
                    todo[node] = False
                    values[node] = advanced[node]
                    heappush(heap, (negative[node], node))
                continue
            if node and todo[node - 1]:
                todo[node - 1] = False
                values[node - 1] = values[node] - step[node]
                heappush(heap, (negative[node - 1], node - 1))
            if node + 1 < bins and todo[node + 1]:
                todo[node + 1] = False
                values[node + 1] = values[node] + step[node + 1]
                heappush(heap, (negative[node + 1], node + 1))
        return wrapped(np.array(values))
