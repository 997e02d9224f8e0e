"""What a listener would say, by the field's models of one: PESQ, STOI and Distill-MOS, from optional packages.

All are given 16 kHz, resampled by soxr (pystoi goes on to 10 kHz by itself). PESQ and Distill-MOS score sounds longer
than 20 s in equal pieces, and average the scores: the C code of PESQ has room for 50 utterances and writes past it.
"""

from __future__ import annotations

import contextlib
import io
import math
import warnings
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from vocoder.errors import AudioError
from vocoder.evaluation import optional

RATE = 16_000  # Hz
LONGEST = 20.0  # s; an utterance and its pause last at least 0.4 s in PESQ, so 50 of them need 20 s


def pesq_wb(reference: np.ndarray, estimate: np.ndarray, sample_rate: int) -> float:
    """PESQ in its wide band version (ITU-T P.862.2), from 1.04 (bad) to 4.64 (the same sound), by the `pesq` package.

    Args:
        reference: (N,) samples of the recording.
        estimate: (N,) samples of the copy.
        sample_rate: of both, in Hz.
    Raises:
        AudioError: PESQ finds no speech in the recording, or the copy is silent.
    """
    package = optional.load("pesq")
    if not np.any(estimate):
        raise AudioError("PESQ is not defined for a silent copy.")
    scores = []
    for real, fake in zip(_pieces(reference, sample_rate), _pieces(estimate, sample_rate), strict=True):
        with contextlib.suppress(package.NoUtterancesError, package.BufferTooShortError):
            if np.any(real):
                scores.append(package.pesq(RATE, real, fake, "wb"))
    if not scores:
        raise AudioError("PESQ finds no speech in the recording; it needs at least a quarter of a second of it.")
    return float(np.mean(scores))


def stoi(reference: np.ndarray, estimate: np.ndarray, sample_rate: int, *, extended: bool = False) -> float:
    """Short-time objective intelligibility, 1 for the same sound, by the `pystoi` package.

    Taal and others, "An algorithm for intelligibility prediction of time-frequency weighted noisy speech", 2011;
    extended (ESTOI): Jensen and Taal, "An algorithm for predicting the intelligibility of speech masked by modulated
    noise maskers", 2016.

    Args:
        reference: (N,) samples of the recording.
        estimate: (N,) samples of the copy.
        sample_rate: of both, in Hz.
        extended: ESTOI.
    Raises:
        AudioError: fewer than 30 frames (0.4 s) of the recording are within 40 dB of its loudest.
    """
    package = optional.load("pystoi")
    real, fake = _resampled(reference, sample_rate), _resampled(estimate, sample_rate)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "Not enough STFT frames", RuntimeWarning)  # it would return 1e-5
        try:
            return float(package.stoi(real, fake, RATE, extended=extended))
        except (RuntimeWarning, ValueError) as error:  # ValueError: not a single frame
            raise AudioError("STOI needs at least 0.4 s of sound within 40 dB of the recording's loudest.") from error


def estoi(reference: np.ndarray, estimate: np.ndarray, sample_rate: int) -> float:
    """Extended short-time objective intelligibility; see `stoi`."""
    return stoi(reference, estimate, sample_rate, extended=True)


def distill_mos(samples: np.ndarray, sample_rate: int) -> float:
    """The mean opinion score that listeners would give, from 1 to 5, without a reference, by the `distillmos` package.

    Stahl and Gamper, "Distillation and pruning for scalable self-supervised representation-based speech quality
    assessment", ICASSP 2025. The weights are part of the package.

    Args:
        samples: (N,) samples.
        sample_rate: in Hz.
    """
    network = _distill_mos_network()
    with torch.inference_mode():
        scores = [float(network(torch.from_numpy(piece)[None])) for piece in _pieces(samples, sample_rate)]
    return float(np.mean(scores))


def load_distill_mos() -> Any:
    """The `distillmos` package; torchaudio, which only its command line uses, may be absent."""
    return optional.load("distillmos", standing_in=("torchaudio",))


@lru_cache(maxsize=1)
def _distill_mos_network() -> Any:
    with contextlib.redirect_stdout(io.StringIO()):  # it prints where its weights lie
        return load_distill_mos().ConvTransformerSQAModel().eval()


def _resampled(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    import soxr

    samples = np.asarray(samples, dtype=np.float32)
    return samples if sample_rate == RATE else soxr.resample(samples, sample_rate, RATE)


def _pieces(samples: np.ndarray, sample_rate: int) -> list[np.ndarray]:
    at_16_khz = _resampled(samples, sample_rate)
    return np.array_split(at_16_khz, max(1, math.ceil(len(at_16_khz) / (LONGEST * RATE))))
