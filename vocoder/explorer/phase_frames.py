"""A recording cut into overlapping windows: the magnitudes that are kept, and the phases that are thrown away."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from vocoder.errors import AudioError, SettingsError
from vocoder.features import MelSettings, log_mel
from vocoder.inversion import centred_stft, mel_to_magnitude, to_samples

OVERLAPS = {50.0: 512, 75.0: 256, 87.5: 128}  # per cent of a window of 1,024 samples, and the hop in samples
LONGEST = 10.0  # s; of a longer recording the beginning is taken


@dataclass(frozen=True)
class Frames:
    """A recording in frames, n_fft 1,024, Hann windows; K = 513 bins, phases counted from each window's centre."""

    samples: np.ndarray  # (N,) float32, what of the recording is looked at
    settings: MelSettings
    spectrum: np.ndarray  # (K, T) complex128: the truth
    kept: np.ndarray  # (K, T) float64: the magnitudes that a phase is looked for; the true ones, or what a mel leaves
    from_mel: bool
    shortened: bool  # the recording goes on, but is too long

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.settings.sample_rate

    @property
    def magnitude(self) -> np.ndarray:
        """The true magnitudes (K, T)."""
        return np.abs(self.spectrum)

    @property
    def phase(self) -> np.ndarray:
        """The true phases (K, T), radians in [-pi, pi]."""
        return np.angle(self.spectrum)

    def sound(self, phase: np.ndarray) -> np.ndarray:
        """The sound (N,) float32 whose STFT is nearest to the kept magnitudes with `phase` (K, T) radians."""
        pair = torch.from_numpy(self.kept)[None], torch.from_numpy(phase)[None]
        return to_samples(*pair, self.settings)[0, : len(self.samples)].float().numpy()

    def magnitudes_of(self, samples: np.ndarray) -> np.ndarray:
        """The magnitudes (K, T) of another sound (N,) in the same frames."""
        return centred_stft(torch.from_numpy(samples).double()[None], self.settings)[0].abs().numpy()


def frames(samples: np.ndarray, *, overlap: float = 75.0, from_mel: bool = False) -> Frames:
    """Cuts a recording into frames and decides what is kept of them.

    Args:
        samples: (N,) at 22 050 Hz; what is beyond LONGEST seconds is left out.
        overlap: of neighbouring windows, a key of OVERLAPS.
        from_mel: keep no more than the 80-band mel, taken at the same hop and turned back into magnitudes.
    Raises:
        SettingsError: another overlap.
        AudioError: no samples, or samples that are not finite.
    """
    if overlap not in OVERLAPS:
        raise SettingsError(f"Windows overlap by {', '.join(f'{o:g}' for o in OVERLAPS)} per cent, not {overlap:g}.")
    if np.ndim(samples) != 1 or not len(samples) or not np.isfinite(samples).all():
        raise AudioError("The phase of a recording needs samples (N,), at least one, all of them finite.")
    settings = MelSettings(hop=OVERLAPS[overlap])
    limit = int(LONGEST * settings.sample_rate)
    taken = np.array(samples[:limit], np.float32)
    audio = torch.from_numpy(taken).double()[None]
    spectrum = centred_stft(audio, settings)[0].numpy()
    kept = np.abs(spectrum)
    if from_mel:
        kept = mel_to_magnitude(log_mel(audio.float(), settings), settings)[0].double().numpy()
    return Frames(taken, settings, spectrum, kept, from_mel, len(samples) > limit)


@dataclass(frozen=True)
class Measures:
    """How near a sound came to the recording; None where a measure means nothing or its package is not installed."""

    convergence: float | None  # spectral convergence in dB: energy of the magnitudes' error over theirs; -inf is exact
    spectral_distance: float  # M-STFT; 0 is the same sound
    estoi: float | None  # 1 is the same sound
    pesq: float | None  # PESQ-WB, from 1.04 to 4.64


def measure(frames: Frames, samples: np.ndarray) -> Measures:
    """Holds a sound (N,) against the recording, by measures that do not hear one rotation of all phases."""
    from vocoder.evaluation import metrics, perceptual

    distance = metrics.multi_resolution_stft(frames.samples, samples)
    estoi = _judged("pystoi", perceptual.estoi, frames, samples)
    pesq = _judged("pesq", perceptual.pesq_wb, frames, samples)
    return Measures(convergence(frames, samples), distance, estoi, pesq)


def convergence(frames: Frames, samples: np.ndarray) -> float | None:
    """20 log10(|| |S| - |S'| || / || |S| ||) of a sound's spectrum S' and the recording's S; None for silence."""
    size = np.linalg.norm(frames.magnitude)
    return decibels(np.linalg.norm(frames.magnitudes_of(samples) - frames.magnitude) / size) if size else None


def decibels(ratio: float | np.floating) -> float:
    """20 log10(ratio), -inf for 0."""
    return 20 * math.log10(ratio) if ratio else -math.inf


def _judged(
    package: str, judge: Callable[[np.ndarray, np.ndarray, int], float], frames: Frames, samples: np.ndarray
) -> float | None:
    from vocoder.evaluation import optional

    if optional.missing(package):
        return None
    try:
        return judge(frames.samples, samples, frames.settings.sample_rate)
    except AudioError:  # no speech in it, or too little
        return None
