"""Generators of HiFi-GAN (jik876), MelGAN (descriptinc) and BigVGAN (NVIDIA) from their authors' files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from torch import Tensor

from vocoder.errors import WeightsError
from vocoder.features import MelSettings
from vocoder.neural import (
    FAMILIES,
    MelGANSettings,
    bigvgan_config,
    hifigan_config,
    load_bigvgan_state,
    load_hifigan_state,
    load_melgan_state,
)
from vocoder.neural.generator import Generator
from vocoder.weights.foreign.containers import Container
from vocoder.weights.foreign.lazy import stored
from vocoder.weights.foreign.state import State

MOST_NUMBERS = 1 << 28  # 1 GiB of float32; the largest BigVGAN has 112 million
_MARKS = {  # a name that only this family has; HiFi-GAN's are BigVGAN's, too
    "melgan": r"(module\.)?model\.\d+\.shortcut\..+",
    "bigvgan": r"(module\.)?activation_post\.act\.alpha",
    "hifigan": r"(module\.)?conv_pre\..+",
}
_LOADERS: dict[str, Callable[..., tuple[Any, Generator]]] = {
    "melgan": load_melgan_state,
    "bigvgan": load_bigvgan_state,
    "hifigan": load_hifigan_state,
}
_CONFIGS: dict[str, Callable[[Mapping[str, Any]], tuple[Any, MelSettings]]] = {
    "bigvgan": bigvgan_config,
    "hifigan": hifigan_config,
}


def recognise(names: Iterable[str]) -> str | None:
    """The family that parameters with these names belong to; None where it is none of the generators."""
    names = list(names)
    return next((family for family, mark in _MARKS.items() if any(re.fullmatch(mark, name) for name in names)), None)


def read_generator(
    family: str,
    container: Container,
    state: State,
    mel: MelSettings | None = None,
    config: Mapping[str, Any] | None = None,
) -> tuple[Generator, list[str]]:
    """Our generator with the weights of the file, and in words what was found.

    Args:
        family: as `recognise` finds it.
        mel: what it was trained on; the config's where None, and the family's common one where there is neither.
        config: the authors' `config.json`, where there is one; what it says is else inferred from shapes.
    Raises:
        WeightsError: names or shapes differ from the family's, or the file does not hold what it claims.
    """
    title = FAMILIES[family].title
    numbers = sum(_count(tensor.shape) for tensor in state.tensors.values())
    if numbers > MOST_NUMBERS:
        raise WeightsError(f"it has {numbers:,} numbers, more than any {title} that is known.")
    settings, notes = None, [f"{title}, a state dict in the {container.kind} container of torch.save"]
    if config is not None and family in _CONFIGS:
        settings, told = _CONFIGS[family](config)
        mel = mel or told
        notes.append("shape and mel as its config.json says")
    tensors: dict[str, Tensor] = {n: stored(container, t, n).tensor() for n, t in state.tensors.items()}
    found, generator = _LOADERS[family](tensors, settings, mel or FAMILIES[family].mel)
    shape = f"channels: {found.channels}, rates: {_listed(found.rates)}"
    parameters = sum(parameter.numel() for parameter in generator.parameters())
    layers = f"layers: {found.layers}" if isinstance(found, MelGANSettings) else f"kernels: {_listed(found.kernels)}"
    notes.append(f"{shape}, {layers}, parameters: {parameters:,}")
    if state.others:
        notes.append(f"left unread: {', '.join(state.others)[:200]}")
    return generator, notes


def _count(shape: tuple[int, ...]) -> int:
    numbers = 1
    for size in shape:
        numbers *= size
    return numbers


def _listed(values: Iterable[int]) -> str:
    return " ".join(map(str, values))
