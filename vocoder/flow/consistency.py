"""A coupling that asks Griffin-Lim: columns of the lowest channels are told by their neighbours and the mel."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocoder.features import MelSettings
from vocoder.flow.transform import Transform
from vocoder.inversion import mel_to_magnitude

MOMENTUM = 0.99  # Perraudin, Balazs & Sondergaard's (2013)
REACH = 5  # columns to either side that one iteration carries: lapped columns to frames of four hops and back again


class LowBand:
    r"""The lowest L channels of the lapped transform as a sound of their own, at L / C of the sample rate.

    The first L of C coefficients a block are nearly the lapped transform, with blocks of L, of the same sound sampled
    C / L times more slowly. There the short-time spectrum has n = n_fft L / C points and a hop of L:

        column    |  0  |  1  |  2  |  3  |       L coefficients each
        sound      /~~~~~~\                       a column sounds through a sine window of 2 L samples
        frame  \_____/~~~~~~~~~~~\                a frame is n samples under Hann's window, centred on a block's start
    """

    def __init__(self, low: int, group: int, mel: MelSettings) -> None:
        self.low, self.n_fft, self.mel = low, mel.n_fft * low // group, mel
        self.bins, self.gain = self.n_fft // 2 + 1, math.sqrt(low / group)
        n = np.arange(2 * low)[:, None] + 0.5
        cosines = np.cos(math.pi / low * (n - low / 2) * (np.arange(low) + 0.5))
        self._basis = torch.from_numpy(np.sin(math.pi / (2 * low) * n) * math.sqrt(2 / low) * cosines)
        self._hann = torch.from_numpy(np.hanning(self.n_fft + 1)[:-1])

    @torch.no_grad()
    def magnitudes(self, mel: Tensor) -> Tensor:
        """What a log-mel (B, bands, T) says of the short-time spectrum's magnitudes here: (B, n / 2 + 1, T)."""
        return mel_to_magnitude(mel, self.mel, bins=self.bins) * self.gain

    def consistent(self, magnitudes: Tensor, columns: Tensor, moved: Tensor, iterations: int) -> Tensor:
        r"""Fast Griffin-Lim on the columns that `moved` (G,) names, all others held: x (B, L, G) in, x out.

        The moved ones begin as zeros. In turns: S = STFT(x); S' = S + MOMENTUM (S - S of before); the sound nearest to
        |X| S' / |S'|; its columns where they are moved. Everything is linear but the one division, and with columns and
        frames as rows it is two products with a basis and two Fourier transforms an iteration.
        """
        _, low, count = columns.shape
        basis, hann = self._basis.to(columns), self._hann.to(columns)
        overlap = self.n_fft // low
        norm = hann.square().unflatten(0, (overlap, low)).sum(0).repeat(count)
        target = torch.cat([magnitudes, magnitudes[..., -1:]], -1).to(columns.dtype).mT.contiguous()
        known = columns.mT * ~moved[:, None]
        x, before = known, None
        for _ in range(iterations):
            sound = _added(x @ basis.mT, low)[:, low // 2 :][:, : count * low]  # a window begins half a block earlier
            frames = F.pad(sound, (self.n_fft // 2, self.n_fft // 2)).unfold(-1, self.n_fft, low)
            spectrum = torch.view_as_real(torch.fft.rfft(frames * hann))
            ahead = spectrum if before is None else torch.lerp(before, spectrum, 1 + MOMENTUM)
            before = spectrum
            real, imaginary = ahead.unbind(-1)
            shrink = target * torch.addcmul(real * real, imaginary, imaginary).clamp_min_(1e-18).rsqrt_()
            frames = torch.fft.irfft(torch.view_as_complex(ahead * shrink[..., None]), n=self.n_fft) * hann
            sound = _added(frames, low)[:, self.n_fft // 2 :][:, : count * low] / norm
            x = F.pad(sound, (low // 2, low // 2)).unfold(-1, 2 * low, low) @ basis
            x = torch.where(moved[:, None], x, known)
        return x.mT


def _added(frames: Tensor, hop: int) -> Tensor:
    """Frames (B, T, n hop) laid over each other at every `hop`: samples (B, (T + n - 1) hop)."""
    parts = frames.unflatten(-1, (-1, hop))
    count = parts.shape[2]
    out = frames.new_zeros(frames.shape[0], frames.shape[1] + count - 1, hop)
    for k in range(count):
        out[:, k : k + frames.shape[1]] += parts[:, :, k]
    return out.flatten(1)


class ConsistencyCoupling(Transform):
    r"""y_a = x_a,  y_b = (x_b - g t) exp(s)  with  t = Griffin-Lim(x_a, |X|): log|det| = sum over channels of s in b.

    Columns move columns here, not channels channels: of the lowest channels every `every`-th column is an anchor, and
    either the others are moved (b: all that are no anchor) or the anchors are. A conditioner is never inverted, so it
    may be anything: this one knows no weights but physics. It fills the columns b with zeros, and then by turns takes
    the short-time spectrum of the whole, gives it the magnitudes |X| that the mel tells, and puts the known columns
    back. Below 3 kHz mel bands are as narrow as harmonics, so that little else fits: from every second column of
    recorded speech the ones between come out at 9 to 14 dB below 1 kHz.

    s is one learned number a channel: how well t foretells, seen in speech. No gradient passes through the iterations.

    Shapes: x (B, L, G), magnitudes (B, n_fft_low / 2 + 1, G) from `LowBand.magnitudes`.
    """

    def __init__(self, band: LowBand, every: int, iterations: int, *, anchors: bool, share: float) -> None:
        super().__init__()
        self.band, self.every, self.iterations = band, every, iterations
        self.anchors, self.share = anchors, share
        self.log_scale = nn.Parameter(torch.zeros(band.low))

    @property
    def reach(self) -> int:
        """Columns to either side that one output depends on."""
        return REACH * self.iterations

    def moved(self, columns: int, device: torch.device) -> Tensor:
        """Which of so many columns, the first of them an anchor, are moved: (G,) bool."""
        anchor = torch.arange(columns, device=device) % self.every == 0
        return anchor if self.anchors else ~anchor

    @torch.no_grad()
    def foretold(self, x: Tensor, magnitudes: Tensor) -> Tensor:
        """t (B, L, G): the columns b as those of a go on, and anything at a. What x has at b is not looked at."""
        return self.band.consistent(magnitudes, x, self.moved(x.shape[-1], x.device), self.iterations)

    def _terms(self, x: Tensor, magnitudes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What is taken away and how y is scaled, both 0 where nothing moves, and the log-determinant."""
        moved = self.moved(x.shape[-1], x.device)
        with torch.autocast(x.device.type, enabled=False):
            shift = self.share * self.foretold(x, magnitudes) * moved
        log_scale = self.log_scale.to(x.dtype)[:, None] * moved
        return shift, log_scale, log_scale.sum(0).expand(x.shape[0], -1)

    def forward(self, x: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        shift, log_scale, log_det = self._terms(x, condition)
        return (x - shift) * log_scale.exp(), log_det

    def inverse(self, y: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        shift, log_scale, log_det = self._terms(y, condition)
        return y * (-log_scale).exp() + shift, -log_det
