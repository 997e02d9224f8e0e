"""The table of systems: what each is, whether it can be had here, and the loading of it."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import cast

import torch

from vocoder.errors import SettingsError, WeightsError
from vocoder.features import MelSettings
from vocoder.neural import WaveNet
from vocoder.systems.flow import FlowSystem, flow_info
from vocoder.systems.neural import ROWS, NeuralSystem, WaveNetSystem, missing_info, neural_info
from vocoder.systems.protocol import SystemInfo, Vocoder
from vocoder.systems.refined import NAME as REFINED
from vocoder.systems.refined import RefinedFlow, refined_info
from vocoder.systems.signal import METHODS, NETWORK, SIGNAL, signal_rows, signal_system
from vocoder.weights import checkpoints, find_checkpoint, load_checkpoint, read_config
from vocoder.weights.card import read_family

FAMILIES = {"flow": "flow", REFINED: "flow", NETWORK: "phase"} | {name: row.family for name, row in ROWS.items()}
"""The systems that have weights, and the family of checkpoints that each takes."""


def pick_device(device: str = "auto") -> torch.device:
    """`auto` is CUDA where there is a card, and the CPU elsewhere; raises `SettingsError` for what is not there."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        chosen = torch.device(device)
    except RuntimeError:
        chosen = torch.device("meta")
    if chosen.type not in ("cpu", "cuda"):
        raise SettingsError(f"There is no device {device!r}; say auto, cpu or cuda.")
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise SettingsError(f"There is no device {device!r} on this machine; say auto or cpu.")
    return chosen


def systems() -> list[SystemInfo]:
    """Every system, in the order to show them; loads no weights."""
    flow = _bundled_flow()
    return [flow, refined_info(flow), *signal_rows(), *map(_installed, ROWS)]


def load_system(name: str, *, checkpoint: str | os.PathLike[str] | None = None, device: str = "auto") -> Vocoder:
    """A system, ready to use.

    Args:
        name: one of `systems()`.
        checkpoint: a checkpoint's folder or id, for systems that have weights (others pass it over); None is the
            bundled one.
        device: "auto", "cpu", "cuda" or "cuda:1".
    Raises:
        SettingsError: there is no such system or device, or it is not available.
        WeightsError: the checkpoint cannot be used.
    """
    place = pick_device(device)
    if name in METHODS:
        return signal_system(name, place)
    if name == NETWORK:
        return signal_system(name, place, checkpoint=None if checkpoint is None else find_checkpoint(checkpoint))
    if name in ("flow", REFINED):
        flow = cast(FlowSystem, _loaded("flow", find_checkpoint(checkpoint).resolve(), place))
        return flow if name == "flow" else RefinedFlow(flow)
    if name in ROWS:
        folder = _bundled(name) if checkpoint is None else find_checkpoint(checkpoint)
        if folder is None:
            raise SettingsError(f"The system {name!r} is not available: {missing_info(name).reason}.")
        return _loaded(name, folder.resolve(), place)
    raise SettingsError(f"There is no system {name!r}; there are {', '.join(('flow', REFINED, *SIGNAL, *ROWS))}.")


def system_of(checkpoint: str | os.PathLike[str]) -> str:
    """The system that a checkpoint's folder or id is for; raises `WeightsError` where there is none."""
    folder = find_checkpoint(checkpoint)
    family = read_family(folder)
    for name, taken in FAMILIES.items():
        if taken == family:
            return name
    raise WeightsError(f"{folder} holds a checkpoint of the family {family!r:.80}, which no system takes.")


def _bundled_flow() -> SystemInfo:
    try:
        config = read_config(find_checkpoint(), "flow")
    except WeightsError as error:
        return SystemInfo("flow", "Flow", "flow", 0, "checkpoints/", "", MelSettings(), True, False, str(error))
    return flow_info(config.card, config.mel)


def _bundled(name: str) -> Path | None:
    """The first of the project's own checkpoints that a network's row can take."""
    found = checkpoints(ROWS[name].family)
    return find_checkpoint(next(iter(found))) if found else None


def _installed(name: str) -> SystemInfo:
    folder = _bundled(name)
    if folder is None:
        return missing_info(name)
    config = read_config(folder)
    return neural_info(name, config.card, config.mel)


_KEPT = 3  # networks in memory; a bundled flow is some 12 MB
_KEPT_PARAMETERS = 300_000_000  # of all of them together, 1.2 GB; one alone may have more
_systems: OrderedDict[tuple[Path, int, str], Vocoder] = OrderedDict()
_lock = threading.Lock()


def _loaded(name: str, folder: Path, device: torch.device) -> Vocoder:
    """The system of a folder, kept for the next who asks as long as its config has not been written anew."""
    written = (folder / "config.json").stat().st_mtime_ns if (folder / "config.json").is_file() else 0
    key = folder, written, str(device)
    with _lock:
        config = read_config(folder, FAMILIES[name])  # says what is wrong with another family's
        if key not in _systems:
            _make_room(config.card.parameters)
            _systems[key] = _load(name, folder, device)
        _systems.move_to_end(key)
        return _systems[key]


def _make_room(parameters: int) -> None:
    """Lets go of what was not asked for longest, before as many parameters more are loaded."""
    while _systems:
        known = sum(system.info.parameters for system in _systems.values())
        if len(_systems) < _KEPT and known + parameters <= _KEPT_PARAMETERS:
            return
        _systems.popitem(last=False)


def _load(name: str, folder: Path, device: torch.device) -> Vocoder:
    network, card = load_checkpoint(folder, FAMILIES[name])
    if name == "flow":
        return FlowSystem(network, flow_info(card, network.mel_settings), device)
    info = neural_info(name, card, network.mel_settings)
    return WaveNetSystem(network, info) if isinstance(network, WaveNet) else NeuralSystem(network, info, device)
