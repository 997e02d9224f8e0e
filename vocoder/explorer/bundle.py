"""Everything that is shown of a sound, as one ZIP file: sounds, mel, latents, figures, and how to make them again."""

from __future__ import annotations

import hashlib
import json
import secrets
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vocoder.audio import to_int16, write_wav
from vocoder.errors import SettingsError
from vocoder.explorer.figures import as_png, as_svg, gaussian_figure, latents_figure, spectrogram_figure
from vocoder.explorer.recipe import Recipe
from vocoder.explorer.results import Analysis, Synthesis
from vocoder.project import commit, versions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMAT = 1
PACKAGES = ("gradio", "librosa", "matplotlib", "numpy", "scipy", "soundfile", "soxr", "torch")
TITLES = {"original": "Original", "flow": "Flow", "griffin-lim": "Griffin-Lim"}


@dataclass(frozen=True)
class Shown:
    """What a page shows of one sound."""

    recipe: Recipe
    mel: np.ndarray  # (80, T)
    sounds: Mapping[str, np.ndarray]  # (N,) each: "original", where there is one, and by system
    analysis: Analysis | None  # where there is a recording
    again: Mapping[str, Synthesis]  # ways back from the latents, by mode
    scaled: float  # temperature of the way back called so
    fresh: int  # seed of the way back called so
    top: float  # dB of the brightest colour
    sample_rate: int = 22_050


@dataclass(frozen=True)
class Settings:
    """The contents of `settings.json`."""

    recipe: Recipe
    scaled: float  # the temperature of scaled.wav
    fresh: int  # the seed of fresh.wav
    commit: str  # of this project; "" where it is not known
    versions: Mapping[str, str]  # of Python and the libraries
    sounds: Mapping[str, str]  # SHA-256 of the 16-bit samples of each WAV, by file
    python: str = ""  # the recipe as a program
    command: str = ""  # the recipe as commands
    format: int = field(default=FORMAT)

    def to_json(self) -> str:
        return json.dumps(asdict(self) | {"recipe": self.recipe.to_dict()}, indent=2, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """What `to_json` wrote; raises `SettingsError` for anything else."""
        try:
            values = json.loads(text)
            names = {field.name for field in fields(cls)}
            if values["format"] != FORMAT or set(values) != names:
                raise SettingsError(f"settings.json has format {FORMAT} and the entries {', '.join(sorted(names))}.")
            return cls(**{**values, "recipe": Recipe.from_dict(values["recipe"])})
        except (KeyError, TypeError, ValueError) as error:
            raise SettingsError(f"These are not the settings of a bundle: {error}") from error


def samples_hash(samples: np.ndarray) -> str:
    """SHA-256 of samples (N,) as the page writes them: 16 bits, little-endian."""
    return hashlib.sha256(to_int16(samples).astype("<i2").tobytes()).hexdigest()


def write_bundle(target: Path, shown: Shown, progress: Callable[[float], None] = lambda fraction: None) -> None:
    """Writes the ZIP file, whole or not at all; 30 s of sound make about 20 MB.

    Args:
        progress: told the fraction done; may raise, which ends the work.
    """
    unfinished = target.with_name(f".{secrets.token_hex(8)}.part")
    sounds = {**shown.sounds, **{mode: way.samples for mode, way in shown.again.items()}}
    settings = Settings(
        shown.recipe,
        shown.scaled,
        shown.fresh,
        commit(),
        versions(*PACKAGES),
        {f"{name}.wav": samples_hash(samples) for name, samples in sounds.items()},
        shown.recipe.to_python(),
        shown.recipe.to_command(),
    )
    figures = list(_figures(shown))
    try:
        with zipfile.ZipFile(unfinished, "x", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("settings.json", settings.to_json())
            with tempfile.TemporaryDirectory(dir=target.parent) as folder:
                for name, samples in sounds.items():
                    write_wav(Path(folder) / f"{name}.wav", samples, shown.sample_rate)
                    archive.write(Path(folder) / f"{name}.wav", f"{name}.wav")
            arrays = {"mel": shown.mel} | ({"z": shown.analysis.z} if shown.analysis else {})
            for name, array in arrays.items():
                with archive.open(f"{name}.npy", "w") as file:
                    np.lib.format.write_array(file, array, allow_pickle=False)
            for done, (name, draw) in enumerate(figures):
                progress(done / len(figures))
                figure = draw()
                archive.writestr(f"figures/{name}.png", as_png(figure))
                archive.writestr(f"figures/{name}.svg", as_svg(figure))
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _figures(shown: Shown) -> Iterator[tuple[str, Callable[[], Figure]]]:
    """Each figure's file and how to draw it."""
    for name, samples in shown.sounds.items():
        title = TITLES.get(name, name)
        yield f"spectrogram-{name}", partial(spectrogram_figure, samples, shown.sample_rate, title, shown.top)
    if shown.analysis is not None:
        seconds = len(shown.analysis.samples) / shown.sample_rate
        yield "latents", partial(latents_figure, shown.analysis.z, seconds)
        yield "gaussian", partial(gaussian_figure, shown.analysis)
