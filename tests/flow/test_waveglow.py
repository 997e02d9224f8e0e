"""The WaveGlow configuration against NVIDIA's published computation, written down again in plain functions."""

import dataclasses

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from vocoder.flow import SQUEEZEWAVE, WAVEGLOW, Flow, FlowSettings
from vocoder.flow.waveglow import waveglow_names

CHANNELS, LAYERS = 12, 8
SETTINGS = dataclasses.replace(WAVEGLOW, channels=CHANNELS)


def nvidia_shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of a released checkpoint (weight norm removed), at a narrower width."""
    shapes: dict[str, tuple[int, ...]] = {"upsample.weight": (80, 80, 1024), "upsample.bias": (80,)}
    for k in range(12):
        rest = 8 - 2 * (k // 4)
        shapes[f"convinv.{k}.conv.weight"] = (rest, rest, 1)
        shapes |= {f"WN.{k}.start.weight": (CHANNELS, rest // 2, 1), f"WN.{k}.start.bias": (CHANNELS,)}
        shapes |= {f"WN.{k}.end.weight": (rest, CHANNELS, 1), f"WN.{k}.end.bias": (rest,)}
        shapes[f"WN.{k}.cond_layer.weight"] = (2 * CHANNELS * LAYERS, 640, 1)
        shapes[f"WN.{k}.cond_layer.bias"] = (2 * CHANNELS * LAYERS,)
        for i in range(LAYERS):
            width = 2 * CHANNELS if i < LAYERS - 1 else CHANNELS
            shapes[f"WN.{k}.in_layers.{i}.weight"] = (2 * CHANNELS, CHANNELS, 3)
            shapes[f"WN.{k}.in_layers.{i}.bias"] = (2 * CHANNELS,)
            shapes[f"WN.{k}.res_skip_layers.{i}.weight"] = (width, CHANNELS, 1)
            shapes[f"WN.{k}.res_skip_layers.{i}.bias"] = (width,)
    return shapes


def nvidia_weights() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    weights = {}
    for name, shape in nvidia_shapes().items():
        weights[name] = torch.randn(shape, generator=generator, dtype=torch.float64) * 0.1
        if name.startswith("convinv"):
            weights[name] = torch.linalg.qr(weights[name][..., 0])[0][..., None]
    return weights


def published_forward(weights: dict[str, Tensor], mel: Tensor, audio: Tensor) -> tuple[Tensor, Tensor]:
    """The paper's section 2 with the release's constants: squeeze by 8, early 2 of every 4, log-scale second."""
    up = F.conv_transpose1d(mel, weights["upsample.weight"], weights["upsample.bias"], stride=256)
    up = up[..., : audio.shape[-1]]
    groups = audio.shape[-1] // 8
    condition = torch.stack([up[0, :, 8 * g : 8 * g + 8].reshape(-1) for g in range(groups)], 1)[None]
    x = torch.stack([audio[0, 8 * g : 8 * g + 8] for g in range(groups)], 1)[None]
    left, log_det = [], torch.zeros((), dtype=torch.float64)
    for k in range(12):
        if k in (4, 8):
            left.append(x[:, :2])
            x = x[:, 2:]
        w = weights[f"convinv.{k}.conv.weight"][..., 0]
        x = torch.einsum("ij,bjg->big", w, x)
        log_det = log_det + groups * torch.linalg.slogdet(w)[1]
        half = x.shape[1] // 2
        a, b = x[:, :half], x[:, half:]
        prefix = f"WN.{k}"
        h = F.conv1d(a, weights[f"{prefix}.start.weight"], weights[f"{prefix}.start.bias"])
        c = F.conv1d(condition, weights[f"{prefix}.cond_layer.weight"], weights[f"{prefix}.cond_layer.bias"])
        output = torch.zeros_like(h)
        for i in range(LAYERS):
            u = F.conv1d(
                h,
                weights[f"{prefix}.in_layers.{i}.weight"],
                weights[f"{prefix}.in_layers.{i}.bias"],
                dilation=2**i,
                padding=2**i,
            )
            u = u + c[:, 2 * CHANNELS * i : 2 * CHANNELS * (i + 1)]
            gated = torch.tanh(u[:, :CHANNELS]) * torch.sigmoid(u[:, CHANNELS:])
            r = F.conv1d(
                gated, weights[f"{prefix}.res_skip_layers.{i}.weight"], weights[f"{prefix}.res_skip_layers.{i}.bias"]
            )
            if i < LAYERS - 1:
                h = h + r[:, :CHANNELS]
                output = output + r[:, CHANNELS:]
            else:
                output = output + r
        end = F.conv1d(output, weights[f"{prefix}.end.weight"], weights[f"{prefix}.end.bias"])
        shift, log_s = end[:, :half], end[:, half:]
        x = torch.cat([a, torch.exp(log_s) * b + shift], 1)
        log_det = log_det + log_s.sum()
    return torch.cat([*left, x], 1), log_det


def ours(weights: dict[str, Tensor]) -> Flow:
    flow = Flow(SETTINGS).double()
    names = waveglow_names(SETTINGS)
    state = flow.state_dict()
    flow.load_state_dict({name: weights[theirs].reshape(state[name].shape) for name, theirs in names.items()})
    return flow.requires_grad_(False)


def test_names_and_shapes_map_one_to_one() -> None:
    names = waveglow_names(SETTINGS)
    state = Flow(SETTINGS).state_dict()
    shapes = nvidia_shapes()
    assert set(names) == set(state)
    assert sorted(names.values()) == sorted(shapes)
    for name, theirs in names.items():
        wanted = shapes[theirs][:2] if theirs.startswith("convinv") else shapes[theirs]
        assert tuple(state[name].shape) == wanted


@pytest.mark.parametrize(("settings", "millions"), [(WAVEGLOW, 87.7), (SQUEEZEWAVE, 23.5)])
def test_the_released_sizes(settings: FlowSettings, millions: float) -> None:
    """Without the gains of weight norm, which the published 87.9 and 23.6 million count."""
    with torch.device("meta"):
        flow = Flow(settings)
    assert round(sum(p.numel() for p in flow.parameters()) / 1e6, 1) == millions


def test_same_latents_and_sound_as_the_published_computation() -> None:
    weights = nvidia_weights()
    flow = ours(weights)
    generator = torch.Generator().manual_seed(1)
    mel = torch.randn(1, 80, 5, generator=generator, dtype=torch.float64) - 5
    audio = 0.3 * torch.randn(1, 5 * 256, generator=generator, dtype=torch.float64)
    z, log_det = flow(audio, mel)
    expected, expected_log_det = published_forward(weights, mel, audio)
    torch.testing.assert_close(z, expected, rtol=0, atol=1e-8)
    torch.testing.assert_close(log_det[0], expected_log_det, rtol=1e-10, atol=1e-8)
    torch.testing.assert_close(flow.inverse(expected, mel), audio, rtol=0, atol=1e-8)
