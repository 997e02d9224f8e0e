"""Pictures of the phase problem: rasters that can be read point by point in the browser, a curve, a film, a race.

A raster's values are colours of one of two palettes; assets/phase.js looks a pixel's colour up again to say its value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from vocoder.ui.colours import level_palette
from vocoder.ui.pictures import RANGE, Board, framed, png_of
from vocoder.ui.texts import phase as texts

if TYPE_CHECKING:
    from vocoder.explorer.phase_frames import Frames
    from vocoder.explorer.phase_race import Racer

ROWS = 186  # bins from 0 Hz: up to 4 kHz, where the voice is
COLUMNS = 480  # at most; of more frames, every second, third, ... is shown
FULL_SCALE = 2 / 512  # a bin's magnitude to the amplitude of a sine, with a Hann window of 1,024
FAINT, FULL = -60.0, -40.0  # dB below the loudest bin, where a phase begins to show and where it has its full colour
STEPS = 16  # of the opacity between
NEAR_SECONDS, NEAR_ROWS = 1.0, 128  # of what is looked at from near: about the loudest moment, up to 2.8 kHz
RACERS = ("#d9731a", "#b8649b", "#8a6fd1", "#1a9e77", "#a08a1c", "#7d8590")  # the solver in use has the page's accent


def cyclic_palette() -> np.ndarray:
    """(256, 3) uint8: entry 0 is grey for "no phase"; 1 to 255 are the angles from -pi to pi, equally light.

    A circle in Ottosson's OKLab ("A perceptual color space for image processing", 2020), so that no angle stands out.
    """
    turn = np.linspace(-np.pi, np.pi, 255) + 4.1  # 0 is blue, pi is orange
    a, b = 0.14 * np.cos(turn), 0.14 * np.sin(turn)
    cones = np.stack([
        0.66 + 0.3963377774 * a + 0.2158037573 * b,
        0.66 - 0.1055613458 * a - 0.0638541728 * b,
        0.66 - 0.0894841775 * a - 1.2914855480 * b,
    ]) ** 3  # fmt: skip
    mix = np.array([
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ])  # fmt: skip
    linear = np.clip(mix @ cones, 0, 1).T
    display = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.concatenate([[[128, 128, 128]], np.round(255 * display)]).astype(np.uint8)


@dataclass(frozen=True)
class View:
    """Which part of a recording a picture shows."""

    name: str
    rows: int  # bins from 0 Hz
    frames: slice

    def of(self, values: np.ndarray) -> np.ndarray:
        """That part of (K, T)."""
        return values[: self.rows, self.frames]


def far(frames: Frames) -> View:
    """All of it."""
    count = frames.kept.shape[1]
    return View("far", ROWS, slice(0, count, -(-count // COLUMNS)))


def near(frames: Frames) -> View:
    """The loudest moment, every frame of it."""
    width = round(NEAR_SECONDS * frames.settings.sample_rate / frames.settings.hop)
    energy = np.cumsum(np.pad((frames.magnitude**2).sum(0), (1, 0)))
    start = int(np.argmax(energy[width:] - energy[:-width])) if len(energy) > width else 0
    return View("near", NEAR_ROWS, slice(start, min(start + width, frames.kept.shape[1]), 1))


def palettes(frames: Frames) -> str:
    """What all pictures of a recording share: how strongly a phase shows, and the palettes to look values up in."""
    level = 20 * np.log10(np.maximum(frames.kept, 1e-12) / max(frames.kept.max(), 1e-12))
    strength = np.clip((level - FAINT) / (FULL - FAINT), 0, 1)
    opacity = np.column_stack([np.zeros((STEPS, 3)), np.linspace(0, 255, STEPS)]).astype(np.uint8)
    masks = ";".join(
        f"--{view.name}:url(data:image/png;base64,"
        f"{png_of(np.round(view.of(strength) * (STEPS - 1)).astype(np.uint8), opacity)})"
        for view in (far(frames), near(frames))
    )
    words = {"level": level_palette(), "angle": cyclic_palette()}
    data = "".join(f' data-{name}="{palette.tobytes().hex()}"' for name, palette in words.items())
    return (
        f'<style>#phase{{{masks}}}</style><i id="phase-palettes"{data} data-quiet="{escape(texts.QUIET)}" hidden></i>'
    )


def levels(frames: Frames, magnitude: np.ndarray, alt: str) -> str:
    """Magnitudes (K, T), in dB of a full-scale sine, on the scale that the recording's own set."""
    view = far(frames)
    png = png_of(_level_indices(frames, view.of(magnitude)), level_palette())
    return _readable(frames, view, png, alt, f'data-kind="level" data-top="{level_top(frames):g}"')


def _level_indices(frames: Frames, magnitude: np.ndarray) -> np.ndarray:
    decibels = 20 * np.log10(np.maximum(magnitude * FULL_SCALE, 1e-9))
    return np.round(np.clip((decibels - level_top(frames)) / RANGE + 1, 0, 1) * 255).astype(np.uint8)


def level_top(frames: Frames) -> float:
    """dB of the brightest colour: the recording's loudest bin, in steps of 5."""
    loudest = max(float(frames.magnitude.max()) * FULL_SCALE, 1e-5)
    return float(5 * np.ceil(4 * np.log10(loudest)))


def angles(frames: Frames, values: np.ndarray, alt: str, view: View) -> str:
    """Angles (K, T) in radians, faint where the kept magnitude is small and grey to the reader where it is nothing."""
    index = 1 + np.round((view.of(values) / np.pi + 1) * 127)
    sounding = view.of(frames.kept) > 10 ** (FAINT / 20) * frames.kept.max()
    indices = np.where(sounding, np.clip(index, 1, 255), 0).astype(np.uint8)
    return _readable(frames, view, png_of(indices, cyclic_palette()), alt, 'data-kind="angle"')


def angle_legend() -> str:
    """The circle of colours, cut open at pi."""
    stops = ", ".join(f"rgb({r} {g} {b})" for r, g, b in cyclic_palette()[1::16])
    scale = f'<i style="background: linear-gradient(to right, {stops})"></i>'
    return f'<div class="legend"><span>\N{MINUS SIGN}π</span>{scale}<span>π</span></div>'


def curve(decibels: np.ndarray) -> str:
    """The convergence over the iterations, with a marker that follows the slider."""
    lowest = 10 * np.floor(np.nanmin(decibels) / 10) if np.isfinite(decibels).any() else -10.0
    board = Board((0, len(decibels) - 1), (lowest, 0))
    known = [(n, value) for n, value in enumerate(decibels) if np.isfinite(value)]
    points = " ".join(f"{board.x(n)},{board.y(value)}" for n, value in known)
    drawn = f'<polyline class="convergence" points="{points}"/><path class="marker" d="M0,0V1000"/>'
    words = texts.CURVE_ALT.format(first=decibels[0], last=decibels[-1])
    framed_curve = board.framed(drawn, words, [0, 20, 40, 60, 80, 100], _steps(lowest), texts.CURVE_AXES)
    data = ",".join(f"{value:.2f}" for value in decibels)
    here = f'<div class="here" aria-live="polite" data-text="{escape(texts.CURVE_HERE)}"></div>'
    return f'<div id="phase-curve" data-curve="{data}">{framed_curve}{here}</div>'


def film(frames: Frames, pictures: dict[int, np.ndarray]) -> str:
    """A strip of small pictures of magnitudes (K, T) by iteration, of the loudest moment; each is a button."""
    view, cells = near(frames), []
    for iteration, magnitude in pictures.items():
        png = png_of(_level_indices(frames, view.of(magnitude)), level_palette())
        alt = texts.FILM_ALT.format(iteration=iteration)
        cells.append(
            f'<button type="button" data-iteration="{iteration}"><img alt="{escape(alt)}" '
            f'src="data:image/png;base64,{png}"><span>{iteration}</span></button>'
        )
    return f'<div class="film">{"".join(cells)}</div>'


def race(racers: Sequence[Racer], bins: Sequence[int]) -> str:
    """Microseconds over bins, both logarithmic; colours as in `race_colours`."""
    times = np.log10([racer.microseconds for racer in racers])
    low, high = np.floor(times.min()), np.ceil(times.max())
    board = Board((np.log2(bins[0]), np.log2(bins[-1])), (low, high))
    lines = "".join(
        f'<polyline class="{"ours" if racer.ours else "racer"}" style="stroke:{colour}" points="'
        + " ".join(f"{board.x(np.log2(size))},{board.y(time)}" for size, time in zip(bins, own, strict=True))
        + f'"><title>{escape(racer.name)}</title></polyline>'
        for racer, colour, own in zip(racers, race_colours(racers), times, strict=True)
    )
    across = [(np.log2(size / bins[0]) / np.log2(bins[-1] / bins[0]), f"{size}") for size in bins]
    up = [((power - low) / (high - low), duration(10.0**power)) for power in np.arange(low, high + 1)]
    grid = "".join(f'<path class="grid" d="M0,{board.y(low + place * (high - low))}H1000"/>' for place, _ in up)
    picture = (
        f'<svg viewBox="0 0 1000 1000" preserveAspectRatio="none" role="img" aria-label="{escape(texts.RACE_ALT)}">'
        f"{grid}{lines}</svg>"
    )
    return framed(picture, across, up, "curve race", texts.RACE_AXES)


def race_colours(racers: Sequence[Racer]) -> list[str]:
    """A colour for each; the solver in use has the page's accent."""
    others = iter(RACERS)
    return ["var(--flow)" if racer.ours else next(others) for racer in racers]


def duration(microseconds: float) -> str:
    """A time as people write it: 14 µs, 2.1 ms, 0.37 s."""
    for unit, size in (("s", 1e6), ("ms", 1e3)):
        if microseconds >= size:
            return f"{microseconds / size:.3g}\N{NO-BREAK SPACE}{unit}"
    return f"{microseconds:.3g}\N{NO-BREAK SPACE}µs"


def _steps(lowest: float) -> list[float]:
    step = 10 if lowest >= -40 else 20
    return [float(value) for value in np.arange(0, lowest - 1, -step)]


def _readable(frames: Frames, view: View, png: str, alt: str, data: str) -> str:
    """A raster that says its values: seconds of its first column and a column, hertz a row, what the colours are."""
    settings, part = frames.settings, view.frames
    start, column = (count * settings.hop / settings.sample_rate for count in (part.start, part.step))
    row = settings.sample_rate / settings.n_fft
    image = f'<img alt="{escape(alt)}" src="data:image/png;base64,{png}">'
    data += f' data-start="{start:.8g}" data-column="{column:.8g}" data-row="{row:.8g}"'
    picture = (
        f'<div class="readable {view.name}" tabindex="0" role="group" aria-label="{escape(alt)}" {data}>'
        f"{image}<output></output></div>"
    )
    height, length = view.rows * row, -(-(part.stop - part.start) // part.step) * column
    up = [(1000 * kilo / height, f"{kilo} kHz" if kilo else "0") for kilo in range(1 + int(height // 1000))]
    across = [((t - start) / length, f"{t:g}" + (" s" if k == 0 else "")) for k, t in enumerate(_times(start, length))]
    kind = "angles" if 'data-kind="angle"' in data else "levels"
    return framed(picture, across, up, kind, ("", ""))


def _times(start: float, length: float) -> list[float]:
    """Round times within a picture."""
    step = next(s for s in (0.05, 0.1, 0.2, 0.5, 1, 2) if length / s <= 6.5 or s == 2)
    return [round(k * step, 2) for k in range(math.ceil(start / step), int((start + length) / step + 1e-9) + 1)]
