"""Pictures say what the numbers say: rasters are read back pixel by pixel, curves point by point."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from vocoder.explorer import Spectrogram, summarise
from vocoder.ui import pictures
from vocoder.ui.colours import SYSTEMS, level_palette, system_colour
from vocoder.ui.parts import number_cell


def raster(html: str) -> np.ndarray:
    """The palette's indices in a picture, the bottom row first."""
    source = re.search(r'src="data:image/png;base64,([^"]+)"', html)
    assert source
    image = Image.open(io.BytesIO(base64.b64decode(source[1])))
    assert image.mode == "P"
    return np.asarray(image, int)[::-1]


def test_a_spectrogram_shows_its_levels_on_the_given_scale() -> None:
    levels = np.random.default_rng(0).uniform(-110, -5, (256, 50)).astype(np.float32)
    html = pictures.spectrogram(Spectrogram(levels, 2.0, 11_025.0), -20, "A picture", 8000)
    expected = np.clip(levels, -20 - pictures.RANGE, -20)
    np.testing.assert_allclose(raster(html) / 255 * pictures.RANGE - 20 - pictures.RANGE, expected, atol=0.15)
    assert f"bottom:{100 * 8000 / 11_025:.2f}%" in html and 'alt="A picture"' in html


def test_louder_is_lighter() -> None:
    red, green, blue = level_palette().T / 255.0
    lightness = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
    assert (np.diff(lightness) > -1e-3).all() and lightness[0] < 0.01 and lightness[-1] > 0.9


def test_latents_are_signed_and_zero_is_the_page() -> None:
    z = np.array([[0.0, 1.5, -1.5, 9.0, -9.0]], np.float32)
    html = pictures.latents(z, 1.0, "z")
    np.testing.assert_allclose((raster(html)[0] - 128) / 127 * pictures.LIMIT, [0, 1.5, -1.5, 3, -3], atol=0.02)
    picture = Image.open(io.BytesIO(base64.b64decode(html.split("base64,")[1].split('"')[0]))).convert("RGBA")
    red, _, blue, opacity = np.asarray(picture)[0].T.astype(int)
    assert opacity[0] == 0 and opacity[3] > 250 and opacity[4] > 250 and opacity[1] == pytest.approx(128, abs=2)
    assert blue[1] > red[1] and red[2] > blue[2]


def test_a_histograms_bars_have_its_densities() -> None:
    summary = summarise(np.random.default_rng(1).normal(size=20_000))
    html = pictures.histogram(summary.edges, summary.density, "bars")
    bars = re.search(r'class="bars" d="M[\d.]+,[\d.]+([^"]+)"', html)
    assert bars
    heights = [1000 - float(y) for y in re.findall(r"V([\d.]+)H", bars[1])]
    assert len(heights) == len(summary.density)
    top = max(0.45, summary.density.max() * 1.05)
    np.testing.assert_allclose(np.array(heights) / 1000 * top, summary.density, atol=1e-4)
    bell = re.search(r'points="([^"]+)"', html)
    assert bell
    highest = min(float(point.split(",")[1]) for point in bell[1].split())
    assert (1000 - highest) / 1000 * top == pytest.approx(1 / np.sqrt(2 * np.pi), abs=1e-4)


def test_quantiles_of_a_gaussian_lie_on_the_line() -> None:
    summary = summarise(np.random.default_rng(2).normal(size=100_000))
    html = pictures.quantiles(summary.theoretical, summary.theoretical, "dots")
    line = [float(v) for v in re.findall(r"[\d.]+", re.search(r'expected" d="([^"]+)"', html)[1])]  # type: ignore[index]
    dots = np.array([[float(v) for v in dot] for dot in re.findall(r"M([\d.]+),([\d.]+)h0", html)])
    slope = (line[3] - line[1]) / (line[2] - line[0])
    np.testing.assert_allclose(dots[:, 1], line[1] + slope * (dots[:, 0] - line[0]), atol=0.2)
    assert len(dots) == len(summary.theoretical)


@pytest.mark.parametrize("seconds", [0.06, 0.4, 1.0, 3.1, 9.99, 30.0])
def test_times_are_round_few_and_in_place(seconds: float) -> None:
    ticks = pictures.seconds_ticks(seconds)
    assert 1 <= len(ticks) <= 8 and ticks[0] == (0.0, "0 s")
    assert all(place == pytest.approx(float(label.split()[0]) / seconds) and place <= 1 for place, label in ticks)


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [(1.2345, ".2f", "1.23"), (-118.25, ".1f", "−118.2"), (-0.00001, ".4f", "0.0000"), (None, ".2f", "–"),
     (float("nan"), ".2f", "–"), (458491.0, ",.0f", "458,491")],
)  # fmt: skip
def test_numbers_are_written_for_people(value: float | None, form: str, text: str) -> None:
    assert number_cell(value, form)["text"] == text


def test_every_system_keeps_its_colour() -> None:
    assert len(set(SYSTEMS.values())) == len(SYSTEMS)
    assert system_colour("hifi-gan") == system_colour("hifi-gan")
