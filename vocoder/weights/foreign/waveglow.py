"""Checkpoints of WaveGlow (NVIDIA/waveglow and DeepLearningExamples) and of SqueezeWave to our flow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO

import torch

from vocoder.errors import InputError, WeightsError
from vocoder.features import MelSettings
from vocoder.flow import SQUEEZEWAVE, WAVEGLOW, Flow, FlowSettings
from vocoder.flow.squeezewave import squeezewave_names
from vocoder.flow.waveglow import waveglow_names
from vocoder.weights.foreign.containers import Container, open_container
from vocoder.weights.foreign.layout import strip_prefix, unify
from vocoder.weights.foreign.lazy import Lazy, stored
from vocoder.weights.foreign.state import State, find_state

_MOST = {"flows": 64, "layers": 16, "channels": 4096, "kernel": 63}
_SEPARABLE = re.compile(r"WN\.0\.in_layers\.0\.\d+\.(weight|bias)")
_UNKNOWN = (
    "it holds no WaveGlow, which would have convinv.0.conv.weight and WN.0.start.weight, "
    "nor a HiFi-GAN, BigVGAN (conv_pre.weight) or MelGAN (model.1.weight)"
)


@dataclass(frozen=True)
class ForeignFlow:
    """A foreign flow, read and ready to be saved as ours."""

    flow: Flow
    notes: tuple[str, ...]  # what was found, for people


def read_flow(file: BinaryIO, mel: MelSettings = MelSettings()) -> ForeignFlow:
    """Our flow with the weights of a WaveGlow or SqueezeWave checkpoint, float32, on the CPU and without gradients.

    Everything is decided from names and shapes, and compared with what the file really holds, before the first weight
    is read; what is no weight of the model (the optimiser, say) is never read.

    Args:
        file: open for reading, at any position.
        mel: the mel-spectrogram that the model was trained on; checkpoints do not say.
    Raises:
        WeightsError: the file is not such a checkpoint, is damaged, or is hostile; the text completes "FILE cannot be
            converted: ".
    """
    container = open_container(file)
    return flow_of(container, find_state(container.root), mel)


def flow_of(container: Container, state: State, mel: MelSettings) -> ForeignFlow:
    """`read_flow` of a file that has been opened already."""
    prefix = strip_prefix(list(state.tensors))
    _refuse_the_first_waveglow(state)
    kept = {name: t for name, t in state.tensors.items() if not name.endswith(".num_batches_tracked")}
    lazies = {name.removeprefix(prefix): stored(container, tensor, name) for name, tensor in kept.items()}
    squeezewave = any(_SEPARABLE.fullmatch(name) for name in lazies)
    tensors, done = unify(lazies)
    settings = _infer(tensors, SQUEEZEWAVE if squeezewave else WAVEGLOW)
    with torch.device("meta"):
        flow = _built(settings, mel)
    names = squeezewave_names(settings) if squeezewave else waveglow_names(settings)
    shapes = {names[ours]: _theirs(ours, tuple(tensor.shape)) for ours, tensor in flow.state_dict().items()}
    _compare(tensors, shapes)
    if not squeezewave:
        _check_layers(state, prefix, settings, mel)
    weights = {ours: tensors[theirs].tensor() for ours, theirs in names.items()}
    weights = {ours: tensor[..., 0] if ours.startswith("mixings") else tensor for ours, tensor in weights.items()}
    flow.load_state_dict(weights, strict=True, assign=True)
    for k, mixing in enumerate(flow.mixings):
        if not torch.isfinite(mixing.log_det()):  # type: ignore[operator]
            raise WeightsError(f"convinv.{k}.conv.weight cannot be inverted; the weights are unusable.")
    what = f"pickled {state.modules[''].kind}" if state.modules else "state dict"
    family = "SqueezeWave" if squeezewave else "WaveGlow"
    notes = [f"{family}, a {what} in the {container.kind} container of torch.save", _shape_in_words(settings, flow)]
    notes += [f"prefix {prefix!r} dropped"] if prefix else []
    notes += done
    notes += [f"left unread: {', '.join(state.others)[:200]}"] if state.others else []
    return ForeignFlow(flow.eval().requires_grad_(False), tuple(notes))


def _built(settings: FlowSettings, mel: MelSettings) -> Flow:
    try:
        return Flow(settings, mel)
    except InputError as error:
        raise WeightsError(f"its shape is none that this program can run: {error}") from error


def _theirs(ours: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*shape, 1) if ours.startswith("mixings") else shape


def _refuse_the_first_waveglow(state: State) -> None:
    """Its weights would fit WaveGlow's names and shapes, and its mathematics differs; only the class tells."""
    kinds = {module.kind for module in state.modules.values()}
    if any(kind.module.rpartition(".")[2] == "glow_old" for kind in kinds):
        raise WeightsError(
            "it was made by glow_old.py, which moves the other half of the channels in every second flow; "
            "its weights fit WaveGlow's names but would speak noise, so train or find a newer checkpoint."
        )


def _infer(tensors: Mapping[str, Lazy], preset: FlowSettings) -> FlowSettings:
    """The settings that the shapes tell; whether all of them agree is compared afterwards."""
    flows = _count(tensors, r"convinv\.(\d+)\.conv\.weight")
    depthwise = ".0" if preset.conditioner == "separable" else ""
    layers = _count(tensors, rf"WN\.0\.in_layers\.(\d+){re.escape(depthwise)}\.weight")
    start, first = tensors.get("WN.0.start.weight"), tensors.get(f"WN.0.in_layers.0{depthwise}.weight")
    widths = [next(iter(tensors[f"convinv.{k}.conv.weight"].shape), 0) for k in range(flows)]
    if not widths or start is None or first is None or len(start.shape) != 3 or len(first.shape) != 3:
        shown = ", ".join(list(tensors)[:3]) or "no tensor at all"
        raise WeightsError(f"{_UNKNOWN}; it has {shown}.")
    found = {"flows": flows, "layers": layers, "channels": start.shape[0], "kernel": first.shape[2]}
    for name, most in _MOST.items():
        if found[name] > most:
            raise WeightsError(f"it has {found[name]} {name}; more than {most} is refused.")
    drops = [k for k in range(1, flows) if widths[k] != widths[k - 1]]
    every, size = (drops[0], widths[0] - widths[drops[0]]) if drops else (0, 0)
    try:
        settings = replace(preset, group=widths[0], early_every=every, early_size=size, **found)  # type: ignore[arg-type]
    except InputError as error:
        raise WeightsError(f"its shape is none that this program can run: {error}") from error
    if settings.widths() != widths:
        raise WeightsError(f"its flows work on {', '.join(map(str, widths))} channels, which no WaveGlow does.")
    return settings


def _count(tensors: Mapping[str, Lazy], pattern: str) -> int:
    """How many there are, numbered from 0 without a gap."""
    numbers = {int(match[1]) for match in (re.fullmatch(pattern, name) for name in tensors) if match}
    return next(k for k in range(len(numbers) + 1) if k not in numbers)


def _compare(tensors: Mapping[str, Lazy], shapes: Mapping[str, tuple[int, ...]]) -> None:
    differing = [f"{name} is missing" for name in shapes if name not in tensors]
    differing += [f"{name[:80]} is unknown" for name in tensors if name not in shapes]
    differing += [
        f"{name} is {_product(tensors[name].shape)}, should be {_product(shape)}"
        for name, shape in shapes.items()
        if name in tensors and tensors[name].shape != shape
    ]
    if differing:
        more = f"; and {len(differing) - 3} more" if len(differing) > 3 else ""
        raise WeightsError(f"it is no WaveGlow that fits together: {'; '.join(differing[:3])}{more}.")


def _check_layers(state: State, prefix: str, settings: FlowSettings, mel: MelSettings) -> None:
    """A pickled module also says its strides and dilations, which shapes do not: they must be WaveGlow's."""
    wanted: dict[str, dict[str, object]] = {"upsample": {"stride": (mel.hop,), "padding": (0,)}}
    for k in range(settings.flows):
        for i in range(settings.layers):
            reach = 2**i * (settings.kernel // 2)
            wanted[f"WN.{k}.in_layers.{i}"] = {"stride": (1,), "dilation": (2**i,), "padding": (reach,), "groups": 1}
    for path, values in wanted.items():
        module = state.modules.get(prefix + path)
        for name, value in values.items():
            found = value if module is None else module.attributes.get(name, value)
            if found != value:
                shown = found if type(found) is int or found == (_first_int(found),) else "something else"
                raise WeightsError(f"its {path} has {shown} for its {name}, where WaveGlow has {value}.")


def _first_int(found: object) -> int | None:
    return found[0] if isinstance(found, tuple) and found and type(found[0]) is int else None


def _shape_in_words(settings: FlowSettings, flow: Flow) -> str:
    parameters = sum(parameter.numel() for parameter in flow.parameters())
    early = (
        f"{settings.early_size} leaving every {settings.early_every} flows" if settings.early_every else "none early"
    )
    numbers = ", ".join(
        f"{name}: {getattr(settings, name)}" for name in ("flows", "layers", "channels", "kernel", "group")
    )
    return f"{numbers} ({early}), parameters: {parameters:,}"


def _product(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "a single number"
