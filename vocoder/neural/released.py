"""The authors' released checkpoints: their names beside ours, and the settings that shapes give away.

Shapes tell widths, taps and the number of layers. They do not tell a convolution's dilation or an upsampling's rate, so
these are taken from the releases: a rate is half its kernel, and the dilations are those of V1 to V3. A model that was
built otherwise needs the settings of its `config.json`, which `vocoder.neural.configs` reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import torch
from torch import nn

from vocoder.errors import SettingsError, WeightsError
from vocoder.features import MelSettings
from vocoder.neural.antialias import kaiser_sinc
from vocoder.neural.bigvgan import BigVGAN, BigVGANSettings
from vocoder.neural.hifigan import V1, V3, HiFiGAN, HiFiGANSettings
from vocoder.neural.melgan import MELGAN_MEL, MelGAN, MelGANSettings
from vocoder.neural.names import bigvgan_names, hifigan_names, melgan_names
from vocoder.neural.state import Parts, fill, read_parts

Like = TypeVar("Like", bound=HiFiGANSettings)
Module = TypeVar("Module", bound=nn.Module)
Made = TypeVar("Made")


def load_hifigan_state(
    state: Mapping[str, Any], settings: HiFiGANSettings | None = None, mel: MelSettings = MelSettings()
) -> tuple[HiFiGANSettings, HiFiGAN]:
    """A jik876/hifi-gan generator: {"generator": {...}} as in its `g_02500000` files, or the inner state dict.

    Args:
        settings: where the shapes do not tell (see the head of this file); inferred where None.
    Raises:
        WeightsError: what differs from a HiFi-GAN, by name.
    """
    parts = read_parts(state, "HiFi-GAN")
    found = settings or _infer(HiFiGANSettings, parts, "HiFi-GAN")
    return found, _fill(lambda: HiFiGAN(found, mel), hifigan_names(found), parts, "HiFi-GAN")


def load_bigvgan_state(
    state: Mapping[str, Any], settings: BigVGANSettings | None = None, mel: MelSettings = MelSettings()
) -> tuple[BigVGANSettings, BigVGAN]:
    """An NVIDIA/BigVGAN generator: the {"generator": {...}} of a `bigvgan_generator.pt`, or the inner state dict.

    The anti-aliasing filters that such a file repeats for every activation must be those that the network computes.

    Args:
        settings: inferred where None, with version 2's clipping for a last convolution without bias, version 1's tanh
            for one with it, and the logarithmic snakes that all releases have.
        mel: shapes do not tell the highest frequency of the bands; see `vocoder.neural.configs`.
    Raises:
        WeightsError: what differs from a BigVGAN, by name.
    """
    parts = read_parts(state, "BigVGAN")
    _take_filters(parts)
    bias, beta = "conv_post.bias" in parts, "activation_post.act.beta" in parts
    found = settings or _infer(BigVGANSettings, parts, "BigVGAN", beta=beta, final_bias=bias, final_tanh=bias)
    return found, _fill(lambda: BigVGAN(found, mel), bigvgan_names(found), parts, "BigVGAN")


def load_melgan_state(
    state: Mapping[str, Any], settings: MelGANSettings | None = None, mel: MelSettings = MELGAN_MEL
) -> tuple[MelGANSettings, MelGAN]:
    """A descriptinc/melgan-neurips generator: the state dict of a `netG.pt` or of its `models/*.pt`.

    Raises:
        WeightsError: what differs from a MelGAN, by name.
    """
    parts = read_parts(state, "MelGAN")
    found = settings or _infer_melgan(parts)
    return found, _fill(lambda: MelGAN(found, mel), melgan_names(found), parts, "MelGAN")


def _infer(kind: type[Like], parts: Parts, family: str, **more: bool) -> Like:
    """Settings from shapes; rates and dilations from the releases."""
    ups = _taps(parts, r"ups\.(\d{1,4})(?:\.0)?\.weight")
    blocks = _taps(parts, r"resblocks\.(\d{1,4})\.convs1?\.0\.weight")
    depth = len(_taps(parts, r"resblocks\.0\.convs1?\.(\d{1,4})\.weight"))
    channels = _rows(parts, "conv_pre.weight")
    if not (channels and ups and blocks):
        raise WeightsError(f"These are not {family} weights: there should be conv_pre, ups and resblocks.")
    kernels = tuple(blocks[: max(1, len(blocks) // len(ups))])
    paired = "resblocks.0.convs1.0.weight" in parts
    alike = [s for s in (V1, V3) if (s.kernels, s.paired, len(s.dilations[0])) == (kernels, paired, depth)]
    if not alike:
        raise WeightsError(f"The dilations of this {family} cannot be seen in its weights; its config.json tells them.")
    shape = dict(
        channels=channels,
        rates=tuple(kernel // 2 for kernel in ups),
        rate_kernels=tuple(ups),
        kernels=kernels,
        dilations=alike[0].dilations,
        paired=paired,
    )
    return _accept(lambda: kind.from_dict(shape | more), family)


def _infer_melgan(parts: Parts) -> MelGANSettings:
    """Settings from shapes: the convolutions that stand alone are the first, the upsamplings, and the last."""
    alone = _taps(parts, r"model\.(\d{1,4})\.weight")
    layers = _taps(parts, r"model\.(\d{1,4})\.shortcut\.weight")
    channels = _rows(parts, "model.1.weight")
    if len(alone) < 3 or not (layers and channels):
        raise WeightsError("These are not MelGAN weights: there should be model.1, upsamplings and residual layers.")
    rates = tuple(taps // 2 for taps in alone[1:-1])
    shape = dict(channels=channels >> len(rates), rates=rates, layers=len(layers) // len(rates))
    return _accept(lambda: MelGANSettings.from_dict(shape), "MelGAN")


def _taps(parts: Parts, pattern: str) -> list[int]:
    """The last dimension of every tensor whose name matches, in the order of the number in the name."""
    found = {}
    for name, tensors in parts.items():
        if (match := re.fullmatch(pattern, name)) and tensors[-1].ndim == 3:
            found[int(match[1])] = tensors[-1].shape[-1]
    return [found[place] for place in sorted(found)]


def _rows(parts: Parts, name: str) -> int:
    """The first dimension of a convolution's weight, 0 where there is none of that name."""
    tensors = parts.get(name)
    return tensors[-1].shape[0] if tensors and tensors[-1].ndim == 3 else 0


def _fill(build: Callable[[], Module], names: Mapping[str, str], parts: Parts, family: str) -> Module:
    return fill(lambda: _accept(build, family), names, parts, family)


def _accept(make: Callable[[], Made], family: str) -> Made:
    """What `make` makes; settings that came out of a file are the file's fault."""
    try:
        return make()
    except SettingsError as error:
        raise WeightsError(f"These weights do not fit {family}: {error}") from error


def _take_filters(parts: Parts) -> None:
    """Removes the stored anti-aliasing filters from `parts`, once they are seen to be the ones that we compute."""
    expected = torch.tensor(kaiser_sinc(), dtype=torch.float32)
    for name in [name for name in parts if name.endswith((".upsample.filter", ".downsample.lowpass.filter"))]:
        taps = parts.pop(name)[0].float().flatten()
        if taps.shape != expected.shape or not torch.allclose(taps, expected, rtol=0, atol=1e-4):
            raise WeightsError(
                f"{name} is not the Kaiser-windowed sinc of {len(expected)} taps that BigVGAN filters with."
            )
