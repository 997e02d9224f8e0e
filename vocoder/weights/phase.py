"""The checkpoint folders of phase networks, and the ones that come with the project."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vocoder.errors import SettingsError, WeightsError
from vocoder.features import MelSettings
from vocoder.inversion import DerivativeNetwork, NetworkSettings
from vocoder.weights import FOLDER
from vocoder.weights.card import Card
from vocoder.weights.folder import Storage, check_numbers, read_folder, read_tensors, write_folder

FAMILY = "phase"
_MOST = 1 << 18  # of any one setting


@dataclass(frozen=True)
class NetworkConfig:
    """The contents of a `config.json`."""

    network: NetworkSettings
    storage: Storage
    card: Card


def save_network(
    network: DerivativeNetwork, folder: str | os.PathLike[str], card: Card, *, storage: Storage = "float32"
) -> Card:
    """Writes a checkpoint folder all at once; the card that it returns has the SHA-256 and the number of parameters.

    Raises:
        WeightsError: the weights are not finite (in `storage`), or the folder holds something else than a checkpoint.
    """
    return write_folder(Path(folder), network, card, FAMILY, {"network": network.settings.to_dict()}, storage)


def load_network(folder: str | os.PathLike[str]) -> tuple[DerivativeNetwork, Card]:
    """The network of a checkpoint folder, in float32 on the CPU, ready to use and without gradients.

    Raises:
        WeightsError: something is missing, damaged, unknown, of another shape, or not finite.
    """
    config = read_network_config(folder)
    state = read_tensors(Path(folder), config.card, config.storage, lambda _: DerivativeNetwork(config.network))
    network = DerivativeNetwork(config.network)
    network.load_state_dict(state, strict=True)
    return network.eval().requires_grad_(False), config.card


def read_network_config(folder: str | os.PathLike[str]) -> NetworkConfig:
    """What a checkpoint folder says about itself, without touching its tensors; raises `WeightsError`."""
    return read_folder(Path(folder), {FAMILY: {"network"}}, _parse)


def _parse(values: dict[str, Any]) -> NetworkConfig:
    check_numbers("phase network", values["network"], _MOST)
    network = NetworkSettings.from_dict(values["network"])
    _ = network.transform  # which checks the sizes against each other
    return NetworkConfig(network, values["storage"], Card.from_dict(values["card"]))


def networks() -> dict[Path, NetworkConfig]:
    """The phase networks that come with the project, by folder."""
    found = {}
    for folder in sorted(FOLDER.iterdir()) if FOLDER.is_dir() else ():
        try:
            found[folder] = read_network_config(folder)
        except WeightsError:
            continue
    return found


def find_network(transform: MelSettings = MelSettings(), *, look_ahead: int = 0, stride: int = 1) -> Path:
    """The folder of the bundled network for a transform; where there are several, of the nearest sample rate.

    Raises:
        SettingsError: there is none.
    """
    known = {folder: config.network for folder, config in networks().items()}
    wanted = (transform.n_fft, transform.hop, transform.window, look_ahead, stride)
    fitting = {folder: s for folder, s in known.items() if (s.n_fft, s.hop, s.window, s.look_ahead, s.stride) == wanted}
    if not fitting:
        listed = "; ".join(f"{s.n_fft}/{s.hop}, look_ahead {s.look_ahead}, stride {s.stride}" for s in known.values())
        raise SettingsError(
            f"There is no phase network for n_fft {transform.n_fft}, hop {transform.hop}, window {transform.window}, "
            f"look_ahead {look_ahead} and stride {stride}; there is one for {listed or 'nothing'}."
        )
    return min(fitting, key=lambda folder: abs(fitting[folder].sample_rate - transform.sample_rate))
