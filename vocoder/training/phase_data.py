"""Random pieces of recordings as magnitudes and true phase differences."""

from __future__ import annotations

from typing import NamedTuple

import soxr
import torch
from torch import Tensor
from torch.nn import functional as F

from vocoder.errors import SettingsError
from vocoder.inversion import NetworkSettings, centred_stft, contexts, oracle
from vocoder.inversion.derivatives import CONTEXT
from vocoder.training.data import Corpus
from vocoder.training.phase_settings import PhaseData

EDGE = 128  # samples at either end that resampling cannot know
REACH = 8  # bins from a cut at which it is no longer seen
LOUDER = 30.0  # dB by which the loudest bin so far may be louder than a piece: where a stream's floor lies is drawn too


class PhaseBatch(NamedTuple):
    """What the network sees and what it should say, (B, frames, ...), a piece of a recording each."""

    context: Tensor  # (B, F, CONTEXT, K) log-magnitudes
    magnitude: Tensor  # (B, F + 1, K), one frame more at the beginning
    bpd: Tensor  # (B, F, K) radians
    fpd: Tensor

    def lowest(self, bins: int) -> PhaseBatch:
        """Only so many bins, where the cut is not what the network sees at Nyquist: the last ones weigh nothing."""
        if bins >= self.bpd.shape[-1]:
            return self
        context, magnitude, bpd, fpd = (x[..., :bins] for x in self)
        return PhaseBatch(context, F.pad(magnitude[..., :-REACH], (0, REACH)), bpd, fpd)


class PhasePieces:
    """Random pieces with augmentation; every draw comes from the one generator that is passed in.

    The corpus stays int16. A piece is cut, resampled, levelled and dequantised by half a step of 16 bits; its frames
    have real neighbours on both sides, and contexts are made for these few frames only.
    """

    def __init__(self, corpus: Corpus, data: PhaseData, network: NetworkSettings) -> None:
        self.data, self.network, self.samples = data, network, corpus.samples
        reach = -(-network.n_fft // 2 // network.hop)  # frames whose windows touch the ends
        self.first = reach + CONTEXT - 1 - network.look_ahead
        self.last = self.first + data.frames
        self.length = (self.last + network.look_ahead + reach - 1) * network.hop
        self.source = int(self.length * data.resampled[1]) + 2 * EDGE
        spans = torch.from_numpy(corpus.spans)
        room = spans[:, 1] - spans[:, 0] - self.source + 1
        if not bool((room > 0).any()):
            seconds = self.source / network.sample_rate
            raise SettingsError(f"No recording is as long as a piece to learn from ({seconds:.2f} s).")
        self.starts, self.room = spans[room > 0, 0], room[room > 0]

    def draw(self, batch: int, generator: torch.Generator) -> PhaseBatch:
        files = torch.multinomial(self.room.double(), batch, replacement=True, generator=generator)
        chance = torch.rand(4, batch, generator=generator, dtype=torch.float64)
        starts = self.starts[files] + (chance[0] * self.room[files]).long()
        low, high = self.data.resampled
        speeds = low * (high / low) ** chance[1]
        audio = torch.stack([self._cut(int(a), float(b)) for a, b in zip(starts, speeds, strict=True)])
        low, high = self.data.gain_db
        gain = 10 ** ((low + (high - low) * chance[2]) / 20).float()
        peak = audio.abs().amax(1).clamp_min(1e-4)
        audio = audio * torch.minimum(gain, 0.98 / peak)[:, None]
        audio = audio + (torch.rand(audio.shape, generator=generator) - 0.5) / 32768
        return self._batch(audio, 10 ** (LOUDER / 20 * chance[3]).float())

    def _cut(self, start: int, speed: float) -> Tensor:
        """The samples from `start` on, played faster."""
        needed = int(self.length * speed) + 2 * EDGE
        piece = self.samples[start : start + needed].astype("float32") / 32768
        edge = int(EDGE / speed)
        return torch.from_numpy(soxr.resample(piece, speed, 1.0)[edge : edge + self.length])

    def _batch(self, audio: Tensor, louder: Tensor) -> PhaseBatch:
        settings = self.network
        spectrum = centred_stft(audio, settings.transform, settings.shape)
        spectrum = spectrum[..., self.first - CONTEXT + 1 + settings.look_ahead : self.last + settings.look_ahead]
        magnitude = spectrum.abs()
        now = CONTEXT - 1 - settings.look_ahead  # the first frame to learn from, behind what its context needs
        learned = slice(now, now + self.data.frames)
        context = contexts(magnitude, settings.look_ahead, louder * magnitude.amax((1, 2)))[:, learned]
        bpd, fpd = (x.mT[:, 1:] for x in oracle(spectrum[..., now - 1 : learned.stop], settings.transform))
        return PhaseBatch(context, magnitude.mT[:, now - 1 : learned.stop], bpd, fpd)
