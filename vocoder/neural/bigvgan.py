"""BigVGAN's generator, versions 1 and 2 (Lee, Ping, Ginsburg, Catanzaro & Yoon 2023, arXiv 2206.04658)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vocoder.features import MelSettings
from vocoder.neural.antialias import REACH, AntiAliased, Snake
from vocoder.neural.generator import Generator, check_mel
from vocoder.neural.hifigan import HiFiGANSettings, stages
from vocoder.neural.residual import mean_of_blocks


@dataclass(frozen=True)
class BigVGANSettings(HiFiGANSettings):
    """HiFi-GAN's shape and what BigVGAN adds; the defaults are those of version 2 for 256 samples a frame."""

    channels: int = 1536
    rates: tuple[int, ...] = (4, 4, 2, 2, 2, 2)
    rate_kernels: tuple[int, ...] = (8, 8, 4, 4, 4, 4)
    beta: bool = True  # "snakebeta": the sine's height is learned apart from its frequency; else "snake"
    logarithmic: bool = True  # both are learned as logarithms
    final_bias: bool = False  # of the last convolution
    final_tanh: bool = False  # else the sound is clipped at -1 and 1


BIGVGAN_V2_22KHZ = BigVGANSettings()
"""`nvidia/bigvgan_v2_22khz_80band_fmax8k_256x` (112 M), with the mel of `MelSettings()`; the `..._80band_256x` of the
same shape wants `MelSettings(fmax=11_025.0)`."""

BIGVGAN_22KHZ = BigVGANSettings(final_bias=True, final_tanh=True)
"""`nvidia/bigvgan_22khz_80band`, version 1 (112 M)."""

BIGVGAN_BASE_22KHZ = BigVGANSettings(
    channels=512, rates=(8, 8, 2, 2), rate_kernels=(16, 16, 4, 4), final_bias=True, final_tanh=True
)
"""`nvidia/bigvgan_base_22khz_80band`, version 1 at HiFi-GAN V1's size (14 M)."""


class BigVGAN(Generator):
    """HiFi-GAN with anti-aliased snakes for leaky ReLUs ("AMP" blocks), none before an upsampling.

        x = pre(mel)
        x = mean_k block_k(up(x))        for each rate, halving the channels
        audio = bound(post(snake(x)))

    Shapes: natural-log mel (B, 80, T) -> (B, T * hop) in [-1, 1].
    """

    def __init__(self, settings: BigVGANSettings = BIGVGAN_V2_22KHZ, mel: MelSettings = MelSettings()) -> None:
        super().__init__(mel, settings.rates)
        self.settings = settings
        self.context = settings.context(activation=REACH)
        self.pre = nn.Conv1d(mel.bands, settings.channels, 7, padding=3)
        self.ups, self.stages = stages(settings, self._activation)
        self.last = self._activation(settings.widths()[-1])
        self.post = nn.Conv1d(settings.widths()[-1], 1, 7, padding=3, bias=settings.final_bias)

    def _activation(self, channels: int) -> AntiAliased:
        return AntiAliased(Snake(channels, beta=self.settings.beta, logarithmic=self.settings.logarithmic))

    def forward(self, mel: Tensor) -> Tensor:
        check_mel(mel, self.mel_settings)
        x = self.pre(mel)
        for up, blocks in zip(self.ups, self.stages, strict=True):
            x = mean_of_blocks(blocks, up(x))  # type: ignore[arg-type]
        x = self.post(self.last(x))[:, 0]
        return torch.tanh(x) if self.settings.final_tanh else x.clamp(-1, 1)
