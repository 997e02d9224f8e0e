"""Sound files to mono samples at one rate, within limits and in bounded memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soxr

from vocoder.audio.limits import COMMAND_LINE_LIMITS, MEBIBYTE, PAGE_LIMITS, AudioLimits
from vocoder.audio.sources import Source, open_source
from vocoder.errors import AudioError
from vocoder.files import open_file

BLOCK = 1 << 16  # frames decoded at once: 2 MiB of eight channels
SLACK = 0.1  # seconds over the limit that are let in: MP3 encoders pad what they are given


@dataclass(frozen=True)
class Recording:
    """A sound as the systems take it."""

    samples: np.ndarray  # (N,) float32, mono, finite; full scale is 1
    sample_rate: int  # Hz
    name: str  # the file's, without its folder


def read_recording(
    path: str | os.PathLike[str], limits: AudioLimits = PAGE_LIMITS, sample_rate: int = 22_050
) -> Recording:
    """The sound in `path`, its channels averaged, at `sample_rate`; raises `AudioError` when it cannot be taken."""
    blocks = list(stream_recording(path, limits, sample_rate))
    return Recording(np.concatenate(blocks), sample_rate, Path(path).name)


def stream_recording(
    path: str | os.PathLike[str],
    limits: AudioLimits = COMMAND_LINE_LIMITS,
    sample_rate: int = 22_050,
    block_seconds: float = 10,
) -> Iterator[np.ndarray]:
    """The samples of `read_recording` in blocks (n,) of `block_seconds` (the last may be shorter).

    What the header says is checked before this returns; what only decoding tells (length, values) while it runs.
    Raises `AudioError`.
    """
    file = open_file(path, AudioError)
    try:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            raise AudioError("This file is empty.")
        if size > limits.max_bytes:
            raise AudioError(f"This file has {_mib(size)}; at most {_mib(limits.max_bytes)} are taken here.")
        source = open_source(file, size)
        _check_claims(source, size, limits)
    except BaseException:
        file.close()
        raise
    resampled = _resample(_mono(source, size, limits), source.sample_rate, sample_rate)
    length = max(1, round(block_seconds * sample_rate))
    return _regroup(resampled, file, length, round(limits.min_seconds * sample_rate))


def _check_claims(source: Source, size: int, limits: AudioLimits) -> None:
    if not limits.min_rate <= source.sample_rate <= limits.max_rate:
        raise AudioError(
            f"This file says its sample rate is {source.sample_rate} Hz; "
            f"{limits.min_rate} to {limits.max_rate} Hz are read."
        )
    if not 1 <= source.channels <= limits.max_channels:
        raise AudioError(f"This file has {source.channels} channels; 1 to {limits.max_channels} are read.")
    if source.frames is not None:
        _check_length(source.frames, source, size, limits, "lasts")


def _check_length(frames: int, source: Source, size: int, limits: AudioLimits, lasts: str) -> None:
    """Refuses `frames` decoded samples of each channel, whether claimed or counted."""
    seconds, decoded = frames / source.sample_rate, frames * source.channels * 4
    if seconds > limits.max_seconds + SLACK:
        raise AudioError(
            f"This recording {lasts} {_duration(seconds)}; at most {_duration(limits.max_seconds)} are taken here, "
            "so cut it first."
        )
    if decoded > max(limits.expansion_from, limits.max_expansion * size):
        raise AudioError(
            f"This file packs {_duration(seconds)} of sound into {_mib(size)}, which only silence allows: "
            "it is taken for a decompression bomb and not read."
        )
    if decoded > limits.max_decoded_bytes:
        raise AudioError(
            f"Decoded, this recording takes more than {_mib(limits.max_decoded_bytes)}; "
            "save it with fewer channels or a lower sample rate."
        )


def _mono(source: Source, size: int, limits: AudioLimits) -> Iterator[np.ndarray]:
    frames = 0
    for block in source.blocks(BLOCK):
        frames += len(block)
        _check_length(frames, source, size, limits, "lasts more than")
        if not np.isfinite(block).all():
            raise AudioError("This recording holds values that are not numbers (NaN or infinite).")
        peak = float(np.abs(block).max())
        if peak > limits.max_peak:
            raise AudioError(
                f"This recording holds values up to {peak:.3g} where full scale is 1; divide them by their scale first."
            )
        yield block.mean(1, dtype=np.float32) if source.channels > 1 else block[:, 0]


def _resample(blocks: Iterator[np.ndarray], rate: int, wanted: int) -> Iterator[np.ndarray]:
    """Band-limited (soxr, HQ), with a state from block to block: the cuts leave no trace."""
    if rate == wanted:
        yield from blocks
        return
    stream = soxr.ResampleStream(rate, wanted, 1, dtype="float32")
    for block in blocks:
        yield stream.resample_chunk(np.ascontiguousarray(block))
    yield stream.resample_chunk(np.zeros(0, np.float32), last=True)


def _regroup(blocks: Iterator[np.ndarray], file: BinaryIO, length: int, least: int) -> Iterator[np.ndarray]:
    """The same samples in blocks of `length`; refuses fewer than `least` in all, before it gives any."""
    with file:
        waiting: list[np.ndarray] = []
        count = total = 0
        for block in blocks:
            waiting.append(block)
            count += len(block)
            total += len(block)
            if count >= max(length, least):
                joined = np.concatenate(waiting)
                whole = count - count % length
                yield from np.split(joined[:whole], whole // length)
                waiting, count = [joined[whole:]], count - whole
        if total == 0:
            raise AudioError("This file holds no sound.")
        if total < least:
            raise AudioError(f"This recording is too short: it has {total} samples where {least} are needed.")
        rest = np.concatenate(waiting)
        for start in range(0, count, length):
            yield rest[start : start + length]


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.3g} min" if seconds < 7200 else f"{seconds / 3600:.3g} h"


def _mib(size: float) -> str:
    return f"{size / MEBIBYTE:.3g} MiB"
