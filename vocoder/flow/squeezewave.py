"""SqueezeWave's parameter names beside ours, one to one, so that its checkpoints fit `SQUEEZEWAVE`."""

from __future__ import annotations

from vocoder.flow.settings import FlowSettings
from vocoder.flow.waveglow import with_mixings


def squeezewave_names(settings: FlowSettings) -> dict[str, str]:
    """Our parameter name -> the name in SqueezeWave's `glow.py` after its `remove_weightnorm`, which folds the norms.

    Shapes are the same on both sides but for the 1x1 convolutions, which they keep as (C, C, 1) and we as (C, C).
    """
    pairs: dict[str, str] = {}
    for k in range(settings.flows):
        ours, theirs = f"couplings.{k}.conditioner", f"WN.{k}"
        pairs |= {
            f"{ours}.{a}": f"{theirs}.{b}" for a, b in (("start", "start"), ("condition", "cond_layer"), ("end", "end"))
        }
        for i in range(settings.layers):
            pairs[f"{ours}.layers.{i}"] = f"{theirs}.in_layers.{i}.0"
            pairs[f"{ours}.points.{i}"] = f"{theirs}.in_layers.{i}.1"
            pairs[f"{ours}.outs.{i}"] = f"{theirs}.res_skip_layers.{i}"
    return with_mixings(pairs, settings)
