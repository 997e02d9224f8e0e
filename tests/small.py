"""A flow small enough for tests, with no identity left in it, and sounds that are not white."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from vocoder.features import MelSettings
from vocoder.flow import Flow, FlowSettings
from vocoder.systems import FlowSystem, flow_info
from vocoder.weights import Card, save_flow

SETTINGS = FlowSettings(group=64, flows=2, layers=2, channels=8, encoder=8)
CARD = Card("small", "MIT", "random numbers")
RATE = MelSettings().sample_rate


def small_flow(seed: int = 0, settings: FlowSettings = SETTINGS) -> Flow:
    torch.manual_seed(seed)
    flow = Flow(settings)
    for name, parameter in flow.named_parameters():
        if name.endswith(("end.weight", "net.2.weight")):
            torch.nn.init.normal_(parameter, std=0.03)
    if flow.scale is not None:
        torch.nn.init.constant_(flow.scale.net[-1].bias, 3.0)  # quiet sounds to latents of about unit variance
    return flow.eval().requires_grad_(False)


def small_system(seed: int = 0) -> FlowSystem:
    flow = small_flow(seed)
    return FlowSystem(flow, flow_info(CARD, flow.mel_settings))


def small_checkpoint(folder: Path) -> Path:
    save_flow(small_flow(), folder, CARD)
    return folder


def rumble(samples: int, seed: int = 0) -> np.ndarray:
    """Noise that swells and ebbs, float32, peak about 0.4."""
    noise = np.random.default_rng(seed).standard_normal(samples)
    return (0.1 * noise * np.sin(np.arange(samples) / 4000)).astype(np.float32)
