"""What the tab *The phase problem* shows of results: every value by the name of its component."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from vocoder.ui import phase_pictures as pictures
from vocoder.ui.colours import system_colour
from vocoder.ui.parts import number_cell
from vocoder.ui.pictures import level_legend
from vocoder.ui.player import Track, payload
from vocoder.ui.texts import phase as texts

if TYPE_CHECKING:
    from vocoder.explorer.phase_derivatives import Estimate
    from vocoder.explorer.phase_frames import Frames, Measures
    from vocoder.explorer.phase_iterations import Run
    from vocoder.explorer.phase_race import Racer

CHOSEN_COLOUR = "#b8649b"
COLUMN_COLOURS = {"noisy": "#b8649b", "analytic": "#d9731a", "network": "#1a9e77"}
Values = dict[str, Any]
Rows = dict[str, "Measures"]  # by the phase's name in the table


def nothing() -> Values:
    """Of a session without a recording."""
    return {"nothing": f'<p class="idea">{texts.NO_RECORDING}</p>'}


def recording(frames: Frames) -> Values:
    """The recording's magnitude and phase."""
    if frames.from_mel:
        heading, look = texts.KEPT_MAGNITUDE, texts.KEPT_MAGNITUDE_LOOK
    else:
        heading, look = texts.MAGNITUDE, texts.MAGNITUDE_LOOK
    magnitude = pictures.levels(frames, frames.kept, texts.MAGNITUDE_ALT.format(seconds=frames.seconds))
    magnitude += level_legend(pictures.level_top(frames))
    shortened = texts.SHORTENED.format(seconds=frames.seconds) if frames.shortened else ""
    return {
        "nothing": "",
        "shortened": f'<p class="about">{shortened}</p>',
        "palettes": pictures.palettes(frames),
        "magnitude": captioned(heading, magnitude, look),
        "phase": captioned(texts.PHASE, _angles(frames, frames.phase, texts.PHASE), texts.PHASE_LOOK),
    }


def chosen(frames: Frames, phase: np.ndarray, samples: np.ndarray, name: str, line: str) -> Values:
    """The chosen phase, and the sound that it makes of the kept magnitudes beside the recording."""
    picture = captioned(texts.CHOSEN_PHASE, _angles(frames, phase, texts.CHOSEN_PHASE), texts.CHOSEN_PHASE_LOOK)
    track = Track("chosen", name, samples, line, colour=CHOSEN_COLOUR, name="chosen-phase")
    return {"sounds": _compared(frames, [track], track.id), "chosen_phase": picture}


def unavailable(line: str) -> Values:
    """Of a phase that cannot be had here, and why."""
    return {"sounds": None, "chosen_phase": f'<p class="look">{escape(line)}</p>'}


def measures(frames: Frames, rows: Rows) -> Values:
    """The table of the phases heard so far, and what of it the mel is to blame for."""
    head = [{"text": text, "hint": hint} for text, hint in texts.MEASURES]
    body = [{"name": name, "colour": "", "hint": "", "cells": _cells(found)} for name, found in rows.items()]
    loss, (best, *others) = "", rows.values()
    if frames.from_mel and others:
        loss = texts.MEL_LOSS_HTML.format(mel=_summary(best), both=_summary(others[-1]))
    return {"measures": {"head": head, "rows": body}, "loss": f'<p class="look">{loss}</p>' if loss else ""}


def _cells(found: Measures) -> list[dict[str, Any]]:
    return [
        {"value": found.convergence, "text": decibels(found.convergence)},
        number_cell(found.spectral_distance, ".2f"),
        number_cell(found.estoi, ".3f"),
        number_cell(found.pesq, ".2f"),
    ]


def decibels(value: float | None) -> str:
    """Decibels of an error; what is below the step of any sound file is called exact."""
    if value is None or math.isnan(value):
        return number_cell(None, "")["text"]
    return texts.EXACT if value < -100 else number_cell(value, ".1f", " dB")["text"]


def _summary(found: Measures) -> str:
    return texts.DECIBELS_AND_PESQ.format(
        decibels=decibels(found.convergence), pesq=number_cell(found.pesq, ".2f")["text"]
    )


def strip(frames: Frames, run: Run, magnitudes: dict[int, np.ndarray]) -> Values:
    """The curve, and the film of the sounds' magnitudes (K, T) by iteration."""
    return {
        "curve": captioned(texts.CURVE, pictures.curve(run.curve), texts.CURVE_LOOK),
        "film": f'{pictures.film(frames, magnitudes)}<p class="look">{texts.FILM_LOOK}</p>',
    }


def iteration(frames: Frames, number: int, samples: np.ndarray) -> Values:
    """The sound after so many iterations beside the recording."""
    title = texts.ITERATION_TITLE.format(iteration=number)
    track = Track("iterated", title, samples, colour=system_colour("griffin-lim"), name=f"griffin-lim-{number}")
    return {"iterated": _compared(frames, [track], track.id)}


def slopes(frames: Frames, estimates: dict[str, Estimate]) -> Values:
    """The maps of every estimate that can be had, how far they are off, and the sounds they give."""
    values: Values = {f"map_{column}": f'<p class="look">{escape(texts.NO_NETWORK)}</p>' for column in texts.ESTIMATES}
    tracks, view = [], pictures.near(frames)
    for column, found in estimates.items():
        title = texts.NOISY_TITLE.format(noise=found.noise) if found.noise else texts.ESTIMATES[column][0]
        drawn = ""
        for direction, angles in ((texts.TIME_MAP, found.slopes.time), (texts.FREQUENCY_MAP, found.slopes.frequency)):
            alt = texts.MAP_ALT.format(title=title, direction=direction)
            drawn += f'<p class="direction">{direction}</p>{pictures.angles(frames, angles, alt, view)}'
        error = texts.ERRORS.format(time=found.errors[0], frequency=found.errors[1])
        values[f"map_{column}"] = f'{drawn}<p class="look">{error}</p>'
        tracks.append(Track(column, title, found.samples, colour=COLUMN_COLOURS[column], name=f"slopes-{column}"))
    return values | {"slopes": _compared(frames, tracks)}


def race(racers: list[Racer], bins: tuple[int, ...]) -> Values:
    """The chart, a table of the largest size, and what to look at."""
    ours = next(racer for racer in racers if racer.ours)
    look = texts.RACE_LOOK.format(bins=bins[-1], slowest=racers[0].name, factor=racers[0].times_slower(ours))
    (solver, hint), (size, size_hint), (grows, grows_hint) = texts.RACE_HEAD
    head = [
        {"text": solver, "hint": hint},
        {"text": size.format(bins=bins[-1]), "hint": size_hint},
        {"text": grows, "hint": grows_hint},
    ]
    rows = [
        {
            "name": racer.name,
            "colour": colour,
            "hint": "",
            "cells": [
                {"value": racer.microseconds[-1], "text": pictures.duration(racer.microseconds[-1])},
                {"value": racer.growth, "text": texts.RACE_GROWTH.format(growth=racer.growth)},
            ],
        }
        for racer, colour in zip(racers, pictures.race_colours(racers), strict=True)
    ]
    chart = f'{pictures.race(racers, bins)}<p class="look">{escape(look)}</p>'
    return {"race": chart, "racers": {"head": head, "rows": rows}}


def captioned(title: str, figure: str, look: str) -> str:
    """A picture under its title, with what to look at."""
    return f'<h3>{title}</h3>{figure}<p class="look">{look}</p>'


def _angles(frames: Frames, values: np.ndarray, name: str) -> str:
    alt = texts.PHASE_ALT.format(name=name, seconds=frames.seconds)
    return pictures.angles(frames, values, alt, pictures.far(frames)) + pictures.angle_legend()


def _compared(frames: Frames, tracks: list[Track], heard: str | None = None) -> dict[str, Any]:
    """A player of the recording and other sounds; None leaves to the visitor which is heard.

    A dashed line shows where the mel ends, if it is the mel that the sounds are made from.
    """
    original = Track("original", texts.ORIGINAL, frames.samples, texts.ORIGINAL_LINE)
    mark = frames.settings.fmax if frames.from_mel else None
    return payload([original, *tracks], mark=mark, chosen=heard)
