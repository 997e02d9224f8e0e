"""What one visitor has open."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from vocoder.explorer.results import Analysis, Synthesis
from vocoder.ui.player_payload import Recording
from vocoder.ui.sounds import Sound

MOST_SYSTEMS = 5  # beside the original at once: that bounds a session, and there are six keys


@dataclass(frozen=True)
class Session:
    """What one visitor has open: NumPy arrays and numbers only, kept in `gr.State`."""

    sound: Sound
    checkpoint: str
    temperature: float
    seed: int
    results: dict[str, Synthesis]  # by system, at most `MOST_SYSTEMS`, in the order to show them
    top: float  # dB, of the brightest colour in all its spectrograms
    analysis: Analysis | None = None  # once somebody has looked inside
    shown: dict[str, Recording] = field(default_factory=dict)  # as on the page: "original", and by system
    again: dict[str, Recording] = field(default_factory=dict)  # the same of the ways back from its latents, by mode

    def has(self, system: str) -> bool:
        """Whether a system's copy need not be made again: it is here, or in a file that still is."""
        here = len(self.results[system].samples) > 0 if system in self.results else False
        return here or (system in self.shown and Path(self.shown[system].path).is_file())

    def light(self) -> Session:
        """The same without what is in files by then: the systems' samples, and the way back's."""
        nothing = np.zeros(0, np.float32)
        results = {name: replace(result, samples=nothing) for name, result in self.results.items()}
        analysis = self.analysis and replace(self.analysis, round_trip=nothing)
        return replace(self, results=results, analysis=analysis)


@dataclass(frozen=True)
class Inside:
    """A session that has been looked into, and what its latents give when they are run backwards."""

    session: Session
    again: dict[str, Synthesis]  # by mode
