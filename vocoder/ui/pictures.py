"""Pictures as HTML: rasters are small PNGs in data URIs with axes in HTML, curves are inline SVG in the page's own ink.

Text is never part of a raster, so it stays readable at 390 pixels and follows light and dark mode.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from html import escape
from statistics import NormalDist

import numpy as np
from PIL import Image

from vocoder.explorer.spectrogram import Spectrogram
from vocoder.ui import texts
from vocoder.ui.colours import LEVEL_ANCHORS, level_palette, signed_palette

RANGE = 70.0  # dB between the darkest and the brightest colour
MEL_FLOOR = math.log(1e-5)
LIMIT = 3.0  # standard deviations at which a latent has its full colour

Tick = tuple[float, str]  # place from 0 (left, bottom) to 1, and its label


def seconds_ticks(seconds: float) -> list[Tick]:
    """Up to seven round times."""
    step = next((s for s in (0.05, 0.1, 0.2, 0.5, 1, 2, 5) if seconds / s <= 6.5), 10)
    times = [k * step for k in range(int(seconds / step) + 1)]
    return [(t / seconds, f"{t:g}" + (" s" if k == 0 else "")) for k, t in enumerate(times)]


def spectrogram(picture: Spectrogram, top: float, alt: str, mel_limit: float) -> str:
    """A spectrogram from `top` dB (brightest) to `top` - 70 dB, with a line where the mel-spectrogram ends (Hz)."""
    scaled = (picture.levels - (top - RANGE)) / RANGE
    png = png_of((np.clip(scaled, 0, 1) * 255).round().astype(np.uint8), level_palette())
    places = [(hertz * 1000 / picture.hertz, f"{hertz} kHz" if hertz else "0") for hertz in (0, 2, 4, 6, 8, 10)]
    ticks = [tick for tick in places if tick[0] < 1]
    return _raster(png, alt, seconds_ticks(picture.seconds), ticks, line=mel_limit / picture.hertz)


def mel(values: np.ndarray, seconds: float, alt: str) -> str:
    """A natural-log mel (80, T) from the floor of the convention, ln 1e-5, to the loudest band of all."""
    scaled = (values - MEL_FLOOR) / max(float(values.max()) - MEL_FLOOR, 1)
    png = png_of((np.clip(scaled, 0, 1) * 255).round().astype(np.uint8), level_palette())
    bands = [(band / values.shape[0], f"{band}") for band in range(0, values.shape[0], 20)]
    return _raster(png, alt, seconds_ticks(seconds), bands)


def level_legend(top: float) -> str:
    """The colour scale that several spectrograms share."""
    gradient = ", ".join(LEVEL_ANCHORS)
    return (
        f'<div class="legend"><span>{number(top - RANGE)} dB</span>'
        f'<i style="background: linear-gradient(to right, {gradient})"></i><span>{number(top)} dB</span></div>'
    )


def latents(z: np.ndarray, seconds: float, alt: str) -> str:
    """Latents (channels, columns): channel 0 at the bottom, colour for the sign, strength for the size."""
    each = -(-z.shape[1] // 1024)  # wide pictures take every so-many-th column: a mean would look calmer than z is
    indices = np.clip(np.round(z[:, ::each] / LIMIT * 127) + 128, 1, 255).astype(np.uint8)
    channels = [(c / z.shape[0], f"{c}") for c in range(0, z.shape[0], max(1, z.shape[0] // 4))]
    return _raster(
        png_of(indices, signed_palette()), alt, seconds_ticks(seconds), channels, "latents", name=texts.CHANNEL_AXIS
    )


def signed_legend() -> str:
    """The colour scale of `latents`."""
    return f'<div class="legend"><span>&minus;{LIMIT:g}</span><i class="signed"></i><span>+{LIMIT:g}</span></div>'


def histogram(edges: np.ndarray, density: np.ndarray, alt: str) -> str:
    """Bars of `density` between `edges`, and the bell of N(0, 1) as a line."""
    board = Board((float(edges[0]), float(edges[-1])), (0, max(0.45, float(density.max()) * 1.05)))
    steps = "".join(f"V{board.y(high)}H{board.x(right)}" for right, high in zip(edges[1:], density, strict=True))
    bars = f'<path class="bars" d="M{board.x(edges[0])},{board.y(0)}{steps}V{board.y(0)}Z"/>'
    bell = " ".join(
        f"{board.x(x)},{board.y(NormalDist().pdf(float(x)))}" for x in np.linspace(edges[0], edges[-1], 121)
    )
    return board.framed(
        bars + f'<polyline class="expected" points="{bell}"/>',
        alt,
        [-4, -2, 0, 2, 4],
        [0, 0.2, 0.4],
        texts.HISTOGRAM_AXES,
    )


def quantiles(theoretical: np.ndarray, empirical: np.ndarray, alt: str) -> str:
    """Quantiles of z against those of N(0, 1), on the diagonal where equal; dots beyond the frame lie on its edge."""
    limit = float(np.clip(np.abs(empirical).max(), 3.0, 8.0)) * 1.08
    board = Board((-3.2, 3.2), (-limit, limit))
    diagonal = f'<path class="expected" d="M{board.x(-3.2)},{board.y(-3.2)}L{board.x(3.2)},{board.y(3.2)}"/>'
    dots = "".join(
        f"M{board.x(x)},{board.y(y)}h0" for x, y in zip(theoretical, np.clip(empirical, -limit, limit), strict=True)
    )
    step = 2 if limit < 5 else 4
    return board.framed(
        diagonal + f'<path class="dots" d="{dots}"/>',
        alt,
        [-3, -2, -1, 0, 1, 2, 3],
        [-step, 0, step],
        texts.QUANTILE_AXES,
    )


class Board:
    """A rectangle of 1000 by 1000 with data coordinates; the browser stretches it without stretching its lines."""

    def __init__(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        self._x, self._y = x, y

    def x(self, value: float) -> str:
        return f"{1000 * self._across(value):.1f}"

    def y(self, value: float) -> str:
        return f"{1000 - 1000 * self._up(value):.1f}"

    def _across(self, value: float) -> float:
        return (value - self._x[0]) / (self._x[1] - self._x[0])

    def _up(self, value: float) -> float:
        return (value - self._y[0]) / (self._y[1] - self._y[0])

    def framed(
        self, drawn: str, alt: str, x_ticks: Sequence[float], y_ticks: Sequence[float], names: tuple[str, str]
    ) -> str:
        """The drawing with its axes."""
        lines = "".join(f'<path class="grid" d="M0,{self.y(y)}H1000"/>' for y in y_ticks)
        picture = (
            f'<svg viewBox="0 0 1000 1000" preserveAspectRatio="none" role="img" aria-label="{escape(alt)}">'
            f"{lines}{drawn}</svg>"
        )
        across = [(self._across(x), number(x)) for x in x_ticks]
        return framed(picture, across, [(self._up(y), number(y)) for y in y_ticks], "curve", names)


def number(value: float) -> str:
    """A number as an axis says it, with a true minus sign."""
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")


def _raster(
    png: str,
    alt: str,
    x_ticks: list[Tick],
    y_ticks: list[Tick],
    kind: str = "levels",
    line: float | None = None,
    name: str = "",
) -> str:
    rule = f'<hr style="bottom:{100 * line:.2f}%">' if line is not None and line < 1 else ""
    picture = f'<img alt="{escape(alt)}" src="data:image/png;base64,{png}">{rule}'
    return framed(picture, x_ticks, y_ticks, kind, ("", name))


def framed(picture: str, x_ticks: list[Tick], y_ticks: list[Tick], kind: str, names: tuple[str, str]) -> str:
    """A picture with its axes' labels in HTML, so that they keep their size when the picture does not."""
    across = "".join(f'<span style="left:{100 * place:.2f}%">{label}</span>' for place, label in x_ticks)
    up = "".join(f'<span style="bottom:{100 * place:.2f}%">{label}</span>' for place, label in y_ticks)
    named = "".join(f"<em>{name}</em>" if name else "" for name in names)
    return (
        f'<div class="framed {kind}"><div class="up" aria-hidden="true">{up}</div>'
        f'<div class="plot">{picture}{named}</div><div class="across" aria-hidden="true">{across}</div></div>'
    )


def png_of(indices: np.ndarray, palette: np.ndarray) -> str:
    """Base64 of a palette PNG of `indices` (rows, columns), row 0 at the bottom."""
    image = Image.fromarray(np.ascontiguousarray(indices[::-1]), "L")
    image = Image.frombytes("P", image.size, image.tobytes())
    image.putpalette(palette[:, :3].tobytes())
    file = io.BytesIO()
    opacity = {"transparency": palette[:, 3].tobytes()} if palette.shape[1] == 4 else {}
    image.save(file, "PNG", compress_level=6, **opacity)
    return base64.b64encode(file.getvalue()).decode()
