"""What looks at one half of the channels and at the mel, and says how to move the other half."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class DilatedConvolutions(nn.Module):
    r"""WaveNet's gated, dilated convolutions without its causality (WaveGlow's "WN").

        h_0 = start(x)
        u_i = tanh(a) * sigmoid(b),   [a, b] = layer_i(h_i) + condition_i(c),   dilation 2^i
        h_{i+1} = h_i + first half of out_i(u_i)
        output = end(sum_i second half of out_i(u_i))        (the last layer has the second half only)

    Every layer doubles the reach, so L layers of kernel 3 see 2^L - 1 columns to either side.

    Shapes: x (B, inputs, G), c (B, condition, G) -> (B, outputs, G).
    """

    def __init__(self, inputs: int, outputs: int, condition: int, channels: int, layers: int, kernel: int) -> None:
        super().__init__()
        self.channels = channels
        self.start = nn.Conv1d(inputs, channels, 1)
        self.condition = nn.Conv1d(condition, 2 * channels * layers, 1)
        self.layers = nn.ModuleList(
            nn.Conv1d(channels, 2 * channels, kernel, dilation=2**i, padding=2**i * (kernel // 2))
            for i in range(layers)
        )
        widths = [2 * channels] * (layers - 1) + [channels]
        self.outs = nn.ModuleList(nn.Conv1d(channels, width, 1) for width in widths)
        self.end = silent(channels, outputs)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        h = self.start(x)
        conditions = self.condition(condition).chunk(len(self.layers), 1)
        total: Tensor | None = None
        for layer, out, offset in zip(self.layers, self.outs, conditions, strict=True):
            a, b = (layer(h) + offset).chunk(2, 1)
            result = out(torch.tanh(a) * torch.sigmoid(b))
            skip = result[:, -self.channels :]
            if result.shape[1] > self.channels:
                h = h + result[:, : self.channels]
            total = skip if total is None else total + skip
        return self.end(total)


def silent(inputs: int, outputs: int) -> nn.Conv1d:
    """A convolution of one tap that gives nothing yet, so that a new coupling is the identity."""
    end = nn.Conv1d(inputs, outputs, 1)
    assert end.bias is not None
    nn.init.zeros_(end.weight)
    nn.init.zeros_(end.bias)
    return end
