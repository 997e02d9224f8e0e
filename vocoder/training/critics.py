"""Critics (discriminators) of a waveform: some look at every p-th sample, some at spectrograms.

They are a tenth of HiFi-GAN's in width, since a CPU must afford them.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocoder.features import stft

SLOPE = 0.1  # of the leaky rectifiers, as in HiFi-GAN


class PeriodCritic(nn.Module):
    """HiFi-GAN's period discriminator (Kong, Kim & Bae 2020): samples folded into rows of p, convolved downwards.

    Shapes: audio (B, N) -> scores (B, S) and the feature maps of every layer.
    """

    def __init__(self, period: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.period = period
        sizes = (1, *widths)
        self.layers = nn.ModuleList(
            nn.utils.parametrizations.weight_norm(nn.Conv2d(a, b, (5, 1), (3, 1), (2, 0))) for a, b in pairwise(sizes)
        )
        self.score = nn.utils.parametrizations.weight_norm(nn.Conv2d(widths[-1], 1, (3, 1), 1, (1, 0)))

    def forward(self, audio: Tensor) -> tuple[Tensor, list[Tensor]]:
        missing = -audio.shape[-1] % self.period
        folded = F.pad(audio[:, None], (0, missing), mode="reflect").unflatten(-1, (-1, self.period))
        return _critique(folded, self.layers, self.score)


class SpectrumCritic(nn.Module):
    """Looks at the complex spectrogram (real and imaginary part as two channels), so that phase is judged too.

    UnivNet's and EnCodec's idea (Jang et al. 2021; Defossez et al. 2022). Shapes as for `PeriodCritic`.
    """

    def __init__(self, n_fft: int, width: int) -> None:
        super().__init__()
        self.n_fft = n_fft
        strides = ((2, 1), (2, 1), (2, 1), (2, 2))
        self.layers = nn.ModuleList(
            nn.utils.parametrizations.weight_norm(nn.Conv2d(2 if i == 0 else width, width, (5, 3), stride, (2, 1)))
            for i, stride in enumerate(strides)
        )
        self.score = nn.utils.parametrizations.weight_norm(nn.Conv2d(width, 1, 3, 1, 1))

    def forward(self, audio: Tensor) -> tuple[Tensor, list[Tensor]]:
        spectrum = torch.view_as_real(stft(audio, self.n_fft, self.n_fft // 4, self.n_fft)).permute(0, 3, 1, 2)
        # the square root of the magnitude keeps the sign and lifts what is quiet, as loudness does
        compressed = spectrum * spectrum.square().sum(1, keepdim=True).clamp_min(1e-10).pow(-0.25)
        # channels side by side in memory: a fifth faster with so few of them
        return _critique(compressed.contiguous(memory_format=torch.channels_last), self.layers, self.score)


def _critique(x: Tensor, layers: nn.ModuleList, score: nn.Module) -> tuple[Tensor, list[Tensor]]:
    features = []
    for layer in layers:
        x = F.leaky_relu(layer(x), SLOPE)
        features.append(x)
    return score(x).flatten(1), features


class Critics(nn.Module):
    """All critics together."""

    def __init__(
        self,
        periods: tuple[int, ...] = (2, 3, 5, 7, 11),
        widths: tuple[int, ...] = (16, 32, 64, 64),
        spectra: tuple[int, ...] = (512, 1024, 2048),
        width: int = 16,
    ) -> None:
        super().__init__()
        self.critics = nn.ModuleList(
            [PeriodCritic(period, widths) for period in periods] + [SpectrumCritic(n_fft, width) for n_fft in spectra]
        )

    def forward(self, audio: Tensor) -> list[tuple[Tensor, list[Tensor]]]:
        return [critic(audio) for critic in self.critics]


def critic_loss(real: list[tuple[Tensor, list[Tensor]]], fake: list[tuple[Tensor, list[Tensor]]]) -> Tensor:
    """Least squares (Mao et al. 2017): real scores to 1, synthetic ones to 0, the mean over critics."""
    terms = [(1 - r).square().mean() + f.square().mean() for (r, _), (f, _) in zip(real, fake, strict=True)]
    return torch.stack(terms).mean()


def adversarial_loss(fake: list[tuple[Tensor, list[Tensor]]]) -> Tensor:
    """What the flow pays for synthetic scores below 1, the mean over critics."""
    return torch.stack([(1 - score).square().mean() for score, _ in fake]).mean()


def matching_loss(real: list[tuple[Tensor, list[Tensor]]], fake: list[tuple[Tensor, list[Tensor]]]) -> Tensor:
    """Feature matching (Larsen et al. 2016; MelGAN): L1 between the critics' feature maps, relative to their size."""
    terms = [
        (a.detach() - b).abs().mean() / a.detach().abs().mean().clamp_min(1e-4)
        for (_, xs), (_, ys) in zip(real, fake, strict=True)
        for a, b in zip(xs, ys, strict=True)
    ]
    return torch.stack(terms).mean()
