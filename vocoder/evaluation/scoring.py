"""From sounds to a report: what can be scored at all, and every metric of what can."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from vocoder.errors import AudioError
from vocoder.evaluation.measures import Metric
from vocoder.evaluation.report import Report, Score
from vocoder.features import MelSettings

RECORDING = "recording"  # the system that is no system: the recordings themselves
SHORTEST = 0.5  # s; STOI needs 0.4 s of sound, PESQ a quarter
SILENCE = 1e-4  # peak; three steps of a 16-bit sample
TOLERANCE = 0.1  # s by which a copy may be longer or shorter than its recording


class Scoring:
    """Collects the scores of one evaluation.

    Args:
        metrics: those wanted; what is not installed is told in the report.
        settings: of the mels that are compared; all sounds have their sample rate.
    """

    def __init__(self, metrics: tuple[Metric, ...], settings: MelSettings) -> None:
        self.metrics, self.settings = metrics, settings
        self._missing = {metric.name: metric.missing for metric in metrics if metric.missing}
        self._here = tuple(metric for metric in metrics if metric.name not in self._missing)
        self._scores: list[Score] = []
        self._skipped: dict[str, str] = {}

    def check(self, recording: np.ndarray) -> None:
        """Raises `AudioError` for a recording that no figure would mean anything for."""
        seconds = len(recording) / self.settings.sample_rate
        if seconds < SHORTEST:
            raise AudioError(f"It lasts {seconds:.2f} s; the metrics need at least {SHORTEST} s.")
        if np.abs(recording).max() < SILENCE:
            raise AudioError("It is silent; the metrics need speech.")

    def add(self, file: str, recording: np.ndarray, copies: Mapping[str, np.ndarray]) -> None:
        """Score the copies (by system) of a recording, and the recording by the metrics that need no reference.

        Raises:
            AudioError: see `check`; or a copy is of another length.
        """
        self.check(recording)
        fitted = {system: self._fitted(system, copy, len(recording)) for system, copy in copies.items()}
        alone = [metric for metric in self._here if not metric.needs_recording]
        self._scores.append(self._score(file, RECORDING, recording, recording, alone))
        for system, copy in fitted.items():
            self._scores.append(self._score(file, system, recording[: len(copy)], copy, self._here))

    def skip(self, file: str, sentence: str) -> None:
        """Leave a file out, and say why in the report."""
        self._skipped[file] = sentence

    def report(self, about: Mapping[str, Any]) -> Report:
        """What was found; `about` says how the copies were made.

        Raises:
            AudioError: not one file could be scored.
        """
        if not self._scores:
            file, sentence = next(iter(self._skipped.items()), ("nothing", "There is no recording."))
            raise AudioError(f"Not one recording can be scored. The first, {file}: {sentence}")
        packages = {"torch", "numpy", *(metric.package for metric in self._here if metric.package)}
        settings = {
            **about,
            "mel": vars(self.settings),
            "versions": {name: _version(name) for name in sorted(packages)},
        }
        return Report(self.metrics, tuple(self._scores), self._missing, self._skipped, settings)

    def _fitted(self, system: str, copy: np.ndarray, length: int) -> np.ndarray:
        difference = (len(copy) - length) / self.settings.sample_rate
        if abs(difference) > TOLERANCE:
            longer = "longer" if difference > 0 else "shorter"
            raise AudioError(f"The copy by {system} is {abs(difference):.2f} s {longer} than the recording.")
        return copy[:length]

    def _score(
        self, file: str, system: str, recording: np.ndarray, copy: np.ndarray, metrics: Iterable[Metric]
    ) -> Score:
        if not np.isfinite(copy).all():
            return Score(file, system, {}, ("the copy holds values that are not finite",))
        figures: dict[str, float | None] = {}
        notes: list[str] = []
        for metric in metrics:
            try:
                figures[metric.name] = metric.measure(recording, copy, self.settings)
            except AudioError as error:
                figures[metric.name] = None
                notes.append(str(error))
        return Score(file, system, figures, tuple(dict.fromkeys(notes)))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
