"""Well-known vocoders' networks with random weights: what they cost does not depend on what they have learnt.

For the benchmark alone. Their sizes are those of the released models, and the tests hold their parameter counts against
the published ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocoder.evaluation import optional
from vocoder.features import MelSettings

VOCOS_WITHOUT = ("torchaudio", "torchaudio.functional", "torchaudio.functional.functional", "encodec")


@dataclass(frozen=True)
class HiFiGANSizes:
    """HiFi-GAN's generator (Kong, Kim and Bae, NeurIPS 2020, table 5)."""

    channels: int  # before the first upsampling; halved by each
    upsampling: Sequence[tuple[int, int]]  # (factor, kernel) of the transposed convolutions
    blocks: Sequence[tuple[int, Sequence[Sequence[int]]]]  # (kernel, dilations of each residual branch)


V1 = HiFiGANSizes(
    channels=512,
    upsampling=((8, 16), (8, 16), (2, 4), (2, 4)),
    blocks=tuple((kernel, ((1, 1), (3, 1), (5, 1))) for kernel in (3, 7, 11)),
)
V3 = HiFiGANSizes(
    channels=256,
    upsampling=((8, 16), (8, 16), (4, 8)),
    blocks=((3, ((1,), (2,))), (5, ((2,), (6,))), (7, ((3,), (12,)))),
)


class HiFiGAN(nn.Module):
    """HiFi-GAN's generator: transposed convolutions from the mel's rate to the sound's, and after each the mean of
    residual blocks of several kernel sizes."""

    mel_settings = MelSettings()

    def __init__(self, sizes: HiFiGANSizes) -> None:
        super().__init__()
        channels = sizes.channels
        self.first = nn.Conv1d(self.mel_settings.bands, channels, 7, padding=3)
        self.rises = nn.ModuleList()
        self.blocks = nn.ModuleList()
        for factor, kernel in sizes.upsampling:
            self.rises.append(nn.ConvTranspose1d(channels, channels // 2, kernel, factor, (kernel - factor) // 2))
            channels //= 2
            self.blocks.append(nn.ModuleList(_Block(channels, *block) for block in sizes.blocks))
        self.last = nn.Conv1d(channels, 1, 7, padding=3)

    @torch.inference_mode()
    def synthesise(self, mel: Tensor, *, seed: int = 0, temperature: float | None = None) -> Tensor:
        """(B, 80, T) -> (B, T * hop); noise, as the weights are random."""
        x = self.first(mel)
        for rise, blocks in zip(self.rises, self.blocks, strict=True):
            x = rise(F.leaky_relu(x, 0.1))
            x = torch.stack([block(x) for block in blocks]).mean(0)  # type: ignore[attr-defined]
        return torch.tanh(self.last(F.leaky_relu(x)))[:, 0]


class _Block(nn.Module):
    """Residual branches one after the other, each one or two dilated convolutions."""

    def __init__(self, channels: int, kernel: int, branches: Sequence[Sequence[int]]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.ModuleList(nn.Conv1d(channels, channels, kernel, dilation=d, padding="same") for d in branch)
            for branch in branches
        )

    def forward(self, x: Tensor) -> Tensor:
        for branch in self.branches:
            change = x
            for convolution in branch:  # type: ignore[attr-defined]
                change = convolution(F.leaky_relu(change, 0.1))
            x = x + change
        return x


class Vocos(nn.Module):
    """The network of the PyPI package `vocos`, in the sizes of its released `vocos-mel-24khz`."""

    mel_settings = MelSettings(sample_rate=24_000, bands=100, fmax=12_000.0)

    def __init__(self) -> None:
        super().__init__()
        self.backbone = optional.load("vocos.models", VOCOS_WITHOUT).VocosBackbone(100, 512, 1536, 8)
        self.head = optional.load("vocos.heads", VOCOS_WITHOUT).ISTFTHead(512, 1024, 256, "center")

    @torch.inference_mode()
    def synthesise(self, mel: Tensor, *, seed: int = 0, temperature: float | None = None) -> Tensor:
        """(B, 100, T) -> (B, (T - 1) * hop); noise, as the weights are random."""
        return self.head(self.backbone(mel))


def peers() -> Mapping[str, Callable[[], nn.Module]]:
    """The networks that can be built here, by name."""
    built: dict[str, Callable[[], nn.Module]] = {"HiFi-GAN V1": lambda: HiFiGAN(V1), "HiFi-GAN V3": lambda: HiFiGAN(V3)}
    if not optional.missing("vocos", VOCOS_WITHOUT):
        built["Vocos"] = Vocos
    return built
