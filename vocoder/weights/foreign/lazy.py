"""Tensors that know their shape now and their numbers later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from vocoder.errors import WeightsError
from vocoder.weights.foreign.containers import Container
from vocoder.weights.foreign.values import StoredTensor


@dataclass(frozen=True)
class Lazy:
    """A tensor of float32 weights that is computed when it is asked for, so that only one is in memory twice."""

    shape: tuple[int, ...]
    tensor: Callable[[], Tensor]


def stored(container: Container, tensor: StoredTensor, name: str) -> Lazy:
    """A tensor of the file.

    Raises:
        WeightsError: the file does not really hold its numbers, each in a place of its own.
    """
    expected = 1
    steps = [(step, size) for step, size in zip(tensor.stride, tensor.shape, strict=True) if size != 1]
    for step, size in sorted(steps):
        if step != expected or size == 0:
            raise WeightsError(f"{name} claims {_product(tensor.shape)} numbers without holding each of them.")
        expected *= size
    if not tensor.storage.dtype.is_floating_point:
        raise WeightsError(f"{name} holds {tensor.storage.dtype} and not floating-point numbers.")
    held = container.held(tensor.storage)
    if tensor.offset + expected > held:
        wide = tensor.storage.dtype.itemsize
        claimed = f"{(tensor.offset + expected) * wide:,} bytes"
        raise WeightsError(f"{name} claims {claimed}, where the file holds {held * wide:,} for it.")
    stride = tuple(step if size != 1 else 1 for step, size in zip(tensor.stride, tensor.shape, strict=True))

    def read() -> Tensor:
        data = container.read(tensor.storage, tensor.offset, expected)
        flat = torch.frombuffer(data, dtype=tensor.storage.dtype)
        values = flat.as_strided(tensor.shape, stride).to(torch.float32).contiguous()
        if not torch.isfinite(values).all():
            raise WeightsError(f"{name} holds numbers that are not finite; the weights are unusable.")
        return values

    return Lazy(tensor.shape, read)


def weight_normed(gain: Lazy, direction: Lazy, name: str) -> Lazy:
    """w = g v / ||v||, the norm over all but the first dimension (Salimans & Kingma 2016, arXiv 1602.07868).

    Raises:
        WeightsError: there is not one gain for each output channel.
    """
    if gain.shape != (*direction.shape[:1], *[1] * (len(direction.shape) - 1)):
        raise WeightsError(f"{name} has {_product(gain.shape)} gains for a weight of {_product(direction.shape)}.")

    def fold() -> Tensor:
        v = direction.tensor().double()
        norm = v.flatten(1).norm(dim=1).reshape(gain.shape)
        if not norm.all():
            raise WeightsError(f"{name} has a direction of length zero; the weights are unusable.")
        return (v * (gain.tensor().double() / norm)).float()

    return Lazy(direction.shape, fold)


def batch_normed(norm: Sequence[Lazy], weight: Lazy, bias: Lazy, name: str) -> tuple[Lazy, Lazy]:
    """Weight and bias of a depthwise convolution (C, 1, K) that does the batch norm before it as well.

    With y = s x + t, s = gain / sqrt(variance + 1e-5) and t = shift - s mean, a tap w of x is w s, and t adds
    t times the sum of the taps. At the two ends that differs from padding after the norm; SqueezeWave folds the same.

    Args:
        norm: gain, shift, mean and variance, each (C,).
    Raises:
        WeightsError: the shapes are not so.
    """
    if len(weight.shape) != 3 or weight.shape[1] != 1 or {t.shape for t in (*norm, bias)} != {weight.shape[:1]}:
        raise WeightsError(f"the batch norm and the depthwise convolution of {name} do not fit each other.")

    @cache  # they are small, and both results need them
    def folded() -> tuple[Tensor, Tensor]:
        gain, shift, mean, variance = (part.tensor().double() for part in norm)
        if (variance < 0).any():
            raise WeightsError(f"the batch norm of {name} has a negative variance; the weights are unusable.")
        scale, taps = gain / (variance + 1e-5).sqrt(), weight.tensor().double()
        offset = bias.tensor().double() + (shift - scale * mean) * taps.sum((1, 2))
        return (taps * scale[:, None, None]).float(), offset.float()

    return Lazy(weight.shape, lambda: folded()[0]), Lazy(bias.shape, lambda: folded()[1])


def stacked(parts: Sequence[Lazy], name: str) -> Lazy:
    """The parts one after the other along the output channels; raises `WeightsError` where their shapes differ."""
    if len({part.shape[1:] for part in parts}) != 1 or not parts[0].shape:
        raise WeightsError(f"the parts of {name} have different shapes: {', '.join(_product(p.shape) for p in parts)}.")
    shape = (sum(part.shape[0] for part in parts), *parts[0].shape[1:])
    return Lazy(shape, lambda: torch.cat([part.tensor() for part in parts]))


def _product(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "a single number"
