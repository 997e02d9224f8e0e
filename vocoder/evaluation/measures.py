"""The table of every metric that evaluation knows: one line each, with what it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from vocoder.errors import SettingsError
from vocoder.evaluation import metrics, optional, perceptual
from vocoder.evaluation.pitch import pitch_errors
from vocoder.features import MelSettings

Measure = Callable[[np.ndarray, np.ndarray, MelSettings], float | None]


@dataclass(frozen=True)
class Metric:
    """One figure of a copy against its recording: `measure(recording, copy, settings)`, None if it means nothing."""

    name: str  # in JSON and on the command line
    title: str  # for people, with the unit
    better: Literal["higher", "lower"]
    digits: int  # after the point
    measure: Measure = field(repr=False)
    package: str = ""  # optional package to import
    install: str = ""  # what pip installs it by
    standing_in: tuple[str, ...] = ()  # see `optional.load`
    needs_recording: bool = True  # False: the copy alone is judged, so the recording can be judged too

    @property
    def missing(self) -> str | None:
        """What to do before this metric can be had, or None if it can."""
        if self.package and optional.missing(self.package, self.standing_in):
            return f"not installed: pip install {self.install}"
        return None


METRICS: tuple[Metric, ...] = (
    Metric(
        "pesq_wb", "PESQ-WB", "higher", 2, lambda r, e, s: perceptual.pesq_wb(r, e, s.sample_rate), "pesq", "pesq"
    ),
    Metric("stoi", "STOI", "higher", 3, lambda r, e, s: perceptual.stoi(r, e, s.sample_rate), "pystoi", "pystoi"),
    Metric("estoi", "ESTOI", "higher", 3, lambda r, e, s: perceptual.estoi(r, e, s.sample_rate), "pystoi", "pystoi"),
    Metric("m_stft", "M-STFT", "lower", 2, lambda r, e, s: metrics.multi_resolution_stft(r, e)),
    Metric("mcd", "MCD, dB", "lower", 2, metrics.mel_cepstral_distortion),
    Metric("log_mel_l1", "log-mel L1", "lower", 3, metrics.log_mel_error),
    Metric(
        "f0_rmse", "F0 RMSE, cents", "lower", 1, lambda r, e, s: pitch_errors(r, e, s.sample_rate).f0_rmse,
        "librosa", "librosa",
    ),
    Metric(
        "voicing_f1", "voicing F1", "higher", 3, lambda r, e, s: pitch_errors(r, e, s.sample_rate).voicing_f1,
        "librosa", "librosa",
    ),
    Metric(
        "periodicity_rmse", "periodicity RMSE", "lower", 3,
        lambda r, e, s: pitch_errors(r, e, s.sample_rate).periodicity_rmse, "librosa", "librosa",
    ),
    Metric(
        "distill_mos", "Distill-MOS", "higher", 2, lambda r, e, s: perceptual.distill_mos(e, s.sample_rate),
        "distillmos", "--no-deps distillmos xls-r-sqa", ("torchaudio",), needs_recording=False,
    ),
)  # fmt: skip


def chosen(names: Sequence[str] | None) -> tuple[Metric, ...]:
    """The metrics of these names, in the table's order; all of them for None.

    Raises:
        SettingsError: a name is unknown.
    """
    known = [metric.name for metric in METRICS]
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise SettingsError(f"Unknown metric {unknown[0]!r}; known are {', '.join(known)}.")
    return tuple(metric for metric in METRICS if names is None or metric.name in names)
