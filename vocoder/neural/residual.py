"""The residual block that HiFi-GAN and BigVGAN share: several dilations one after the other, one kernel size."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """x <- x + conv_1(act(conv_d(act(x)))) for each dilation d; without the second convolution where not `paired`.

    The block of Kong, Kim & Bae 2020 (their ResBlock1, and ResBlock2 where not `paired`).

    Shapes: (B, C, N) -> (B, C, N).
    """

    def __init__(
        self, channels: int, kernel: int, dilations: Sequence[int], paired: bool, activation: Callable[[int], nn.Module]
    ) -> None:
        super().__init__()
        self.branches = nn.ModuleList()
        for dilation in dilations:
            layers: list[nn.Module] = []
            for d in (dilation, 1) if paired else (dilation,):
                padding = d * (kernel // 2)
                layers += [activation(channels), nn.Conv1d(channels, channels, kernel, dilation=d, padding=padding)]
            self.branches.append(nn.Sequential(*layers))

    def forward(self, x: Tensor) -> Tensor:
        for branch in self.branches:
            x = x + branch(x)
        return x


def mean_of_blocks(blocks: nn.ModuleList, x: Tensor) -> Tensor:
    """The blocks' mean: a multi-receptive-field fusion, each block listening at its own width."""
    total = blocks[0](x)
    for block in blocks[1:]:
        total = total + block(x)
    return total / len(blocks)
