"""Griffin-Lim watched: every iteration's error, and the sounds of some."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch

from vocoder.errors import SettingsError
from vocoder.explorer.phase_frames import Frames, decibels
from vocoder.inversion import GriffinLim
from vocoder.systems import Progress

STOPS = (0, 1, 2, 5, 10, 20, 32, 50, 100)


@dataclass(frozen=True)
class Run:
    """One run of fast Griffin-Lim from a random start."""

    curve: np.ndarray  # (iterations + 1,) dB: spectral convergence of the sound after n iterations, n = 0, 1, ...
    sounds: dict[int, np.ndarray]  # by n, (N,) float32


def iterate(frames: Frames, stops: Iterable[int] = STOPS, *, seed: int = 0, progress: Progress | None = None) -> Run:
    """Runs to the last of `stops`.

    The convergence is what the iteration itself lowers: the distance of the sound's magnitudes from the kept ones, in
    the very frames it works on. It is 0 dB where nothing is right, and NaN for silence.

    Args:
        stops: iterations whose sounds are wanted; 0 is the random start.
        progress: told the fraction done; may raise, which ends the work.
    Raises:
        SettingsError: a stop is negative, or there is none.
    """
    wanted = set(stops)
    if not wanted or min(wanted) < 0:
        raise SettingsError("Griffin-Lim's iterations to hear must be whole numbers from 0, at least one.")
    last = max(wanted)
    method = GriffinLim(torch.from_numpy(frames.kept).float()[None], frames.settings, seed=seed)
    curve, sounds = np.full(last + 1, np.nan), {}
    for done in range(last + 1):
        if done in wanted:
            sounds[done] = method.samples()[0, : len(frames.samples)].numpy()
        method.step()  # one more than heard: it tells how far the sound that it starts from is
        if frames.kept.any():
            curve[done] = decibels(method.convergence().item())
        if progress is not None:
            progress((done + 1) / (last + 1))
    return Run(curve, sounds)
