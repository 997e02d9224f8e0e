"""Which design learns most in the same time: every row of a table of designs is trained alike and measured alike.

A row gets as many steps as take the time of the base's. Both are timed in turns, so that what else the machine does
slows both, and the comparison stays fair where seconds alone would not be.

`python -m vocoder.training.compare vocoder/training/recipes/designs.json` makes the table in the training notes. A row
that is in the results already is kept, so a comparison can be stopped, go on later, and grow.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from vocoder.audio import COMMAND_LINE_LIMITS, read_recording
from vocoder.errors import InputError, SettingsError
from vocoder.evaluation.evaluate import copy_synthesis, evaluate_pairs
from vocoder.flow import Flow
from vocoder.training.data import Segments, list_files
from vocoder.training.loop import Trainer, corpora
from vocoder.training.settings import TrainSettings

MEASURES = ("pesq_wb", "stoi", "m_stft")
COLUMNS = {
    "parameters": ("parameters", "{:,.0f}"),
    "gmac": ("GMAC/s", "{:.2f}"),
    "speed": ("x real time", "{:.0f}"),
    "steps": ("steps", "{:.0f}"),
    "bits_per_sample": ("bits/sample", "{:.2f}"),
    "z_std": ("z std", "{:.2f}"),
    "mel": ("log-mel L1", "{:.3f}"),
    "pesq_wb": ("PESQ-WB", "{:.2f}"),
    "stoi": ("STOI", "{:.3f}"),
    "m_stft": ("M-STFT", "{:.2f}"),
}


@dataclass(frozen=True)
class Comparison:
    """A base run, and what every row has instead."""

    base: dict[str, Any]  # a training configuration, with the steps of each stage
    rows: dict[str, dict[str, Any]]  # by name: {"model": {...}, "stages": {...}} laid over the base
    clips: int = 8  # validation recordings to measure on
    clip_seconds: float = 4.0  # of each

    @classmethod
    def read(cls, path: Path) -> Comparison:
        """The comparison in a JSON file; raises `SettingsError`."""
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            comparison = cls(**values)
            TrainSettings.from_dict(comparison.base)
        except (OSError, ValueError, TypeError) as error:
            raise SettingsError(f"{path} is not a comparison of designs: {error}.") from None
        for name in comparison.rows:
            comparison.settings(name)
        return comparison

    def settings(self, name: str) -> TrainSettings:
        """The whole configuration of a row."""
        row, base = self.rows[name], self.base
        if unknown := set(row) - {"model", "stages"}:
            raise SettingsError(f"Row {name!r} has the unknown part {min(unknown)!r}; known are model, stages.")
        stages = [stage | row.get("stages", {}) for stage in base["stages"]]
        return TrainSettings.from_dict(base | {"model": base.get("model", {}) | row.get("model", {}), "stages": stages})


def multiplications(flow: Flow) -> float:
    """GMAC that the inverse takes for a second of sound."""
    settings = flow.mel_settings
    frames = round(settings.sample_rate / settings.hop)
    z, mel = torch.zeros(1, flow.group, frames * flow.columns), torch.zeros(1, settings.bands, frames)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        flow.inverse(z, mel)
    return counter.get_total_flops() / 2e9


def speed(flow: Flow, seconds: float = 5.0) -> float:
    """Seconds of sound by second of computing: the best of five calls on this machine's CPU, as it is threaded now."""
    settings = flow.mel_settings
    mel = torch.full((1, settings.bands, round(seconds * settings.sample_rate / settings.hop)), -6.0)
    times = []
    for _ in range(5):
        started = time.perf_counter()
        flow.synthesise(mel)
        times.append(time.perf_counter() - started)
    return seconds / min(times)


def _clock(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        return time.perf_counter()
    return time.process_time()


def _timed(trainer: Trainer, first: int) -> float:
    """Seconds of step number `first`."""
    trainer.step = first
    began = _clock(trainer.device)
    trainer.advance()
    return _clock(trainer.device) - began


def _steps_in_the_same_time(base: Trainer, row: Trainer, turns: int = 6) -> list[int]:
    """For each stage, the row's steps that take as long as the base's; medians of steps that are taken in turns."""
    counts, first = [], 0
    for stage in base.settings.stages:
        for trainer in (base, row):  # what is done once only
            _timed(trainer, first)
        pairs = [(_timed(base, first), _timed(row, first)) for _ in range(turns)]
        ratio = np.median([ours / theirs for ours, theirs in pairs])
        counts.append(max(1, round(stage.steps * float(ratio))))
        first += stage.steps
    return counts


def run(base: TrainSettings, settings: TrainSettings, clips: Sequence[np.ndarray]) -> dict[str, float]:
    """Trains one design for as long as the base takes; returns its figures."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    def trainer(settings: TrainSettings) -> Trainer:
        train_set, val_set = (Segments(part, settings.data, settings.mel, device) for part in corpora(settings))
        return Trainer(settings, train_set, val_set, device)

    stages = tuple(
        replace(stage, steps=steps, warm_up=min(stage.warm_up, steps // 4))
        for stage, steps in zip(settings.stages, _steps_in_the_same_time(trainer(base), trainer(settings)), strict=True)
    )
    learner = trainer(replace(settings, stages=stages))
    while learner.step < learner.settings.steps:
        learner.advance()
    watched = learner.watch()
    flow = learner.average.cpu().eval()
    report = evaluate_pairs([(clip, copy_synthesis(flow, clip)) for clip in clips], metrics=MEASURES)
    return {
        "parameters": sum(parameter.numel() for parameter in flow.parameters()),
        "gmac": multiplications(flow),
        "speed": speed(flow),
        "steps": learner.settings.steps,
        "bits_per_sample": watched["likelihood"] / np.log(2) + 15,
        "z_std": watched["z_std"],
        "mel": watched["mel"],
    } | {name: interval.mean for name in MEASURES if (interval := report.interval("copy", name))}


def table(results: dict[str, dict[str, float]]) -> str:
    """The results as Markdown."""
    lines = [
        "| design | " + " | ".join(title for title, _ in COLUMNS.values()) + " |",
        "|---" * (1 + len(COLUMNS)) + "|",
    ]
    for name, figures in results.items():
        cells = [form.format(figures[key]) if key in figures else "" for key, (_, form) in COLUMNS.items()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _clips(comparison: Comparison, settings: TrainSettings) -> Iterator[np.ndarray]:
    files = list_files(Path(settings.data.folder), settings.data.val_split, val=True)
    for path in files[:: max(1, len(files) // comparison.clips)][: comparison.clips]:
        samples = read_recording(path, COMMAND_LINE_LIMITS, settings.mel.sample_rate).samples
        yield samples[: round(comparison.clip_seconds * settings.mel.sample_rate)]


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m vocoder.training.compare", description=__doc__)
    parser.add_argument("comparison", type=Path, help="JSON: base, rows")
    args = parser.parse_args()
    try:
        comparison = Comparison.read(args.comparison)
        out = Path(comparison.base.get("out", "runs/designs")) / "results.json"
        results = json.loads(out.read_text("utf-8")) if out.is_file() else {}
        out.parent.mkdir(parents=True, exist_ok=True)
        for name in comparison.rows:
            settings = comparison.settings(name)
            if name not in results:
                base = TrainSettings.from_dict(comparison.base)
                results[name] = run(base, settings, list(_clips(comparison, settings)))
                out.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
            print(table({name: results[name]}).splitlines()[-1], file=sys.stderr, flush=True)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
