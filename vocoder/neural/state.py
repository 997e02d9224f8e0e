"""Other people's state dicts: weight norm folded, names and shapes held against ours, nothing guessed.

What arrives here is a mapping that somebody else has read safely; what is wrong with it is said in one sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from vocoder.errors import WeightsError

Parts = dict[str, tuple[Tensor, ...]]  # by name: (weight,), or weight norm's (g, v)

# How torch has written weight norm: `weight_norm` until 2.0, `parametrizations.weight_norm` since.
GAINS = (("weight_g", "weight_v"), ("parametrizations.weight.original0", "parametrizations.weight.original1"))

Module = TypeVar("Module", bound=nn.Module)


def read_parts(state: Mapping[str, Any], family: str) -> Parts:
    """The parameters of a state dict, weight-normed ones in their two parts.

    Takes the generator's part of a training checkpoint ({"generator": {...}}), and a `module.` that data-parallel
    training put before every name.
    """
    inner = state.get("generator", state)
    if not isinstance(inner, Mapping) or not inner:
        raise WeightsError(f"These are not {family} weights: a generator should be a mapping from names to tensors.")
    strangers = [name for name, value in inner.items() if not (isinstance(name, str) and isinstance(value, Tensor))]
    if strangers:
        raise WeightsError(f"These are not {family} weights: {strangers[0]!r:.80} is not a tensor.")
    integers = [name for name, tensor in inner.items() if not tensor.is_floating_point()]
    if integers:
        raise WeightsError(f"{integers[0]} holds {inner[integers[0]].dtype} numbers; weights should be floating-point.")
    wrapped = all(name.startswith("module.") for name in inner)
    tensors = {name.removeprefix("module.") if wrapped else name: tensor for name, tensor in inner.items()}
    parts: Parts = {}
    for gain, direction in GAINS:
        for name in [name for name in tensors if name.endswith(f".{direction}")]:
            stem = name.removesuffix(direction)
            v, g = tensors.pop(name), tensors.pop(f"{stem}{gain}", None)
            if g is None:
                raise WeightsError(f"{name} has no {stem}{gain} beside it; weight norm needs both.")
            if v.ndim < 1 or g.numel() != v.shape[0]:
                raise WeightsError(f"{stem}{gain} is {_shape(g)}; its {name} of {_shape(v)} needs one gain a row.")
            parts[f"{stem}weight"] = (g, v)
    return parts | {name: (tensor,) for name, tensor in tensors.items()}


def fold(parts: tuple[Tensor, ...]) -> Tensor:
    """The weight that weight norm computes, g v / |v| with the norm of each row (Salimans & Kingma 2016)."""
    if len(parts) == 1:
        return parts[0].detach().to("cpu", torch.float32).contiguous()
    gain, direction = (part.detach().to("cpu", torch.float32) for part in parts)
    rows = direction.flatten(1)
    return (gain.reshape(-1, 1) * rows / torch.linalg.vector_norm(rows, dim=1, keepdim=True)).view_as(direction)


def fill(build: Callable[[], Module], names: Mapping[str, str], parts: Parts, family: str) -> Module:
    """A module with these weights, ready to use: float32, on the CPU, without gradients.

    Float32 weights that need no folding are taken over as they are, not copied.

    Args:
        build: makes the module; called on the meta device, so that nothing is allocated before everything fits.
        names: every parameter's name in the module -> its name in `parts`.
    Raises:
        WeightsError: a name or a shape differs, or a number is not finite.
    """
    with torch.device("meta"):
        module = build()
    wanted = {names[name]: parameter.shape for name, parameter in module.named_parameters()}
    differing = [f"{name} is missing" for name in wanted if name not in parts]
    differing += [f"{name} is unknown" for name in parts if name not in wanted]
    differing += [
        f"{name} is {_shape(parts[name][-1])}, should be {_product(shape)}"
        for name, shape in wanted.items()
        if name in parts and parts[name][-1].shape != shape
    ]
    if differing:
        shown = "; ".join(differing[:3]) + (f"; and {len(differing) - 3} more" if len(differing) > 3 else "")
        raise WeightsError(f"These weights do not fit {family}: {shown}.")
    state = {}
    for name in names:
        weight = fold(parts[names[name]])
        if not torch.isfinite(weight).all():
            raise WeightsError(f"{names[name]} holds numbers that are not finite; the weights are unusable.")
        state[name] = weight
    module.load_state_dict(state, strict=True, assign=True)
    return module.eval().requires_grad_(False)


def _shape(tensor: Tensor) -> str:
    return _product(tensor.shape)


def _product(shape: torch.Size) -> str:
    return "x".join(map(str, shape)) or "a single number"
