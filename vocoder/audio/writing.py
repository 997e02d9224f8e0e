"""Samples to 16-bit integers, and to WAV files that exist whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from vocoder.audio import wav
from vocoder.errors import AudioError


def to_int16(samples: np.ndarray) -> np.ndarray:
    """Samples with full scale 1, of any shape, as rounded and clipped int16; raises `AudioError` on NaN and infinity.

    Full scale is 2^15, as in decoding: what was read from a 16-bit file comes back bit for bit.
    """
    if not np.isfinite(samples).all():
        raise AudioError("The sound holds values that are not numbers (NaN or infinite), so it is not written.")
    return np.clip(np.rint(np.asarray(samples) * 32768.0), -32768, 32767).astype(np.int16)


def write_wav(path: str | os.PathLike[str], blocks: np.ndarray | Iterable[np.ndarray], sample_rate: int) -> None:
    """Writes mono samples, one array (N,) or blocks (n,) of them as they come, as a 16-bit WAV file.

    The file appears under its name when it is complete: it is written beside it and then moved. Raises `AudioError`
    where it cannot be written, and passes on what `blocks` raises.
    """
    path = Path(path)
    if os.path.isdir(path):
        raise AudioError(f"{path.name!r} is a folder, not the name of a WAV file.")
    if not os.path.isdir(path.parent):
        raise AudioError(f"There is no folder {str(path.parent)!r} to write {path.name!r} into.")
    unfinished = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with _explained(path):
            file = unfinished.open("xb")  # and not tempfile's, which would be readable by its owner alone
        with file:
            size = 0
            file.write(wav.mono_header(sample_rate, size))
            for block in [blocks] if isinstance(blocks, np.ndarray) else blocks:
                data = to_int16(block).astype("<i2").tobytes()
                size += len(data)
                if size > wav.MAX_DATA:
                    raise AudioError("This sound is too long for one WAV file (4 GiB); write it in pieces.")
                with _explained(path):
                    file.write(data)
            with _explained(path):
                file.seek(0)
                file.write(wav.mono_header(sample_rate, size))
                file.close()
                unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """What the operating system refuses, as a sentence."""
    try:
        yield
    except OSError as error:
        raise AudioError(f"{path.name!r} cannot be written: {error.strerror or error}.") from error
