"""What looks at one half of the channels and at the mel, and says how to move the other half."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


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
        h = pointwise(x, *self.start.parameters())
        parts = zip(*(p.chunk(len(self.layers)) for p in self.condition.parameters()), strict=True)
        total: Tensor | None = None
        for layer, out, (weight, bias) in zip(self.layers, self.outs, parts, strict=True):
            offset = pointwise(condition, weight, bias)  # a layer at a time, for memory
            result = pointwise(gated(layer(h).add_(offset)), *out.parameters())
            skip = result[:, -self.channels :]
            if result.shape[1] > self.channels:
                h = h + result[:, : self.channels]
            total = skip if total is None else total + skip
        assert total is not None
        return pointwise(total, *self.end.parameters())


def pointwise(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """A convolution of one tap, (B, C, G) -> (B, O, G), by weight (O, C, 1) and bias (O,).

    Where no gradient is asked for it is a matrix product, which takes a CPU half of conv1d's time.
    """
    if torch.is_grad_enabled():
        return F.conv1d(x, weight, bias)
    return torch.baddbmm(bias[:, None], weight[..., 0].expand(len(x), -1, -1), x)


def gated(both: Tensor) -> Tensor:
    """tanh(a) * sigmoid(b) of the halves of (B, 2 C, G) that nobody else needs.

    Where no gradient is asked for it is done in their place: new memory would cost as much as the arithmetic.
    """
    a, b = both.chunk(2, 1)
    return torch.tanh(a) * torch.sigmoid(b) if torch.is_grad_enabled() else a.tanh_().mul_(b.sigmoid_())


def silent(inputs: int, outputs: int) -> nn.Conv1d:
    """A convolution of one tap that gives nothing yet, so that a new coupling is the identity."""
    end = nn.Conv1d(inputs, outputs, 1)
    assert end.bias is not None
    nn.init.zeros_(end.weight)
    nn.init.zeros_(end.bias)
    return end
