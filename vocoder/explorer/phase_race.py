"""The race of solvers for one frame's least squares, short enough for a page."""

from __future__ import annotations

from dataclasses import dataclass

from vocoder.inversion.solvers import OURS, SOLVERS, Timing, compare_solvers, growth
from vocoder.systems import Progress, part

BINS = (65, 129, 257, 513)  # the last one is the page's own, of n_fft 1,024
SECONDS = 0.01  # that each solver is repeated for in a round; the slowest takes a third of a second at its one go
ROUNDS = 3  # so that what happens to take the processor away spoils one of them only


@dataclass(frozen=True)
class Racer:
    """A solver and how it did."""

    name: str
    ours: bool
    microseconds: tuple[float, ...]  # a frame, by BINS
    growth: float  # e of time ~ bins^e
    error: float  # radians: its largest difference from the dense solution at any size

    def times_slower(self, other: Racer) -> float:
        """Than `other`, at the largest size."""
        return self.microseconds[-1] / other.microseconds[-1]


def race(progress: Progress | None = None) -> list[Racer]:
    """Every solver at every size, the slowest at the largest size first; about a second on one core.

    The slowest of all has one round.
    """
    slowest, *others = SOLVERS
    timings = compare_solvers(BINS, [slowest], seconds=SECONDS, progress=part(progress, 0, 1 + ROUNDS))
    for number in range(ROUNDS):
        timings += compare_solvers(BINS, others, seconds=SECONDS, progress=part(progress, 1 + number, 1 + ROUNDS))
    best = [min(_of(timings, name, size), key=lambda timing: timing.microseconds) for name in SOLVERS for size in BINS]
    racers = [_racer(name, [timing for timing in best if timing.solver == name]) for name in SOLVERS]
    return sorted(racers, key=lambda racer: -racer.microseconds[-1])


def _of(timings: list[Timing], name: str, size: int) -> list[Timing]:
    return [timing for timing in timings if (timing.solver, timing.bins) == (name, size)]


def _racer(name: str, timings: list[Timing]) -> Racer:
    times = tuple(timing.microseconds for timing in timings)
    return Racer(name, name == OURS, times, growth(timings, name), max(timing.error for timing in timings))
