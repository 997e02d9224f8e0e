"""Pictures of the phase problem are read back: pixels as decibels and radians, curves point by point."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from vocoder.explorer.phase_frames import Frames, frames
from vocoder.explorer.phase_race import Racer
from vocoder.ui import phase_pictures as pictures

RATE = 22_050


@pytest.fixture(scope="module")
def cut() -> Frames:
    """A second of silence with a loud half second of noise and tone in it."""
    random = np.random.default_rng(0)
    sound = 1e-6 * random.standard_normal(2 * RATE)
    sound[RATE : 3 * RATE // 2] += 0.1 * random.standard_normal(RATE // 2)
    sound += 0.3 * np.sin(2 * np.pi * 1000 * np.arange(2 * RATE) / RATE) * (np.arange(2 * RATE) > RATE)
    return frames(sound.astype(np.float32))


def raster(html: str) -> np.ndarray:
    """The palette's indices in a picture, the bottom row first."""
    source = re.search(r'src="data:image/png;base64,([^"]+)"', html)
    assert source
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source[1]))), int)[::-1]


def attribute(html: str, name: str) -> float:
    found = re.search(rf'data-{name}="([^"]+)"', html)
    assert found
    return float(found[1])


def test_levels_are_decibels_of_a_full_scale_sine(cut: Frames) -> None:
    html = pictures.levels(cut, cut.magnitude, "A picture")
    top = attribute(html, "top")
    shown = raster(html) / 255 * 70 + top - 70
    assert shown.shape == (186, cut.kept.shape[1])
    amplitude = 20 * np.log10(np.maximum(cut.magnitude[:186] / 256, 1e-9))
    np.testing.assert_allclose(shown, np.clip(amplitude, top - 70, top), atol=0.15)
    assert top - 5 <= 20 * np.log10(0.3) <= top  # the tone's own level
    assert attribute(html, "start") == 0 and attribute(html, "column") == pytest.approx(256 / RATE)
    assert attribute(html, "row") == pytest.approx(RATE / 1024)


@pytest.mark.parametrize("view", [pictures.far, pictures.near])
def test_angles_are_radians_and_silence_is_none(cut: Frames, view) -> None:
    part = view(cut)
    html = pictures.angles(cut, cut.phase, "A picture", part)
    indices = raster(html)
    loud = part.of(cut.kept) > cut.kept.max() / 1000
    assert ((indices > 0) == loud).all() and loud.any()
    angles = ((indices - 1) / 127 - 1) * np.pi
    np.testing.assert_allclose(angles[loud], part.of(cut.phase)[loud], atol=np.pi / 127 / 2 + 1e-9)


def test_from_near_is_the_loudest_second(cut: Frames) -> None:
    part = pictures.near(cut)
    html = pictures.angles(cut, cut.phase, "A picture", part)
    start, width = attribute(html, "start"), raster(html).shape[1] * attribute(html, "column")
    assert 0.9 < start <= 1.02 and width == pytest.approx(1, abs=0.02)
    short = frames(cut.samples[:3000])
    assert pictures.near(short).of(short.kept).shape == (128, 12)


def test_a_long_recording_is_thinned_out() -> None:
    long = frames(np.random.default_rng(1).standard_normal(10 * RATE).astype(np.float32), overlap=87.5)
    html = pictures.levels(long, long.magnitude, "A picture")
    assert raster(html).shape[1] <= 480
    assert attribute(html, "column") * raster(html).shape[1] == pytest.approx(10, abs=0.05)


def test_angles_are_equally_light_and_meet_at_pi() -> None:
    palette = pictures.cyclic_palette()
    assert len({tuple(colour) for colour in palette[1:]}) > 240 and palette[0].tolist() == [128, 128, 128]
    linear = np.where(palette > 10, ((palette / 255 + 0.055) / 1.055) ** 2.4, palette / 255 / 12.92)
    lightness = 116 * np.cbrt(linear @ [0.2126, 0.7152, 0.0722]) - 16  # CIE L*
    assert np.ptp(lightness[1:]) < 12
    steps = np.abs(np.diff(np.vstack([palette[1:], palette[1]]).astype(int), axis=0)).max(1)
    assert steps.max() <= 16 and np.abs(palette[1].astype(int) - palette[255]).max() <= 1


def test_phases_fade_with_their_energy(cut: Frames) -> None:
    html = pictures.palettes(cut)
    masks = re.findall(r"--(\w+):url\(data:image/png;base64,([^)]+)\)", html)
    for (name, mask), part in zip(masks, (pictures.far(cut), pictures.near(cut)), strict=True):
        opacity = np.asarray(Image.open(io.BytesIO(base64.b64decode(mask))).convert("RGBA"))[::-1, :, 3] / 255
        level = 20 * np.log10(part.of(cut.kept) / cut.kept.max())
        assert name == part.name and opacity.shape == level.shape
        np.testing.assert_allclose(opacity, np.clip((level + 60) / 20, 0, 1), atol=0.04)
    level = re.search(r'data-level="([0-9a-f]+)"', html)
    assert level and len(level[1]) == 256 * 6


def test_the_curve_has_every_iteration() -> None:
    decibels = -35 * (1 - np.exp(-np.arange(101) / 20)) - 4
    html = pictures.curve(decibels)
    points = re.search(r'class="convergence" points="([^"]+)"', html)
    assert points
    x, y = np.array([[float(part) for part in point.split(",")] for point in points[1].split()]).T
    np.testing.assert_allclose(x, np.arange(101) * 10)
    np.testing.assert_allclose(y / 1000 * -40, decibels, atol=0.01)
    assert [float(value) for value in re.findall(r'data-curve="([^"]+)"', html)[0].split(",")] == pytest.approx(
        decibels, abs=0.006
    )
    silent = pictures.curve(np.full(101, np.nan))
    assert 'points=""' in silent


def test_the_race_is_on_two_logarithmic_axes() -> None:
    cubic = Racer("dense", False, (10.0, 80.0, 640.0, 5120.0), 3.0, 0.0)
    linear = Racer("tridiagonal", True, (1.0, 2.0, 4.0, 8.0), 1.0, 0.0)
    html = pictures.race([cubic, linear], (64, 128, 256, 512))
    lines = re.findall(r'<polyline class="(\w+)"[^>]*points="([^"]+)"', html)
    assert [name for name, _ in lines] == ["racer", "ours"]
    for (_, points), slope in zip(lines, (3, 1), strict=True):
        x, y = np.array([[float(part) for part in point.split(",")] for point in points.split()]).T
        np.testing.assert_allclose(x, [0, 1000 / 3, 2000 / 3, 1000], atol=0.1)
        np.testing.assert_allclose(np.diff(y), -1000 * slope * np.log10(2) / 4, atol=0.2)  # four decades high
    assert [pictures.duration(t).replace("\u00a0", " ") for t in (13.44, 2104.2, 374_923.1, 2.1e6)] == [
        "13.4 µs", "2.1 ms", "375 ms", "2.1 s",
    ]  # fmt: skip
