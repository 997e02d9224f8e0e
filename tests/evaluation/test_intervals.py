"""The bootstrap against SciPy's, and against the normal distribution it must approach."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from vocoder.evaluation.intervals import Interval, bootstrap_interval


def test_it_is_scipys_percentile_bootstrap() -> None:
    values = np.random.default_rng(3).gamma(2.0, size=30)  # skewed: the interval is not symmetric
    expected = scipy.stats.bootstrap((values,), np.mean, method="percentile", n_resamples=20_000, rng=4)
    found = bootstrap_interval(values)
    width = expected.confidence_interval.high - expected.confidence_interval.low
    assert found.low == pytest.approx(expected.confidence_interval.low, abs=0.03 * width)
    assert found.high == pytest.approx(expected.confidence_interval.high, abs=0.03 * width)
    assert found.mean == values.mean() and found.count == 30


def test_of_many_values_it_is_the_normal_interval() -> None:
    values = np.random.default_rng(5).normal(3.0, 0.5, 1000)
    found = bootstrap_interval(values)
    margin = 1.96 * values.std(ddof=1) / np.sqrt(1000)
    assert found.high - found.low == pytest.approx(2 * margin, rel=0.05)


def test_it_is_the_same_every_time() -> None:
    values = np.random.default_rng(6).normal(size=9)
    assert bootstrap_interval(values) == bootstrap_interval(values)
    assert bootstrap_interval(values) != bootstrap_interval(values, seed=1)


def test_a_single_value_has_no_interval() -> None:
    assert bootstrap_interval([2.5]) == Interval(2.5, None, None, 1)
    with pytest.raises(ValueError, match="at least one"):
        bootstrap_interval([])
