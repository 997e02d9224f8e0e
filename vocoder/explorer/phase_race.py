"""The race of solvers for one frame's least squares, short enough for a page."""

from __future__ import annotations

from dataclasses import dataclass

from vocoder.inversion.solvers import OURS, SOLVERS, Timing, compare_solvers, growth
from vocoder.systems import Progress

BINS = (65, 129, 257, 513)  # the last one is the page's own, of n_fft 1,024
SECONDS = 0.02  # that each solver is repeated for; the slowest takes a third of a second at its one go


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
    """Every solver at every size, the slowest at the largest size first; about a second on one core."""
    timings = compare_solvers(BINS, seconds=SECONDS, progress=progress)
    racers = [_racer(name, timings) for name in SOLVERS]
    return sorted(racers, key=lambda racer: -racer.microseconds[-1])


def _racer(name: str, timings: list[Timing]) -> Racer:
    own = sorted((timing for timing in timings if timing.solver == name), key=lambda timing: timing.bins)
    times = tuple(timing.microseconds for timing in own)
    return Racer(name, name == OURS, times, growth(timings, name), max(timing.error for timing in own))
