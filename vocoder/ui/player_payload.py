"""What the player's JavaScript is given: typed, versioned and bounded, so that neither side has to guess.

`assets/player_core.js` refuses another version than its own.
"""

from __future__ import annotations

import base64
import math
import re
import zlib
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

VERSION = 1
MOST_TRACKS = 6
MAX_SECONDS = 60.0
MAX_ROWS, MAX_COLUMNS = 512, 1024
UNITS = ("dB", "z")

_ID, _COLOUR = re.compile(r"[a-z][a-z0-9-]{0,39}"), re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class Raster:
    """A picture over time in 8 bits: 0 stands for `low`, 255 for `high`."""

    rows: int
    columns: int  # from 0 to the track's seconds
    data: str  # base64 of zlib of rows * columns bytes, row 0 first, which is at the bottom
    low: float
    high: float
    unit: str  # of `UNITS`
    top: float  # what the upper edge stands for: Hz of a spectrogram, channels of latents

    def __post_init__(self) -> None:
        _check(0 < self.rows <= MAX_ROWS and 0 < self.columns <= MAX_COLUMNS, f"{self.rows} by {self.columns} cells")
        _check(math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high, "a range that is none")
        _check(self.unit in UNITS and 0 < self.top < 1e6, f"unit {self.unit!r}, top {self.top}")


@dataclass(frozen=True)
class Recording:
    """One of the sounds."""

    id: str
    title: str
    note: str  # a sentence under the title, or none
    colour: str  # "#rrggbb"
    seconds: float
    path: str  # of a WAV file that Gradio may serve
    name: str  # to download it by, with its ending
    loudness: float | None  # LUFS; None where there is nothing to hear
    spectrogram: Raster
    latents: Raster | None

    def __post_init__(self) -> None:
        _check(_ID.fullmatch(self.id) is not None, f"the id {self.id!r}")
        _check(_COLOUR.fullmatch(self.colour) is not None, f"the colour {self.colour!r}")
        _check(0 < self.seconds <= MAX_SECONDS, f"{self.seconds} seconds")
        _check(self.loudness is None or -100 < self.loudness < 30, f"a loudness of {self.loudness}")
        _check(self.spectrogram.unit == "dB", "a spectrogram that is not in dB")
        _check(len(self.title) <= 80 and len(self.note) <= 400, "more words than there is room for")


@dataclass(frozen=True)
class Payload:
    """All that one player shows."""

    recordings: tuple[Recording, ...]
    mark: float | None  # Hz, of a dashed line: where the mel-spectrogram ends
    chosen: str | None  # the id of the one to be heard first; None is the first, or the one chosen before
    region: tuple[float, float] | None  # seconds, to loop

    def __post_init__(self) -> None:
        ids = [recording.id for recording in self.recordings]
        _check(0 < len(ids) <= MOST_TRACKS and len(set(ids)) == len(ids), f"the recordings {ids}")
        _check(self.mark is None or 0 < self.mark < 1e6, f"a mark at {self.mark} Hz")
        _check(self.chosen is None or self.chosen in ids, f"the choice {self.chosen!r}")
        if self.region is not None:
            _check(0 <= self.region[0] < self.region[1] <= MAX_SECONDS, f"the region {self.region}")

    @property
    def seconds(self) -> float:
        return max(recording.seconds for recording in self.recordings)

    def as_json(self) -> dict[str, Any]:
        """The same for the page; Gradio adds to each file the address at which it serves it."""
        tracks = []
        for recording in self.recordings:
            track = asdict(recording)
            file = {"path": track.pop("path"), "orig_name": track.pop("name"), "mime_type": "audio/wav"}
            tracks.append(track | {"file": file | {"meta": {"_type": "gradio.FileData"}}})
        shown = {"mark": self.mark, "chosen": self.chosen, "region": self.region and list(self.region)}
        return {"version": VERSION, "seconds": self.seconds, "tracks": tracks} | shown


def raster(values: np.ndarray, low: float, high: float, unit: str, top: float) -> Raster:
    """Values (rows, columns), row 0 at the bottom, in 8 bits; what is beyond `low` or `high` is cut off there.

    More columns than fit are thinned out by taking every so-many-th: a mean of noise would look calmer than noise is.
    """
    values = values[:, :: -(-values.shape[1] // MAX_COLUMNS)]
    rows, columns = values.shape
    scaled = np.clip((values - low) / (high - low), 0, 1)
    packed = zlib.compress((255 * scaled).round().astype(np.uint8).tobytes(), 6)
    return Raster(rows, columns, base64.b64encode(packed).decode(), low, high, unit, top)


def _check(right: bool, what: str) -> None:
    if not right:
        raise ValueError(f"The player cannot show {what}.")
