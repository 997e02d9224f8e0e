"""One player for up to six recordings on one clock: switched without a gap, seen with one playhead.

Use it anywhere on the page:

    tracks = [Track("original", "Original", samples), Track("flow", "Flow", others)]
    shown = player(payload(tracks), "compare")   # while the page is built
    yield {shown: payload(tracks)}               # from a listener; None empties it

Its looks are in assets/player.css, its conduct in assets/player*.js.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from vocoder.explorer.loudness import loudness
from vocoder.explorer.spectrogram import Spectrogram, spectrogram
from vocoder.ui.colours import LEVEL_ANCHORS, NEGATIVE, POSITIVE, system_colour
from vocoder.ui.files import wav_for_page
from vocoder.ui.parts import NoStub
from vocoder.ui.player_payload import VERSION, Payload, Recording, raster
from vocoder.ui.sounds import SETTINGS
from vocoder.ui.texts import player as texts

RANGE = 70.0  # dB between the darkest and the brightest colour
SCALE_STEP = 5  # dB; the brightest colour is at a round number
LIMIT = 3.0  # standard deviations at which a latent has its full colour
WORDS = {name.lower(): value for name, value in vars(texts).items() if name.isupper()}


@dataclass(frozen=True)
class Track:
    """A sound to be compared with others."""

    id: str  # lower case, digits, hyphens; its part of the page has the id `prefix` + this
    title: str
    samples: np.ndarray  # (N,) float32, played at the very level they have
    note: str = ""  # a sentence under the title
    colour: str = ""  # "#rrggbb"; that of the system named like the id, if none is given
    latents: np.ndarray | None = None  # (channels, columns), drawn under the spectrogram
    name: str = ""  # to download it by, without an ending; the id, if none is given


class Player(gr.HTML, metaclass=NoStub):
    """The component. To the API it is an object with the list `tracks`, each with its `file`."""

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "description": "version, seconds and tracks; each track has id, title and file (WAV)"}


def player(
    value: dict[str, Any] | None, elem_id: str, *, prefix: str | None = None, label: str = texts.REGION
) -> Player:
    """A player that shows a `payload`; a track's part has the DOM id `prefix` + its id, by default `elem_id` + "-"."""
    return Player(
        value,
        label=label,
        elem_id=elem_id,
        html_template='<div class="ab"></div>',
        js_on_load="window.explorer.player(element, props, watch);",
        apply_default_css=False,
        words=WORDS,
        prefix=f"{elem_id}-" if prefix is None else prefix,
        levels=list(LEVEL_ANCHORS),
        signs=[NEGATIVE, POSITIVE],
        version=VERSION,
    )


def payload(
    tracks: Sequence[Track],
    *,
    top: float | None = None,
    sample_rate: int = SETTINGS.sample_rate,
    mark: float | None = SETTINGS.fmax,
    chosen: str | None = None,
    region: tuple[float, float] | None = None,
) -> dict[str, Any]:
    """Writes the sounds as WAV files, draws their spectrograms, measures their loudness: the value of a `player`.

    Args:
        top: dB of the brightest colour, the same for all; None is that of the first track, rounded down to 5 dB.
        mark: Hz of a dashed line in the spectrograms, or None.
        chosen: the id of the track to be heard first; None keeps the visitor's choice.
        region: start and end in seconds of a part to loop.
    Raises:
        ValueError: there are no tracks or more than six, or one of them is not of the form `Track` says.
    """
    drawn = [spectrogram(track.samples, sample_rate) for track in tracks]
    if drawn and top is None:
        top = SCALE_STEP * math.floor(drawn[0].peak / SCALE_STEP)
    recordings = [_recording(*pair, top or 0.0, sample_rate) for pair in zip(tracks, drawn, strict=True)]
    return Payload(tuple(recordings), mark, chosen, region).as_json()


def recording(track: Track, top: float, sample_rate: int = SETTINGS.sample_rate) -> Recording:
    """A track as `Payload` takes it, written and drawn, for those who show the same sound again later."""
    return _recording(track, spectrogram(track.samples, sample_rate), top, sample_rate)


def _recording(track: Track, drawn: Spectrogram, top: float, sample_rate: int) -> Recording:
    name = track.name or track.id
    latents = track.latents
    return Recording(
        id=track.id,
        title=track.title,
        note=track.note,
        colour=track.colour or system_colour(track.id),
        seconds=len(track.samples) / sample_rate,
        path=wav_for_page(track.samples, sample_rate, name),
        name=f"{name}.wav",
        loudness=loudness(track.samples, sample_rate),
        spectrogram=raster(drawn.levels, top - RANGE, top, "dB", drawn.hertz),
        latents=None if latents is None else raster(latents, -LIMIT, LIMIT, "z", latents.shape[0]),
    )
