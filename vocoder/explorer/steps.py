"""Speech becoming noise and noise becoming speech, one step of the flow at a time: to see, to measure and to hear."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from vocoder.errors import AudioError
from vocoder.explorer.gaussian import GaussianSummary, summarise, wasserstein
from vocoder.features import log_mel
from vocoder.flow import Step
from vocoder.systems import InvertibleVocoder, Progress, check_temperature

KINDS: dict[str, Literal["squeeze", "fill", "scale", "flow"]] = {
    "squeeze": "squeeze", "consistency": "fill", "scale": "scale", "coupling": "flow",
}  # fmt: skip
SECONDS = 6.0  # watched of longer sounds: everything is in memory at once, and is sent to a browser


@dataclass(frozen=True)
class Coupling:
    """What is inside one flow: the columns are mixed, one half is asked, the other half is moved."""

    mixed: np.ndarray  # (C, G) float32, the columns that enter the coupling
    kept: int  # channels that are asked and stay; those before them left early, those after them are moved
    shift: np.ndarray  # (M, G) float32, t
    log_scale: np.ndarray  # (M, G) float32, s: what is moved becomes x exp(s) + t


@dataclass(frozen=True)
class Station:
    """The columns between two steps. A flow, its mixing and its coupling, counts as one step."""

    kind: Literal["squeeze", "fill", "scale", "flow"]  # what comes before it on the way to noise
    number: int  # of the flow, from 1; 0 for the others
    channels: int  # still worked on; the others have left for z
    columns: np.ndarray  # (C, G) float32
    gaussian: GaussianSummary  # of all values, held against N(0, 1)
    distance: float  # 1-D Wasserstein distance of all values to N(0, 1), in standard deviations of it
    log_det: float  # log|det d columns / d audio| in nats
    bits_per_sample: float  # of 16-bit audio, were the flow to end here: were these columns taken for N(0, 1)
    sound: np.ndarray  # (N,) float32, the columns laid back onto the time axis by the inverse squeeze alone
    gain: float  # to play it with: as loud as the first station, and never clipped
    inside: Coupling | None  # of a flow


@dataclass(frozen=True)
class Journey:
    """A sound at every station, from samples to z, whichever way it went."""

    stations: tuple[Station, ...]  # the first has the samples, the last has z
    mel: np.ndarray  # (bands, T) float32
    heard: int  # samples watched of it
    given: int  # samples there were
    temperature: float | None  # of the noise it came from; None for a recording
    seed: int


@dataclass(frozen=True)
class Field:
    """What one column of a flow's output depends on, the mel taken as given."""

    kernel: int  # taps of every convolution
    dilations: tuple[int, ...]  # columns between its taps, layer by layer
    reach: int  # columns to either side that this flow's convolutions see
    total: int  # the same for all flows up to this one together
    group: int  # samples a column
    overlap: int  # samples that a column reaches into either neighbour

    def samples(self, column: int, columns: int | None = None) -> tuple[int, int]:
        """First sample, and the one after the last, that `column` depends on through `columns` (None: `total`)."""
        reach = self.total if columns is None else columns
        return (column - reach) * self.group - self.overlap, (column + reach + 1) * self.group + self.overlap


def receptive_field(flow: InvertibleVocoder, number: int) -> Field:
    """The receptive field of flow `number` (from 1), from the settings: L layers of dilation d reach (k // 2) sum d."""
    settings, steps = flow.settings, flow.steps()
    dilated = settings.conditioner == "dilated"
    dilations = tuple(2**layer if dilated else 1 for layer in range(settings.layers))
    reaches = [step.reach for step in steps if step.kind == "coupling"]
    overlap = settings.group // 2 if settings.squeeze == "lapped" else 0
    return Field(settings.kernel, dilations, reaches[number - 1], sum(reaches[:number]), settings.group, overlap)


def watch_forward(flow: InvertibleVocoder, samples: np.ndarray, progress: Progress | None = None) -> Journey:
    """A recording (N,) on its way to z. Of a longer one the first `SECONDS` are watched.

    Raises:
        AudioError: there are no samples, or some are not finite.
    """
    samples = np.asarray(samples, np.float32)
    if samples.ndim != 1 or not len(samples) or not np.isfinite(samples).all():
        raise AudioError(f"Finite samples of shape (N,) with N at least 1 are needed, not {samples.shape}.")
    heard = samples[: int(SECONDS * flow.info.mel.sample_rate)]
    audio = torch.from_numpy(heard.copy())[None]
    mel = log_mel(audio, flow.info.mel)
    passed = [(step, columns, float(log_det.double().sum())) for step, columns, log_det in flow.walk(audio, mel)]
    stations = _stations(flow, passed, mel, len(heard), progress)
    return Journey(stations, mel[0].numpy(), len(heard), len(samples), None, 0)


def watch_back(
    flow: InvertibleVocoder,
    mel: np.ndarray,
    *,
    length: int | None = None,
    seed: int = 0,
    temperature: float = 1.0,
    progress: Progress | None = None,
) -> Journey:
    """Noise at `temperature` on its way back to sound, for a log-mel (bands, T): `synthesise`, watched.

    The stations are numbered as on the way to noise: the way back passes them from the last to the first, and their
    log-determinants are those of the way from its own sound.

    Args:
        length: samples of the sound there are; None is T * hop.
    Raises:
        SettingsError: the temperature is out of range.
        MelError: the mel does not fit.
    """
    check_temperature(temperature)
    hop = flow.info.mel.hop
    given = mel.shape[-1] * hop if length is None else length
    heard = min(given, int(SECONDS * flow.info.mel.sample_rate))
    cut = torch.from_numpy(np.array(mel[:, : flow.info.mel.frames(heard)], np.float32))[None]
    heard = min(heard, cut.shape[-1] * hop)
    z = temperature * flow.noise(cut.shape[-1], seed=seed)
    steps = list(flow.steps())
    after = {steps[-1]: (z, 0.0)}
    for step, columns, log_det in flow.walk_back(z, cut):
        since = float(log_det.double().sum())
        if step.kind != "squeeze":
            after[steps[steps.index(step) - 1]] = columns, since
    passed = [(step, columns, log_det - since) for step, (columns, log_det) in reversed(after.items())]
    return Journey(_stations(flow, passed, cut, heard, progress), cut[0].numpy(), heard, given, temperature, seed)


def _stations(
    flow: InvertibleVocoder,
    passed: Sequence[tuple[Step, Tensor, float]],
    mel: Tensor,
    heard: int,
    progress: Progress | None,
) -> tuple[Station, ...]:
    """The stations among the steps that were passed, which are in the order of the way to noise."""
    stations: list[Station] = []
    mixed = passed[0][1]
    flows = 0
    loudness = 0.0
    for done, (step, columns, log_det) in enumerate(passed, 1):
        if step.kind == "mix":
            mixed = columns
            continue
        inside = None
        if step.kind == "coupling":
            flows += 1
            shift, log_scale = flow.shift_and_log_scale(flows, columns, mel)
            inside = Coupling(mixed[0].numpy(), step.channels // 2, shift[0].numpy(), log_scale[0].numpy())
        values = columns[0].numpy()
        sound = flow.lay_out(columns)[0, :heard].numpy()
        if not stations:
            loudness = _level(sound)
        energy = float(np.square(values, dtype=np.float64).sum())
        nats = 0.5 * energy + 0.5 * values.size * math.log(2 * math.pi) - log_det
        stations.append(
            Station(
                kind=KINDS[step.kind],
                number=flows if inside else 0,
                channels=step.channels,
                columns=values,
                gaussian=summarise(values),
                distance=wasserstein(values),
                log_det=log_det,
                bits_per_sample=nats / heard / math.log(2) + 15,
                sound=sound,
                gain=playing_gain(sound, loudness),
                inside=inside,
            )
        )
        if progress is not None:
            progress(done / len(passed))
    return tuple(stations)


def playing_gain(sound: np.ndarray, loudness: float) -> float:
    """The factor that makes a sound's root mean square `loudness`, or less where it would clip; 1 for silence."""
    level, peak = _level(sound), float(np.abs(sound).max(initial=0.0))
    return min(loudness / level, 1 / peak) if level and loudness else 1.0


def _level(sound: np.ndarray) -> float:
    """Root mean square."""
    return float(np.sqrt(np.square(sound, dtype=np.float64).mean()))
