"""Frames of magnitude in, samples out, in constant memory."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vocoder.features import MelSettings
from vocoder.inversion.frames import FAINT, window
from vocoder.inversion.integrate import Array
from vocoder.inversion.online import OnlinePhase, PhaseStream


class SoundStream:
    """A live vocoder: pushes of any number of frames give the samples that have become final, bit for bit the same
    whatever the pushes' sizes.

    A sample is final when the last window that reaches it has come: half a window after its centre, and `look_ahead`
    hops later when the method waits for frames to come.

    Attributes:
        look_ahead: hops the method waits.
        delay: samples from a frame's centre to the last sample that its push completes: half a window, less the one hop
            that every push gives, plus look_ahead hops.
        frames: how many have been pushed.
        seconds: spent on them so far.
        slowest: seconds that the slowest frame took; a live system must keep it below a hop.
    """

    def __init__(self, method: OnlinePhase, settings: MelSettings = MelSettings(), *, shape: str = "hann") -> None:
        self._settings, self._hop, self._n_fft = settings, settings.hop, settings.n_fft
        self._phases = PhaseStream(method, settings.n_fft // 2 + 1)
        self._window = window(settings, shape)
        self._power = self._window**2
        self._least = FAINT * np.sum(self._power) / self._hop
        self._signs = (-1.0) ** np.arange(settings.n_fft // 2 + 1)
        self._spectrum = np.empty(settings.n_fft // 2 + 1, complex)
        length = -(-self._n_fft // self._hop) * self._hop
        self._sum, self._coverage = np.zeros(length), np.zeros(length)
        self._skip = self._n_fft // 2  # samples before the recording's first, which its first window reaches
        self.look_ahead = method.look_ahead
        self.delay = self._n_fft // 2 + (self.look_ahead - 1) * self._hop
        self.frames, self.seconds, self.slowest = 0, 0.0, 0.0

    @property
    def real_time_factor(self) -> float:
        """Computing time over the sound's own; below 1 keeps up."""
        return self.seconds * self._settings.sample_rate / max(1, self.frames * self._hop)

    def push(self, magnitude: NDArray[np.floating]) -> NDArray[np.float32]:
        """Takes (K, n) magnitudes, n frames; gives the samples, none up to about n hops, that they complete."""
        return _joined([self._timed(frame) for frame in np.asarray(magnitude, dtype=float).T])

    def finish(self) -> NDArray[np.float32]:
        """The remaining samples, so that T frames have given T hop in all; nothing can be pushed after it."""
        pieces = [self._add(*pair) for pair in self._phases.finish()]
        rest = self._sum / np.maximum(self._coverage, self._least)
        pieces.append(rest[self._skip : self._n_fft // 2].astype(np.float32) if self.frames else rest[:0])
        return _joined(pieces)

    def _timed(self, frame: Array) -> NDArray[np.float32]:
        began = time.perf_counter()
        pair = self._phases.push(np.ascontiguousarray(frame))
        samples = np.empty(0, np.float32) if pair is None else self._add(*pair)
        took = time.perf_counter() - began
        self.frames, self.seconds, self.slowest = self.frames + 1, self.seconds + took, max(self.slowest, took)
        return samples

    def _add(self, magnitude: Array, phase: Array) -> NDArray[np.float32]:
        """Overlap-adds a frame and takes out the hop of samples that no later frame reaches."""
        signed = magnitude * self._signs
        self._spectrum.real, self._spectrum.imag = signed * np.cos(phase), signed * np.sin(phase)
        self._sum[: self._n_fft] += np.fft.irfft(self._spectrum, self._n_fft) * self._window
        self._coverage[: self._n_fft] += self._power
        final = self._sum[: self._hop] / np.maximum(self._coverage[: self._hop], self._least)
        for buffer in (self._sum, self._coverage):
            buffer[: -self._hop] = buffer[self._hop :]
            buffer[-self._hop :] = 0
        skipped = min(self._skip, self._hop)
        self._skip -= skipped
        return final[skipped:].astype(np.float32)


def _joined(pieces: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.concatenate(pieces).astype(np.float32) if pieces else np.empty(0, np.float32)


def online_samples(
    method: OnlinePhase,
    magnitude: Tensor,
    settings: MelSettings = MelSettings(),
    *,
    shape: str = "hann",
    progress: Callable[[float], None] | None = None,
) -> Tensor:
    """The sound of whole spectrograms (B, K, T) as a stream would give it: (B, T hop), like `magnitude`."""
    clips = magnitude.detach().cpu().double().numpy()
    sounds = []
    for number, clip in enumerate(clips):
        stream, pieces = SoundStream(method, settings, shape=shape), []
        block = max(1, clip.shape[1] // 100)
        for start in range(0, clip.shape[1], block):
            pieces.append(stream.push(clip[:, start : start + block]))
            if progress is not None:
                progress((number + min(1.0, (start + block) / clip.shape[1])) / len(clips))
        sounds.append(np.concatenate([*pieces, stream.finish()]))
    return torch.from_numpy(np.stack(sounds)).to(magnitude)
