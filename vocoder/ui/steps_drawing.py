"""*Step by step* as HTML, from plain data: all steps are there, and assets/latents_steps.js shows one of them."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from statistics import NormalDist
from typing import Any

from vocoder.explorer.gaussian import EDGES
from vocoder.ui.pictures import Board, framed, number, seconds_ticks
from vocoder.ui.steps_inside import inside
from vocoder.ui.steps_payload import check
from vocoder.ui.texts import steps as texts

HIGHEST = 0.9  # density at the top of every histogram, so that they can be compared; higher bars are cut

Data = Mapping[str, Any]


def draw(data: Data) -> str:
    """Everything but Gradio's own controls; raises `ValueError` for data of another version."""
    check(data)
    ways = [way for way in ("there", "back") if data[way] is not None]
    choice = "".join(
        f'<button type="button" data-way="{way}" aria-pressed="false">{texts.WAYS[way]}</button>' for way in ways
    )
    alone = "" if "there" in ways else f'<p class="about">{texts.NO_RECORDING}</p>'
    count = len(data["back"]["stations"])
    bodies = "".join(_way(data, way) for way in ways)
    return (
        f'<div class="steps" data-count="{count}" style="--count:{count}">{alone}'
        f'<div class="steps-ways" role="group" aria-label="{texts.WAYS_LABEL}">{choice}</div>'
        f'<div class="steps-network" id="steps-diagram">{"".join(_diagram(data, way) for way in ways)}'
        f'<input type="range" id="steps-slider" min="0" max="{count - 1}" step="1" value="0" '
        f'aria-label="{texts.SLIDER}"></div>'
        f'<div class="steps-bar"><button type="button" id="steps-play" class="main" data-off="{texts.PLAY}" '
        f'data-on="{texts.PAUSE}">{texts.PLAY}</button><button type="button" id="steps-watch" '
        f'data-off="{texts.WATCH}" data-on="{texts.STOP}">{texts.WATCH}</button>'
        f'<progress max="1" value="0" aria-hidden="true"></progress><output aria-live="polite"></output></div>'
        f"{bodies}</div>"
    )


def name_of(station: Data) -> str:
    """What a step is called."""
    return texts.NAMES[station["kind"]].format(number=station["number"])


def played(station: Data) -> str:
    """What playing it as loud as the sound changed."""
    decibels = station["decibels"]
    return texts.AS_IT_IS if abs(decibels) < 0.05 else f"{'+' if decibels > 0 else '−'}{abs(decibels):.1f} dB"


def _diagram(data: Data, way: str) -> str:
    """A box a step, in the order of the way to noise, each under a bar for its distance from the Gaussian."""
    stations = data[way]["stations"]
    boxes = []
    for place, station in enumerate(stations):
        label = (
            "z" if place == len(stations) - 1 else texts.BOXES_HTML[station["kind"]].format(number=station["number"])
        )
        name = f"{name_of(station)}, {texts.FAR} {station['distance']:.2f}"
        boxes.append(
            f'<button type="button" data-step="{place}" data-kind="{station["kind"]}" title="{name}" '
            f'aria-label="{name}" data-sound="{escape(station["sound"])}">'
            f'<i style="--far:{min(1, station["distance"] / 0.8):.3f}"></i><span>{label}</span></button>'
        )
    return (
        f'<div class="steps-boxes" data-body="{way}" role="group" aria-label="{texts.DIAGRAM_LABEL}" hidden>'
        f'{"".join(boxes)}<em aria-hidden="true">{texts.FAR_BARS}</em></div>'
    )


def _way(data: Data, way: str) -> str:
    journey = data[way]
    cut = ""
    if journey["heard"] < journey["given"]:
        cut = texts.CUT.format(heard=journey["heard"] / data["rate"], given=journey["given"] / data["rate"])
        cut = f'<p class="about">{cut}</p>'
    count = len(journey["stations"])
    sections = "".join(_section(data, way, place) for place in range(count))
    return f'<div data-body="{way}" hidden>{cut}{sections}</div>'


def _section(data: Data, way: str, place: int) -> str:
    """One step: what it does, its picture, its histogram and figures, and what is inside."""
    journey = data[way]
    station, flows = journey["stations"][place], len(data["fields"])
    last = place == len(journey["stations"]) - 1
    kind = "last" if last else station["kind"]
    heading = texts.HEADINGS[kind].format(number=station["number"], flows=flows)
    words = (texts.THERE if way == "there" else texts.BACK)[kind]
    kilohertz = station["channels"] / data["group"] * data["rate"] / 2000
    line = words.format(group=data["group"], temperature=journey["temperature"] or 0, kilohertz=kilohertz)
    return (
        f'<section data-step="{place}" data-name="{name_of(station)}" data-played="{played(station)}" hidden>'
        f'<h3>{heading}</h3><p class="look">{line}</p><div class="steps-pair">'
        f'<div class="card"><h4>{texts.PICTURE}</h4>{_picture(data, journey, station)}</div>'
        f'<div class="card"><h4>{texts.HISTOGRAM}</h4>{_histogram(station)}{_figures(station)}</div></div>'
        f'<div class="card steps-inside">{inside(data, way, place)}</div></section>'
    )


def _picture(data: Data, journey: Data, station: Data) -> str:
    kind = station["kind"] if station["kind"] != "squeeze" or data["overlap"] else "squeeze_groups"
    alt = texts.PICTURE_ALT.format(name=name_of(station))
    image = f'<img alt="{alt}" src="data:image/png;base64,{station["picture"]}">'
    channels = [(c / 4, f"{c * data['group'] // 4}") for c in range(4)]
    look = texts.PICTURE_LOOK.format(limit=number(station["limit"]))
    seconds = journey["heard"] / data["rate"]
    drawn = framed(image, seconds_ticks(seconds), channels, "latents", ("", ""))
    return f'<div class="steps-picture">{drawn}</div><p class="look">{look} {texts.PICTURE_LOOKS[kind]}</p>'


def _histogram(station: Data) -> str:
    """On the same axes at every step, so that the bars are seen to come to the bell."""
    board = Board((float(EDGES[0]), float(EDGES[-1])), (0, HIGHEST))
    heights = [min(height, HIGHEST) for height in station["density"]]
    bars = "".join(f"V{board.y(high)}H{board.x(right)}" for right, high in zip(EDGES[1:], heights, strict=True))
    bell = " ".join(f"{board.x(x / 10)},{board.y(NormalDist().pdf(x / 10))}" for x in range(-50, 51))
    drawn = (
        f'<path class="bars" d="M{board.x(EDGES[0])},{board.y(0)}{bars}V{board.y(0)}Z"/>'
        f'<polyline class="expected" points="{bell}"/>'
    )
    alt = texts.HISTOGRAM_ALT.format(name=name_of(station))
    shown = board.framed(drawn, alt, [-4, -2, 0, 2, 4], [0, 0.2, 0.4, 0.6, 0.8], texts.HISTOGRAM_AXES)
    return f'<div class="steps-histogram">{shown}</div><p class="look">{texts.HISTOGRAM_LOOK}</p>'


def _figures(station: Data) -> str:
    """The step in numbers, each with its meaning at hand."""
    values = {
        "distance": f"{station['distance']:.3f}",
        "std": f"{station['std']:.2f}",
        "log_det": f"{station['log_det']:,.0f}".replace("-", "\N{MINUS SIGN}"),
        "bits": f"{station['bits']:.2f}",
        "decibels": played(station),
    }
    rows = "".join(
        f'<div><dt title="{escape(hint)}">{title}</dt><dd>{values[name]}</dd></div>'
        for name, (title, hint) in texts.MEASURES.items()
    )
    return f'<dl class="steps-figures">{rows}</dl>'
