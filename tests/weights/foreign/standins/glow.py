"""Stand-ins for the classes that WaveGlow checkpoints were pickled from: same names, same parts, our own code.

This module is imported only by `make.py`, in a process of its own; the readers under test must do without it.
`layout` is the spelling of the couplings' layers: "split" (November 2018), "unfused" (until August 2019, and
DeepLearningExamples) or "fused" (since).
"""

import torch
from torch import Tensor, nn
from torch.nn.utils import weight_norm


class Invertible1x1Conv(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(channels, channels, 1, bias=False)
        nn.init.orthogonal_(self.conv.weight[..., 0])


class WN(nn.Module):
    def __init__(self, inputs: int, condition: int, channels: int, layers: int, kernel: int, layout: str) -> None:
        super().__init__()
        self.n_layers, self.n_channels, self.layout = layers, channels, layout
        self.start = weight_norm(nn.Conv1d(inputs, channels, 1))
        self.end = nn.Conv1d(channels, 2 * inputs, 1)
        reach = kernel // 2
        self.in_layers = nn.ModuleList(
            weight_norm(nn.Conv1d(channels, 2 * channels, kernel, dilation=2**i, padding=2**i * reach))
            for i in range(layers)
        )
        widths = [2 * channels] * (layers - 1) + [channels]
        if layout == "split":
            self.res_layers = self._pointwise(channels, [channels] * (layers - 1))
            self.skip_layers = self._pointwise(channels, [channels] * layers)
        else:
            self.res_skip_layers = self._pointwise(channels, widths)
        if layout == "fused":
            self.cond_layer = weight_norm(nn.Conv1d(condition, 2 * channels * layers, 1))
        else:
            self.cond_layers = self._pointwise(condition, [2 * channels] * layers)

    @staticmethod
    def _pointwise(inputs: int, widths: list[int]) -> nn.ModuleList:
        return nn.ModuleList(weight_norm(nn.Conv1d(inputs, width, 1)) for width in widths)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """The published coupling network, in the "split" spelling: a module for every arrow of the figure."""
        h, total = self.start(x), 0
        for i in range(self.n_layers):
            a, b = (self.in_layers[i](h) + self.cond_layers[i](condition)).chunk(2, 1)
            u = torch.tanh(a) * torch.sigmoid(b)
            total = total + self.skip_layers[i](u)
            if i < self.n_layers - 1:
                h = h + self.res_layers[i](u)
        return self.end(total)


class WaveGlow(nn.Module):
    def __init__(
        self, bands: int, n_fft: int, hop: int, flows: int, group: int, early_every: int, early_size: int,
        channels: int, layers: int, kernel: int, layout: str,
    ) -> None:  # fmt: skip
        super().__init__()
        self.n_flows, self.n_group, self.n_early_every, self.n_early_size = flows, group, early_every, early_size
        self.upsample = nn.ConvTranspose1d(bands, bands, n_fft, stride=hop)
        self.WN, self.convinv = nn.ModuleList(), nn.ModuleList()
        width = group
        for k in range(flows):
            width -= early_size if k and k % early_every == 0 else 0
            self.convinv.append(Invertible1x1Conv(width))
            self.WN.append(WN(width // 2, bands * group, channels, layers, kernel, layout))

    def forward(self, mel: Tensor, audio: Tensor) -> Tensor:
        """Latents (1, group, columns) of audio (1, samples), by section 2 of the paper."""
        up = self.upsample(mel)[..., : audio.shape[-1]]
        columns = range(audio.shape[-1] // self.n_group)
        cut = [slice(g * self.n_group, (g + 1) * self.n_group) for g in columns]
        condition = torch.stack([up[0, :, piece].flatten() for piece in cut], 1)[None]
        x = torch.stack([audio[0, piece] for piece in cut], 1)[None]
        left = []
        for k in range(self.n_flows):
            if k and k % self.n_early_every == 0:
                left.append(x[:, : self.n_early_size])
                x = x[:, self.n_early_size :]
            x = self.convinv[k].conv(x)
            a, b = x.chunk(2, 1)
            shift, log_scale = self.WN[k](a, condition).chunk(2, 1)
            x = torch.cat([a, b * log_scale.exp() + shift], 1)
        return torch.cat([*left, x], 1)
