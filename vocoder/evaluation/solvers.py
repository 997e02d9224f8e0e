"""The race of `inversion.solvers` as a report: how the time for one frame's phases grows with its bins, by solver."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import scipy

from vocoder.errors import SettingsError
from vocoder.evaluation.benchmark import processor
from vocoder.evaluation.evaluate import AnyPath
from vocoder.evaluation.report import aligned, save_json
from vocoder.inversion.solvers import OURS, SOLVERS, Timing, compare_solvers, growth

BINS = (129, 257, 513, 1025, 2049)
LARGEST = {"dense least squares": 1025}  # a minute or more of one core beyond
SETTLED = 513  # from here on a call's own cost no longer hides the growth


@dataclass(frozen=True)
class Race:
    """The times, and of what machine they are."""

    timings: tuple[Timing, ...]
    machine: Mapping[str, Any]

    def microseconds(self, solver: str, bins: int) -> float | None:
        """What a solver took, None where it was not asked."""
        return next((t.microseconds for t in self.timings if (t.solver, t.bins) == (solver, bins)), None)

    def ratio(self, solver: str, bins: int) -> float | None:
        """That over what ours took."""
        theirs, ours = self.microseconds(solver, bins), self.microseconds(OURS, bins)
        return None if theirs is None or ours is None else theirs / ours

    def growth(self, solver: str, least: int = 0) -> float | None:
        """The exponent e of time ~ bins^e, over problems of at least so many bins; None for fewer than two of them."""
        chosen = [t for t in self.timings if t.solver == solver and t.bins >= least]
        return growth(chosen, solver) if len(chosen) > 1 else None

    def table(self) -> str:
        """A row a solver: times by number of bins, their growth, times ours, and how far off the answer was."""
        bins = sorted({timing.bins for timing in self.timings})
        solvers = list(dict.fromkeys(timing.solver for timing in self.timings))
        times = [["microseconds a frame", *(f"{k} bins" for k in bins), "growth", f"from {SETTLED}", "error / rad"]]
        ratios = [["times ours", *(f"{k} bins" for k in bins)]]
        for solver in solvers:
            worst = max(timing.error for timing in self.timings if timing.solver == solver)
            exponents = (self.growth(solver), self.growth(solver, SETTLED))
            times.append([solver, *(_figure(self.microseconds(solver, k)) for k in bins),
                          *(f"K^{e:.2f}" if e is not None else "-" for e in exponents), f"{worst:.0e}"])  # fmt: skip
            ratios.append([solver, *(_figure(self.ratio(solver, k)) for k in bins)])
        about = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in self.machine.items())
        return "\n".join([*aligned(times), "", *aligned(ratios), "", f"{about}."])

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        solvers = dict.fromkeys(timing.solver for timing in self.timings)
        return {
            "machine": dict(self.machine),
            "timings": [asdict(t) | {"times_ours": self.ratio(t.solver, t.bins)} for t in self.timings],
            "growth": {s: {"all": self.growth(s), f"from_{SETTLED}": self.growth(s, SETTLED)} for s in solvers},
        }

    def save(self, path: AnyPath) -> None:
        """Write `to_dict` as JSON; the file appears whole or not at all."""
        save_json(self.to_dict(), path)


def race(bins: Sequence[int] = BINS, *, seconds: float = 0.2, progress: Callable[[float], None] | None = None) -> Race:
    """Every solver at every size that it can do in reasonable time, one frame at a time.

    Args:
        bins: of the frames, each at least 2.
        seconds: how long each is repeated; the best time counts.
        progress: told the fraction done.
    Raises:
        SettingsError: a number of bins is out of range.
    """
    if not bins or not all(2 <= size <= 1 << 14 for size in bins):
        raise SettingsError("A race of solvers takes frames of 2 to 16384 bins.")
    timings: list[Timing] = []
    for done, size in enumerate(bins):
        solvers = [name for name in SOLVERS if size <= LARGEST.get(name, size)]
        timings += compare_solvers([size], solvers, seconds=seconds)
        if progress is not None:
            progress((done + 1) / len(bins))
    machine = {
        "device": processor(),
        "threads": os.environ.get("OMP_NUM_THREADS", os.cpu_count()),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
    }
    return Race(tuple(timings), machine)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}" if value < 1000 else f"{value:,.0f}"
