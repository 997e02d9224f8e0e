"""An open sound file of any of the four kinds, as a row of blocks: what is inside is told by its first bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

import numpy as np
import soundfile

from vocoder.audio import wav
from vocoder.errors import AudioError

NOT_SOUND = "This is not a sound file that can be read here: WAV, FLAC, Ogg (Vorbis or Opus) and MP3 are."
ENDLESS = 2**62  # libsndfile's count of frames when a file does not tell is of this order
MAX_PADDING = 1 << 16  # zeros between a tag and what it describes


@dataclass(frozen=True)
class Source:
    """A sound file that has been opened and not yet decoded."""

    sample_rate: int  # Hz, as claimed
    channels: int
    frames: int | None  # samples of each channel, as claimed; None where the file does not tell
    blocks: Callable[[int], Iterator[np.ndarray]]  # float32 (n, channels), n at most the argument, to the file's end


class _Forward(soundfile.SoundFile):
    """A file read from its start to its end.

    Told that it cannot seek, soundfile does not seek to where it is after every block, which costs more than decoding
    and fails at the end of a FLAC that does not tell its length.
    """

    def seekable(self) -> bool:
        return False


def open_source(file: BinaryIO, size: int) -> Source:
    """The sound file of `size` bytes behind `file`, its header read and nothing decoded; raises `AudioError`."""
    head = file.read(12)
    if head[:4] in (b"RIFF", b"RF64") and head[8:] == b"WAVE":
        form = wav.read_header(file, size)
        return Source(form.sample_rate, form.channels, form.frames, partial(wav.blocks, file, form))
    start = _after_tags(file, head)
    kinds = _kinds(file, start)
    try:
        # libsndfile looks at what lies behind a tag all over again, and would open any format there. It starts at the
        # place of the descriptor, so with the tag skipped it sees what was checked, and prints no complaint about it.
        file.seek(start)
        decoder = _Forward(file.fileno(), closefd=False)
    except (soundfile.SoundFileError, OSError) as error:
        raise AudioError("This sound file is damaged: its header cannot be read.") from error
    if (decoder.format, decoder.subtype) not in kinds:
        decoder.close()
        raise AudioError(NOT_SOUND)
    frames = decoder.frames if 0 <= decoder.frames < ENDLESS else None
    return Source(decoder.samplerate, decoder.channels, frames, partial(_decoded, decoder))


def _decoded(decoder: soundfile.SoundFile, frames: int) -> Iterator[np.ndarray]:
    try:
        with decoder:
            while len(block := decoder.read(frames, dtype="float32", always_2d=True)):
                yield block
    except soundfile.SoundFileError as error:
        raise AudioError("This sound file is damaged or cut short: it cannot be decoded to its end.") from error


def _after_tags(file: BinaryIO, head: bytes) -> int:
    """Where the sound starts behind ID3v2 tags (whose size is 4 times 7 bits) and padding."""
    start = 0
    while head[:3] == b"ID3" and len(head) >= 10:
        length = sum((byte & 127) << (7 * place) for place, byte in enumerate(reversed(head[6:10])))
        start += 10 + length + (10 if head[5] & 0x10 else 0)
        file.seek(start)
        padding = file.read(MAX_PADDING)
        start += len(padding) - len(padding.lstrip(b"\0"))
        file.seek(start)
        head = file.read(12)
    return start


def _kinds(file: BinaryIO, start: int) -> set[tuple[str, str]]:
    """The (format, subtype) that the bytes at `start` announce."""
    file.seek(start)
    head = file.read(4)
    if head == b"fLaC":
        return {("FLAC", "PCM_S8"), ("FLAC", "PCM_16"), ("FLAC", "PCM_24")}
    if head == b"OggS":
        return {("OGG", "VORBIS"), ("OGG", "OPUS")}
    if len(head) == 4 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return {("MP3", "MPEG_LAYER_I"), ("MP3", "MPEG_LAYER_II"), ("MP3", "MPEG_LAYER_III")}
    raise AudioError(NOT_SOUND)
