"""Windows, phases and the way between frames and samples: what every method here shares.

Phases are referenced to the window's CENTRE throughout `vocoder.inversion`:

    X[k, t] = sum_n x[t hop + n] w[n] exp(-2 pi j k n / n_fft),  n = -n_fft/2 ... n_fft/2 - 1,

as in `scipy.signal.ShortTimeFFT`. torch's and librosa's STFT count n from the window's start, which turns every other
bin by pi: `recentre` goes between the two. With the centre, a peak's main lobe has one phase, and derivatives near 0.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from vocoder.errors import SettingsError
from vocoder.features import MelSettings, reflect

SHAPES = ("hann", "hamming", "blackman", "gaussian")
GAUSSIAN_WIDTH = np.pi / (
    4 * np.log(100)
)  # gamma / window^2 of a Gaussian that is 1 % high at its ends (LTFAT's choice)
FAINT = 0.1  # part of the usual window coverage below which a recording's last samples fade instead of being amplified


def window(settings: MelSettings, shape: str = "hann") -> np.ndarray:
    """The periodic window `shape` of `settings.window` samples, centred in n_fft samples: float64 (n_fft,).

    The Gaussian is exp(-pi n^2 / gamma), gamma = GAUSSIAN_WIDTH window^2.

    Raises:
        SettingsError: an unknown shape, an odd n_fft (it has no centre sample), or a hop longer than half the window.
    """
    if settings.n_fft % 2 or settings.hop > settings.window // 2:
        raise SettingsError("Phases need an even n_fft and a hop of at most half the window, so that frames overlap.")
    length = settings.window
    turn = 2 * np.pi * np.arange(length) / length
    if shape == "hann":
        values = 0.5 - 0.5 * np.cos(turn)
    elif shape == "hamming":
        values = 0.54 - 0.46 * np.cos(turn)
    elif shape == "blackman":
        values = 0.42 - 0.5 * np.cos(turn) + 0.08 * np.cos(2 * turn)
    elif shape == "gaussian":
        values = np.exp(-np.pi * (np.arange(length) / length - 0.5) ** 2 / GAUSSIAN_WIDTH)
    else:
        raise SettingsError(f"Unknown window {shape!r}; known are {', '.join(SHAPES)}.")
    before = (settings.n_fft - length) // 2
    return np.pad(values, (before, settings.n_fft - length - before))


def recentre(spectrum: Tensor) -> Tensor:
    """Complex (B, K, T) with phases from the window's start to phases from its centre, and back: its own inverse."""
    signs = torch.ones(spectrum.shape[1], 1, device=spectrum.device, dtype=spectrum.real.dtype)
    signs[1::2] = -1
    return spectrum * signs


def centred_stft(audio: Tensor, settings: MelSettings = MelSettings(), shape: str = "hann") -> Tensor:
    """The STFT of (B, N) samples, reflect-padded as `features.stft`: complex (B, n_fft // 2 + 1, 1 + N // hop)."""
    taper = torch.from_numpy(window(settings, shape)).to(audio)
    padded = reflect(audio, settings.n_fft)
    return recentre(torch.stft(padded, settings.n_fft, settings.hop, window=taper, center=False, return_complex=True))


def to_samples(magnitude: Tensor, phase: Tensor, settings: MelSettings = MelSettings(), shape: str = "hann") -> Tensor:
    """The sound whose STFT is nearest to `magnitude` and `phase` (B, K, T), in the least-squares sense.

    Returns:
        (B, T hop) samples; a recording of N samples, T = 1 + N // hop, is its first N.
    """
    overlap = Overlap(magnitude.mT, settings, shape)
    spectrum = recentre(torch.polar(magnitude, phase.to(magnitude)))
    return overlap.crop(overlap.synthesise(spectrum.mT.contiguous(), overlap.faint))


def wrap(phase: Tensor) -> Tensor:
    """The same angle within [-pi, pi]."""
    return phase - 2 * torch.pi * torch.round(phase / (2 * torch.pi))


class Overlap:
    """Windowed frames to samples and back, on buffers made once: the least-squares inverse of the STFT and the STFT.

    T frames, `hop` apart, cover (T - 1) hop + n_fft samples; the first half window lies before the recording begins.
    Nothing is assumed there (no mirror, no silence), so that the projection is exact at the edges too.
    """

    def __init__(self, like: Tensor, settings: MelSettings, shape: str = "hann") -> None:
        """`like`: real (B, T, F) tensor whose device, precision and size the buffers take."""
        batch, self.frames, _ = like.shape
        self.n_fft, self.hop = settings.n_fft, settings.hop
        self.window = torch.from_numpy(window(settings, shape)).to(like)
        self.segments = -(-self.n_fft // self.hop)  # hops a window spans, the last perhaps in part
        blocks = self.frames + self.segments - 1
        self._samples = like.new_zeros(batch, blocks * self.hop)
        self._slots = self._samples.view(batch, blocks, self.hop)
        self._frames = like.new_empty(batch, self.frames, self.n_fft)
        length = (self.frames - 1) * self.hop + self.n_fft
        self._views = self._samples[:, :length].unfold(-1, self.n_fft, self.hop)
        self._frames.copy_(self.window.square().expand_as(self._frames))
        self.coverage = self._add()[0].clone()

    def _add(self) -> Tensor:
        """Overlap-adds `_frames` into `_samples`: one strided addition a hop of the window, no loop over frames."""
        self._samples.zero_()
        for segment in range(self.segments):
            piece = self._frames[..., segment * self.hop : (segment + 1) * self.hop]
            self._slots[:, segment : segment + self.frames, : piece.shape[-1]].add_(piece)
        return self._samples

    def synthesise(self, spectrum: Tensor, least: float = 1e-20) -> Tensor:
        """The samples whose STFT is nearest to complex `spectrum` (B, T, F): sum of w x / sum of w^2 (Griffin & Lim).

        Args:
            least: coverage (sum of w^2) below which a sample fades out instead of being amplified.
        Returns:
            (B, (T - 1 + ceil(n_fft / hop)) hop) samples beginning n_fft // 2 before the first frame's centre;
            the buffer itself, overwritten by the next call.
        """
        torch.fft.irfft(spectrum, self.n_fft, out=self._frames)
        self._frames.mul_(self.window)
        return self._add().div_(self.coverage.clamp_min(least))

    def analyse(self, out: Tensor) -> Tensor:
        """The STFT of the samples last synthesised, into complex `out` (B, T, F); phases from each window's start."""
        torch.mul(self._views, self.window, out=self._frames)
        return torch.fft.rfft(self._frames, out=out)

    def crop(self, samples: Tensor) -> Tensor:
        """The T hop samples from the first frame's centre on, copied out of `synthesise`'s buffer."""
        start, length = self.n_fft // 2, self.frames * self.hop
        missing = max(0, start + length - samples.shape[-1])
        return torch.nn.functional.pad(samples[:, start : start + length], (0, missing)).clone()

    @property
    def faint(self) -> float:
        """The coverage (sum of w^2) below which a sample fades: FAINT of what it has far from the ends."""
        return FAINT * self.window.square().sum().item() / self.hop
