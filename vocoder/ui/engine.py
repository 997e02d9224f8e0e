"""The page's hold on the systems: which checkpoints, which device, and the work itself as steps that can be stopped."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import numpy as np

from vocoder.errors import SettingsError, WeightsError
from vocoder.explorer.results import Mode, Synthesis
from vocoder.explorer.spectrogram import spectrogram
from vocoder.ui import texts
from vocoder.ui.session import MOST_SYSTEMS, Inside, Session
from vocoder.ui.shelf import model_folder
from vocoder.ui.sounds import SETTINGS, Sound
from vocoder.ui.work import Progress, Working, watched
from vocoder.weights import FOLDER
from vocoder.weights import checkpoints as bundled_checkpoints
from vocoder.weights.card import Card, read_card

if TYPE_CHECKING:  # what computes is imported where it does, since PyTorch takes seconds that a page need not wait
    from vocoder.systems import InvertibleVocoder, SystemInfo, Vocoder

try:
    from spaces import GPU as on_gpu  # a Space with ZeroGPU lends a card to functions so marked
except ImportError:

    def on_gpu(**_: Any) -> Callable[[Callable], Callable]:
        return lambda function: function


CHECKPOINT_VARIABLE = "VOCODER_CHECKPOINT"  # a folder with one more checkpoint, shown first
START_DEVICE = "cpu" if os.environ.get("SPACES_ZERO_GPU") else "auto"  # no card is lent before the first visitor
SCALE_STEP = 5  # dB
FIRST_SYSTEMS = ("flow", "griffin-lim")  # beside the original, when the page opens
GPU_SECONDS = 60  # asked for on a Space; thirty seconds of sound need a few


def checkpoints() -> dict[str, Path]:
    """The folders of the checkpoints to choose from, by id."""
    extra = os.environ.get(CHECKPOINT_VARIABLE)
    first = {Path(extra).name: Path(extra)} if extra else {}
    return first | {name: FOLDER / name for name in bundled_checkpoints()}


def first_checkpoint() -> str:
    """The checkpoint the page starts with."""
    for name in checkpoints():
        return name
    raise WeightsError(texts.NO_CHECKPOINT)


def folder(checkpoint: str) -> Path:
    """Where a checkpoint is, a visitor's own too; raises `WeightsError` for an id that nobody knows."""
    found = checkpoints()
    if checkpoint not in found:
        if own := model_folder(checkpoint):
            return own
        raise WeightsError(texts.UNKNOWN_CHECKPOINT.format(name=checkpoint, known=", ".join(found)))
    return found[checkpoint]


def card(checkpoint: str) -> Card:
    """What a flow's checkpoint says of itself."""
    return read_card(folder(checkpoint), "flow")


def flow(checkpoint: str, device: str = "auto") -> InvertibleVocoder:
    """The flow with a checkpoint's weights; `load_system` keeps it for the next visitor."""
    from vocoder.systems import load_system

    return cast("InvertibleVocoder", load_system("flow", checkpoint=folder(checkpoint), device=device))


def device_name() -> str:
    """What the work is done on, for people."""
    import torch

    from vocoder.systems import pick_device

    if pick_device().type == "cuda":
        return str(torch.cuda.get_device_name())
    threads = torch.get_num_threads()
    return f"the CPU, {threads} thread" + ("s" if threads > 1 else "")


def rows() -> list[SystemInfo]:
    """The systems there are, and those there could be."""
    from vocoder.systems import systems

    return systems()


def check_choice(systems: Sequence[str]) -> None:
    """Raises `SettingsError` for more systems than there is room for, none, or some that nobody knows."""
    if not 0 < len(set(systems)) <= MOST_SYSTEMS:
        raise SettingsError(texts.TOO_MANY_SYSTEMS.format(most=MOST_SYSTEMS))


def hear_here(
    sound: Sound,
    checkpoint: str,
    temperature: float,
    seed: int,
    systems: Sequence[str] = FIRST_SYSTEMS,
    device: str = "auto",
) -> Iterator[Working | Session]:
    """Some systems' copies of a sound."""
    check_choice(systems)
    results = {}
    for name in systems:
        results[name] = yield from _made(sound, name, checkpoint, temperature, seed, device)
    loudest = sound.samples if sound.samples is not None else next(iter(results.values())).samples
    yield Session(sound, checkpoint, temperature, seed, results, brightest(loudest))


def look_here(session: Session, temperature: float, seed: int, device: str = "auto") -> Iterator[Working | Inside]:
    """The latents of a session's recording, and what each way of sampling again gives."""
    if session.analysis is None:
        if session.sound.samples is None:
            raise SettingsError(texts.NO_RECORDING)
        from vocoder.explorer import analyse

        reading = partial(analyse, flow(session.checkpoint, device), session.sound.samples)
        session = replace(session, analysis=(yield from watched(texts.LOOKING, reading)))
    results: dict[str, Synthesis] = {}
    for mode in get_args(Mode):
        work = partial(_again, session, mode, temperature, seed, device)
        results[mode] = yield from watched(texts.SAMPLING, work)
    yield Inside(session, results)


@on_gpu(duration=GPU_SECONDS)
def hear(
    sound: Sound, checkpoint: str, temperature: float, seed: int, systems: Sequence[str]
) -> Iterator[Working | Session]:
    """`hear_here`, where a card is lent."""
    yield from hear_here(sound, checkpoint, temperature, seed, systems)


@on_gpu(duration=GPU_SECONDS)
def choose(
    session: Session, systems: Sequence[str], checkpoint: str, temperature: float, seed: int
) -> Iterator[Working | Session]:
    """Other systems for a session's sound: what has been made is kept, what is missing is made with these settings."""
    check_choice(systems)
    if "flow" in session.results:
        checkpoint, temperature, seed = session.checkpoint, session.temperature, session.seed
    results = {}
    for name in systems:
        if session.has(name):
            results[name] = session.results[name]
        else:
            results[name] = yield from _made(session.sound, name, checkpoint, temperature, seed)
    analysis = session.analysis if session.checkpoint == checkpoint else None
    yield replace(
        session, checkpoint=checkpoint, temperature=temperature, seed=seed, results=results, analysis=analysis
    )


@on_gpu(duration=GPU_SECONDS)
def look(session: Session, temperature: float, seed: int) -> Iterator[Working | Inside]:
    """`look_here`, where a card is lent."""
    yield from look_here(session, temperature, seed)


@on_gpu(duration=GPU_SECONDS)
def hear_flow(session: Session, checkpoint: str, temperature: float, seed: int) -> Iterator[Working | Session]:
    """The flow's copy again, with other settings, if they are others; raises `SettingsError` if it is not chosen."""
    if "flow" not in session.results:
        raise SettingsError(texts.FLOW_NOT_CHOSEN)
    if (checkpoint, temperature, seed) == (session.checkpoint, session.temperature, session.seed):
        yield from choose(session, tuple(session.results), checkpoint, temperature, seed)
        return
    made = yield from _made(session.sound, "flow", checkpoint, temperature, seed)
    yield replace(
        session,
        checkpoint=checkpoint,
        temperature=temperature,
        seed=seed,
        results=session.results | {"flow": made},
        analysis=session.analysis if session.checkpoint == checkpoint else None,
    )


@on_gpu(duration=GPU_SECONDS)
def again(session: Session, mode: Mode, temperature: float, seed: int) -> Iterator[Working | Synthesis]:
    """The way back from a session's latents, kept, scaled or drawn afresh."""
    yield (yield from watched(texts.SAMPLING, partial(_again, session, mode, temperature, seed, "auto")))


def brightest(samples: np.ndarray) -> float:
    """The level in dB that is the brightest colour where these samples are the loudest sound."""
    return SCALE_STEP * math.floor(spectrogram(samples, SETTINGS.sample_rate).peak / SCALE_STEP)


def _made(
    sound: Sound, name: str, checkpoint: str, temperature: float, seed: int, device: str = "auto"
) -> Generator[Working, None, Synthesis]:
    """A system's copy of a sound. Checkpoint, temperature and seed are the flow's; others begin at seed 0."""
    from vocoder.systems import load_system, system_of

    if name == "flow":
        work = partial(_copy, flow(checkpoint, device), sound, temperature, seed)
        return (yield from watched(texts.FLOWING, work))
    own = model_folder(name)  # of a model that a visitor has brought
    system = load_system(system_of(own), checkpoint=own, device=device) if own else load_system(name, device=device)
    work = partial(_copy, system, sound, temperature, 0)
    return (yield from watched(texts.GUESSING, work))


def _copy(system: Vocoder, sound: Sound, temperature: float, seed: int, progress: Progress) -> Synthesis:
    import torch

    from vocoder.explorer import synthesise
    from vocoder.features import log_mel

    mel, made, own = sound.mel, SETTINGS, system.info.mel
    if own != made and own.sample_rate == made.sample_rate and sound.samples is not None:
        mel, made = log_mel(torch.from_numpy(sound.samples)[None], own)[0].numpy(), own  # other people's networks
    return synthesise(
        system,
        mel,
        made=made,
        length=sound.length,
        seed=seed,
        temperature=temperature,
        reference=sound.samples,
        progress=progress,
    )


def _again(session: Session, mode: Mode, temperature: float, seed: int, device: str, progress: Progress) -> Synthesis:
    from vocoder.explorer import sample_again

    if session.analysis is None:
        raise SettingsError(texts.NOTHING_TO_SAMPLE)
    progress(0)
    heat = temperature if mode == "scaled" else 1.0
    return sample_again(flow(session.checkpoint, device), session.analysis, mode=mode, temperature=heat, seed=seed)
