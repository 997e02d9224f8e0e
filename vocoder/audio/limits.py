"""How much of a sound file is let in."""

from __future__ import annotations

import math
from dataclasses import dataclass

MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class AudioLimits:
    """What a sound file may claim and hold; `math.inf` is no limit.

    Decoded bytes are counted as 32-bit samples of all channels, apart from the seconds, because the sample rate that
    turns one into the other is only a claim of the file. `max_expansion` tells a bomb from a long recording: decoded
    bytes for each byte of the file. Speech at 6 kbit/s, the least that codecs go to, expands 256 times; digital silence
    384 to 1271 times in FLAC, 845 in Opus. It is asked only beyond `expansion_from` decoded bytes.
    """

    max_seconds: float
    max_bytes: float  # of the file as it lies on disk
    max_decoded_bytes: float
    max_channels: int = 8
    min_rate: int = 8_000  # Hz; a telephone's
    max_rate: int = 192_000  # Hz
    min_seconds: float = 0.05  # a mel frame and its neighbours on both sides
    max_peak: float = 100.0  # of full scale; floating-point files beyond hold another unit, integers for example
    max_expansion: float = 300.0
    expansion_from: int = 64 * MEBIBYTE


# 30 s of eight 64-bit channels at 96 kHz fit; what is refused is refused after at most 256 MiB of decoding.
PAGE_LIMITS = AudioLimits(max_seconds=30.0, max_bytes=192 * MEBIBYTE, max_decoded_bytes=256 * MEBIBYTE)
COMMAND_LINE_LIMITS = AudioLimits(max_seconds=math.inf, max_bytes=math.inf, max_decoded_bytes=math.inf)
