"""Synthesis and analysis from file to file, of any length in bounded memory."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from torch import Tensor

from vocoder.audio import COMMAND_LINE_LIMITS, stream_recording, write_wav
from vocoder.errors import InputError, SettingsError
from vocoder.explorer.analysis import Balance, analyse_stream
from vocoder.explorer.synthesis import synthesise_stream
from vocoder.melfile import is_mel_file, read_mel
from vocoder.melsettings import MelSettings
from vocoder.systems import Given, InvertibleVocoder, Vocoder, check_given, check_mel

IN_MEMORY = 1 << 24  # bytes of unwritten sound before it goes to disk
FULL_SCALE = 32767 / 32768  # the largest 16-bit sample
BELOW_FULL_SCALE = 0.99  # where a sound that would clip is turned down to; -0.1 dB
COPIED = 1 << 20  # bytes at a time

SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".npy", ".safetensors")  # in folders

AnyPath = str | os.PathLike[str]


@dataclass(frozen=True)
class Written:
    """What `synthesise_file` wrote."""

    samples: int
    sample_rate: int  # Hz
    seconds: float  # of computing
    peak: float  # of full scale, as the system made it
    gain: float  # that it was written with: 1, or less where it would have clipped


def check_target(source: AnyPath, target: AnyPath, suffix: str) -> None:
    """Raises `SettingsError` for an output that cannot be written, before any work is done."""
    source, target = Path(source), Path(target)
    if target.suffix.lower() != suffix:
        raise SettingsError(
            f"The output is a {suffix} file, so its name must end in {suffix}; {target.name!r} does not."
        )
    if target.is_dir():
        raise SettingsError(f"The output {str(target)!r} is a folder; name a {suffix} file.")
    if not target.parent.is_dir():
        raise SettingsError(f"There is no folder {str(target.parent)!r} to write {target.name!r} into.")
    if not os.access(target.parent, os.W_OK):
        raise SettingsError(f"The folder {str(target.parent)!r} cannot be written to.")
    if target.exists() and source.exists() and target.samefile(source):
        raise SettingsError("The output would replace the input; name another file.")


def synthesise_file(
    system: Vocoder,
    source: AnyPath,
    target: AnyPath,
    *,
    given: Given = "mel",
    seed: int = 0,
    temperature: float | None = None,
    keep_level: bool = False,
) -> Written:
    """A system's sound for a recording's or a mel file's mel, as a 16-bit WAV that is written whole or not at all.

    With `given="magnitude"` a recording's magnitudes take the mel's place.

    As many samples as the recording has at the system's rate, or T * hop for a mel of T frames. A sound that would clip
    is turned down as a whole; to know that in time it is kept until it is complete (on disk, beyond 16 MiB). With
    `keep_level` it is left to clip, as on the page, whose sounds these are then sample by sample.

    Raises:
        InputError: something given cannot be used, or the disk is full.
    """
    target = Path(target)
    check_target(source, target, ".wav")
    check_given(system, given)
    rate = system.info.mel.sample_rate
    started, samples, peak = time.perf_counter(), 0, 0.0
    with _explained(target), tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(target.parent)) as kept:
        for block in _made(system, source, given, seed, temperature):
            samples += len(block)
            peak = max(peak, float(np.abs(block).max(initial=0)))
            kept.write(block.astype(np.float32).tobytes())
        seconds = time.perf_counter() - started
        gain = BELOW_FULL_SCALE / peak if peak > FULL_SCALE and not keep_level else 1.0
        kept.seek(0)
        blocks = iter(lambda: kept.read(COPIED), b"")
        write_wav(target, (np.float32(gain) * np.frombuffer(block, np.float32) for block in blocks), rate)
    return Written(samples, rate, seconds, peak, gain)


def _made(system: Vocoder, source: AnyPath, given: Given, seed: int, temperature: float | None) -> Iterator[np.ndarray]:
    if is_mel_file(source):
        if given == "magnitude":
            raise SettingsError("A mel file no longer has the magnitudes; name a sound file, or start from the mel.")
        check_mel(
            system.info, MelSettings()
        )  # a file does not say how its mel was made: it is taken to be the common one
        mel = torch.tensor(read_mel(source, system.info.mel))[None]
        for audio in system.stream([mel], seed=seed, temperature=temperature):
            yield audio[0].numpy()
    else:
        blocks = stream_recording(source, COMMAND_LINE_LIMITS, system.info.mel.sample_rate)
        yield from synthesise_stream(system, blocks, given=given, seed=seed, temperature=temperature)


def synthesise_folder(
    system: Vocoder,
    source: AnyPath,
    target: AnyPath,
    *,
    given: Given = "mel",
    seed: int = 0,
    temperature: float | None = None,
    keep_level: bool = False,
) -> Iterator[tuple[Path, Written | InputError]]:
    """`synthesise_file` for every sound and mel of a folder (not of folders within it), by name.

    Yields each input's path with what was written, or with what was wrong: a bad file does not end the work.

    Raises:
        SettingsError: there is nothing to do, or nowhere to write.
    """
    source, target = Path(source), Path(target)
    check_given(system, given)
    if target.exists() and (not target.is_dir() or target.samefile(source)):
        raise SettingsError(f"{str(source)!r} is a folder, so the output must be another folder.")
    if not target.parent.is_dir():
        raise SettingsError(f"There is no folder {str(target.parent)!r} to make {target.name!r} in.")
    paths = sorted(p for p in source.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))
    if not paths:
        raise SettingsError(f"The folder {str(source)!r} holds no sound or mel file ({', '.join(SUFFIXES)}).")
    target.mkdir(exist_ok=True)
    taken: dict[str, Path] = {}
    for path in paths:
        name = f"{path.stem}.wav"
        try:
            if name in taken:
                raise SettingsError(f"It would replace what was made of {taken[name].name!r}; rename one of them.")
            taken[name] = path
            yield (
                path,
                synthesise_file(
                    system, path, target / name, given=given, seed=seed, temperature=temperature, keep_level=keep_level
                ),
            )
        except InputError as error:
            yield path, error


def analyse_file(flow: InvertibleVocoder, source: AnyPath, target: AnyPath) -> Balance:
    """The forward pass of a recording as an `.npz` that is written whole or not at all.

    It holds `z` (C, G) float32 and the numbers `log_det`, `bits_per_sample`, `z_mean`, `z_std`, `round_trip_db`.

    Raises:
        InputError: something given cannot be used, or the disk is full.
    """
    source, target = Path(source), Path(target)
    check_target(source, target, ".npz")
    if is_mel_file(source):
        raise SettingsError("A mel has lost the waveform, so there is nothing to turn into latents; name a recording.")
    unfinished = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with _explained(target), tempfile.TemporaryFile(dir=target.parent) as latents:

            def keep(z: Tensor, mel: Tensor) -> None:
                latents.write(z[0].T.contiguous().numpy().tobytes())

            blocks = stream_recording(source, COMMAND_LINE_LIMITS, flow.info.mel.sample_rate)
            balance = analyse_stream(flow, blocks, keep)
            with unfinished.open("xb") as file:
                _write_npz(file, latents, (flow.group, balance.latents // flow.group), balance)
            unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return balance


@contextmanager
def _explained(target: Path) -> Iterator[None]:
    """What the operating system refuses, as a sentence."""
    try:
        yield
    except OSError as error:
        raise SettingsError(f"{target.name!r} cannot be written: {error.strerror or error}.") from error


def _write_npz(file: BinaryIO, latents: BinaryIO, shape: tuple[int, int], balance: Balance) -> None:
    """An uncompressed `.npz` like `numpy.savez`'s, with z copied from disk: column after column, as it arrived."""
    header = {"descr": "<f4", "fortran_order": True, "shape": shape}
    numbers = ("log_det", "bits_per_sample", "z_mean", "z_std", "round_trip_db")
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        with archive.open("z.npy", "w", force_zip64=True) as entry:
            np.lib.format.write_array_header_1_0(entry, header)
            latents.seek(0)
            shutil.copyfileobj(latents, entry, COPIED)
        for name in numbers:
            with archive.open(f"{name}.npy", "w") as entry:
                np.lib.format.write_array(entry, np.asarray(getattr(balance, name)))
