"""A journey to noise and back as plain data: what can be stored beside an example, and drawn without PyTorch."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from vocoder.ui.colours import signed_palette

if TYPE_CHECKING:
    from vocoder.explorer.steps import Coupling, Field, Journey, Station

VERSION = 1
WIDEST, THUMB_WIDEST, THUMB_HIGHEST = 256, 96, 96  # cells of a picture; more are left out evenly
FULL = 0.98  # of the absolute values are within full colour
POINTS = 400  # of the waveform
SHADES = 7  # of either sign: four bits a cell, since noise does not compress

Write = Callable[[np.ndarray, str], str]  # stores samples under a name, returns the address that the page fetches


def payload(
    there: Journey | None, back: Journey, fields: tuple[Field, ...], sample_rate: int, write: Write
) -> dict[str, Any]:
    """Both journeys for the page, with their sounds written: JSON's types only.

    Args:
        there: a recording on its way to noise; None where only a mel was given.
        back: noise on its way to sound, for the same mel.
        fields: the receptive field of every flow.
    """
    return {
        "version": VERSION,
        "rate": sample_rate,
        "group": fields[0].group,
        "overlap": fields[0].overlap,
        "kernel": fields[0].kernel,
        "dilations": list(fields[0].dilations),
        "fields": [{"reach": field.reach, "total": field.total} for field in fields],
        "there": None if there is None else _journey(there, "there", fields, write),
        "back": _journey(back, "back", fields, write),
    }


def check(value: Mapping[str, Any]) -> None:
    """Raises `ValueError` for stored data of another version."""
    if value.get("version") != VERSION:
        raise ValueError(f"Steps of version {VERSION} are drawn, not {value.get('version')!r}.")


def _journey(journey: Journey, way: str, fields: tuple[Field, ...], write: Write) -> dict[str, Any]:
    loudest = int(np.argmax(np.square(journey.stations[0].columns).sum(0)))
    return {
        "heard": journey.heard,
        "given": journey.given,
        "temperature": journey.temperature,
        "seed": journey.seed,
        "wave": _wave(journey.stations[0].sound),
        "loudest": loudest,  # column, whose receptive fields are shown: first sample, and the one after the last
        "seen": [{"own": field.samples(loudest, field.reach), "all": field.samples(loudest)} for field in fields],
        "stations": [_station(station, f"{way}-{number}", write) for number, station in enumerate(journey.stations)],
    }


def _station(station: Station, name: str, write: Write) -> dict[str, Any]:
    limit = _limit(station.columns)
    return {
        "kind": station.kind,
        "number": station.number,
        "channels": station.channels,
        "picture": picture(station.columns, limit, WIDEST),
        "thumb": picture(station.columns, limit, THUMB_WIDEST, THUMB_HIGHEST),
        "limit": limit,
        "density": [round(float(value), 5) for value in station.gaussian.density],
        "mean": station.gaussian.mean,
        "std": station.gaussian.std,
        "distance": station.distance,
        "log_det": station.log_det,
        "bits": station.bits_per_sample,
        "decibels": 20 * math.log10(station.gain),
        "sound": write(station.gain * station.sound, name),
        "inside": None if station.inside is None else _inside(station.inside),
    }


def _inside(inside: Coupling) -> dict[str, Any]:
    low, high = np.exp(np.quantile(inside.log_scale, (0.05, 0.95)))
    return {
        "kept": inside.kept,
        "moved": inside.shift.shape[0],
        "mixed": _thumb(inside.mixed),
        "shift": _thumb(inside.shift),
        "log_scale": _thumb(inside.log_scale),
        "low": float(low),
        "high": float(high),
    }


def _wave(samples: np.ndarray) -> list[list[float]]:
    """The envelope: least and greatest sample of each of `POINTS` stretches, as parts of the largest."""
    peak = float(np.abs(samples).max(initial=0.0)) or 1.0
    stretches = np.array_split(samples / peak, min(POINTS, len(samples)))
    return [[round(float(stretch.min()), 3), round(float(stretch.max()), 3)] for stretch in stretches]


def _limit(values: np.ndarray) -> float:
    """Where full colour is: nearly all values are within, and it is a short number."""
    within = float(np.quantile(np.abs(values), FULL))
    return float(f"{within:.1g}") if within > 0 else 1.0


def _thumb(values: np.ndarray) -> str:
    return picture(values, _limit(values), THUMB_WIDEST, THUMB_HIGHEST)


def picture(values: np.ndarray, limit: float, widest: int, highest: int = 1024) -> str:
    """Base64 of a PNG of (channels, columns), channel 0 at the bottom: colour for the sign, strength for the size.

    Cells are left out, not averaged: means would look calmer than the values are.
    """
    rows, columns = (-(-size // most) for size, most in zip(values.shape, (highest, widest), strict=True))
    shades = np.clip(np.round(values[::-rows, ::columns] / limit * SHADES) + SHADES + 1, 1, 2 * SHADES + 1)
    image = Image.fromarray(shades.astype(np.uint8), "L")
    image = Image.frombytes("P", image.size, image.tobytes())
    places = np.clip(128 + np.round((np.arange(16) - SHADES - 1) * 127 / SHADES), 0, 255).astype(int)
    palette = signed_palette()[places]
    image.putpalette(palette[:, :3].tobytes())
    file = io.BytesIO()
    image.save(file, "PNG", bits=4, compress_level=9, transparency=palette[:, 3].tobytes())
    return base64.b64encode(file.getvalue()).decode()
