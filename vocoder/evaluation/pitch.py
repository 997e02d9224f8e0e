"""Whether a vocoder keeps the voice's pitch, and where the voice sounds at all.

The three measures are those of Morrison and others, "Chunked autoregressive GAN for conditional waveform synthesis"
(CARGAN, ICLR 2022), which Vocos and BigVGAN report too. They track pitch by a neural network (CREPE); here it is pYIN
(Mauch and Dixon, ICASSP 2014) as librosa has it, which needs no weights: compare the figures among themselves, not with
theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vocoder.errors import AudioError
from vocoder.evaluation import optional

LOWEST, HIGHEST = 65.0, 550.0  # Hz; speaking voices, from a deep man's to a child's
FRAME = 0.093  # s; six periods of the lowest pitch, librosa's 2048 samples at 22 050 Hz
HOP = 256  # samples


@dataclass(frozen=True)
class PitchTrack:
    """The pitch of a recording, a value a frame: `hertz` (T,), NaN where unvoiced; `voiced` (T,); `periodicity` (T,),
    pYIN's probability that the frame is voiced."""

    hertz: np.ndarray
    voiced: np.ndarray
    periodicity: np.ndarray


@dataclass(frozen=True)
class PitchErrors:
    """`f0_rmse` in cents over the frames that are voiced in both, None where there is none; `voicing_f1`, 1 if the same
    frames are voiced, None if none is voiced in either; `periodicity_rmse` over all frames, 0 if equally periodic."""

    f0_rmse: float | None
    voicing_f1: float | None
    periodicity_rmse: float


def pitch_errors(reference: np.ndarray, estimate: np.ndarray, sample_rate: int) -> PitchErrors:
    """How the pitch of the copy differs from that of the recording.

    Args:
        reference: (N,) samples of the recording.
        estimate: (N,) samples of the copy.
        sample_rate: of both, in Hz.
    Raises:
        AudioError: the two differ in length.
    """
    if len(reference) != len(estimate):
        raise AudioError("The recording and its copy must be of the same length to compare their pitch frame by frame.")
    real, fake = track_pitch(reference, sample_rate), track_pitch(estimate, sample_rate)
    both, voiced = real.voiced & fake.voiced, int(real.voiced.sum() + fake.voiced.sum())
    cents = 1200 * np.log2(fake.hertz[both] / real.hertz[both])
    return PitchErrors(
        f0_rmse=_root_mean_square(cents) if both.any() else None,
        voicing_f1=2 * float(both.sum()) / voiced if voiced else None,
        periodicity_rmse=_root_mean_square(fake.periodicity - real.periodicity),
    )


def track_pitch(samples: np.ndarray, sample_rate: int) -> PitchTrack:
    """The pitch of (N,) samples by pYIN, a frame every 256 samples."""
    return _tracked(np.asarray(samples, dtype=np.float32).tobytes(), sample_rate)


@lru_cache(maxsize=2)  # a recording is tracked once, however many copies are compared with it
def _tracked(samples: bytes, sample_rate: int) -> PitchTrack:
    pyin = optional.load("librosa").pyin
    frame = 2 ** round(np.log2(FRAME * sample_rate))
    hertz, voiced, periodicity = pyin(
        np.frombuffer(samples, dtype=np.float32),
        fmin=LOWEST,
        fmax=HIGHEST,
        sr=sample_rate,
        frame_length=frame,
        hop_length=HOP,
    )
    return PitchTrack(hertz, voiced, periodicity)


def _root_mean_square(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
