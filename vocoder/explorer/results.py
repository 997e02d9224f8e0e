"""What the explorer answers with: plain arrays and numbers, for those who need not wait for PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Mode = Literal["same", "scaled", "fresh"]


@dataclass(frozen=True)
class Synthesis:
    """What a system made, and how near it came."""

    system: str  # its name
    samples: np.ndarray  # (N,) float32 at the system's sample rate; may exceed [-1, 1]
    seconds: float  # of computing
    real_time_factor: float  # seconds of sound by second of computing
    spectral_distance: float | None  # M-STFT to the recording, where there is one
    log_mel_error: float | None  # mean absolute log-mel difference to the recording, in nepers


@dataclass(frozen=True)
class Analysis:
    """A recording seen by a flow. z is held against N(0, 1), whose figures are in brackets."""

    z: np.ndarray  # (C, G) float32 latents
    log_det: float  # log|det dz/d audio| in nats, over all T * hop samples
    nll_per_sample: float  # -ln p(audio) / N in nats
    bits_per_sample: float  # the same as the ideal code length of the 16-bit samples
    z_mean: float  # (0)
    z_std: float  # (1)
    z_skewness: float  # (0)
    z_kurtosis: float  # (3)
    round_trip: np.ndarray  # (N,) float32: recording -> z -> recording
    round_trip_db: float  # error energy over the recording's; see `Balance.round_trip_db`
    round_trip_max_lsb: float  # the largest error, in steps of a 16-bit sample
    histogram: tuple[np.ndarray, np.ndarray]  # edges (81,) on [-5, 5] and density (80,) of z
    qq: tuple[np.ndarray, np.ndarray]  # 201 quantiles of N(0, 1) and of z
    samples: np.ndarray  # (N,) float32, the recording
    mel: np.ndarray  # (bands, T) float32, its log-mel
