"""The checkpoint folders of vocoders: flows, and the other people's networks of `vocoder.neural`."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import nn

from vocoder.errors import SettingsError, WeightsError
from vocoder.features import MelSettings
from vocoder.flow import Flow, FlowSettings
from vocoder.neural import FAMILIES as NEURAL
from vocoder.weights.card import Card
from vocoder.weights.folder import MOST_TENSORS, Storage, check_numbers, read_folder, read_tensors, write_folder

_MOST_MEL = 1 << 18  # of any one mel setting


@dataclass(frozen=True)
class Kind:
    """What a family's `config.json` says, and what it makes of it."""

    part: str  # the object that holds the settings
    settings: Any  # their class, closed: `from_dict` and `to_dict`
    module: Callable[[Any, MelSettings], nn.Module]
    fewest: Callable[[Any], int] = lambda settings: 0  # tensors, at least; where building many modules takes long


KINDS = {"flow": Kind("flow", FlowSettings, Flow, lambda settings: max(settings.flows, settings.layers))} | {
    name: Kind("network", family.settings, family.module) for name, family in NEURAL.items()
}
"""By the name that `config.json` gives the family."""


@dataclass(frozen=True)
class Config:
    """The contents of a `config.json`."""

    family: str
    settings: Any  # of the family's own class
    mel: MelSettings
    storage: Storage
    card: Card


def save_checkpoint(
    model: nn.Module, folder: str | os.PathLike[str], card: Card, *, storage: Storage = "float32"
) -> Card:
    """Writes a checkpoint folder all at once: it is whole or, after a failure, as it was before.

    Args:
        model: of one of the `KINDS`, which tells its family.
    Returns:
        The card with the figures that only saving knows: the SHA-256 and the number of parameters.
    Raises:
        WeightsError: the weights are not finite (in `storage`), or the folder holds something else than a checkpoint.
    """
    family = next((name for name, kind in KINDS.items() if type(model) is kind.module), None)
    if family is None:
        raise WeightsError(f"A {type(model).__name__} is none of the networks that are saved: {', '.join(KINDS)}.")
    made: Any = model
    parts = {KINDS[family].part: made.settings.to_dict(), "mel": asdict(made.mel_settings)}
    return write_folder(Path(folder), model, card, family, parts, storage)


def load_checkpoint(folder: str | os.PathLike[str], family: str | None = None) -> tuple[Any, Card]:
    """The network of a checkpoint folder, in float32 on the CPU, ready to use and without gradients.

    Args:
        family: which it must be of; None is any of the `KINDS`.
    Raises:
        WeightsError: something is missing, damaged, unknown, of another shape or family, or not finite.
    """
    config = read_config(folder, family)
    kind = KINDS[config.family]

    def build(tensors: int) -> nn.Module:
        if kind.fewest(config.settings) > tensors:
            raise SettingsError(f"it describes at least {kind.fewest(config.settings)} tensors; {tensors} are there.")
        return kind.module(config.settings, config.mel)

    state = read_tensors(Path(folder), config.card, config.storage, build)
    with torch.device("meta"):
        model = kind.module(config.settings, config.mel)
    model.load_state_dict(state, strict=True, assign=True)
    return model.eval().requires_grad_(False), config.card


def read_config(folder: str | os.PathLike[str], family: str | None = None) -> Config:
    """What a checkpoint folder says about itself, without touching its tensors; raises `WeightsError`."""
    wanted = KINDS if family is None else {family: KINDS[family]}
    return read_folder(Path(folder), {name: {kind.part, "mel"} for name, kind in wanted.items()}, _parse)


def save_flow(flow: Flow, folder: str | os.PathLike[str], card: Card, *, storage: Storage = "float32") -> Card:
    """`save_checkpoint` of a flow."""
    return save_checkpoint(flow, folder, card, storage=storage)


def load_flow(folder: str | os.PathLike[str]) -> tuple[Flow, Card]:
    """`load_checkpoint` of a flow; raises `WeightsError`, also for another family."""
    return load_checkpoint(folder, "flow")


def _parse(values: dict[str, Any]) -> Config:
    family = values["family"]
    kind = KINDS[family]
    check_numbers(kind.part, values[kind.part], MOST_TENSORS)  # the settings' own checks take time with their numbers
    settings, mel = kind.settings.from_dict(values[kind.part]), _mel(values["mel"])
    return Config(family, settings, mel, values["storage"], Card.from_dict(values["card"]))


def _mel(values: dict[str, Any]) -> MelSettings:
    for field in fields(MelSettings):
        value = values.get(field.name, field.default)
        if type(value) not in (int, float) or (type(field.default) is int and type(value) is not int):
            raise SettingsError(f"mel setting {field.name} must be a number like {field.default}, not {value!r}.")
    check_numbers("mel", values, _MOST_MEL)
    return MelSettings.from_dict(values)
