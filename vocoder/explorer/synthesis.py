"""From mels, or from latents, to sound: one system, several side by side, or the same latents once more."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

import numpy as np
import torch
from torch import Tensor

from vocoder.errors import MelError, SettingsError
from vocoder.explorer.results import Analysis, Mode, Synthesis
from vocoder.explorer.stream import Recorded
from vocoder.features import MelSettings
from vocoder.systems import (
    Given,
    InvertibleVocoder,
    Progress,
    Vocoder,
    check_given,
    check_mel,
    check_temperature,
    part,
    streamed,
    synthesised,
    view,
)


def synthesise(
    system: Vocoder,
    mel: np.ndarray,
    *,
    given: Given = "mel",
    made: MelSettings | None = None,
    length: int | None = None,
    seed: int = 0,
    temperature: float | None = None,
    reference: np.ndarray | None = None,
    progress: Progress | None = None,
) -> Synthesis:
    """A system's sound for a log-mel, or for magnitudes.

    Args:
        mel: (bands, T) natural-log mel; (n_fft // 2 + 1, T) magnitudes where they are `given`.
        given: "magnitude" for the signal-processing systems alone.
        made: how the mel was made, which must be how the system's are; None where it was made for this system.
        length: samples to keep; None is the reference's length, or all T * hop.
        seed, temperature: of the noise; None is the system's own temperature.
        reference: (N,) the recording, to measure against.
        progress: told the fraction done; may raise, which ends the work.
    Raises:
        MelError: the mel does not fit the system, or not the length.
        SettingsError: the temperature is out of range, or the system does not start from magnitudes or such mels.
    """
    check_temperature(temperature)
    check_given(system, given)
    if made is not None:
        check_mel(system.info, made)
    batch = _batch(mel, system.info.mel, given)
    if length is None:
        length = batch.shape[-1] * system.info.mel.hop if reference is None else len(reference)
    if not 0 < length <= batch.shape[-1] * system.info.mel.hop:
        raise MelError(f"A mel of {batch.shape[-1]} frames does not fit {length} samples.")
    started = time.perf_counter()
    audio = synthesised(system, batch, given, seed=seed, temperature=temperature, progress=progress)
    samples = audio[0, :length].numpy()
    return _measured(system, samples, time.perf_counter() - started, reference)


def compare(
    systems: Sequence[Vocoder],
    recording: np.ndarray | None = None,
    *,
    mel: np.ndarray | None = None,
    given: Given = "mel",
    seed: int = 0,
    temperature: float | None = None,
    progress: Progress | None = None,
) -> list[Synthesis]:
    """Several systems' sound for the same recording (N,), or for the same mel (bands, T) where there is none.

    Args:
        given: "magnitude" hands the recording's magnitudes to the systems, which then only have to find phases.
    Raises:
        MelError: neither recording nor mel is given, or the mel does not fit.
        SettingsError: a system does not start from magnitudes.
    """
    results = []
    for index, system in enumerate(systems):
        frames = mel
        if frames is None and recording is not None:
            audio = torch.from_numpy(np.asarray(recording, np.float32))[None]
            frames = view(given)(audio, system.info.mel)[0].numpy()
        if frames is None:
            raise MelError("A recording or a mel is needed to compare systems on.")
        results.append(
            synthesise(
                system,
                frames,
                given=given,
                seed=seed,
                temperature=temperature,
                reference=recording,
                progress=part(progress, index, len(systems)),
            )
        )
    return results


def sample_again(
    flow: InvertibleVocoder, analysis: Analysis, *, mode: Mode, temperature: float | None = None, seed: int = 0
) -> Synthesis:
    """The way back from an analysis's mel with other latents, measured against the recording.

    Args:
        mode: "same" takes the recording's z as it is, which gives the recording; "scaled" takes temperature * z;
            "fresh" takes temperature * noise of `seed`, which is what `synthesise` does.
        temperature: None is 1 for "scaled", and the flow's own for "fresh".
    Raises:
        SettingsError: the mode is unknown or the temperature out of range.
    """
    check_temperature(temperature)
    if mode not in get_args(Mode):
        raise SettingsError(f"Latents are taken {', '.join(get_args(Mode))}; not {mode!r}.")
    if mode == "fresh":
        return synthesise(flow, analysis.mel, seed=seed, temperature=temperature, reference=analysis.samples)
    scale = 1.0 if mode == "same" or temperature is None else temperature
    z, mel = torch.from_numpy(analysis.z)[None], torch.from_numpy(analysis.mel)[None]
    started = time.perf_counter()
    samples = flow.inverse(scale * z, mel)[0, : len(analysis.samples)].numpy()
    return _measured(flow, samples, time.perf_counter() - started, analysis.samples)


def synthesise_stream(
    system: Vocoder,
    blocks: Iterable[np.ndarray],
    *,
    given: Given = "mel",
    seed: int = 0,
    temperature: float | None = None,
) -> Iterator[np.ndarray]:
    """Copy-synthesis of a recording of any length in bounded memory: yields (n,) samples, as many as were given."""
    recorded = Recorded(blocks, system.info.mel, view(given))
    done = 0
    for audio in streamed(system, (frames for _, frames in recorded), given, seed=seed, temperature=temperature):
        piece = audio[0, : recorded.samples - done].numpy()  # the last frame reaches past the recording
        done += len(piece)
        yield piece


def _batch(mel: np.ndarray, settings: MelSettings, given: Given) -> Tensor:
    mel = np.array(mel, dtype=np.float32)  # a copy: PyTorch warns of arrays that are read-only
    rows = settings.bands if given == "mel" else settings.n_fft // 2 + 1
    if mel.ndim != 2 or mel.shape[0] != rows or not mel.shape[1]:
        raise MelError(f"The {given} has shape {mel.shape}; it should be ({rows}, frames).")
    return torch.from_numpy(mel)[None]


def _measured(system: Vocoder, samples: np.ndarray, seconds: float, reference: np.ndarray | None) -> Synthesis:
    speed = len(samples) / system.info.mel.sample_rate / max(seconds, 1e-9)
    if reference is None:
        return Synthesis(system.info.name, samples, seconds, speed, None, None)
    from vocoder.evaluation.metrics import log_mel_error, multi_resolution_stft

    distance = multi_resolution_stft(reference, samples)
    error = log_mel_error(reference, samples, system.info.mel)
    return Synthesis(system.info.name, samples, seconds, speed, distance, error)
