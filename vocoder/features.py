"""Log-mel spectrograms, in the one convention that WaveGlow, HiFi-GAN, MelGAN and BigVGAN's 22 kHz models share.

A mel frame is what a vocoder is given. It keeps how much energy each of 80 bands holds every 11.6 ms, and throws the
phase away, as well as everything above `fmax` and all detail finer than a band.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from vocoder.melsettings import MelSettings

__all__ = [
    "MelSettings",
    "hertz_to_mel",
    "linear",
    "log_mel",
    "magnitude",
    "mel_filterbank",
    "mel_to_hertz",
    "reflect",
    "stft",
]


def hertz_to_mel(hertz: np.ndarray | float) -> np.ndarray:
    """Slaney's mel scale: linear below 1 kHz (200/3 Hz a mel), logarithmic above (a factor 6.4 in 27 mels)."""
    hertz = np.asarray(hertz, dtype=np.float64)
    above = 15 + 27 * np.log(np.maximum(hertz, 1000.0) / 1000) / math.log(6.4)
    return np.where(hertz < 1000, hertz * 3 / 200, above)


def mel_to_hertz(mel: np.ndarray | float) -> np.ndarray:
    """The inverse of `hertz_to_mel`."""
    mel = np.asarray(mel, dtype=np.float64)
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((np.maximum(mel, 15.0) - 15) * math.log(6.4) / 27))


@lru_cache(maxsize=8)
def mel_filterbank(settings: MelSettings) -> np.ndarray:
    """Triangles of unit area on Slaney's mel scale (Auditory Toolbox, 1998), as `librosa.filters.mel` makes them.

    Returns:
        float32 array (bands, n_fft // 2 + 1); read-only, since it is shared.
    """
    bins = np.linspace(0, settings.sample_rate / 2, settings.n_fft // 2 + 1)
    lowest, highest = hertz_to_mel(settings.fmin), hertz_to_mel(settings.fmax)
    edges = mel_to_hertz(np.linspace(lowest, highest, settings.bands + 2))
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    weights = np.maximum(0, np.minimum(rising, falling)) * 2 / (right - left)
    weights = weights.astype(np.float32)
    weights.setflags(write=False)
    return weights


def stft(audio: Tensor, n_fft: int, hop: int, window: int) -> Tensor:
    """Centred, reflect-padded short-time Fourier transform with a periodic Hann window.

    Sound shorter than half a window is padded with zeros first, so that the reflection has something to reflect.

    Args:
        audio: (B, N) samples.
    Returns:
        complex (B, n_fft // 2 + 1, 1 + N // hop); phases are referenced to the start of each window, as torch's are.
    """
    return _stft(reflect(audio, n_fft), n_fft, hop, window)


def reflect(audio: Tensor, n_fft: int) -> Tensor:
    """`audio` (B, N) with half a window of its mirror image on either side: (B, N + n_fft)."""
    half = n_fft // 2
    missing = max(0, half + 1 - audio.shape[-1])
    padded = F.pad(F.pad(audio, (0, missing))[:, None], (half, half), mode="reflect")[:, 0]
    return padded[:, : audio.shape[-1] + n_fft]


def _stft(padded: Tensor, n_fft: int, hop: int, window: int) -> Tensor:
    hann = torch.hann_window(window, device=padded.device, dtype=padded.dtype)
    return torch.stft(padded, n_fft, hop, window, hann, center=False, return_complex=True)


def magnitude(spectrum: Tensor) -> Tensor:
    """|X| with a gradient that stays finite at 0: sqrt(max(|X|^2, 1e-18))."""
    return torch.view_as_real(spectrum).square().sum(-1).clamp_min(1e-18).sqrt()


def log_mel(audio: Tensor, settings: MelSettings = MelSettings(), *, padded: bool = False) -> Tensor:
    """The natural-log mel-spectrogram: ln max(M |STFT(x)|, floor), magnitudes and not powers.

    Where no gradient is asked for it is computed in float64: in float32 a quiet band beside loud ones is off by 5e-4.

    Args:
        audio: (B, N) samples in [-1, 1] at `settings.sample_rate`.
        padded: the audio already carries its half window on both sides (as `reflect` gives it, or as neighbouring
            samples when a long recording is done in pieces).
    Returns:
        (B, bands, T), T = 1 + N // hop.
    """
    spectrum = _magnitudes(audio, settings, padded)
    bank = torch.from_numpy(mel_filterbank(settings).copy()).to(spectrum)
    return torch.log((bank @ spectrum).clamp_min(settings.floor)).to(audio)


def linear(audio: Tensor, settings: MelSettings = MelSettings(), *, padded: bool = False) -> Tensor:
    """What the mel is made of: the magnitudes |STFT(x)| of all bins, (B, n_fft // 2 + 1, T); arguments as `log_mel`."""
    return _magnitudes(audio, settings, padded).to(audio)


def _magnitudes(audio: Tensor, settings: MelSettings, padded: bool) -> Tensor:
    precise = audio if audio.requires_grad else audio.double()
    framed = precise if padded else reflect(precise, settings.n_fft)
    return magnitude(_stft(framed, settings.n_fft, settings.hop, settings.window))
