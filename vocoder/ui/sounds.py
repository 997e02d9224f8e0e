"""What the page can open: the examples that come with it, a visitor's recording, a visitor's mel-spectrogram."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from vocoder.audio import PAGE_LIMITS, read_recording
from vocoder.errors import AudioError, InputError, MelError
from vocoder.features import MelSettings, log_mel
from vocoder.melfile import read_mel
from vocoder.ui import texts

EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"
SETTINGS = MelSettings()


@dataclass(frozen=True)
class Example:
    """A clip of `assets/examples`."""

    id: str
    title: str
    file: str
    note: str  # what to listen for, one sentence


@dataclass(frozen=True)
class Sound:
    """What the systems get, and what they are compared with."""

    name: str
    note: str
    mel: np.ndarray  # (80, T) float32, natural logarithm
    samples: np.ndarray | None  # (N,) float32 at 22 050 Hz; None where only a mel was given

    @property
    def length(self) -> int:
        """Samples of it: the recording's, or as many as the mel's frames stand for."""
        return self.mel.shape[1] * SETTINGS.hop if self.samples is None else len(self.samples)

    @property
    def seconds(self) -> float:
        return self.length / SETTINGS.sample_rate


@lru_cache(maxsize=1)
def examples() -> dict[str, Example]:
    """The examples by id, in the order they are shown; the first one is open when the page is."""
    entries = json.loads((EXAMPLES / "examples.json").read_text("utf-8"))
    found = [Example(**{key: entry[key] for key in ("id", "title", "file", "note")}) for entry in entries]
    return {example.id: example for example in found}


def open_example(name: str) -> Sound:
    """An example by its id."""
    known = examples()
    if name not in known:
        raise InputError(texts.UNKNOWN_EXAMPLE.format(name=name, known=", ".join(known)))
    example = known[name]
    return _recorded(EXAMPLES / example.file, example.title, example.note)


def open_recording(path: str | None) -> Sound:
    """A sound file of a visitor, decoded within the page's limits; raises `AudioError`."""
    if not path:
        raise AudioError(texts.NOTHING_GIVEN)
    return _recorded(Path(path), Path(path).stem[:40], "")


def open_mel(path: str | None) -> Sound:
    """A mel-spectrogram of a visitor; raises `MelError`."""
    if not path:
        raise MelError(texts.NOTHING_GIVEN)
    mel = read_mel(path, SETTINGS, max_seconds=PAGE_LIMITS.max_seconds)
    return Sound(Path(path).stem[:40], "", mel.copy(), None)  # a copy, since what is read is read-only


def _recorded(path: Path, name: str, note: str) -> Sound:
    samples = read_recording(path, PAGE_LIMITS, SETTINGS.sample_rate).samples
    mel = log_mel(torch.from_numpy(samples)[None], SETTINGS)[0].numpy()
    return Sound(name, note, mel, samples)
