"""What an evaluation found, for people (tables) and for programs (JSON)."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vocoder.evaluation.intervals import LEVEL, RESAMPLES, SEED, Interval, bootstrap_interval
from vocoder.evaluation.measures import Metric


@dataclass(frozen=True)
class Score:
    """The figures of one system on one file; None where a metric has no meaning for it (`notes` says why)."""

    file: str
    system: str
    figures: Mapping[str, float | None]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """Every score, and what there is to say about those that are not there."""

    metrics: tuple[Metric, ...]
    scores: tuple[Score, ...]
    missing: Mapping[str, str] = field(default_factory=dict)  # metric name -> what to install
    skipped: Mapping[str, str] = field(default_factory=dict)  # file -> one sentence
    settings: Mapping[str, Any] = field(default_factory=dict)  # what was evaluated, and how

    @property
    def systems(self) -> tuple[str, ...]:
        """Names in the order in which they were evaluated."""
        return tuple(dict.fromkeys(score.system for score in self.scores))

    def interval(self, system: str, metric: str) -> Interval | None:
        """Mean over files with its 95 % bootstrap interval; None if no file has the figure."""
        figures = [score.figures.get(metric) for score in self.scores if score.system == system]
        values = [figure for figure in figures if figure is not None]
        return bootstrap_interval(values) if values else None

    def table(self) -> str:
        """A row a metric and a column a system: the mean, and its 95 % interval in brackets."""
        rows = [["", *self.systems]]
        for metric in self.metrics:
            arrow = "↑" if metric.better == "higher" else "↓"
            cells = [self._cell(system, metric) for system in self.systems]
            rows.append([f"{metric.title} {arrow}", *cells])
        files = len({score.file for score in self.scores})
        ending = [f"Mean over {files} file{'s' * (files != 1)} [95 % bootstrap interval]."]
        return "\n".join([*aligned(rows), "", *ending, *self._remarks()])

    def file_table(self) -> str:
        """A row a file and system, a column a metric."""
        metrics = [metric for metric in self.metrics if metric.name not in self.missing]
        rows = [["file", "system", *(metric.title for metric in metrics)]]
        for score in self.scores:
            figures = [_rounded(score.figures.get(metric.name), metric.digits) for metric in metrics]
            rows.append([score.file, score.system, *figures])
        return "\n".join(aligned(rows))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: mean, low, high, count by system and metric; each file; what is missing or skipped."""
        means = {s: {m.name: self.interval(s, m.name) for m in self.metrics} for s in self.systems}
        return {
            "settings": dict(self.settings),
            "interval": {"level": LEVEL, "method": "percentile bootstrap", "resamples": RESAMPLES, "seed": SEED},
            "metrics": {m.name: {"title": m.title, "better": m.better} for m in self.metrics},
            "systems": {s: {name: i and vars(i) for name, i in found.items()} for s, found in means.items()},
            "files": [{**vars(score), "figures": dict(score.figures)} for score in self.scores],
            "missing": dict(self.missing),
            "skipped": dict(self.skipped),
        }

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write `to_dict` as JSON; the file appears whole or not at all."""
        save_json(self.to_dict(), path)

    def _cell(self, system: str, metric: Metric) -> str:
        if metric.name in self.missing:
            return self.missing[metric.name] if system == self.systems[0] else "-"
        found = self.interval(system, metric.name)
        if found is None:
            return "-"
        mean, low, high = (_rounded(value, metric.digits) for value in (found.mean, found.low, found.high))
        cell = mean if found.low is None else f"{mean} [{low}, {high}]"
        files = sum(score.system == system for score in self.scores)
        return cell if found.count == files else f"{cell} ({found.count} of {files} files)"

    def _remarks(self) -> list[str]:
        left_out = [f"{file}: {sentence}" for file, sentence in self.skipped.items()]
        notes = [f"{score.file}, {score.system}: {note}" for score in self.scores for note in score.notes]
        return left_out + notes


def save_json(values: Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Write `values` to `path` at once: into a file beside it, which then takes its name."""
    target = Path(path)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(values, file, indent=1, ensure_ascii=False, allow_nan=False)
            file.write("\n")
        os.chmod(name, 0o644)  # mkstemp's files are for their owner alone
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def _rounded(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table whose columns are as wide as their widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
