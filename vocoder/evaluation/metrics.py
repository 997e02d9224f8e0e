"""Distances between a recording and its copy-synthesis that need nothing but the vocoder's own features.

Every function takes NumPy samples (N,) of the recording first and of the estimate second, and returns a float.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from vocoder.errors import AudioError
from vocoder.features import MelSettings, log_mel, magnitude, stft

STFT_SIZES = (512, 1024, 2048)  # samples; about 23, 46 and 93 ms at 22 050 Hz
STFT_FLOOR = 1e-5  # magnitudes below count as silence: below the step of a 16-bit sample
CEPSTRA = 13  # mel-cepstral coefficients after the zeroth, which is the level


def multi_resolution_stft(reference: np.ndarray, estimate: np.ndarray) -> float:
    """M-STFT: how far the short-time spectra are apart, 0 for the same sound, about 1 for a good vocoder.

    The mean over the FFT sizes 512, 1024 and 2048 (Hann windows as long, hop a quarter) of the spectral convergence
    ||R - E|| / ||R|| plus the mean of |ln R - ln E|, where R and E are magnitudes floored at 1e-5 (Yamamoto, Song and
    Kim, "Parallel WaveGAN", ICASSP 2020, with Parallel WaveGAN's losses and a quarter-window hop). At 22 050 Hz.

    Args:
        reference: (N,) samples of the recording in [-1, 1].
        estimate: (N,) samples of the copy.
    Raises:
        AudioError: the two differ in length, or are empty.
    """
    pair = _pair(reference, estimate)
    distances = []
    for size in STFT_SIZES:
        real, fake = magnitude(stft(pair, size, size // 4, size)).clamp_min(STFT_FLOOR)
        convergence = torch.linalg.norm(real - fake) / torch.linalg.norm(real)
        distances.append(convergence + (real.log() - fake.log()).abs().mean())
    return float(torch.stack(distances).mean())


def log_mel_error(reference: np.ndarray, estimate: np.ndarray, settings: MelSettings = MelSettings()) -> float:
    """The mean absolute difference of the natural-log mels, in nepers (0.1 is 0.87 dB).

    Args:
        reference: (N,) samples of the recording in [-1, 1] at `settings.sample_rate`.
        estimate: (N,) samples of the copy.
    Raises:
        AudioError: the two differ in length, or are empty.
    """
    real, fake = log_mel(_pair(reference, estimate), settings)
    return float((real - fake).abs().mean())


def mel_cepstral_distortion(
    reference: np.ndarray, estimate: np.ndarray, settings: MelSettings = MelSettings()
) -> float:
    """MCD in dB: how far the spectral envelopes are apart, without level and without alignment.

    The mean over frames of 10 / ln 10 * sqrt(2 * sum over d = 1..13 of (c_d - c'_d)^2) (Kubichek, "Mel-cepstral
    distance measure for objective speech quality assessment", 1993), with c_d = 2 / K * sum over bands k of
    ln M_k cos(pi d (k + 1/2) / K) from the K bands of the log-mel. With every d up to K - 1 it would be the root mean
    square over the bands of the level difference in dB (its mean taken out), so it has the scale of the classic measure
    on mel-generalised cepstra. Copy-synthesis is aligned as it is: no dynamic time warping.

    Args:
        reference: (N,) samples of the recording in [-1, 1] at `settings.sample_rate`.
        estimate: (N,) samples of the copy.
    Raises:
        AudioError: the two differ in length, or are empty.
    """
    real, fake = log_mel(_pair(reference, estimate), settings)
    orders = torch.arange(1, CEPSTRA + 1, dtype=torch.float64)[:, None]
    bands = torch.arange(settings.bands, dtype=torch.float64)
    cosines = 2 / settings.bands * torch.cos(math.pi * orders * (bands + 0.5) / settings.bands)
    distance = torch.linalg.norm(cosines @ (real - fake), dim=0)
    return float(10 / math.log(10) * math.sqrt(2) * distance.mean())


def _pair(reference: np.ndarray, estimate: np.ndarray) -> Tensor:
    """Both sounds as one float64 batch (2, N): in float32 the logarithm of near silence would be rounding noise."""
    if np.ndim(reference) != 1 or np.shape(reference) != np.shape(estimate) or not len(reference):
        raise AudioError(
            "The recording and its copy must be one-dimensional and of the same, non-zero length; "
            f"they have the shapes {np.shape(reference)} and {np.shape(estimate)}."
        )
    return torch.from_numpy(np.stack([reference, estimate]).astype(np.float64))
