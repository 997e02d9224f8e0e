"""Windows, and the way from frames to samples that every method here shares."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from vocoder.errors import SettingsError
from vocoder.features import MelSettings

SHAPES = ("hann", "hamming", "blackman", "gaussian")
GAUSSIAN_WIDTH = 0.26  # gamma / n^2 of the Gaussian: about as wide as a Hann window of the same length


def window(settings: MelSettings, shape: str = "hann") -> np.ndarray:
    """The periodic window `shape` of `settings.window` samples, centred in n_fft samples: float64 (n_fft,).

    The Gaussian is exp(-pi n^2 / gamma), gamma = GAUSSIAN_WIDTH window^2, cut off at exp(-3) of its height.
    """
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
        """A tenth of the coverage a sample has far from the ends: below it the last samples fade."""
        return 0.1 * self.window.square().sum().item() / self.hop
