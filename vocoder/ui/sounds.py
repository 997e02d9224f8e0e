"""What the page can open: the examples that come with it, a visitor's recording, a visitor's mel-spectrogram."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vocoder.audio import PAGE_LIMITS, read_recording
from vocoder.errors import AudioError, InputError, MelError
from vocoder.explorer.examples import EXAMPLES, Example, examples
from vocoder.melfile import read_mel
from vocoder.melsettings import MelSettings
from vocoder.ui import texts

__all__ = [
    "EXAMPLES",
    "SETTINGS",
    "Example",
    "Sound",
    "examples",
    "find_example",
    "open_example",
    "open_mel",
    "open_recording",
]

SETTINGS = MelSettings()


@dataclass(frozen=True)
class Sound:
    """What the systems get, and what they are compared with."""

    name: str
    note: str
    mel: np.ndarray  # (80, T) float32, natural logarithm
    samples: np.ndarray | None  # (N,) float32 at 22 050 Hz; None where only a mel was given
    example: str = ""  # its id, where it is one

    @property
    def length(self) -> int:
        """Samples of it: the recording's, or as many as the mel's frames stand for."""
        return self.mel.shape[1] * SETTINGS.hop if self.samples is None else len(self.samples)

    @property
    def seconds(self) -> float:
        return self.length / SETTINGS.sample_rate


def find_example(name: str) -> Example:
    """An example by its id; raises `InputError`."""
    known = examples()
    if name not in known:
        raise InputError(texts.UNKNOWN_EXAMPLE.format(name=name, known=", ".join(known)))
    return known[name]


def open_example(name: str) -> Sound:
    """The sound of an example, by its id."""
    example = find_example(name)
    return _recorded(EXAMPLES / example.file, example.title, example.note, example.id)


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


def _recorded(path: Path, name: str, note: str, example: str = "") -> Sound:
    import torch

    from vocoder.features import log_mel

    samples = read_recording(path, PAGE_LIMITS, SETTINGS.sample_rate).samples
    mel = log_mel(torch.from_numpy(samples)[None], SETTINGS)[0].numpy()
    return Sound(name, note, mel, samples, example)
