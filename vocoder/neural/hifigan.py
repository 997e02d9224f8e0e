"""HiFi-GAN's generator (Kong, Kim & Bae 2020, arXiv 2010.05646)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocoder.errors import SettingsError
from vocoder.features import MelSettings
from vocoder.neural.closed import ClosedSettings
from vocoder.neural.generator import Generator, check_mel, transposed_reach
from vocoder.neural.residual import ResidualBlock, mean_of_blocks

SLOPE = 0.1  # of the leaky ReLUs, but for the last


@dataclass(frozen=True)
class HiFiGANSettings(ClosedSettings):
    """The shape of a HiFi-GAN generator; the defaults are V1's."""

    channels: int = 512  # before the first upsampling, halved by each
    rates: tuple[int, ...] = (8, 8, 2, 2)  # of the upsamplings; their product is the hop
    rate_kernels: tuple[int, ...] = (16, 16, 4, 4)  # taps of the upsamplings
    kernels: tuple[int, ...] = (3, 7, 11)  # taps of the residual blocks that work side by side after each upsampling
    dilations: tuple[tuple[int, ...], ...] = ((1, 3, 5), (1, 3, 5), (1, 3, 5))  # of each of these blocks
    paired: bool = True  # every dilated convolution is followed by a plain one ("ResBlock1")

    def __post_init__(self) -> None:
        name = type(self).__name__
        if len(self.rates) != len(self.rate_kernels) or len(self.kernels) != len(self.dilations):
            raise SettingsError(f"{name}: rates need as many rate_kernels, and kernels as many dilations.")
        if any(k < r or (k - r) % 2 for r, k in zip(self.rates, self.rate_kernels, strict=True)):
            raise SettingsError(f"{name}: a rate_kernel must exceed its rate by an even number, so that lengths fit.")
        if any(kernel % 2 == 0 for kernel in self.kernels):
            raise SettingsError(f"{name}: kernels must be odd, so that a convolution keeps its length.")
        if len(self.rates) > 12 or self.channels % 2 ** len(self.rates):
            raise SettingsError(f"{name}: {self.channels} channels cannot be halved {len(self.rates)} times.")

    def widths(self) -> list[int]:
        """Channels after each upsampling."""
        return [self.channels >> (i + 1) for i in range(len(self.rates))]

    def context(self, activation: int = 0) -> int:
        """Mel frames to either side that the output depends on, where an activation sees so many samples around it."""
        spans = [
            sum(k // 2 * (d + self.paired) for d in ds) for k, ds in zip(self.kernels, self.dilations, strict=True)
        ]
        branches = max(len(ds) for ds in self.dilations) * (1 + self.paired)
        frames, rate = 3.0, 1
        for r, kernel in zip(self.rates, self.rate_kernels, strict=True):
            frames += transposed_reach(r, kernel) / rate
            rate *= r
            frames += (max(spans) + branches * activation) / rate
        return math.ceil(frames + (3 + activation) / rate)


V1 = HiFiGANSettings()
V2 = HiFiGANSettings(channels=128)
V3 = HiFiGANSettings(
    channels=256,
    rates=(8, 8, 4),
    rate_kernels=(16, 16, 8),
    kernels=(3, 5, 7),
    dilations=((1, 2), (2, 6), (3, 12)),
    paired=False,
)
"""The three of the paper's table 5, as in the released `config_v1.json` to `config_v3.json`: 13.92, 0.92 and 1.46 M."""


class HiFiGAN(Generator):
    """From the mel's rate to the sound's in a few steps, and after each the mean of blocks of several widths.

        x = pre(mel)
        x = mean_k block_k(up(lrelu_0.1(x)))        for each rate, halving the channels
        audio = tanh(post(lrelu_0.01(x)))

    Shapes: natural-log mel (B, 80, T) -> (B, T * hop) in [-1, 1].
    """

    def __init__(self, settings: HiFiGANSettings = V1, mel: MelSettings = MelSettings()) -> None:
        super().__init__(mel, settings.rates)
        self.settings = settings
        self.context = settings.context()
        self.pre = nn.Conv1d(mel.bands, settings.channels, 7, padding=3)
        self.ups, self.stages = stages(settings, _leaky)
        self.post = nn.Conv1d(settings.widths()[-1], 1, 7, padding=3)

    def forward(self, mel: Tensor) -> Tensor:
        check_mel(mel, self.mel_settings)
        x = self.pre(mel)
        for up, blocks in zip(self.ups, self.stages, strict=True):
            x = mean_of_blocks(blocks, up(F.leaky_relu(x, SLOPE)))  # type: ignore[arg-type]
        return torch.tanh(self.post(F.leaky_relu(x)))[:, 0]  # the last slope is torch's own 0.01, as released


def stages(settings: HiFiGANSettings, activation: Callable[[int], nn.Module]) -> tuple[nn.ModuleList, nn.ModuleList]:
    """The upsamplings, and the blocks after each."""
    ups, blocks = nn.ModuleList(), nn.ModuleList()
    for rate, kernel, width in zip(settings.rates, settings.rate_kernels, settings.widths(), strict=True):
        ups.append(nn.ConvTranspose1d(2 * width, width, kernel, rate, padding=(kernel - rate) // 2))
        blocks.append(
            nn.ModuleList(
                ResidualBlock(width, k, d, settings.paired, activation)
                for k, d in zip(settings.kernels, settings.dilations, strict=True)
            )
        )
    return ups, blocks


def _leaky(channels: int) -> nn.Module:
    return nn.LeakyReLU(SLOPE)
