"""What *Latent surgery* computes: NumPy in, plain results out, a stop wherever the page may want one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from vocoder.explorer.mel_operations import OtherMel
from vocoder.explorer.operation import Latents, Operation
from vocoder.ui import engine
from vocoder.ui.engine import GPU_SECONDS, on_gpu
from vocoder.ui.session import Session
from vocoder.ui.sounds import SETTINGS, Sound, open_example
from vocoder.ui.texts import surgery as texts
from vocoder.ui.work import Progress, Working, watched

if TYPE_CHECKING:
    from vocoder.explorer.surgery import Effect
    from vocoder.systems import InvertibleVocoder

SECONDS = 10.0  # operated on of longer sounds
TEMPERATURES = (0, 0.3, 0.6, 0.8, 1.0, 1.2)
A, B = "a", "b"  # what operations call the open recording and the other one


@dataclass(frozen=True)
class Patient:
    """A sound taken apart."""

    name: str
    latents: Latents
    recording: np.ndarray | None  # (N,), which the latents give back; None where only a mel was given


@dataclass(frozen=True)
class Exchange:
    """Two sounds with their own and with each other's z."""

    patients: dict[str, Patient]  # A and B
    effects: dict[tuple[str, str], Effect]  # by whose z and whose mel
    mel_distances: dict[tuple[str, str], dict[str, float]]  # of each to both mels, in nepers


@dataclass(frozen=True)
class Outcome:
    """The open sound after operations."""

    patient: Patient  # before them
    operations: tuple[Operation, ...]
    effect: Effect


def patient(session: Session) -> Patient:
    """The open sound, taken apart by its checkpoint; a mel alone gets noise for its latents."""
    sound, analysis = session.sound, session.analysis
    if sound.samples is not None and analysis is not None and sound.seconds <= SECONDS:
        return Patient(sound.name, Latents(analysis.z, analysis.mel), sound.samples)
    return _taken_apart(sound, session.checkpoint)


@lru_cache(maxsize=8)
def other_patient(example: str, checkpoint: str) -> Patient:
    """An example, taken apart: the same for every visitor."""
    return _taken_apart(open_example(example), checkpoint)


def _taken_apart(sound: Sound, checkpoint: str) -> Patient:
    from vocoder.explorer import analyse

    flow = engine.flow(checkpoint)
    if sound.samples is None:
        mel = sound.mel[:, : SETTINGS.frames(int(SECONDS * SETTINGS.sample_rate))]
        return Patient(sound.name, Latents(flow.noise(mel.shape[1])[0].numpy(), mel), None)
    samples = sound.samples[: int(SECONDS * SETTINGS.sample_rate)]
    analysis = analyse(flow, samples)
    return Patient(sound.name, Latents(analysis.z, analysis.mel), samples)


@on_gpu(duration=GPU_SECONDS)
def exchange(session: Session, other: str) -> Iterator[Working | Exchange]:
    """Both recordings with their own and with each other's z."""
    yield (yield from watched(texts.EXCHANGING, partial(_exchange, session, other)))


@on_gpu(duration=GPU_SECONDS)
def strip(session: Session, seed: int) -> Iterator[Working | list[np.ndarray]]:
    """The open sound's mel with one noise at all `TEMPERATURES`."""
    yield (yield from watched(texts.COOLING, partial(_strip, session, seed)))


@on_gpu(duration=GPU_SECONDS)
def operate(
    session: Session, other: str, done: Sequence[Operation], added: tuple[str, dict[str, Any]] | None = None
) -> Iterator[Working | Outcome]:
    """The open sound after the operations that are done, and one more that `operation_of` understands."""
    yield (yield from watched(texts.WORKING, partial(_operate, session, other, done, added)))


def _exchange(session: Session, other: str, progress: Progress) -> Exchange:
    from vocoder.explorer.surgery import mel_distance, perform

    patients = _patients(session, other)
    flow, others = engine.flow(session.checkpoint), {name: each.latents for name, each in patients.items()}
    effects, distances = {}, {}
    for done, (z, mel) in enumerate((z, mel) for z in patients for mel in patients):
        progress(done / 4)
        effects[z, mel] = perform(flow, others[z], [OtherMel(mel)] if z != mel else [], others)
        distances[z, mel] = {
            name: mel_distance(effects[z, mel].samples, given.mel, given) for name, given in others.items()
        }
    return Exchange(patients, effects, distances)


def _strip(session: Session, seed: int, progress: Progress) -> list[np.ndarray]:
    import torch

    flow: InvertibleVocoder = engine.flow(session.checkpoint)
    frames = SETTINGS.frames(int(SECONDS * SETTINGS.sample_rate))
    mel = torch.from_numpy(session.sound.mel[:, :frames].copy())[None]
    length = min(session.sound.length, mel.shape[-1] * SETTINGS.hop)
    sounds = []
    for done, temperature in enumerate(TEMPERATURES):
        progress(done / len(TEMPERATURES))
        sounds.append(flow.synthesise(mel, seed=seed, temperature=temperature)[0, :length].numpy())
    return sounds


def _operate(
    session: Session,
    other: str,
    done: Sequence[Operation],
    added: tuple[str, dict[str, Any]] | None,
    progress: Progress,
) -> Outcome:
    from vocoder.explorer.surgery import perform

    progress(0)
    patients = _patients(session, other)
    mine, others = patients[A], {B: patients[B].latents}
    operations = (*done, operation_of(*added, mine.latents)) if added else tuple(done)
    effect = perform(engine.flow(session.checkpoint), mine.latents, operations, others, mine.recording)
    return Outcome(mine, operations, effect)


def _patients(session: Session, other: str) -> dict[str, Patient]:
    return {A: patient(session), B: other_patient(other, session.checkpoint)}


def operation_of(kind: str, values: dict[str, Any], latents: Latents) -> Operation:
    """The operation that the page's controls describe, with parts in per cent and seconds made channels and frames.

    Raises:
        SettingsError: the settings do not make one.
    """
    from vocoder.explorer.surgery import from_dict

    channels, frames = latents.z.shape[0], latents.mel.shape[1]
    whole = channels if kind == "mute_channels" else frames
    stretch = {"start": round(values["start"] * whole / 100), "stop": round(values["stop"] * whole / 100)}
    seed = {"seed": values["seed"]}
    settings: dict[str, dict[str, Any]] = {
        "quantise": {"bits": int(values["bits"])},
        "temper": {"factor": values["factor"]},
        "redraw": {"shape": values["shape"]} | seed,
        "mute_channels": stretch,
        "mute_time": stretch,
        "transplant": {"other": B} | stretch,
        "blend": {"other": B, "amount": values["amount"], "way": values["way"]},
        "shuffle": {"frames": int(values["frames"])} | seed,
        "other_mel": {"other": B} | seed,
        "pitch_mel": {"semitones": values["semitones"]},
        "delay_mel": {"frames": round(values["delay"] * SETTINGS.sample_rate / SETTINGS.hop)},
    }
    return from_dict({"kind": kind} | settings.get(kind, {}))
