"""The explorer's pictures on paper: figures of Matplotlib to save as PNG or SVG.

Nothing here knows `pyplot`: a `Figure` of its own is safe in any thread and leaves nothing behind.
"""

from __future__ import annotations

import io
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from vocoder.explorer.results import Analysis
from vocoder.explorer.spectrogram import spectrogram

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RANGE = 70.0  # dB between the darkest and the brightest colour
LIMIT = 3.0  # standard deviations at which a latent has its full colour
INK, BLUE = "#161d26", "#2f86d0"
DOTS = 120  # an inch, of a PNG


def spectrogram_figure(samples: np.ndarray, sample_rate: int, title: str, top: float) -> Figure:
    """Levels of samples (N,) over time and frequency, from `top` dB (brightest) down to `top` - 70 dB."""
    drawn = spectrogram(samples, sample_rate)
    figure, axes = _figure(title)
    extent = (0.0, drawn.seconds, 0.0, drawn.hertz / 1000)
    image = axes.imshow(
        drawn.levels, "inferno", origin="lower", aspect="auto", extent=extent, vmin=top - RANGE, vmax=top
    )
    figure.colorbar(image, ax=axes, label="level in dB (a full-scale sine is at 0 dB)")
    axes.set(xlabel="time in s", ylabel="frequency in kHz")
    return figure


def latents_figure(z: np.ndarray, seconds: float) -> Figure:
    """Latents (C, G), channel 0 at the bottom."""
    figure, axes = _figure("Latents z")
    extent = (0.0, seconds, 0.0, float(z.shape[0]))
    image = axes.imshow(z, "RdBu", origin="lower", aspect="auto", extent=extent, vmin=-LIMIT, vmax=LIMIT)
    figure.colorbar(image, ax=axes, label="z in standard deviations")
    axes.set(xlabel="time in s", ylabel="channel")
    return figure


def gaussian_figure(analysis: Analysis) -> Figure:
    """The latents' histogram beside the bell of N(0, 1), and their quantiles over the Gaussian's."""
    figure, (left, right) = _figures("Are the latents Gaussian?", 2)
    edges, density = analysis.histogram
    left.stairs(density, edges, fill=True, color=BLUE, alpha=0.6, label="z")
    bell = np.linspace(edges[0], edges[-1], 201)
    left.plot(bell, [NormalDist().pdf(x) for x in bell], color=INK, linewidth=1, label="N(0, 1)")
    left.set(xlabel="value of z", ylabel="density")
    left.legend(frameon=False)
    theoretical, empirical = analysis.qq
    right.plot(theoretical, theoretical, color=INK, linewidth=1)
    right.plot(theoretical, empirical, ".", color=BLUE, markersize=4)
    right.set(xlabel="quantile of N(0, 1)", ylabel="quantile of z")
    return figure


def as_png(figure: Figure) -> bytes:
    """The figure as pixels."""
    return _saved(figure, "png")


def as_svg(figure: Figure) -> bytes:
    """The figure as lines and letters; what is a raster stays one inside."""
    return _saved(figure, "svg")


def _saved(figure: Figure, form: str) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format=form, dpi=DOTS, metadata={"Date": None} if form == "svg" else {"Software": None})
    return file.getvalue()


def _figure(title: str) -> tuple[Figure, Axes]:
    figure, (axes,) = _figures(title, 1)
    return figure, axes


def _figures(title: str, count: int) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure  # takes a second, for those alone who download figures

    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = [figure.add_subplot(1, count, place + 1) for place in range(count)]
    for one in axes:
        one.tick_params(colors=INK)
        for side in ("top", "right"):
            one.spines[side].set_visible(False)
    figure.suptitle(title, color=INK)
    return figure, axes
