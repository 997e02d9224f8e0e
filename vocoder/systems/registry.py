"""The table of systems: what each is, whether it can be had here, and the loading of it."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from pathlib import Path

import torch

from vocoder.errors import SettingsError, WeightsError
from vocoder.features import MelSettings
from vocoder.systems.flow import FlowSystem, flow_info
from vocoder.systems.protocol import SystemInfo, Vocoder
from vocoder.systems.signal import NETWORK, SIGNAL, signal_rows, signal_system
from vocoder.weights import find_checkpoint, load_flow, read_config


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


def _bundled_flow() -> SystemInfo:
    try:
        config = read_config(find_checkpoint())
    except WeightsError as error:
        return SystemInfo("flow", "Flow", "flow", 0, "checkpoints/", "", MelSettings(), True, False, str(error))
    return flow_info(config.card, config.mel)


def _planned(name: str, title: str, family: str) -> SystemInfo:
    return SystemInfo(name, title, family, 0, "", "", MelSettings(), False, False, "not built yet")


def systems() -> list[SystemInfo]:
    """Every system, in the order to show them; loads no weights."""
    return [
        _bundled_flow(),
        *signal_rows(),
        _planned("wavenet", "WaveNet", "autoregressive"),
        _planned("melgan", "MelGAN", "adversarial"),
        _planned("hifi-gan", "HiFi-GAN", "adversarial"),
    ]


def load_system(name: str, *, checkpoint: str | os.PathLike[str] | None = None, device: str = "auto") -> Vocoder:
    """A system, ready to use.

    Args:
        name: one of `systems()`.
        checkpoint: a checkpoint's folder or id, for systems that have weights (others pass it over); None is the
            bundled one.
        device: "auto", "cpu", "cuda" or "cuda:1".
    Raises:
        SettingsError: there is no such system or device, or the system is not built yet.
        WeightsError: the checkpoint cannot be used.
    """
    place = pick_device(device)
    if name == "flow":
        return _loaded_flow(find_checkpoint(checkpoint).resolve(), place)
    if name in SIGNAL:
        own = find_checkpoint(checkpoint) if checkpoint is not None and name == NETWORK else None
        return signal_system(name, place, checkpoint=own)
    for info in systems():
        if info.name == name:
            raise SettingsError(f"The system {name!r} is not available: {info.reason}.")
    raise SettingsError(f"There is no system {name!r}; there are {', '.join(info.name for info in systems())}.")


_KEPT = 3  # flows in memory; a bundled one is some 12 MB
_flows: OrderedDict[tuple[Path, int, str], FlowSystem] = OrderedDict()
_lock = threading.Lock()


def _loaded_flow(folder: Path, device: torch.device) -> FlowSystem:
    """The flow of a folder, kept for the next who asks as long as its config has not been written anew."""
    written = (folder / "config.json").stat().st_mtime_ns if (folder / "config.json").is_file() else 0
    key = folder, written, str(device)
    with _lock:
        if key not in _flows:
            flow, card = load_flow(folder)
            _flows[key] = FlowSystem(flow, flow_info(card, flow.mel_settings), device)
        _flows.move_to_end(key)
        while len(_flows) > _KEPT:
            _flows.popitem(last=False)
        return _flows[key]
