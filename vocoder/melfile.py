"""Mel-spectrograms from files that cannot run code or unpack to more than they are: `.npy` and `.safetensors`."""

from __future__ import annotations

import json
import math
import os
import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

from vocoder.errors import MelError
from vocoder.files import open_file
from vocoder.melrange import check_range
from vocoder.melsettings import MelSettings

MIN_FRAMES = 5  # those of the shortest recording
MAX_HEADER = 1 << 20  # bytes of the description of a .safetensors file
FLOATS = {"F16": "<f2", "F32": "<f4", "F64": "<f8"}  # safetensors' types that NumPy has too
REFUSED = {
    ".pt": "a pickle, which can unpack to any size",
    ".pth": "a pickle, which can unpack to any size",
    ".bin": "a pickle, which can unpack to any size",
    ".ckpt": "a pickle, which can unpack to any size",
    ".pkl": "a pickle, which can run code",
    ".npz": "an archive, which can unpack to any size",
}


def is_mel_file(path: str | os.PathLike[str]) -> bool:
    """Whether `path` is named like a mel: `.npy`, `.safetensors`, or a kind that `read_mel` refuses with the reason."""
    return Path(path).suffix.lower() in {".npy", ".safetensors", *REFUSED}


def read_mel(
    path: str | os.PathLike[str], settings: MelSettings = MelSettings(), *, max_seconds: float = math.inf
) -> np.ndarray:
    """The natural-log mel (bands, T) in `path`, float32.

    `.npy` of any floating type, or `.safetensors` with one tensor or one called "mel"; (bands, T), (1, bands, T), or
    either with the last two axes the other way round. The header is checked before any value is read. Raises `MelError`
    for anything else, more than `max_seconds` of sound, and values that are not a natural-log mel's.
    """
    suffix = Path(path).suffix.lower()
    if suffix in REFUSED:
        raise MelError(f"A {suffix} file is {REFUSED[suffix]}; save the mel as .npy or .safetensors.")
    if suffix not in (".npy", ".safetensors"):
        raise MelError("A mel is read from a .npy or a .safetensors file.")
    max_frames = max_seconds * settings.sample_rate / settings.hop + 1
    with open_file(path, MelError) as file:
        mel = (_read_npy if suffix == ".npy" else _read_safetensors)(file, settings.bands, max_frames)
    if len(mel) != settings.bands:
        mel = mel.T
    with np.errstate(over="ignore"):
        mel = np.ascontiguousarray(mel, dtype=np.float32)
    if not np.isfinite(mel).all():
        raise MelError("This mel holds values that are not numbers (NaN or infinite).")
    check_range(mel, settings)
    return mel


def _read_npy(file: BinaryIO, bands: int, max_frames: float) -> np.ndarray:
    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    try:
        shape, fortran, dtype = readers[npy.read_magic(file)](file)
    except Exception as error:  # a header is a Python literal, and its parsers raise whatever they like
        raise MelError("This is not a .npy file, or its header is damaged.") from error
    if dtype.kind != "f":
        raise MelError(f"This .npy file holds {dtype}; a mel holds floating-point numbers.")
    matrix = _matrix(shape, bands, max_frames)
    size = os.fstat(file.fileno()).st_size - file.tell()
    return _values(file, size, dtype, matrix).reshape(matrix, order="F" if fortran else "C")


def _read_safetensors(file: BinaryIO, bands: int, max_frames: float) -> np.ndarray:
    """The format is eight bytes of length, so much JSON that says where each tensor lies, and the numbers."""
    try:
        length = struct.unpack("<Q", file.read(8))[0]
        tensors = json.loads(file.read(min(length, MAX_HEADER)))
        tensors.pop("__metadata__", None)
        name = "mel" if "mel" in tensors or len(tensors) != 1 else next(iter(tensors))
        kind, shape = tensors[name]["dtype"], [int(axis) for axis in tensors[name]["shape"]]
        start, end = map(int, tensors[name]["data_offsets"])
    except Exception as error:  # whatever is wrong with JSON of this depth
        raise MelError('This is not a .safetensors file with one tensor, or with one called "mel".') from error
    if kind not in FLOATS:
        raise MelError(f"This .safetensors file holds {kind}; a mel holds F16, F32 or F64.")
    matrix = _matrix(shape, bands, max_frames)
    if not 0 <= start <= end <= os.fstat(file.fileno()).st_size - 8 - length:
        raise MelError("This .safetensors file is damaged: its tensor lies outside it.")
    file.seek(8 + length + start)
    return _values(file, end - start, np.dtype(FLOATS[kind]), matrix).reshape(matrix)


def _values(file: BinaryIO, size: int, dtype: np.dtype, matrix: tuple[int, int]) -> np.ndarray:
    """The `size` bytes that follow, which must be just those of `matrix`."""
    if size != matrix[0] * matrix[1] * dtype.itemsize:
        raise MelError(f"This file is damaged: its header announces {matrix[0]} x {matrix[1]} numbers in {size} bytes.")
    return np.fromfile(file, dtype, matrix[0] * matrix[1])


def _matrix(shape: tuple[int, ...] | list[int], bands: int, max_frames: float) -> tuple[int, int]:
    """The two axes of a mel of this shape, in the file's order."""
    axes = tuple(shape[1:]) if len(shape) == 3 and shape[0] == 1 else tuple(shape)
    if len(axes) != 2 or bands not in axes:
        raise MelError(f"This mel has the shape {tuple(shape)}; ({bands}, frames) or (1, {bands}, frames) is read.")
    frames = axes[1] if axes[0] == bands else axes[0]
    if frames < MIN_FRAMES:
        raise MelError(f"This mel has {frames} frames; at least {MIN_FRAMES} are needed.")
    if frames > max_frames:
        raise MelError(f"This mel has {frames} frames; at most {int(max_frames)} are taken here.")
    return axes[0], axes[1]
