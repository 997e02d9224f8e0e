"""A coupling that asks Griffin-Lim: columns of the lowest channels are told by their neighbours and the mel."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocoder.features import MelSettings, magnitude, stft
from vocoder.flow.squeeze import LappedTransform
from vocoder.flow.transform import Transform

MOMENTUM = 0.99  # Perraudin, Balazs & Sondergaard's (2013)
GENTLE = 0.01  # bins below this part of their magnitude grow a hundredfold at most: they may be rounding alone
LEAK = 1e-3  # of the power of sixteen bins around, since magnitudes that are told can be far too small in places
FLOOR = 1e-5  # of a coefficient's level: the rounding of 16-bit samples
CEILING = 0.35  # of a coefficient, as a part of the short-time magnitudes around it; a sine has 0.11
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
        self.low, self.n_fft = low, mel.n_fft * low // group
        self.bins, self.gain = self.n_fft // 2 + 1, math.sqrt(low / group)
        n = np.arange(2 * low)[:, None] + 0.5
        cosines = np.cos(math.pi / low * (n - low / 2) * (np.arange(low) + 0.5))
        self._squeeze = LappedTransform(low)
        self._basis = torch.from_numpy(np.sin(math.pi / (2 * low) * n) * math.sqrt(2 / low) * cosines)
        self._hann = torch.from_numpy(np.hanning(self.n_fft + 1)[:-1])

    @staticmethod
    def ceiling(magnitudes: Tensor) -> Tensor:
        """What a coefficient (B, L, T) can hardly exceed, since both frames that it lies between hear it.

        Before an onset Griffin-Lim spills from the loud frame into the quiet column; a quiet frame there forbids it.
        """
        near = _by_channel(magnitudes, lambda rows: F.max_pool1d(rows, 5, 2, 1))  # bins 2 k - 1 to 2 k + 3
        return CEILING * torch.minimum(near, _next(near))

    def level(self, magnitudes: Tensor) -> Tensor:
        """The size that coefficients (B, L, T) of noise with these magnitudes have."""

        def around(rows: Tensor) -> Tensor:
            return F.avg_pool1d(rows, 5, 2, 1) + LEAK * F.avg_pool1d(rows, 33, 2, 15, count_include_pad=False)

        power = _by_channel(magnitudes.square(), around)
        power = (power + _next(power)) / 2
        return (power / float(self._hann.square().sum()) + FLOOR**2).sqrt()

    @torch.no_grad()
    def magnitudes(self, columns: Tensor) -> Tensor:
        """The short-time magnitudes (B, n / 2 + 1, T) of a sound whose lowest channels are `columns` (B, L, T)."""
        sound = self._squeeze.inverse(columns)
        return magnitude(stft(sound, self.n_fft, self.low, self.n_fft))[..., : columns.shape[-1]]

    def consistent(self, magnitudes: Tensor, columns: Tensor, every: int, iterations: int) -> Tensor:
        r"""Fast Griffin-Lim with every `every`-th column held: x (B, L, G) in, x out; the others are not looked at.

        The phases begin as those of the held column before, carried on (`_carried`). Then in turns:
        S = STFT(x + MOMENTUM (x - x of before)), which is S + MOMENTUM (S - S of before) for a fourth of the work; the
        sound nearest to |X| S / |S|, gently where S is nothing; its columns, and again those that are held. All is
        linear but one division, and with columns and frames as rows it is two Fourier transforms an iteration.
        """
        batch, low, count = columns.shape
        half, begin = self.n_fft // 2, self.n_fft // 2 - low // 2  # a column's window begins half a block early
        basis, hann = self._basis.to(columns), self._hann.to(columns)
        back = hann / (hann.square().sum() / low)  # Hann's squares at a quarter's distance add up to a constant
        target = torch.cat([magnitudes, magnitudes[..., -1:]], -1).to(columns.dtype).mT.contiguous().clamp_min_(1e-10)
        held = columns.mT[:, ::every]
        # All memory is taken once: so many passing tensors of a megabyte would cost more than the arithmetic.
        sound = columns.new_zeros(batch, (count + self.n_fft // low) * low)  # half a frame of silence at either end
        windows = sound[:, begin : begin + (count + 1) * low].unfold(-1, 2 * low, low)  # of the columns
        frames = columns.new_empty(batch, count + 1, self.n_fft)
        ahead, before = torch.empty_like(sound), torch.empty_like(sound)
        power, squares = torch.empty_like(target), columns.new_empty(*target.shape, 2)
        made, laid = self._overlap(batch, count + 1, columns)
        for turn in range(1 + iterations):
            # The transform is orthonormal: to put columns back is to add what they lack, each in its own window.
            lacking = (held - windows[:, ::every] @ basis) @ basis.mT
            for k in range(lacking.shape[1]):
                windows[:, k * every].add_(lacking[:, k])
            sound[:, :half], sound[:, -half:] = 0, 0
            torch.lerp(sound if turn < 2 else before, sound, 1 + MOMENTUM, out=ahead)
            before.copy_(sound)
            torch.mul(ahead.unfold(-1, self.n_fft, low), hann, out=frames)
            spectrum = torch.fft.rfft(frames)
            if turn == 0:
                spectrum = self._carried(spectrum, target, every)
            parts = torch.view_as_real(spectrum)
            torch.mul(parts, parts, out=squares)  # abs takes three times as long
            shrink = torch.add(squares[..., 0], squares[..., 1], out=power).rsqrt_().mul_(target).clamp_max_(1 / GENTLE)
            parts[..., 0].mul_(shrink)
            parts[..., 1].mul_(shrink)
            torch.mul(torch.fft.irfft(spectrum, n=self.n_fft), back, out=made)
            torch.sum(laid, 2, out=sound.unflatten(-1, (-1, low)))
            sound[:, :half], sound[:, -half:] = 0, 0
        x = windows @ basis
        x[:, ::every] = held
        return x.mT

    def _carried(self, spectrum: Tensor, target: Tensor, every: int) -> Tensor:
        r"""The phases of held columns carried on to the next ones, (B, T + 1, K) complex of any size.

        Single pass spectrogram inversion (Beauregard, Harish & Wyse 2015): every bin turns with the peak that it lies
        next to, w = 2 pi (k + p) / n with p from a parabola through the peak's three bins; frame t behind the column
        held at a has phase arg S_a + sum of w L over the frames from a to t. It saves half the iterations.
        """
        left, right = F.pad(target, (1, 0))[..., :-1], F.pad(target, (0, 1))[..., 1:]
        peak = (target > left) & (target >= right) & (target > 1e-4 * target.amax(-1, keepdim=True))
        offset = (0.5 * (left - right) / (left - 2 * target + right).clamp_max(-1e-30)).clamp(-0.5, 0.5)
        bins = torch.arange(self.bins, device=target.device).to(target)
        below = torch.where(peak, bins, -math.inf).cummax(-1).values
        above = torch.where(peak, bins, math.inf).flip(-1).cummin(-1).values.flip(-1)
        near = torch.where(bins - below <= above - bins, below, above).nan_to_num(0, 0, 0).long()
        turned = (2 * math.pi * self.low / self.n_fft) * (near + offset.gather(-1, near)).cumsum(1)
        frames = torch.arange(target.shape[1], device=target.device)
        held = frames.clamp_max(target.shape[1] - 2) // every * every
        turned = turned - turned[:, held]
        return spectrum[:, held] * torch.complex(turned.cos(), turned.sin())  # polar takes ten times as long

    def _overlap(self, batch: int, count: int, like: Tensor) -> tuple[Tensor, Tensor]:
        """Memory for `count` frames (B, T, n), and a view of it (B, T + q - 1, q, L) whose sum over q overlaps them.

        A frame is q = n / L blocks, and block b of the sound is the sum of a diagonal; with rows of zeros around, one
        of L blocks further and q - 1 back is q - 1 blocks further in memory:

            frame t - 1      1 2 3 4
            frame t            1 2 3 4
            frame t + 1          1 2 3 4
            sound            . . . b . .
        """
        parts, low = self.n_fft // self.low, self.low
        memory = like.new_zeros(batch, count + 2 * (parts - 1), parts, low)
        strides = (memory.stride(0), parts * low, (parts - 1) * low, 1)
        diagonals = memory.as_strided((batch, count + parts - 1, parts, low), strides, (parts - 1) * low)
        return memory[:, parts - 1 : 1 - parts].flatten(2), diagonals


def _by_channel(values: Tensor, pool: Callable[[Tensor], Tensor]) -> Tensor:
    """Bins (B, K, T) gathered into channels (B, L, T) by a pooling over rows of bins, (B T, 1, K) -> (B T, 1, L)."""
    return pool(values.mT.flatten(0, 1)[:, None])[:, 0].unflatten(0, (len(values), -1)).mT


def _next(values: Tensor) -> Tensor:
    """Each column's right neighbour, (B, L, T); the last is its own."""
    return torch.cat([values[..., 1:], values[..., -1:]], -1)


class ConsistencyCoupling(Transform):
    r"""y_a = x_a exp(s_a),  y_b = (x_b - t) exp(s_b)  with  t = Griffin-Lim(x_a, |X|): log|det| = sum of all s.

    Columns move columns here, not channels channels: of the lowest channels every `every`-th column is an anchor (a),
    the others (b) are moved. A conditioner is never inverted, so it may be anything: this one has no weights. It
    carries the anchors' phases on, and then by turns takes the short-time spectrum of the whole, gives it the
    magnitudes |X| that `Magnitudes` reads off the mel, and puts the anchors back; what comes out is kept below
    `LowBand.ceiling`. Why it works: at low frequencies mel bands are as narrow as harmonics, so that little else fits.
    From every second column of recorded speech the ones between come out at 9 to 14 dB below 1 kHz.

    s = c - ln(level) with the level that the magnitudes tell of a channel and column, and c learned, one number for
    each channel of a and of b: for b it says how well t foretells. No gradient passes through the iterations.

    Griffin-Lim enlarges a small difference some 10,000 times on its way from anchor to anchor. So t is asked of
    y_a exp(-s_a) and not of x_a: those are the same, but only y_a is there to the last bit on the way back, too; and
    everything is computed in float64, so that another machine, or a chunk of the sound, comes to the same t.

    Shapes: x (B, L, G), magnitudes (B, n_fft_low / 2 + 1, G) in float64 from `Magnitudes`.
    """

    def __init__(self, band: LowBand, every: int, iterations: int) -> None:
        super().__init__()
        self.band, self.every, self.iterations = band, every, iterations
        self.constants = nn.Parameter(torch.zeros(2, band.low))  # c of a and of b

    @property
    def reach(self) -> int:
        """Columns to either side that one output depends on."""
        return self.every + REACH * (1 + self.iterations)

    def anchors(self, columns: int, device: torch.device) -> Tensor:
        """Which of so many columns, the first of them an anchor, are anchors: (G,) bool."""
        return torch.arange(columns, device=device) % self.every == 0

    def log_scales(self, magnitudes: Tensor) -> Tensor:
        """s (B, L, G)."""
        anchors = self.anchors(magnitudes.shape[-1], magnitudes.device)
        of_a, of_b = self.constants.to(magnitudes.dtype)[..., None]
        return torch.where(anchors, of_a, of_b) - self.band.level(magnitudes).log()

    @torch.no_grad()
    def foretold(self, y: Tensor, log_scales: Tensor, magnitudes: Tensor) -> Tensor:
        """t (B, L, G), 0 at anchors: how the columns between them go on. What y has there is not looked at."""
        between = ~self.anchors(y.shape[-1], y.device)
        ceiling = self.band.ceiling(magnitudes)
        out = self.band.consistent(magnitudes, y.double() * (-log_scales).exp(), self.every, self.iterations)
        return torch.minimum(torch.maximum(out, -ceiling), ceiling) * between

    def forward(self, x: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        with torch.autocast(x.device.type, enabled=False):
            magnitudes = condition.double()
            log_scales = self.log_scales(magnitudes)
            scaled = (x * log_scales.exp()).to(x.dtype)
            moved = (x - self.foretold(scaled, log_scales, magnitudes)) * log_scales.exp()
            y = torch.where(self.anchors(x.shape[-1], x.device), scaled, moved.to(x.dtype))
        return y, log_scales.sum(1).to(x.dtype)

    def inverse(self, y: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        with torch.autocast(y.device.type, enabled=False):
            magnitudes = condition.double()
            log_scales = self.log_scales(magnitudes)
            x = y * (-log_scales).exp() + self.foretold(y, log_scales, magnitudes)
        return x.to(y.dtype), -log_scales.sum(1).to(y.dtype)
