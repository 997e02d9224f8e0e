"""Keep a recording's magnitudes, choose its phases, and hear what a vocoder is needed for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from vocoder.errors import SettingsError
from vocoder.explorer.phase_derivatives import (
    analytic_derivatives,
    integrate,
    network_derivatives,
    true_derivatives,
)
from vocoder.explorer.phase_frames import Frames
from vocoder.inversion import DerivativeNetwork, GriffinLim, centred_stft, pghi, random_phase
from vocoder.systems import Progress

CHOICES = ("true", "zero", "random", "other", "griffin-lim", "pghi", "analytic", "network", "noisy")


@dataclass(frozen=True)
class Choice:
    """Which phase, and what some of them need besides."""

    name: str = "random"  # one of CHOICES
    iterations: int = 32  # of griffin-lim, the fast variant from a random start
    noise: float = 0.3  # radians on the true derivatives, of noisy
    look_ahead: int = 0  # frames, of analytic; a network has its own
    seed: int = 0  # of what is random

    def __post_init__(self) -> None:
        if self.name not in CHOICES:
            raise SettingsError(f"Unknown phase {self.name!r}; known are {', '.join(CHOICES)}.")
        if not 0 <= self.iterations <= 1000:
            raise SettingsError(f"Griffin-Lim runs for 0 to 1,000 iterations, not {self.iterations}.")


def choose(
    frames: Frames,
    choice: Choice = Choice(),
    *,
    other: np.ndarray | None = None,
    network: DerivativeNetwork | None = None,
    progress: Progress | None = None,
) -> np.ndarray:
    """The phase (K, T), radians, that a choice gives the kept magnitudes.

    Args:
        other: (M,) samples of another recording, for "other"; repeated or cut to this one's length.
        network: for "network".
        progress: told the fraction done; may raise, which ends the work.
    Raises:
        SettingsError: the choice needs another recording or a network that is not given, or one for this overlap.
    """
    kept = torch.from_numpy(frames.kept)[None]
    match choice.name:
        case "true":
            return frames.phase
        case "zero":
            return np.zeros_like(frames.kept)
        case "random":
            return random_phase(kept, seed=choice.seed)[0].numpy()
        case "other":
            return _others(frames, other)
        case "griffin-lim":
            method = GriffinLim(kept.float(), frames.settings, seed=choice.seed)
            for done in range(choice.iterations):
                method.step()
                _tell(progress, (done + 1) / choice.iterations)
            return method.phase()[0].double().numpy()
        case "pghi":
            return pghi(kept, frames.settings, seed=choice.seed)[0].numpy()
        case "analytic":
            return integrate(frames, analytic_derivatives(frames, look_ahead=choice.look_ahead), progress)
        case "network":
            if network is None:
                raise SettingsError("The network's phase needs a trained phase network for this overlap.")
            return integrate(frames, network_derivatives(frames, network), progress)
        case _:
            return integrate(frames, true_derivatives(frames, noise=choice.noise, seed=choice.seed), progress)


def _others(frames: Frames, other: np.ndarray | None) -> np.ndarray:
    if other is None or not len(other):
        raise SettingsError("Another recording's phase needs another recording.")
    audio = torch.from_numpy(np.resize(other, len(frames.samples))).double()[None]
    return centred_stft(audio, frames.settings)[0].angle().numpy()


def _tell(progress: Progress | None, fraction: float) -> None:
    if progress is not None:
        progress(fraction)
