"""The race of solvers: all arrive at the same place, and the fit of the growth is a fit."""

import numpy as np
import pytest

from vocoder.inversion.solvers import OURS, SOLVERS, Problem, Timing, compare_solvers, growth, phasors


@pytest.mark.parametrize("bins", [2, 33, 129])
@pytest.mark.parametrize("name", SOLVERS)
def test_every_solver_finds_the_phases_of_the_normal_equations(name, bins):
    problem = Problem.random(bins, seed=3)
    matrix = np.diag(problem.along_time.astype(complex))
    for k, (weight, turn) in enumerate(zip(problem.along_frequency, problem.turns, strict=True)):
        step = np.array([[-turn, 1]])  # z_{k+1} - exp(j FPD) z_k
        matrix[k : k + 2, k : k + 2] += weight * step.conj().T @ step
    expected = np.linalg.solve(matrix, problem.along_time * problem.ahead)
    np.testing.assert_allclose(phasors(problem, SOLVERS[name](problem)()), expected, rtol=1e-6, atol=1e-9)


def test_the_race_runs_and_reports():
    seen: list[float] = []
    timings = compare_solvers((17, 33), seconds=0.0, progress=seen.append)
    assert [(t.solver, t.bins) for t in timings] == [(name, size) for size in (17, 33) for name in SOLVERS]
    assert all(t.microseconds > 0 and t.error < 1e-6 for t in timings)
    assert OURS in SOLVERS and seen[-1] == 1.0


def test_growth_is_the_exponent():
    timings = [Timing("a", k, 3e-4 * k**3, 0.0) for k in (129, 257, 513)] + [Timing("b", 129, 1.0, 0.0)]
    assert growth(timings, "a") == pytest.approx(3)
