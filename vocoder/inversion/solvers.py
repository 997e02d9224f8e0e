"""A race of solvers on one frame's least-squares problem, from a dense one to the tridiagonal one in use."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse
import scipy.sparse.linalg
from numpy.typing import NDArray
from scipy.linalg.lapack import zptsv

from vocoder.inversion.integrate import Array, solve, tridiagonal, weights

OURS = "tridiagonal, real (ours)"
Complex = NDArray[np.complexfloating[Any, Any]]


@dataclass(frozen=True)
class Problem:
    """One frame's problem, as `integrate` states it."""

    along_time: Array  # A (K,)
    along_frequency: Array  # B_1 ... B_{K-1} (K - 1,)
    ahead: Complex  # exp(j p_hat) (K,)
    turns: Complex  # exp(j FPD_k), k = 1 ... K - 1: (K - 1,)

    @classmethod
    def random(cls, bins: int, seed: int = 0) -> Problem:
        """Magnitudes over 60 dB and any angles."""
        random = np.random.default_rng(seed)
        along_time, along_frequency = weights(*10.0 ** random.uniform(-3, 0, (2, bins)))
        angles = random.uniform(-np.pi, np.pi, (2, bins))
        return cls(along_time, along_frequency, np.exp(1j * angles[0]), np.exp(1j * angles[1, 1:]))

    @property
    def right(self) -> Complex:
        """b = A exp(j p_hat) of the Hermitian equations H z = b."""
        return self.along_time * self.ahead

    @property
    def hermitian(self) -> tuple[Array, Complex]:
        """Diagonal (K,) of H and its elements below (K - 1,)."""
        diagonal, side = tridiagonal(self.along_time, self.along_frequency)
        return diagonal, side * self.turns

    @property
    def dense(self) -> Complex:
        """H, (K, K)."""
        diagonal, below = self.hermitian
        return np.diag(diagonal.astype(complex)) + np.diag(below, -1) + np.diag(below.conj(), 1)


def _least_squares(problem: Problem) -> Callable[[], Complex]:
    root_time, root_frequency = np.sqrt(problem.along_time), np.sqrt(problem.along_frequency)
    steps = np.eye(len(root_time), dtype=complex)[1:]
    steps[np.arange(len(steps)), np.arange(len(steps))] = -problem.turns
    rows = np.concatenate([np.diag(root_time), root_frequency[:, None] * steps])
    right = np.concatenate([root_time * problem.ahead, np.zeros(len(root_frequency))])
    return lambda: np.linalg.lstsq(rows, right)[0]


def _dense(problem: Problem) -> Callable[[], Complex]:
    matrix, right = problem.dense, problem.right
    return lambda: np.linalg.solve(matrix, right)


def _cholesky(problem: Problem) -> Callable[[], Complex]:
    matrix, right = problem.dense, problem.right
    return lambda: scipy.linalg.solve(matrix, right, assume_a="pos")


def _sparse(problem: Problem) -> Callable[[], Complex]:
    diagonal, below = problem.hermitian
    matrix = scipy.sparse.diags([below, diagonal, below.conj()], [-1, 0, 1], format="csc")
    right = problem.right
    return lambda: scipy.sparse.linalg.spsolve(matrix, right)


def _banded(problem: Problem) -> Callable[[], Complex]:
    diagonal, below = problem.hermitian
    bands, right = np.stack([diagonal, np.append(below, 0)]), problem.right
    return lambda: scipy.linalg.solveh_banded(bands, right, lower=True)


def _tridiagonal_complex(problem: Problem) -> Callable[[], Complex]:
    (diagonal, below), right = problem.hermitian, problem.right
    return lambda: zptsv(diagonal, below, right)[2]


def _ours(problem: Problem) -> Callable[[], Array]:
    diagonal, side = tridiagonal(problem.along_time, problem.along_frequency)
    right = problem.right * np.cumprod(np.append(1, problem.turns)).conj()
    parts = np.array([right.real, right.imag], dtype=np.float64)
    return lambda: solve(diagonal, side, parts)


SOLVERS: dict[str, Callable[[Problem], Callable[[], NDArray[Any]]]] = {
    "dense least squares": _least_squares,
    "dense solve": _dense,
    "dense Cholesky": _cholesky,
    "sparse": _sparse,
    "banded": _banded,
    "tridiagonal, complex (LAPACK zptsv)": _tridiagonal_complex,
    OURS: _ours,
}
"""Each lays a problem out as it likes best, which is not timed, and returns the solver proper, which is."""


def phasors(problem: Problem, solution: NDArray[Any]) -> Complex:
    """z (K,) of what a solver returned: z itself, or the real form's y as (2, K)."""
    if solution.ndim == 1:
        return solution
    return (solution[0] + 1j * solution[1]) * np.cumprod(np.append(1, problem.turns))


@dataclass(frozen=True)
class Timing:
    """What one solver took for one problem size."""

    solver: str
    bins: int
    microseconds: float  # the best of its runs
    error: float  # largest difference of a phase from the dense solution's, radians


def compare_solvers(
    bins: Sequence[int] = (129, 257, 513, 1025, 2049),
    solvers: Sequence[str] = tuple(SOLVERS),
    *,
    seconds: float = 0.2,
    progress: Callable[[float], None] | None = None,
) -> list[Timing]:
    """Times every solver at every size, one frame at a time.

    The dense ones use as many threads as NumPy is given; for one core set OMP_NUM_THREADS=1 before Python starts.

    Args:
        seconds: how long each is repeated; once at least, and dense least squares of 2,049 bins takes many seconds.
        progress: called with the fraction done.
    """
    timings = []
    for position, size in enumerate(bins):
        problem = Problem.random(size)
        reference = np.linalg.solve(problem.dense, problem.right)
        for number, name in enumerate(solvers):
            run = SOLVERS[name](problem)
            best, stop = np.inf, time.perf_counter() + seconds
            while best == np.inf or time.perf_counter() < stop:
                began = time.perf_counter()
                solution = run()
                best = min(best, time.perf_counter() - began)
            error = np.abs(np.angle(phasors(problem, solution) * reference.conj())).max()
            timings.append(Timing(name, size, best * 1e6, float(error)))
            if progress is not None:
                progress((position + (number + 1) / len(solvers)) / len(bins))
    return timings


def growth(timings: Sequence[Timing], solver: str) -> float:
    """The exponent e of time ~ bins^e through a solver's timings: 3 is cubic, 1 linear, less where calls dominate."""
    chosen = [timing for timing in timings if timing.solver == solver]
    return float(np.polyfit(np.log([t.bins for t in chosen]), np.log([t.microseconds for t in chosen]), 1)[0])
