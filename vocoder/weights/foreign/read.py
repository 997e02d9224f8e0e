"""A foreign checkpoint of whatever family, recognised by its names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from torch import nn

from vocoder.features import MelSettings
from vocoder.neural import FAMILIES
from vocoder.weights.foreign.containers import open_container
from vocoder.weights.foreign.generators import read_generator, recognise
from vocoder.weights.foreign.state import find_state
from vocoder.weights.foreign.waveglow import flow_of


@dataclass(frozen=True)
class Foreign:
    """A foreign network, read and ready to be saved as ours."""

    model: nn.Module
    family: str  # for people
    notes: tuple[str, ...]  # what was found, for people


def read_foreign(file: BinaryIO, mel: MelSettings | None = None, config: Mapping[str, Any] | None = None) -> Foreign:
    """Our network with the weights of a foreign checkpoint, float32, on the CPU and without gradients.

    Args:
        file: open for reading, at any position.
        mel: the mel-spectrogram that the model was trained on; see `read_generator`, and the common one for flows.
        config: the `config.json` that HiFi-GAN's and BigVGAN's authors keep beside a generator.
    Raises:
        WeightsError: the file is no checkpoint that is known, is damaged, or is hostile; the text completes "FILE
            cannot be converted: ".
    """
    container = open_container(file)
    state = find_state(container.root)
    family = recognise(state.tensors)
    if family is None:
        flow = flow_of(container, state, mel or MelSettings())
        return Foreign(flow.flow, "WaveGlow", flow.notes)
    generator, notes = read_generator(family, container, state, mel, config)
    return Foreign(generator, FAMILIES[family].title, tuple(notes))
