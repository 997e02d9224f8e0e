"""Copy-synthesis, scored: recording -> its own mel -> a vocoder -> how far from the recording?"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vocoder.errors import AudioError, SettingsError
from vocoder.evaluation.files import chosen_files, sound_files
from vocoder.evaluation.measures import chosen
from vocoder.evaluation.report import Report
from vocoder.evaluation.scoring import RECORDING, Scoring
from vocoder.features import MelSettings
from vocoder.systems import check_given, load_system, synthesised, system_of, view

LONGEST = 300.0  # s; memory grows with the length, and the metrics are made for utterances

AnyPath = str | os.PathLike[str]
Read = Callable[[Path, int], np.ndarray]  # (file, sample rate) -> samples
Copy = Callable[[Path, np.ndarray], np.ndarray]  # (file, its samples) -> the copy's samples


def evaluate_folder(
    folder: AnyPath,
    systems: Sequence[str] | Mapping[str, Any] = ("flow", "griffin-lim"),
    outputs: Mapping[str, AnyPath] | None = None,
    *,
    files: Iterable[AnyPath] | None = None,
    metrics: Sequence[str] | None = None,
    checkpoint: str | None = None,
    device: str = "auto",
    given: str = "mel",
    seed: int = 0,
    temperature: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> Report:
    """Score the copy-synthesis of every sound file of a folder.

    Args:
        folder: of the recordings.
        systems: names for `vocoder.systems.load_system`, or systems by name: anything with `synthesise` and either
            `info.mel` or `mel_settings`, such as a `Flow` in training.
        outputs: other people's copies, a folder of sound files by system name; matched by stem, taken to be aligned.
        files: these files only: names in the folder, or paths.
        metrics: names in `measures.METRICS`; all by default.
        checkpoint, device: for `load_systems`.
        given: "mel", or "magnitude" for systems that take a recording's magnitudes instead.
        seed, temperature: of the synthesis; None is the system's own temperature.
        progress: told the fraction done.
    Raises:
        InputError: there is no sound file, none can be scored, or a name is unknown.
    """
    from vocoder.audio import COMMAND_LINE_LIMITS, read_recording

    limits = replace(COMMAND_LINE_LIMITS, max_seconds=LONGEST)

    def read(path: Path, sample_rate: int) -> np.ndarray:
        return read_recording(path, limits, sample_rate).samples

    scoring = Scoring(chosen(metrics), MelSettings())
    paths = chosen_files(folder, files)
    taken = {RECORDING, *(outputs or {})}
    if clash := next((name for name in systems if name in taken), RECORDING if RECORDING in (outputs or {}) else None):
        raise SettingsError(f"{clash!r} is the name of two systems; give the outputs another one.")
    copies: dict[str, Copy] = {}
    for name, place in (outputs or {}).items():
        copies[name] = partial(_someones, name, {path.stem: path for path in sound_files(place)}, read)
    for name, system in load_systems(systems, checkpoint, device).items():
        check_given(system, given)
        copies[name] = partial(_synthesised, system, read, given, seed, temperature)
    for done, path in enumerate(paths):
        if progress is not None:
            progress(done / len(paths))
        try:
            recording = read(path, scoring.settings.sample_rate)
            scoring.check(recording)
            scoring.add(path.name, recording, {name: copy(path, recording) for name, copy in copies.items()})
        except AudioError as error:
            scoring.skip(path.name, str(error))
    if progress is not None:
        progress(1.0)
    asked = {"folder": str(folder), "checkpoint": checkpoint, "from": given, "seed": seed, "temperature": temperature}
    return scoring.report(asked)


def evaluate_pairs(
    pairs: Iterable[tuple[np.ndarray, np.ndarray]],
    *,
    name: str = "copy",
    settings: MelSettings = MelSettings(),
    metrics: Sequence[str] | None = None,
) -> Report:
    """Score copies that are there already, as samples: (recording (N,), copy (N,)) pairs at `settings.sample_rate`.

    Args:
        pairs: float samples in [-1, 1]; in the report they are "pair 1", "pair 2", ...
        name: of the system that made the copies.
        settings: of the mels that are compared.
        metrics: names in `measures.METRICS`; all by default.
    Raises:
        InputError: none can be scored, or a metric is unknown.
    """
    scoring = Scoring(chosen(metrics), settings)
    for number, (recording, copy) in enumerate(pairs, 1):
        try:
            scoring.add(f"pair {number}", recording, {name: copy})
        except AudioError as error:
            scoring.skip(f"pair {number}", str(error))
    return scoring.report({})


def copy_synthesis(
    system: Any, samples: np.ndarray, *, given: str = "mel", seed: int = 0, temperature: float | None = None
) -> np.ndarray:
    """What a system makes of the mel, or magnitudes, of (N,) samples at its own sample rate: (N,) float32 samples."""
    audio = torch.from_numpy(np.asarray(samples, dtype=np.float32))[None]
    frames = view(given)(audio, mel_settings(system)).to(device_of(system))
    copy = synthesised(system, frames, given, seed=seed, temperature=temperature)
    return copy[0, : len(samples)].detach().float().cpu().numpy()


def mel_settings(system: Any) -> MelSettings:
    """The mel that a system wants, be it one of `vocoder.systems` or a bare network."""
    return system.info.mel if hasattr(system, "info") else system.mel_settings


def device_of(system: Any) -> torch.device:
    """Where a bare network expects its mel; the systems of `vocoder.systems` see to that themselves."""
    weights = next(system.parameters(), None) if isinstance(system, torch.nn.Module) else None
    return torch.device("cpu") if weights is None else weights.device


def load_systems(systems: Sequence[str] | Mapping[str, Any], checkpoint: str | None, device: str) -> Mapping[str, Any]:
    """The systems by name; those that are names only are loaded.

    Args:
        systems: `NAME`, or `NAME=CHECKPOINT` for a system with weights of its own.
        checkpoint: for the system of its family among those that name none.
    Raises:
        InputError: a name is unknown, or its weights are not there.
    """
    if isinstance(systems, Mapping):
        return systems
    owner = system_of(checkpoint) if checkpoint else None
    if owner is not None and owner not in systems:
        raise SettingsError(f"The checkpoint {checkpoint!r} is one for {owner!r}, which is not among the systems.")
    loaded = {}
    for spelled in systems:
        name, _, own = spelled.partition("=")
        weights = own or (checkpoint if name == owner else None)
        loaded[spelled] = load_system(name, checkpoint=weights, device=device)
    return loaded


def _synthesised(
    system: Any, read: Read, given: str, seed: int, temperature: float | None, path: Path, recording: np.ndarray
) -> np.ndarray:
    rate, own_rate = MelSettings().sample_rate, mel_settings(system).sample_rate
    if own_rate == rate:
        return copy_synthesis(system, recording, given=given, seed=seed, temperature=temperature)
    import soxr

    copy = copy_synthesis(system, read(path, own_rate), given=given, seed=seed, temperature=temperature)
    return soxr.resample(copy, own_rate, rate)


def _someones(name: str, files: Mapping[str, Path], read: Read, path: Path, recording: np.ndarray) -> np.ndarray:
    if path.stem not in files:
        raise AudioError(f"{name} has no copy of it.")
    return read(files[path.stem], MelSettings().sample_rate)
