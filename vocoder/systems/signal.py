"""The signal-processing rows of the registry: what can be had from magnitudes without learning, or nearly without."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from vocoder.errors import InputError, SettingsError
from vocoder.features import MelSettings
from vocoder.inversion import online_method
from vocoder.systems.magnitudes import FromMagnitudes
from vocoder.systems.offline import OfflineSystem, griffin_lim_piece, pghi_piece
from vocoder.systems.online import OnlineSystem
from vocoder.systems.protocol import SystemInfo
from vocoder.weights.phase import find_network, load_network, read_network_config

FAMILY = "signal processing"
NETWORK = "gradient-network"
RATES = 16_000, 24_000  # Hz; the bundled networks were trained on speech played up to half as fast again

Make = Callable[[SystemInfo, torch.device], FromMagnitudes]


def _online(info: SystemInfo, device: torch.device) -> OnlineSystem:
    return OnlineSystem(info, lambda seed: online_method(info.name, info.mel, seed=seed))


@dataclass(frozen=True)
class Method:
    """A row that needs no weights."""

    title: str
    papers: str
    make: Make


# `griffin-lim` is the method as it was published, with the 60 iterations that Tacotron and WaveGlow's authors compare
# with; `fast-griffin-lim` the one with momentum, as librosa and torchaudio have it, at their 32.
METHODS = {
    "griffin-lim": Method(
        "Griffin-Lim",
        "Griffin & Lim 1984, 60 iterations",
        lambda info, device: OfflineSystem(info, griffin_lim_piece(60, 0.0), device),
    ),
    "fast-griffin-lim": Method(
        "Fast Griffin-Lim",
        "Perraudin et al. 2013, 32 iterations with momentum 0.99",
        lambda info, device: OfflineSystem(info, griffin_lim_piece(32, 0.99), device),
    ),
    "rtisi-la": Method("RTISI-LA", "Zhu et al. 2007, 3 frames of look-ahead", _online),
    "spsi": Method("SPSI", "Beauregard et al. 2015", _online),
    "pghi": Method(
        "PGHI",
        "Prusa et al. 2017",
        lambda info, device: OfflineSystem(info, pghi_piece, device, piece=650),  # its lists are 40 bytes a number
    ),
    "rtpghi": Method("RTPGHI", "Prusa & Sondergaard 2016, causal", _online),
    "gradient-analytic": Method(
        "Gradient theorem", "derivatives from magnitudes (Prusa et al. 2017), least squares; causal", _online
    ),
}
SIGNAL = (*METHODS, NETWORK)


def signal_rows(mel: MelSettings = MelSettings()) -> Iterator[SystemInfo]:
    """The rows in the order to show them; reads no weights."""
    for name in METHODS:
        yield method_info(name, mel)
    yield network_info(mel)


def method_info(name: str, mel: MelSettings = MelSettings()) -> SystemInfo:
    method = METHODS[name]
    source = f"none needed: {method.papers}"
    return SystemInfo(name, method.title, FAMILY, 0, source, "none needed", mel, False, True)


def network_info(mel: MelSettings = MelSettings(), folder: str | os.PathLike[str] | None = None) -> SystemInfo:
    """The row of the gradient theorem with a network's derivatives: of a checkpoint folder, or of the bundled one."""
    title = "Gradient theorem with a network"
    try:
        config = read_network_config(find_network(mel) if folder is None else folder)
    except InputError as error:
        return SystemInfo(NETWORK, title, FAMILY, 0, "checkpoints/", "", mel, False, False, str(error).rstrip("."))
    made = config.network
    if folder is not None:
        mel = made.transform
    elif not RATES[0] <= mel.sample_rate <= RATES[1]:
        reason = f"the bundled network is for speech at {RATES[0]} to {RATES[1]} Hz, not at {mel.sample_rate} Hz"
        return SystemInfo(NETWORK, title, FAMILY, 0, "checkpoints/", "", mel, False, False, reason)
    card = config.card
    return SystemInfo(NETWORK, title, FAMILY, card.parameters, card.source, card.licence, mel, False, True)


def signal_system(
    name: str,
    device: torch.device,
    mel: MelSettings = MelSettings(),
    checkpoint: str | os.PathLike[str] | None = None,
) -> FromMagnitudes:
    """One of the rows, ready to use; `checkpoint` is a phase network's folder.

    Raises:
        SettingsError: there is no network for this transform.
        WeightsError: the network's checkpoint cannot be used.
    """
    if name in METHODS:
        return METHODS[name].make(method_info(name, mel), device)
    info = network_info(mel, checkpoint)
    if checkpoint is None and not info.available:
        raise SettingsError(f"The system {name!r} is not available: {info.reason}.")
    network, _ = load_network(find_network(mel) if checkpoint is None else checkpoint)
    return OnlineSystem(info, lambda seed: online_method(NETWORK, network.settings.transform, network=network))
