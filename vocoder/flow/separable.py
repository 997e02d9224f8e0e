"""A coupling's network at a small fraction of the work: depthwise-separable convolutions."""

from __future__ import annotations

from torch import Tensor, nn

from vocoder.flow.conditioner import gated, silent


class SeparableConvolutions(nn.Module):
    r"""SqueezeWave's gated convolutions (Zhai et al. 2020, arXiv 2001.05685), with its batch norms folded.

        h_0 = start(x)
        [a, b] = point_i(layer_i(h_i)) + condition_i(c)        layer_i: one filter a channel, no dilation
        h_{i+1} = h_i + out_i(tanh(a) * sigmoid(b))
        output = end(h_L)

    Columns of 128 or 256 samples are long enough that L layers of kernel 3 need no dilation: they see L columns.

    Shapes: x (B, inputs, G), c (B, condition, G) -> (B, outputs, G).
    """

    def __init__(self, inputs: int, outputs: int, condition: int, channels: int, layers: int, kernel: int) -> None:
        super().__init__()
        self.start = nn.Conv1d(inputs, channels, 1)
        self.condition = nn.Conv1d(condition, 2 * channels * layers, 1)
        self.layers = nn.ModuleList(
            nn.Conv1d(channels, channels, kernel, padding=kernel // 2, groups=channels) for _ in range(layers)
        )
        self.points = nn.ModuleList(nn.Conv1d(channels, 2 * channels, 1) for _ in range(layers))
        self.outs = nn.ModuleList(nn.Conv1d(channels, channels, 1) for _ in range(layers))
        self.end = silent(channels, outputs)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        h = self.start(x)
        conditions = self.condition(condition).chunk(len(self.layers), 1)
        for layer, point, out, offset in zip(self.layers, self.points, self.outs, conditions, strict=True):
            h = h + out(gated(point(layer(h)).add_(offset)))
        return self.end(h)
