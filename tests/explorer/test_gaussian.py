"""The Gaussian summary against SciPy's statistics."""

import numpy as np
import pytest
from scipy import stats

from vocoder.explorer import summarise

DRAWS = {
    "normal": lambda rng: rng.standard_normal(20_000),
    "wide": lambda rng: 3 + 7 * rng.standard_normal((50, 40)),
    "laplace": lambda rng: rng.laplace(size=9_999),
    "exponential, float32": lambda rng: rng.exponential(size=5_000).astype(np.float32),
    "two values": lambda rng: np.array([-1.0, 1.0]),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_moments_quantiles_and_histogram_are_scipys(draw):
    values = draw(np.random.default_rng(3))
    summary = summarise(values)
    flat = values.ravel().astype(np.float64)
    assert summary.count == values.size
    assert summary.mean == pytest.approx(flat.mean(), abs=1e-6)
    assert summary.std == pytest.approx(flat.std(), rel=1e-6)
    assert summary.skewness == pytest.approx(stats.skew(flat), abs=1e-5)
    assert summary.kurtosis == pytest.approx(stats.kurtosis(flat, fisher=False), rel=1e-5)
    probabilities = (np.arange(201) + 0.5) / 201
    assert summary.theoretical == pytest.approx(stats.norm.ppf(probabilities), abs=1e-9)
    assert summary.empirical == pytest.approx(stats.mstats.mquantiles(flat, probabilities, 1, 1), rel=1e-5, abs=1e-9)
    inside_edges = ((flat >= -5) & (flat <= 5)).mean()
    assert (summary.density * np.diff(summary.edges)).sum() == pytest.approx(inside_edges)
    middle = ((flat >= summary.edges[40]) & (flat < summary.edges[41])).mean()
    assert summary.density[40] == pytest.approx(middle / 0.125)
    assert len(summary.edges) == 81


def test_a_gaussian_lies_on_its_own_bell_and_diagonal():
    probabilities = (np.arange(200_000) + 0.5) / 200_000
    summary = summarise(stats.norm.ppf(probabilities))
    centres = (summary.edges[:-1] + summary.edges[1:]) / 2
    assert summary.density == pytest.approx(stats.norm.pdf(centres), abs=2e-3)
    assert summary.empirical == pytest.approx(summary.theoretical, abs=1e-3)
    assert summary.kurtosis == pytest.approx(3, abs=2e-3)


def test_a_constant_has_no_shape_and_nothing_has_no_summary():
    constant = summarise(np.full(100, 2.5, np.float32))
    assert (constant.mean, constant.std) == (2.5, 0)
    assert np.isnan(constant.skewness) and np.isnan(constant.kurtosis)
    with pytest.raises(ValueError, match="no values"):
        summarise(np.zeros(0))
