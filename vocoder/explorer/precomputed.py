"""Results that come with the examples, so that the page has sounds and pictures before any model is loaded.

    assets/examples/results/
        made.json                  what they depend on, and the versions that made them
        <example>/numbers.json     what was measured
        <example>/arrays.npz       mel (80, T) and latents z (C, G), float32
        <example>/<sound>.flac     a system's copy, or one of the three ways back ("same", "scaled", "fresh")

The sounds have 16 bits: each is, bit for bit, what the page writes as WAV when it computes the same.
`python -m vocoder.explorer.precompute` makes all of it again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, get_args

import numpy as np
import soundfile

from vocoder.audio import to_int16
from vocoder.errors import WeightsError
from vocoder.explorer.examples import EXAMPLES, examples
from vocoder.explorer.gaussian import summarise
from vocoder.explorer.results import Analysis, Mode, Synthesis
from vocoder.weights import FOLDER as CHECKPOINTS
from vocoder.weights.card import read_card

RESULTS = EXAMPLES / "results"
FORMAT = 1
RATE = 22_050  # Hz
MEASURED = ("spectral_distance", "log_mel_error")  # of a sound; how long it took is another machine's business
BALANCE = ("log_det", "nll_per_sample", "bits_per_sample", "round_trip_db", "round_trip_max_lsb")  # of an analysis


@dataclass(frozen=True)
class Made:
    """What results depend on; results for anything else are computed."""

    checkpoint: str  # SHA-256 of the flow's model.safetensors
    networks: Mapping[
        str, Mapping[str, str]
    ]  # of other systems with weights: {system: {folder of checkpoints/: SHA-256}}
    temperature: float = 0.8  # of the flow's copy
    seed: int = 0
    scaled: float = 0.5  # temperature of the way back with z scaled
    fresh: int = 1  # seed of the way back with fresh z


@dataclass(frozen=True)
class Results:
    """All that the page shows of one example. Times are NaN: nobody waited for these."""

    copies: Mapping[str, Synthesis]  # by system
    analysis: Analysis
    again: Mapping[str, Synthesis]  # by mode


def made(folder: Path = RESULTS) -> Made | None:
    """What the stored results depend on; None where there are none that this program reads."""
    if not (folder / "made.json").is_file():
        return None
    found = json.loads((folder / "made.json").read_text("utf-8"))
    known = found["format"] == FORMAT and set(found["made"]) == {field.name for field in fields(Made)}
    return Made(**found["made"]) if known else None


def load(example: str, folder: Path = RESULTS) -> Results | None:
    """The stored results of an example, or None; copies by networks that have been replaced since are left out."""
    place, how = folder / example, made(folder)
    if how is None or not (place / "numbers.json").is_file():
        return None
    numbers = json.loads((place / "numbers.json").read_text("utf-8"))
    with np.load(place / "arrays.npz", allow_pickle=False) as arrays:
        mel, z = arrays["mel"], arrays["z"]
    again = {mode: _sound(place, mode, "flow", numbers["again"][mode]) for mode in get_args(Mode)}
    copies = {
        system: _sound(place, system, system, measures)
        for system, measures in numbers["copies"].items()
        if all(_sha256(network) == known for network, known in how.networks.get(system, {}).items())
    }
    of_z = summarise(z)
    analysis = Analysis(
        z=z,
        z_mean=of_z.mean,
        z_std=of_z.std,
        z_skewness=of_z.skewness,
        z_kurtosis=of_z.kurtosis,
        histogram=(of_z.edges, of_z.density),
        qq=(of_z.theoretical, of_z.empirical),
        round_trip=again["same"].samples,
        samples=_read(EXAMPLES / examples()[example].file),
        mel=mel,
        **numbers["analysis"],
    )
    return Results(copies, analysis, again)


def save(example: str, results: Results, folder: Path) -> None:
    """Writes what `load` reads; the folder must exist."""
    place = folder / example
    place.mkdir()
    for name, sound in (dict(results.copies) | dict(results.again)).items():
        soundfile.write(place / f"{name}.flac", to_int16(sound.samples), RATE)
    np.savez_compressed(place / "arrays.npz", mel=results.analysis.mel, z=results.analysis.z)
    numbers = {
        "analysis": {name: getattr(results.analysis, name) for name in BALANCE},
        "copies": {name: _measures(sound) for name, sound in results.copies.items()},
        "again": {name: _measures(sound) for name, sound in results.again.items()},
    }
    _write_json(place / "numbers.json", numbers)


def save_made(how: Made, versions: Mapping[str, str], folder: Path) -> None:
    """Says what a folder's results depend on, and what made them."""
    _write_json(folder / "made.json", {"format": FORMAT, "made": asdict(how), "versions": dict(versions)})


def _sound(place: Path, name: str, system: str, measures: dict[str, Any]) -> Synthesis:
    return Synthesis(system, _read(place / f"{name}.flac"), math.nan, math.nan, **measures)


def _sha256(network: str) -> str:
    """What the card of a bundled network that finds phases says of its tensors; "" where there is none."""
    try:
        return read_card(CHECKPOINTS / network, "phase").sha256
    except WeightsError:
        return ""


def _measures(sound: Synthesis) -> dict[str, float | None]:
    return {name: getattr(sound, name) for name in MEASURED}


def _read(path: Path) -> np.ndarray:
    """Samples (N,) of a FLAC of ours as float32, full scale 1: 16 bits fit exactly."""
    return soundfile.read(path, dtype="float32")[0]


def _write_json(path: Path, values: dict[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=2, allow_nan=False) + "\n", "utf-8")
