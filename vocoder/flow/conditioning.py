"""From mel frames to what the couplings are told at each of their columns."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from vocoder.features import MelSettings


class MelEncoder(nn.Module):
    """A few residual convolutions at frame rate, shared by all couplings, then held for the columns of each frame.

    A 3-tap convolution to E channels and three residual ones with dilation 1, 2, 4 see 8 frames to either side: enough
    to tell a vowel from a fricative, and the block's own position between two frames.

    Shapes: (B, 80, T) -> (B, E, T * columns).
    """

    reach = 1 + 1 + 2 + 4  # frames seen to either side

    def __init__(self, mel: MelSettings, channels: int, columns: int) -> None:
        super().__init__()
        self.columns = columns
        self.channels = channels
        self.start = nn.Conv1d(mel.bands, channels, 3, padding=1)
        self.layers = nn.ModuleList(nn.Conv1d(channels, channels, 3, dilation=d, padding=d) for d in (1, 2, 4))

    def forward(self, mel: Tensor) -> Tensor:
        h = self.start((mel + 5) / 4)  # log-mels of speech lie around -5 +- 4
        for layer in self.layers:
            h = h + layer(F.silu(h))
        return h.repeat_interleave(self.columns, -1) if self.columns > 1 else h


class MelUpsampling(nn.Module):
    """WaveGlow's way: a transposed convolution from frames to samples, then the samples of a group side by side.

    Shapes: (B, 80, T) -> (B, 80 * group, T * hop / group); channel band * group + sample, as in NVIDIA's code.
    """

    def __init__(self, mel: MelSettings, group: int) -> None:
        super().__init__()
        self.hop, self.group = mel.hop, group
        self.channels = mel.bands * group
        self.reach = -(-mel.n_fft // mel.hop) - 1  # frames before that still ring; none after
        self.upsample = nn.ConvTranspose1d(mel.bands, mel.bands, mel.n_fft, stride=mel.hop)

    def forward(self, mel: Tensor) -> Tensor:
        samples = self.upsample(mel)[..., : mel.shape[-1] * self.hop]
        return samples.unflatten(-1, (-1, self.group)).transpose(2, 3).flatten(1, 2)


class HeldMel(nn.Module):
    """SqueezeWave's way: the mel itself, every frame held for its columns. (B, 80, T) -> (B, 80, T * columns)."""

    reach = 0

    def __init__(self, mel: MelSettings, columns: int) -> None:
        super().__init__()
        self.columns, self.channels = columns, mel.bands

    def forward(self, mel: Tensor) -> Tensor:
        return mel.repeat_interleave(self.columns, -1) if self.columns > 1 else mel
