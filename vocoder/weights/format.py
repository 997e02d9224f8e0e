"""The checkpoint folders of flows."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from vocoder.errors import SettingsError
from vocoder.features import MelSettings
from vocoder.flow import Flow, FlowSettings
from vocoder.weights.card import Card
from vocoder.weights.folder import MOST_TENSORS, Storage, check_numbers, read_folder, read_tensors, write_folder

FAMILY = "flow"
_MOST_MEL = 1 << 18  # of any one mel setting


@dataclass(frozen=True)
class Config:
    """The contents of a `config.json`."""

    flow: FlowSettings
    mel: MelSettings
    storage: Storage
    card: Card


def save_flow(flow: Flow, folder: str | os.PathLike[str], card: Card, *, storage: Storage = "float32") -> Card:
    """Writes a checkpoint folder all at once: it is whole or, after a failure, as it was before.

    Returns:
        The card with the figures that only saving knows: the SHA-256 and the number of parameters.
    Raises:
        WeightsError: the weights are not finite (in `storage`), or the folder holds something else than a checkpoint.
    """
    parts = {"flow": flow.settings.to_dict(), "mel": asdict(flow.mel_settings)}
    return write_folder(Path(folder), flow, card, FAMILY, parts, storage)


def load_flow(folder: str | os.PathLike[str]) -> tuple[Flow, Card]:
    """The flow of a checkpoint folder, in float32 on the CPU, ready to use and without gradients.

    Raises:
        WeightsError: something is missing, damaged, unknown, of another shape, or not finite.
    """
    config = read_config(folder)

    def build(tensors: int) -> Flow:
        if max(config.flow.flows, config.flow.layers) > tensors:
            raise SettingsError(f"{tensors} tensors are there, which does not fit {config.flow.flows} flows.")
        return Flow(config.flow, config.mel)

    state = read_tensors(Path(folder), config.card, config.storage, build)
    flow = Flow(config.flow, config.mel)
    flow.load_state_dict(state, strict=True)
    return flow.eval().requires_grad_(False), config.card


def read_config(folder: str | os.PathLike[str]) -> Config:
    """What a checkpoint folder says about itself, without touching its tensors; raises `WeightsError`."""
    return read_folder(Path(folder), FAMILY, {"flow", "mel"}, _parse)


def _parse(values: dict[str, Any]) -> Config:
    check_numbers("flow", values["flow"], MOST_TENSORS)  # the settings' own checks take time with the flows
    flow, mel = FlowSettings.from_dict(values["flow"]), _mel(values["mel"])
    return Config(flow, mel, values["storage"], Card.from_dict(values["card"]))


def _mel(values: dict[str, Any]) -> MelSettings:
    for field in fields(MelSettings):
        value = values.get(field.name, field.default)
        if type(value) not in (int, float) or (type(field.default) is int and type(value) is not int):
            raise SettingsError(f"mel setting {field.name} must be a number like {field.default}, not {value!r}.")
    check_numbers("mel", values, _MOST_MEL)
    return MelSettings.from_dict(values)
