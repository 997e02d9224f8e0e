"""MelGAN's generator (Kumar et al. 2019, arXiv 1910.06711), as released by descriptinc."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocoder.errors import SettingsError
from vocoder.features import MelSettings
from vocoder.neural.closed import ClosedSettings
from vocoder.neural.generator import Generator, check_mel, transposed_reach

SLOPE = 0.2

MELGAN_MEL = MelSettings(fmax=11_025.0)
"""MelGAN's mel reaches up to half the sampling rate, unlike the others' 8 kHz."""


@dataclass(frozen=True)
class MelGANSettings(ClosedSettings):
    """The shape of a MelGAN generator; the defaults are the released one's."""

    channels: int = 32  # after the last upsampling, doubled before each ("ngf")
    rates: tuple[int, ...] = (8, 8, 2, 2)  # of the upsamplings, whose kernels are twice as long
    layers: int = 3  # residual layers after each upsampling; dilation 1, 3, 9, ...

    def __post_init__(self) -> None:
        if len(self.rates) > 8 or self.channels << len(self.rates) > 1 << 14:
            raise SettingsError(
                f"MelGANSettings: {self.channels} channels doubled {len(self.rates)} times are too many."
            )
        if self.layers > 6:
            raise SettingsError(f"MelGANSettings: {self.layers} layers would need a dilation of 3^{self.layers - 1}.")


MELGAN = MelGANSettings()
"""`linda_johnson.pt` and `multi_speaker.pt` of descriptinc/melgan-neurips: 4.26 M."""


class ResidualLayer(nn.Module):
    """shortcut(x) + conv_1(lrelu(conv_d(lrelu(x)))): three taps a dilation apart, then one; ends are mirrored.

    Shapes: (B, C, N) -> (B, C, N), N > dilation.
    """

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.dilated = nn.Conv1d(channels, channels, 3, dilation=dilation, padding=dilation, padding_mode="reflect")
        self.out = nn.Conv1d(channels, channels, 1)
        self.shortcut = nn.Conv1d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.shortcut(x) + self.out(F.leaky_relu(self.dilated(F.leaky_relu(x, SLOPE)), SLOPE))


class MelGAN(Generator):
    """Upsampling by transposed convolutions, and after each a stack of dilated residual layers.

        x = pre(mel / ln 10)
        x = layers(up(lrelu_0.2(x)))        for each rate, halving the channels
        audio = tanh(post(lrelu_0.2(x)))

    The released weights were trained on log10 max(mel, 1e-5). This project's mels are natural logarithms with the same
    floor, and so a division by ln 10 is the exact conversion. The bands differ too (`MELGAN_MEL`): a mel computed up to
    8 kHz is not this network's, and no scaling makes it so.

    Shapes: natural-log mel (B, 80, T) -> (B, T * hop) in [-1, 1].
    """

    def __init__(self, settings: MelGANSettings = MELGAN, mel: MelSettings = MELGAN_MEL) -> None:
        super().__init__(mel, settings.rates)
        self.settings = settings
        width = settings.channels << len(settings.rates)
        self.pre = nn.Conv1d(mel.bands, width, 7, padding=3, padding_mode="reflect")
        self.ups, self.stages = nn.ModuleList(), nn.ModuleList()
        reach, rate = 3.0, 1
        for r in settings.rates:
            up = nn.ConvTranspose1d(width, width // 2, 2 * r, r, padding=r // 2 + r % 2, output_padding=r % 2)
            width //= 2
            self.ups.append(up)
            self.stages.append(nn.Sequential(*(ResidualLayer(width, 3**j) for j in range(settings.layers))))
            reach += transposed_reach(r, 2 * r) / rate
            rate *= r
            reach += sum(3**j for j in range(settings.layers)) / rate
        self.post = nn.Conv1d(width, 1, 7, padding=3, padding_mode="reflect")
        self.context = math.ceil(reach + 3 / rate)
        # Mirroring needs more samples than it adds: 3 of the mel, and the widest dilation after the first upsampling.
        self.shortest = max(4, 3 ** (settings.layers - 1) // settings.rates[0] + 1)

    def forward(self, mel: Tensor) -> Tensor:
        check_mel(mel, self.mel_settings)
        frames = mel.shape[-1]
        x = mel / math.log(10)
        if frames < self.shortest:
            x = F.pad(x, (0, self.shortest - frames), mode="replicate")
        x = self.pre(x)
        for up, layers in zip(self.ups, self.stages, strict=True):
            x = layers(up(F.leaky_relu(x, SLOPE)))
        audio = torch.tanh(self.post(F.leaky_relu(x, SLOPE)))[:, 0]
        return audio[:, : frames * self.mel_settings.hop]
