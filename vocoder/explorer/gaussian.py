"""How Gaussian are these numbers? Moments, a histogram and a quantile plot to hold against N(0, 1)."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

EDGES = np.linspace(-5, 5, 81)  # of the histogram; N(0, 1) leaves them once in 1.7 million
POINTS = 201  # of the quantile plot


@dataclass(frozen=True)
class GaussianSummary:
    """What to compare with a standard Gaussian, whose figures are in brackets."""

    count: int
    mean: float  # (0)
    std: float  # population standard deviation (1)
    skewness: float  # third standardised moment (0); NaN for a constant
    kurtosis: float  # fourth standardised moment (3); NaN for a constant
    edges: np.ndarray  # (81,) of the histogram's bins
    density: np.ndarray  # (80,) a unit; what lies outside the edges counts as missing (the Gaussian's bell)
    theoretical: np.ndarray  # (201,) quantiles of N(0, 1) at probabilities (i + 1/2) / 201
    empirical: np.ndarray  # (201,) quantiles of the numbers at the same probabilities (the theoretical ones)


def summarise(values: np.ndarray) -> GaussianSummary:
    """The summary of `values` of any shape, with moments in float64; raises `ValueError` if there are none."""
    values = np.asarray(values).reshape(-1)
    if not values.size:
        raise ValueError("There are no values to summarise.")
    mean = float(values.mean(dtype=np.float64))
    centred = values.astype(np.float64) - mean
    squares = centred * centred
    variance = float(squares.mean())
    if variance > 0:
        skewness = float((squares * centred).mean()) / variance**1.5
        kurtosis = float((squares * squares).mean()) / variance**2
    else:
        skewness = kurtosis = float("nan")
    counts, _ = np.histogram(values, EDGES)
    probabilities = (np.arange(POINTS) + 0.5) / POINTS
    return GaussianSummary(
        count=values.size,
        mean=mean,
        std=variance**0.5,
        skewness=skewness,
        kurtosis=kurtosis,
        edges=EDGES,
        density=counts / (values.size * np.diff(EDGES)),
        theoretical=np.array([NormalDist().inv_cdf(p) for p in probabilities]),
        empirical=np.quantile(values, probabilities),
    )


def wasserstein(values: np.ndarray) -> float:
    """The 1-D Wasserstein distance to N(0, 1): how far a value lies, on average, from where a Gaussian's would.

    mean |x_(i) - Phi^-1((i + 1/2) / n)| over the sorted values: 0 for a Gaussian, 0.80 for zeros alone, and
    0.80 |s - 1| for a Gaussian of standard deviation s. Unlike a divergence of histograms it has no bins to choose, and
    no value lies outside of it.
    """
    from scipy.special import ndtri

    ordered = np.sort(np.asarray(values, np.float64).reshape(-1))
    return float(np.abs(ordered - ndtri((np.arange(ordered.size) + 0.5) / ordered.size)).mean())
