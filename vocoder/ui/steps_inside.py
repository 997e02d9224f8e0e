"""A step opened: what goes in, what is asked, how far its convolutions see, and what is done to the other half."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vocoder.ui.texts import steps as texts

HEIGHT = 100  # of the drawings' own units; 1000 wide

Data = Mapping[str, Any]


def inside(data: Data, way: str, place: int) -> str:
    """The opened step as HTML."""
    station = data[way]["stations"][place]
    if station["kind"] == "squeeze":
        line = texts.CUTTING.format(samples=2 * data["group"])
        return _plain(line if data["overlap"] else texts.CUTTING_GROUPS.format(group=data["group"]))
    if station["kind"] == "fill":
        return _plain(texts.FILLING.format(channels=station["channels"]))
    if station["kind"] == "scale":
        before = data[way]["stations"][place - 1]
        pair = [
            _box(texts.NAMES[before["kind"]], _thumb(before["thumb"]), ""),
            _box(texts.NAMES["scale"], _thumb(station["thumb"]), ""),
        ]
        boxes = "".join(pair if way == "there" else reversed(pair))
        return _plain(texts.SCALING) + f'<div class="steps-flow">{boxes}</div>'
    return f"<h4>{texts.INSIDE}</h4>" + _flow(data, way, station)


def _plain(line: str) -> str:
    return f'<h4>{texts.INSIDE}</h4><p class="look">{line}</p>'


def _flow(data: Data, way: str, station: Data) -> str:
    """Split, look, stretch, shift and move, side by side: what led to this step, or what the way back does next."""
    opened, field = station["inside"], data["fields"][station["number"] - 1]
    early = data["group"] - station["channels"]
    line = texts.INTO_LINES[way].format(channels=station["channels"])
    if early:
        line += " " + texts.LEFT_EARLY.format(count=early)
    split = (early + opened["kept"]) / data["group"]
    entering, leaving = (station["thumb"], opened["mixed"]) if way == "back" else (opened["mixed"], station["thumb"])
    seen = texts.LOOK_LINE.format(layers=len(data["dilations"]), columns=field["reach"])
    stretch = texts.STRETCH_LINE.format(low=opened["low"], high=opened["high"])
    boxes = (
        _box(texts.INTO[way], _thumb(entering, split), line)
        + _box(texts.LOOK, _tree(data["kernel"], data["dilations"], field["reach"]), seen)
        + _box(texts.STRETCH, _thumb(opened["log_scale"]), stretch)
        + _box(texts.SHIFT, _thumb(opened["shift"]), texts.SHIFT_LINE)
        + _box(texts.OUT_OF[way], _thumb(leaving, split), texts.OUT_OF_LINES_HTML[way])
    )
    seen_samples = data[way]["seen"][station["number"] - 1]
    seconds = {name: (stop - first) / data["rate"] for name, (first, stop) in seen_samples.items()}
    words = texts.SEEN_LINES[way].format(**seconds)
    return (
        f'<div class="steps-flow">{boxes}</div>'
        f'<div class="steps-field">{_field(data, way, seen_samples)}</div><p class="look">{words}</p>'
    )


def _box(title: str, drawing: str, line: str) -> str:
    return f'<figure><b>{title}</b>{drawing}<figcaption class="look">{line}</figcaption></figure>'


def _thumb(png: str, split: float | None = None) -> str:
    """A small picture; what lies above `split` (from 0 at the bottom) is the half that moves."""
    rule = "" if split is None else f'<hr style="bottom:{100 * split:.1f}%">'
    return f'<div class="thumb"><img alt="" src="data:image/png;base64,{png}">{rule}</div>'


def _tree(kernel: int, dilations: list[int], reach: int) -> str:
    """Which columns of which layer an output column hangs on: the output at the top, the input at the bottom."""
    levels = [[0]]
    for dilation in reversed(dilations):
        taps = [dilation * (tap - kernel // 2) for tap in range(kernel)]
        levels.append(sorted({column + tap for column in levels[-1] for tap in taps}))

    def x(column: int) -> float:
        return 500 + 480 * column / max(reach, 1)

    gap = (HEIGHT - 16) / len(dilations)
    lines, dots = [], []
    for level, columns in enumerate(levels):
        y = 8 + gap * level
        dots += [f"M{x(column):.0f},{y:.0f}h0" for column in columns]
        if level < len(dilations):
            dilation = dilations[-1 - level]
            for column in columns:
                for tap in range(kernel):
                    lines.append(
                        f"M{x(column):.0f},{y:.0f}L{x(column + dilation * (tap - kernel // 2)):.0f},{y + gap:.0f}"
                    )
    alt = texts.TREE_ALT.format(columns=reach, layers=len(dilations))
    return (
        f'<svg class="thumb" viewBox="0 0 1000 {HEIGHT}" preserveAspectRatio="none" role="img" aria-label="{alt}">'
        f'<path class="grid" d="{"".join(lines)}"/><path class="dots" d="{"".join(dots)}"/></svg>'
    )


def _field(data: Data, way: str, seen: Data) -> str:
    """The sound's waveform, and how much of it the loudest column has seen."""
    journey = data[way]
    wave, length, group = journey["wave"], journey["heard"], data["group"]
    step = 1000 / len(wave)
    points = [f"M{step * (k + 0.5):.1f},{50 - 48 * high:.0f}V{50 - 48 * low:.0f}" for k, (low, high) in enumerate(wave)]

    def band(first: int, stop: int) -> str:
        left, right = (1000 * min(max(place, 0), length) / length for place in (first, stop))
        return f'<rect x="{left:.1f}" width="{right - left:.1f}" y="0" height="{HEIGHT}"/>'

    middle = 1000 * min((journey["loudest"] + 0.5) * group / length, 1)
    return (
        f'<svg viewBox="0 0 1000 {HEIGHT}" preserveAspectRatio="none" role="img" aria-label="{texts.FIELD_ALT}">'
        f"{band(*seen['all']) if way == 'there' else ''}{band(*seen['own'])}"
        f'<path class="wave" d="{"".join(points)}"/><path class="expected" d="M{middle:.1f},0V{HEIGHT}"/></svg>'
    )
