"""Frames in, phases out, one by one: what every causal method has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from vocoder.errors import SettingsError
from vocoder.inversion.integrate import Array


class OnlinePhase(ABC):
    """A method that finds a frame's phase from the frames before it and `look_ahead` frames behind it."""

    past: int = 0  # earlier frames that `step` wants to see
    look_ahead: int = 0  # later frames that it waits for: its latency, in hops

    @abstractmethod
    def reset(self) -> None:
        """Forgets everything: the next frame is a recording's first."""

    @abstractmethod
    def step(self, frames: Array) -> Array:
        """The phase (K,) of the frame frames[past], given magnitudes (past + 1 + look_ahead, K), oldest first.

        Called once for every frame, in order. Before a recording's first frame and behind its last, the nearest frame
        is repeated.
        """


class PhaseStream:
    """Runs an `OnlinePhase` on frames as they come, in constant memory."""

    def __init__(self, method: OnlinePhase, bins: int) -> None:
        self.method = method
        self._window = np.zeros((method.past + 1 + method.look_ahead, bins))
        self._seen = 0
        method.reset()

    def push(self, frame: Array) -> tuple[Array, Array] | None:
        """Takes magnitudes (K,); gives the magnitudes and phase of the frame `look_ahead` before, once there is one.

        Raises:
            SettingsError: another number of bins, or magnitudes that are negative or not finite.
        """
        if frame.shape != self._window.shape[1:]:
            raise SettingsError(f"Frames of {self._window.shape[1]} magnitudes are needed, not {frame.shape}.")
        if not (np.isfinite(frame).all() and frame.min() >= 0):
            raise SettingsError("Magnitudes must be finite and not negative.")
        return self._advance(frame)

    def finish(self) -> list[tuple[Array, Array]]:
        """The frames still waiting for a future that does not come."""
        waiting = min(self.method.look_ahead, self._seen)
        ready = [self._advance(self._window[-1].copy()) for _ in range(self.method.look_ahead)]
        return [pair for pair in ready if pair is not None][:waiting]

    def _advance(self, frame: Array) -> tuple[Array, Array] | None:
        if self._seen == 0:
            self._window[:] = frame
        self._window[:-1] = self._window[1:]
        self._window[-1] = frame
        self._seen += 1
        if self._seen <= self.method.look_ahead:
            return None
        return self._window[self.method.past].copy(), self.method.step(self._window)


def online_phase(method: OnlinePhase, magnitude: Tensor, progress: Callable[[float], None] | None = None) -> Tensor:
    """The phase of whole spectrograms, found as a stream would find it.

    Args:
        magnitude: (B, K, T); on any device, though the recursion itself runs on the CPU in float64.
        progress: called with the fraction done, about a hundred times a clip.
    Returns:
        (B, K, T) radians, like `magnitude`.
    """
    clips = magnitude.detach().cpu().double().mT.numpy()
    result = np.empty_like(clips)
    frames = clips.shape[1]
    for number, clip in enumerate(clips):
        stream = PhaseStream(method, clip.shape[1])
        done = 0
        for index, frame in enumerate(clip):
            ready = stream.push(frame)
            if ready is not None:
                result[number, done] = ready[1]
                done += 1
            if progress is not None and (index + 1) % max(1, frames // 100) == 0:
                progress((number + (index + 1) / frames) / len(clips))
        for ready in stream.finish():
            result[number, done] = ready[1]
            done += 1
    return torch.from_numpy(result).mT.to(magnitude)
