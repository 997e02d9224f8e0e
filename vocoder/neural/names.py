"""The authors' parameter names beside ours, one to one; shapes are the same on both sides, weight norm folded."""

from __future__ import annotations

import re
from collections.abc import Mapping

from vocoder.neural.bigvgan import BigVGANSettings
from vocoder.neural.hifigan import HiFiGANSettings
from vocoder.neural.melgan import MelGANSettings


def hifigan_names(settings: HiFiGANSettings) -> dict[str, str]:
    """Our parameter name -> the name in jik876's `models.py`, weight norm folded."""
    pairs = {"pre": "conv_pre", "post": "conv_post"}
    for i in range(len(settings.rates)):
        pairs[f"ups.{i}"] = f"ups.{i}"
        for j, dilations in enumerate(settings.dilations):
            for d in range(len(dilations)):
                ours = f"stages.{i}.{j}.branches.{d}"
                theirs = f"resblocks.{i * len(settings.kernels) + j}"
                if settings.paired:
                    pairs |= {f"{ours}.1": f"{theirs}.convs1.{d}", f"{ours}.3": f"{theirs}.convs2.{d}"}
                else:
                    pairs[f"{ours}.1"] = f"{theirs}.convs.{d}"
    return _weights_and_biases(pairs)


def bigvgan_names(settings: BigVGANSettings) -> dict[str, str]:
    """Our parameter name -> the name in NVIDIA's `bigvgan.py`: HiFi-GAN's, one level more in `ups`, and the snakes."""
    names = {ours: re.sub(r"^ups\.(\d+)\.", r"ups.\1.0.", theirs) for ours, theirs in hifigan_names(settings).items()}
    if not settings.final_bias:
        del names["post.bias"]
    snakes = {"last": "activation_post"}
    step = 1 + settings.paired
    for i in range(len(settings.rates)):
        for j, dilations in enumerate(settings.dilations):
            for k in range(step * len(dilations)):
                ours = f"stages.{i}.{j}.branches.{k // step}.{2 * (k % step)}"
                snakes[ours] = f"resblocks.{i * len(settings.kernels) + j}.activations.{k}"
    for part in ("alpha", "beta") if settings.beta else ("alpha",):
        names |= {f"{ours}.activation.{part}": f"{theirs}.act.{part}" for ours, theirs in snakes.items()}
    return names


def melgan_names(settings: MelGANSettings) -> dict[str, str]:
    """Our parameter name -> the name in descriptinc's `modules.py`, one long Sequential."""
    pairs = {"pre": "model.1"}  # after its padding
    place = 2
    for i in range(len(settings.rates)):
        pairs[f"ups.{i}"] = f"model.{place + 1}"  # after its leaky ReLU
        for j in range(settings.layers):
            theirs = f"model.{place + 2 + j}"
            inner = {"dilated": "block.2", "out": "block.4", "shortcut": "shortcut"}
            pairs |= {f"stages.{i}.{j}.{ours}": f"{theirs}.{name}" for ours, name in inner.items()}
        place += 2 + settings.layers
    pairs["post"] = f"model.{place + 2}"  # after a leaky ReLU and padding
    return _weights_and_biases(pairs)


def _weights_and_biases(pairs: Mapping[str, str]) -> dict[str, str]:
    return {f"{ours}.{part}": f"{theirs}.{part}" for ours, theirs in pairs.items() for part in ("weight", "bias")}
