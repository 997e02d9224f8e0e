"""Every method by its name: magnitudes in, sound out."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from vocoder.errors import SettingsError
from vocoder.features import MelSettings
from vocoder.inversion.frames import to_samples
from vocoder.inversion.gradient import GradientPhase
from vocoder.inversion.griffin_lim import griffin_lim
from vocoder.inversion.network import DerivativeNetwork
from vocoder.inversion.network_stream import NetworkPhase
from vocoder.inversion.online import OnlinePhase
from vocoder.inversion.pghi import pghi
from vocoder.inversion.plain import random_phase, zero_phase
from vocoder.inversion.rtisi import RTISI
from vocoder.inversion.rtpghi import RTPGHI
from vocoder.inversion.spsi import SPSI
from vocoder.inversion.stream import online_samples

OFFLINE = ("zero-phase", "random-phase", "griffin-lim", "fast-griffin-lim", "pghi")
ONLINE = ("spsi", "rtisi-la", "rtpghi", "gradient-analytic", "gradient-network")
METHODS = OFFLINE + ONLINE


def online_method(
    name: str,
    settings: MelSettings = MelSettings(),
    *,
    look_ahead: int | None = None,
    shape: str = "hann",
    seed: int = 0,
    network: DerivativeNetwork | None = None,
) -> OnlinePhase:
    """The method `name` of ONLINE, for `SoundStream`.

    Args:
        look_ahead: frames to wait for; None is the method's own: 3 for RTISI-LA, 0 for RTPGHI and the analytic
            gradient. SPSI never waits, and a network as it was trained to.
        network: which derivatives, for gradient-network.
    Raises:
        SettingsError: an unknown name, no network, or one made for another transform.
    """
    if name == "spsi":
        return SPSI(settings)
    if name == "rtisi-la":
        return RTISI(settings, look_ahead=3 if look_ahead is None else look_ahead, shape=shape)
    if name == "rtpghi":
        return RTPGHI(settings, look_ahead=look_ahead or 0, shape=shape, seed=seed)
    if name == "gradient-analytic":
        return GradientPhase(settings, look_ahead=look_ahead or 0, shape=shape)
    if name == "gradient-network":
        if network is None:
            raise SettingsError("gradient-network needs a trained phase network.")
        made, asked = network.settings, (settings.n_fft, settings.hop, settings.window, shape)
        if (made.n_fft, made.hop, made.window, made.shape) != asked:
            raise SettingsError(
                f"This phase network is made for n_fft {made.n_fft}, hop {made.hop}, window {made.window} "
                f"({made.shape}), not for {asked[0]}, {asked[1]}, {asked[2]} ({shape})."
            )
        return NetworkPhase(network)
    raise SettingsError(f"Unknown online method {name!r}; known are {', '.join(ONLINE)}.")


def invert(
    name: str,
    magnitude: Tensor,
    settings: MelSettings = MelSettings(),
    *,
    iterations: int = 32,
    look_ahead: int | None = None,
    shape: str = "hann",
    seed: int = 0,
    network: DerivativeNetwork | None = None,
    progress: Callable[[float], None] | None = None,
) -> Tensor:
    """The sound that the method `name` of METHODS makes of magnitudes (B, K, T): (B, T hop).

    Args:
        iterations: of Griffin-Lim, plain (momentum 0) or fast (0.99).
        progress: called with the fraction done.
    Raises:
        SettingsError: as `online_method`.
    """
    if name in ("griffin-lim", "fast-griffin-lim"):
        momentum = 0.99 if name == "fast-griffin-lim" else 0.0
        return griffin_lim(
            magnitude, settings, iterations=iterations, momentum=momentum, seed=seed, shape=shape, progress=progress
        )
    if name == "pghi":
        phase = pghi(magnitude, settings, shape=shape, seed=seed, progress=progress)
        return to_samples(magnitude, phase, settings, shape)
    if name in ("zero-phase", "random-phase"):
        phase = zero_phase(magnitude) if name == "zero-phase" else random_phase(magnitude, seed=seed)
        return to_samples(magnitude, phase, settings, shape)
    if name in ONLINE:
        method = online_method(name, settings, look_ahead=look_ahead, shape=shape, seed=seed, network=network)
        return online_samples(method, magnitude, settings, shape=shape, progress=progress)
    raise SettingsError(f"Unknown inversion {name!r}; known are {', '.join(METHODS)}.")
