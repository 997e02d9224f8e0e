"""The spellings that one WaveGlow has had, brought to the one of NVIDIA's present `glow.py`.

| spelling | written by | here |
|---|---|---|
| `module.`, `module.1.`, ... in front | DataParallel, DeepLearningExamples | dropped |
| `weight_g`, `weight_v` | `torch.nn.utils.weight_norm` | folded |
| `parametrizations.weight.original0`, `original1` | `torch.nn.utils.parametrizations.weight_norm` | folded |
| `res_layers.i`, `skip_layers.i` | glow.py until November 2018 | stacked, residual first |
| `cond_layers.i` | glow.py until August 2019, DeepLearningExamples | stacked, layer after layer |
| `in_layers.i.0`, `.1`, `.2` | SqueezeWave in training | batch norm folded into the depthwise convolution |
"""

from __future__ import annotations

import re

from vocoder.errors import WeightsError
from vocoder.weights.foreign.lazy import Lazy, batch_normed, stacked, weight_normed

_PREFIX = re.compile(r"((?:[a-z_]+\.|\d+\.)*)convinv\.0\.conv\.weight")
_NORMS = ((".weight_g", ".weight_v"), (".parametrizations.weight.original0", ".parametrizations.weight.original1"))
_SPLIT = re.compile(r"(WN\.\d+)\.(cond|res|skip)_layers\.(\d+)\.(weight|bias)")
_BATCH_NORM = re.compile(r"(WN\.\d+\.in_layers\.\d+)\.0\.running_mean")


def strip_prefix(names: list[str]) -> str:
    """What stands before every name of the flow; "" where there is no flow, or nothing stands before it."""
    found = [match[1] for match in map(_PREFIX.fullmatch, names) if match]
    return found[0] if len(found) == 1 and all(name.startswith(found[0]) for name in names) else ""


def unify(tensors: dict[str, Lazy]) -> tuple[dict[str, Lazy], list[str]]:
    """The tensors under today's names, and in words what was done to get there."""
    done: list[str] = []
    for step in (_fold_norms, _stack_split_layers, _fold_batch_norms):
        tensors, words = step(tensors)
        done += words
    return tensors, done


def _fold_norms(tensors: dict[str, Lazy]) -> tuple[dict[str, Lazy], list[str]]:
    folded = dict(tensors)
    count = 0
    for gain_end, direction_end in _NORMS:
        for name in [name for name in tensors if name.endswith(gain_end)]:
            layer = name.removesuffix(gain_end)
            if layer + direction_end not in folded:
                raise WeightsError(f"it has {name} but not {layer + direction_end}.")
            if f"{layer}.weight" in folded:
                raise WeightsError(f"it has {layer}.weight both folded and as a weight norm.")
            gain, direction = folded.pop(name), folded.pop(layer + direction_end)
            folded[f"{layer}.weight"] = weight_normed(gain, direction, f"{layer}.weight")
            count += 1
    return folded, [f"weight norm folded in {count} layers"] if count else []


def _stack_split_layers(tensors: dict[str, Lazy]) -> tuple[dict[str, Lazy], list[str]]:
    fused: dict[str, Lazy] = {}
    parts: dict[str, list[tuple[tuple[int, int], Lazy]]] = {}
    kinds: set[str] = set()
    for name, tensor in tensors.items():
        match = _SPLIT.fullmatch(name)
        if match is None:
            fused[name] = tensor
            continue
        prefix, kind, layer, part = match.groups()
        kinds.add(kind)
        target = f"{prefix}.cond_layer" if kind == "cond" else f"{prefix}.res_skip_layers.{int(layer)}"
        parts.setdefault(f"{target}.{part}", []).append(((int(layer), kind == "skip"), tensor))
    for name, pieces in parts.items():
        if name in fused:
            raise WeightsError(f"it has {name} both in one piece and in several.")
        fused[name] = stacked([piece for _, piece in sorted(pieces, key=lambda item: item[0])], name)
    words = ["conditioning layers stacked"] if "cond" in kinds else []
    return fused, words + (["residual and skip layers stacked"] if kinds - {"cond"} else [])


def _fold_batch_norms(tensors: dict[str, Lazy]) -> tuple[dict[str, Lazy], list[str]]:
    folded = dict(tensors)
    layers = [match[1] for match in map(_BATCH_NORM.fullmatch, tensors) if match]
    for layer in layers:
        norm = [_taken(folded, f"{layer}.0.{part}") for part in ("weight", "bias", "running_mean", "running_var")]
        depthwise = [_taken(folded, f"{layer}.1.{part}") for part in ("weight", "bias")]
        pointwise = {f"{layer}.1.{part}": _taken(folded, f"{layer}.2.{part}") for part in ("weight", "bias")}
        weight, bias = batch_normed(norm, depthwise[0], depthwise[1], layer)
        folded |= {f"{layer}.0.weight": weight, f"{layer}.0.bias": bias} | pointwise
    return folded, [f"batch norm folded in {len(layers)} layers"] if layers else []


def _taken(tensors: dict[str, Lazy], name: str) -> Lazy:
    if name not in tensors:
        raise WeightsError(f"{name} is missing.")
    return tensors.pop(name)
