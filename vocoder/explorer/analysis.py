"""From a recording to noise and exactly back: what a flow makes of a recording, measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vocoder.errors import AudioError
from vocoder.explorer.gaussian import summarise
from vocoder.explorer.results import Analysis
from vocoder.explorer.stream import Buffer, Recorded
from vocoder.systems import InvertibleVocoder, Progress

STEP = 2.0**-15  # of a 16-bit sample, in [-1, 1)
BLOCK = 1 << 17  # samples read at a time; 6 s


@dataclass
class Balance:
    """What adds up over a recording of any length."""

    samples: int = 0  # N
    log_det: float = 0.0  # nats
    latents: int = 0
    z_sum: float = 0.0
    z_energy: float = 0.0
    energy: float = 0.0  # sum of the squared samples
    error_energy: float = 0.0  # sum of the squared differences after the round trip
    largest_error: float = 0.0

    @property
    def nll_per_sample(self) -> float:
        """-ln p(audio) / N: 0.5 z^2 + 0.5 ln 2 pi summed over z, minus the log-determinant, over the N samples."""
        return (0.5 * self.z_energy + 0.5 * self.latents * math.log(2 * math.pi) - self.log_det) / self.samples

    @property
    def bits_per_sample(self) -> float:
        """The density is of samples in [-1, 1); 16-bit samples lie 2^-15 apart, which costs 15 bits."""
        return self.nll_per_sample / math.log(2) + 15

    @property
    def z_mean(self) -> float:
        return self.z_sum / self.latents

    @property
    def z_std(self) -> float:
        return math.sqrt(max(0.0, self.z_energy / self.latents - self.z_mean**2))

    @property
    def round_trip_db(self) -> float:
        """10 log10(sum err^2 / sum x^2) with x^2 at least a 16-bit rounding error's: silence has a level too.

        That is (2^-15)^2 / 12 a sample. The result is never below -200 dB, where float32 has no more to say.
        """
        energy = max(self.energy, self.samples * STEP**2 / 12)
        return 10 * math.log10(max(self.error_energy / energy, 1e-20))


def analyse(flow: InvertibleVocoder, samples: np.ndarray, progress: Progress | None = None) -> Analysis:
    """Forward pass, latents' statistics, and the exact way back.

    Args:
        samples: (N,) float32 in [-1, 1] at the flow's sample rate.
        progress: told the fraction done after every chunk (12 s); may raise, which ends the work.
    Raises:
        AudioError: there are no samples, or some are not finite.
    """
    samples = np.asarray(samples, dtype=np.float32)
    if samples.ndim != 1 or not len(samples):
        raise AudioError(f"Samples of shape (N,) with N at least 1 are needed, not {samples.shape}.")
    latents: list[Tensor] = []
    mels: list[Tensor] = []
    ways_back: list[np.ndarray] = []

    def keep_latents(z: Tensor, mel: Tensor) -> None:
        latents.append(z)
        mels.append(mel)

    def keep_way_back(_: np.ndarray, way_back: np.ndarray) -> None:
        ways_back.append(way_back)
        if progress is not None:
            progress(sum(map(len, ways_back)) / len(samples))

    blocks = (samples[start : start + BLOCK] for start in range(0, len(samples), BLOCK))
    balance = analyse_stream(flow, blocks, keep_latents, keep_way_back)
    z = torch.cat(latents, -1)[0].numpy()
    summary = summarise(z)
    return Analysis(
        z=z,
        log_det=balance.log_det,
        nll_per_sample=balance.nll_per_sample,
        bits_per_sample=balance.bits_per_sample,
        z_mean=summary.mean,
        z_std=summary.std,
        z_skewness=summary.skewness,
        z_kurtosis=summary.kurtosis,
        round_trip=np.concatenate(ways_back),
        round_trip_db=balance.round_trip_db,
        round_trip_max_lsb=balance.largest_error / STEP,
        histogram=(summary.edges, summary.density),
        qq=(summary.theoretical, summary.empirical),
        samples=samples,
        mel=torch.cat(mels, -1)[0].numpy(),
    )


def analyse_stream(
    flow: InvertibleVocoder,
    blocks: Iterable[np.ndarray],
    on_latents: Callable[[Tensor, Tensor], None],
    on_round_trip: Callable[[np.ndarray, np.ndarray], None] = lambda recording, way_back: None,
) -> Balance:
    """`analyse` for a recording of any length, in bounded memory.

    Args:
        blocks: of float32 samples, in order, of any length.
        on_latents: given z (1, C, g) and its mel (1, bands, t), in order and gapless.
        on_round_trip: given (n,) samples of the recording and of the way back, in order and gapless.
    """
    recorded = Recorded(blocks, flow.info.mel)
    balance = Balance()
    sounds, mels = Buffer(), Buffer()  # what the later streams have yet to use

    def pieces() -> Iterator[tuple[Tensor, Tensor]]:
        for audio, mel in recorded:
            if not torch.isfinite(audio).all():
                raise AudioError("The recording holds samples that are not finite (NaN or infinite).")
            sounds.put(audio)
            mels.put(mel)
            yield audio, mel

    def latents() -> Iterator[tuple[Tensor, Tensor]]:
        for z, log_det in flow.stream_forward(pieces()):
            mel = mels.take(z.shape[-1] // flow.columns)
            balance.log_det += float(log_det.double().sum())
            balance.latents += z.numel()
            balance.z_sum += float(z.double().sum())
            balance.z_energy += float(z.double().square().sum())
            on_latents(z, mel)
            yield z, mel

    for audio in flow.stream_inverse(latents()):
        end = min(audio.shape[-1], recorded.samples - balance.samples)  # the last frame reaches past the recording
        recording = sounds.take(audio.shape[-1])[0, :end].numpy()
        way_back = audio[0, :end].numpy()
        error = way_back.astype(np.float64) - recording
        balance.samples += end
        balance.energy += float(np.square(recording, dtype=np.float64).sum())
        balance.error_energy += float(np.square(error).sum())
        balance.largest_error = max(balance.largest_error, float(np.abs(error).max(initial=0.0)))
        on_round_trip(recording, way_back)
    if not balance.samples:
        raise AudioError("The recording holds no samples.")
    return balance
