"""How sure a mean over files is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 5000
LEVEL = 0.95
SEED = 0


@dataclass(frozen=True)
class Interval:
    """A mean over `count` files and its interval, which is None for a single file."""

    mean: float
    low: float | None
    high: float | None
    count: int


def bootstrap_interval(
    values: Sequence[float], *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = SEED
) -> Interval:
    """The mean and its percentile bootstrap interval (Efron, "Bootstrap methods", 1979).

    The files are drawn again with replacement, `resamples` times; the interval holds the middle `level` of the means.
    The same seed draws the same files for every metric and system, so that their intervals can be compared.

    Raises:
        ValueError: there is no value.
    """
    if not len(values):
        raise ValueError("A mean needs at least one value.")
    array = np.asarray(values, dtype=np.float64)
    mean = float(array.mean())
    if len(array) == 1:
        return Interval(mean, None, None, 1)
    draw = np.random.default_rng(seed)
    means = [array[draw.integers(len(array), size=len(array))].mean() for _ in range(resamples)]
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(mean, float(low), float(high), len(array))
