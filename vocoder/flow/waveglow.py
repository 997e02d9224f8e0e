"""WaveGlow's parameter names beside ours, one to one, so that its checkpoints fit the `WAVEGLOW` configuration."""

from __future__ import annotations

from vocoder.flow.settings import FlowSettings


def waveglow_names(settings: FlowSettings) -> dict[str, str]:
    """Our parameter name -> the name in NVIDIA's `glow.py` (weight norm removed, conditioning fused over the layers).

    Shapes are the same on both sides but for the 1x1 convolutions, which NVIDIA keeps as (C, C, 1) and we as (C, C).
    """
    pairs = {"encoder.upsample": "upsample"}
    for k in range(settings.flows):
        ours, theirs = f"couplings.{k}.conditioner", f"WN.{k}"
        pairs |= {f"{ours}.start": f"{theirs}.start", f"{ours}.condition": f"{theirs}.cond_layer"}
        for i in range(settings.layers):
            pairs[f"{ours}.layers.{i}"] = f"{theirs}.in_layers.{i}"
            pairs[f"{ours}.outs.{i}"] = f"{theirs}.res_skip_layers.{i}"
        pairs[f"{ours}.end"] = f"{theirs}.end"
    return with_mixings(pairs, settings)


def with_mixings(pairs: dict[str, str], settings: FlowSettings) -> dict[str, str]:
    """The weights and biases of so many convolutions, ours -> theirs, and the 1x1 mixings, which are named alike."""
    names = {f"{a}.{part}": f"{b}.{part}" for a, b in pairs.items() for part in ("weight", "bias")}
    return names | {f"mixings.{k}.weight": f"convinv.{k}.conv.weight" for k in range(settings.flows)}
