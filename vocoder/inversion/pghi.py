"""Phase gradient heap integration: the loudest path through the whole spectrogram."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush

import numpy as np
import torch
from torch import Tensor

from vocoder.features import MelSettings
from vocoder.inversion.derivatives import analytic, baseband_advance, contexts
from vocoder.inversion.integrate import Array

TOLERANCE = 1e-6  # -120 dB below the maximum: quieter bins get a random phase


def pghi(
    magnitude: Tensor,
    settings: MelSettings = MelSettings(),
    *,
    shape: str = "hann",
    tolerance: float = TOLERANCE,
    seed: int = 0,
    before: Tensor | None = None,
    progress: Callable[[float], None] | None = None,
) -> Tensor:
    """The method of Prusa, Balazs & Sondergaard (TASLP 25(5), 2017): the analytic gradient, integrated over a heap.

    From the loudest bin on, the loudest bin reached so far hands its phase, plus the derivative, to those of its four
    neighbours that have none yet. Islands that silence surrounds begin anew, each at its own loudest bin with phase 0.

    Args:
        magnitude: (B, K, T).
        seed: draws the phases of bins below `tolerance` of the maximum.
        before: (B, K, t) phases of the first frames where they are known: they are kept, and the rest fits on to them.
        progress: called with the fraction done.
    Returns:
        (B, K, T) radians, like `magnitude`.
    """
    bpd, fpd = analytic(contexts(magnitude.detach().cpu().double(), 1), settings, look_ahead=1, shape=shape)
    forward = bpd + baseband_advance(settings)
    clips = magnitude.detach().cpu().double().mT.numpy()
    result = np.empty_like(clips)
    for number, clip in enumerate(clips):
        random = np.random.default_rng(seed)
        known = None if before is None else before[number].detach().cpu().double().T.numpy()
        result[number] = _integrate(clip, forward[number].numpy(), fpd[number].numpy(), tolerance, random, known)
        if progress is not None:
            progress((number + 1) / len(clips))
    return torch.from_numpy(result).mT.to(magnitude)


def _integrate(
    magnitude: Array,
    forward: Array,
    upward: Array,
    tolerance: float,
    random: np.random.Generator,
    known: Array | None = None,
) -> Array:
    """One clip, all (T, K): forward[t] leads from t - 1 to t, upward[:, k] from k - 1 to k; known (t, K) come first.

    Plain lists and flat numbering, with a border of bins that never wait for a phase, keep the loop lean.
    """
    frames, bins = magnitude.shape
    width = bins + 1
    flat = np.pad(magnitude, ((1, 1), (0, 1)))
    waits = (flat > tolerance * flat.max()).ravel()
    order = np.flatnonzero(waits)
    order = order[np.argsort(-flat.ravel()[order], kind="stable")].tolist()
    negative = (-flat).ravel().tolist()
    ahead, above = (np.pad(values, ((1, 1), (0, 1))).ravel().tolist() for values in (forward, upward))
    phase = random.uniform(-np.pi, np.pi, waits.size).tolist()
    todo = bytearray(waits.tobytes())

    def beginnings() -> Iterator[list[tuple[float, int]]]:
        """Heaps to start from: what is known, then the loudest bin that still has no phase, as long as there is one."""
        if known is not None:
            inside = np.arange(waits.size).reshape(frames + 2, width)[1 : 1 + len(known), :bins].ravel().tolist()
            for place, value in zip(inside, known.ravel().tolist(), strict=True):
                phase[place] = value
            heard = [place for place in inside if todo[place]]
            for place in inside:
                todo[place] = 0
            yield sorted((negative[place], place) for place in heard)
        for start in order:
            if todo[start]:
                todo[start], phase[start] = 0, 0.0
                yield [(negative[start], start)]

    for heap in beginnings():
        while heap:
            node = heappop(heap)[1]
            here = phase[node]
            other = node + width
            if todo[other]:
                todo[other], phase[other] = 0, here + ahead[other]
                heappush(heap, (negative[other], other))
            other = node - width
            if todo[other]:
                todo[other], phase[other] = 0, here - ahead[node]
                heappush(heap, (negative[other], other))
            other = node + 1
            if todo[other]:
                todo[other], phase[other] = 0, here + above[other]
                heappush(heap, (negative[other], other))
            other = node - 1
            if todo[other]:
                todo[other], phase[other] = 0, here - above[node]
                heappush(heap, (negative[other], other))
    return np.array(phase).reshape(frames + 2, width)[1:-1, :bins]
