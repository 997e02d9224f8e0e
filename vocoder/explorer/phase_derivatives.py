"""The phase's two derivatives as maps: the true ones, with noise, by the gradient theorem, and by a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from vocoder.errors import SettingsError
from vocoder.explorer.phase_frames import Frames
from vocoder.inversion import DerivativeNetwork, analytic, contexts, oracle
from vocoder.inversion.integrate import LeastSquares, wrapped
from vocoder.systems import Progress


@dataclass(frozen=True)
class Derivatives:
    """How the phase changes from frame to frame and from bin to bin, each (K, T) float64 radians in [-pi, pi]."""

    time: np.ndarray  # baseband phase difference (BPD): 0 for a tone in the middle of its bin; 0 in the first frame
    frequency: np.ndarray  # frequency phase difference (FPD): 0 for a sound at the window's centre; 0 in the first bin


@dataclass(frozen=True)
class Estimate:
    """An estimate of the derivatives, how far it is off, and what it sounds like."""

    slopes: Derivatives
    errors: tuple[float, float]  # radians, in time and in frequency; see `errors`
    samples: np.ndarray  # (N,) float32: the kept magnitudes with the phase that fits the slopes best
    noise: float = 0.0  # radians that were added to it


def true_derivatives(frames: Frames, *, noise: float = 0.0, seed: int = 0) -> Derivatives:
    """The recording's own, plus Gaussian noise of `noise` radians.

    Raises:
        SettingsError: the noise is negative or not finite.
    """
    if not 0 <= noise < np.inf:
        raise SettingsError(f"The noise on the derivatives must be 0 radians or more, not {noise}.")
    pair = oracle(torch.from_numpy(frames.spectrum)[None], frames.settings)
    random = np.random.default_rng(seed)
    noisy = [side[0].numpy() + noise * random.standard_normal(side.shape[1:]) for side in pair]
    return _wrapped(*noisy)


def analytic_derivatives(frames: Frames, *, look_ahead: int = 0) -> Derivatives:
    """What the gradient theorem reads off the kept magnitudes, with 0 or 1 frame of look-ahead."""
    context = contexts(_batch(frames.kept), look_ahead)
    pair = analytic(context, frames.settings, look_ahead=look_ahead)
    return _wrapped(*(side[0].mT.numpy() for side in pair))


def network_derivatives(frames: Frames, network: DerivativeNetwork) -> Derivatives:
    """What a network makes of the same magnitudes.

    Raises:
        SettingsError: the network is made for another transform.
    """
    made, asked = network.settings, frames.settings
    if (made.n_fft, made.hop, made.window) != (asked.n_fft, asked.hop, asked.window):
        raise SettingsError(f"This phase network is made for hops of {made.hop} samples, not {asked.hop}.")
    with torch.inference_mode():
        pair = network.derivatives(_batch(frames.kept).float())
    return _wrapped(*(side[0].double().numpy() for side in pair))


def bundled_network(frames: Frames, *, look_ahead: int = 0) -> DerivativeNetwork | None:
    """The network that comes with the project for these frames, or None if there is none."""
    from vocoder.weights.phase import find_network, load_network

    try:
        folder = find_network(frames.settings, look_ahead=look_ahead)
    except SettingsError:
        return None
    return load_network(folder)[0]


def integrate(frames: Frames, derivatives: Derivatives, progress: Progress | None = None) -> np.ndarray:
    """The phase (K, T) that fits the derivatives best, frame after frame: weighted least squares, tridiagonal.

    DC of the first frame is given phase 0, so that the whole may be rotated against the truth.
    """
    solve = LeastSquares(frames.settings)
    magnitudes = np.ascontiguousarray(frames.kept.T)
    phase = np.empty_like(magnitudes)
    for now, magnitude in enumerate(magnitudes):
        before, last = (magnitudes[now - 1], phase[now - 1]) if now else (magnitude, None)
        phase[now] = solve(magnitude, before, last, derivatives.time[:, now], derivatives.frequency[:, now])
        if progress is not None and now % 64 == 0:
            progress(now / len(magnitudes))
    return phase.T


def errors(frames: Frames, derivatives: Derivatives) -> tuple[float, float]:
    """Mean absolute errors in radians of the two maps (time, frequency), weighted by the energy of the true pair.

    A pair of neighbouring bins counts with the product of its true magnitudes; 0 for silence.
    """
    truth, size = true_derivatives(frames), frames.magnitude
    along_time, along_frequency = size[:, 1:] * size[:, :-1], size[1:] * size[:-1]
    missed = (
        np.abs(wrapped(derivatives.time - truth.time))[:, 1:],
        np.abs(wrapped(derivatives.frequency - truth.frequency))[1:],
    )
    return _mean(missed[0], along_time), _mean(missed[1], along_frequency)


def estimate(
    frames: Frames, derivatives: Derivatives, *, noise: float = 0.0, progress: Progress | None = None
) -> Estimate:
    """Derivatives held against the truth and made into a sound; `noise` is only noted."""
    samples = frames.sound(integrate(frames, derivatives, progress))
    return Estimate(derivatives, errors(frames, derivatives), samples, noise)


def _mean(values: np.ndarray, weights: np.ndarray) -> float:
    total = weights.sum()
    return float((values * weights).sum() / total) if total else 0.0


def _batch(magnitude: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(magnitude)[None]


def _wrapped(time: np.ndarray, frequency: np.ndarray) -> Derivatives:
    return Derivatives(wrapped(time), wrapped(frequency))
