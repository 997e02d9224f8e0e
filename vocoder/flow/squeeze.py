"""From samples to columns of channels and back, without loss: what a flow works on."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn


class Groups(nn.Module):
    r"""y[c, g] = x[g C + c]: every C neighbouring samples become one column of C channels. log|det| = 0.

    WaveGlow's squeeze with C = 8, SqueezeWave's with C = 128 or 256.
    """

    def __init__(self, group: int) -> None:
        super().__init__()
        self.group = group

    def forward(self, audio: Tensor) -> Tensor:
        """(B, G C) samples to (B, C, G)."""
        return audio.unflatten(-1, (-1, self.group)).transpose(1, 2).contiguous()

    def inverse(self, columns: Tensor) -> Tensor:
        """(B, C, G) to (B, G C) samples."""
        return columns.transpose(1, 2).flatten(1)


class LappedTransform(nn.Module):
    r"""The modified discrete cosine transform as a squeeze: C coefficients a column, orthonormal, log|det| = 0.

    Two orthonormal steps. Across each border between two blocks of C samples, the pairs at equal distance n + 1/2 from
    it, a_n on the left and b_n on the right, are rotated by the sine window's angle, for n < C / 2:

        b'_n = cos(t_n) b_n + sin(t_n) a_n        t_n = pi/4 - pi/2 (n + 1/2) / C
        a'_n = cos(t_n) a_n - sin(t_n) b_n

    and each block then goes through the DCT-IV, y_k = sqrt(2/C) sum_n x'_n cos(pi/C (n + 1/2)(k + 1/2)), which is its
    own inverse. Together this is the MDCT of length C with a sine window of 2C samples (Princen, Johnson & Bradley
    1987; the factorisation is Malvar's, 1992):

        block      |----- C -----|----- C -----|----- C -----|
        window         ____/~~~~~~~~~~~\____                     reaches half a block into either neighbour

    At the two ends of the sound there is no neighbour, nothing is rotated, and it stays orthonormal: G blocks of
    samples give G columns. Why it helps: a coefficient's scale is nearly told by the mel band it lies in, so that one
    mel-conditioned scale does what several flows on raw samples would have to learn.
    """

    def __init__(self, group: int) -> None:
        super().__init__()
        self.group = group
        index = np.arange(group) + 0.5  # NumPy's: on the meta device torch.arange imports seconds of decompositions
        cosines = math.sqrt(2 / group) * np.cos(math.pi / group * np.outer(index, index))
        angle = math.pi / 4 - math.pi / 2 * index[: group // 2] / group
        self.register_buffer("cosines", torch.from_numpy(cosines), persistent=False)
        self.register_buffer("rotation", torch.from_numpy(np.stack([np.cos(angle), np.sin(angle)])), persistent=False)
        self.cosines: Tensor
        self.rotation: Tensor

    def _rotate(self, blocks: Tensor, sign: float) -> Tensor:
        """The border rotations on (B, G, C), by +angle or -angle."""
        cos, sin = self.rotation.to(blocks)
        half = self.group // 2
        first, second = blocks[..., :half], blocks[..., half:]
        a, b = second[:, :-1].flip(-1), first[:, 1:]
        a_turned, b_turned = cos * a - sign * sin * b, cos * b + sign * sin * a
        first = torch.cat([first[:, :1], b_turned], 1)
        second = torch.cat([a_turned.flip(-1), second[:, -1:]], 1)
        return torch.cat([first, second], -1)

    def forward(self, audio: Tensor) -> Tensor:
        """(B, G C) samples to (B, C, G) coefficients."""
        blocks = self._rotate(audio.unflatten(-1, (-1, self.group)), +1.0)
        with torch.autocast(audio.device.type, enabled=False):
            return (blocks @ self.cosines.to(audio)).transpose(1, 2).contiguous()

    def inverse(self, columns: Tensor) -> Tensor:
        """(B, C, G) coefficients to (B, G C) samples."""
        with torch.autocast(columns.device.type, enabled=False):
            blocks = columns.transpose(1, 2) @ self.cosines.to(columns)
        return self._rotate(blocks, -1.0).flatten(1)
