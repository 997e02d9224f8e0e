"""WAV, read and written here: a header and rows of numbers need no decoder, and decoders have been broken by them.

Only plain numbers are read: PCM of 8 to 32 bits and IEEE floats of 32 and 64, in RIFF and RF64 files.
The layout is that of Microsoft's "Multiple Channel Audio Data and WAVE Files" and EBU Tech 3306.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from vocoder.errors import AudioError

PCM, IEEE_FLOAT, EXTENSIBLE = 0x0001, 0x0003, 0xFFFE
GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")  # of the subformats that wrap a plain format tag
UNKNOWN_SIZE = 0xFFFFFFFF  # written by programs that do not know yet, and by RF64, where ds64 holds the size
MAX_CHUNKS = 1000  # before the samples
MAX_DATA = 0xFFFFFFFF - 36  # bytes; all that a RIFF header can announce


@dataclass(frozen=True)
class WavFormat:
    """What a WAV header says, checked against the file."""

    sample_rate: int
    channels: int
    floating: bool
    width: int  # bytes of one number
    frames: int  # rows of `channels` numbers that are really there

    @property
    def row(self) -> int:
        """Bytes of one number for every channel."""
        return self.channels * self.width


def read_header(file: BinaryIO, size: int) -> WavFormat:
    """The format of a file of `size` bytes, which is left at its first sample; raises `AudioError`."""
    file.seek(12)
    form: tuple[bool, int, int, int] | None = None
    long_size = 0
    for _ in range(MAX_CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            break
        name, length = struct.unpack("<4sI", head)
        if name == b"data":
            if form is None:
                break
            return _checked(form, length, long_size, size - file.tell())
        body = file.read(min(length, 40)) if name in (b"fmt ", b"ds64") else b""
        if name == b"fmt " and form is None:
            form = _parse_format(body)
        elif name == b"ds64" and len(body) >= 16:
            long_size = struct.unpack_from("<8xQ", body)[0]
        file.seek(length + length % 2 - len(body), 1)
    raise AudioError("This WAV file is damaged: its header leads to no samples.")


def _parse_format(body: bytes) -> tuple[bool, int, int, int]:
    """(floating, channels, sample rate, bytes a row) of a fmt chunk."""
    if len(body) < 16:
        raise AudioError("This WAV file is damaged: its format chunk is too short.")
    tag, channels, rate, _, row, bits = struct.unpack_from("<HHIIHH", body)
    if tag == EXTENSIBLE and body[26:40] == GUID_TAIL:
        tag = struct.unpack_from("<H", body, 24)[0]
    if tag not in (PCM, IEEE_FLOAT):
        raise AudioError(
            f"This WAV file holds compressed sound (format tag 0x{tag:04x}); save it as PCM or floating-point WAV."
        )
    floating = tag == IEEE_FLOAT
    width = row // max(channels, 1)
    widths = (4, 8) if floating else (1, 2, 3, 4)
    if channels < 1 or row != channels * width or width not in widths or bits > 8 * width:
        raise AudioError(
            f"This WAV file is damaged: {channels} channels of {bits} bits do not make rows of {row} bytes."
        )
    return floating, channels, rate, row


def _checked(form: tuple[bool, int, int, int], length: int, long_size: int, rest: int) -> WavFormat:
    floating, channels, rate, row = form
    if length in (0, UNKNOWN_SIZE):
        length = long_size or rest
    return WavFormat(rate, channels, floating, row // channels, max(0, min(length, rest)) // row)


def blocks(file: BinaryIO, form: WavFormat, frames: int) -> Iterator[np.ndarray]:
    """The samples of a file that stands at its first, (n, channels) and n <= `frames`, until as many as announced."""
    left = form.frames
    while left and (data := file.read(min(frames, left) * form.row)):
        yield decode(data[: len(data) - len(data) % form.row], form)
        left -= min(frames, left)


def decode(data: bytes, form: WavFormat) -> np.ndarray:
    """Rows of samples (n, channels), float32, full scale 1; what was not finite stays so."""
    if form.floating:
        with np.errstate(over="ignore", invalid="ignore"):
            return np.frombuffer(data, f"<f{form.width}").astype(np.float32).reshape(-1, form.channels)
    if form.width == 1:  # the only unsigned width
        whole = np.frombuffer(data, np.uint8).astype(np.int32) - 128
    elif form.width == 3:
        wide = np.zeros((len(data) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        whole = wide.reshape(-1).view("<i4") >> 8
    else:
        whole = np.frombuffer(data, f"<i{form.width}").astype(np.int32)
    return (whole / np.float64(2 ** (8 * form.width - 1))).astype(np.float32).reshape(-1, form.channels)


def mono_header(sample_rate: int, data_bytes: int) -> bytes:
    """The 44 bytes before so many bytes of 16-bit mono samples."""
    form = struct.pack("<HHIIHH", PCM, 1, sample_rate, 2 * sample_rate, 2, 16)
    riff = b"RIFF" + struct.pack("<I", 36 + data_bytes) + b"WAVE"
    return riff + b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", data_bytes)
