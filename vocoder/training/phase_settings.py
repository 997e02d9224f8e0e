"""What a phase network's training run is told: one closed JSON file, with `"kind": "phase"`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from vocoder.errors import SettingsError
from vocoder.inversion import NetworkSettings
from vocoder.training.settings import DataSettings, closed
from vocoder.weights import Card


@dataclass(frozen=True)
class PhaseData(DataSettings):
    """Which recordings, and how they are varied."""

    frames: int = 8  # of a segment that are learned from; those beside them are only seen
    resampled: tuple[float, float] = (0.95, 1.5)  # each segment is played faster by a factor drawn from here: other
    # pitches and other sample rates; 22.05 kHz at 1.38 is what 16 kHz looks like

    def __post_init__(self) -> None:
        if len(self.resampled) != 2 or not 0.25 <= self.resampled[0] <= self.resampled[1] <= 4 or self.frames < 1:
            raise SettingsError("Phase data: resampled is two factors from 0.25 to 4, frames is at least 1.")


UNNAMED = Card("phase", "unknown", "trained here")


@dataclass(frozen=True)
class PhaseSettings:
    """A whole run: network, data, one cosine schedule."""

    out: str = "runs/phase"  # where the state, the log and the exported weights go
    network: NetworkSettings = field(default_factory=NetworkSettings)
    data: PhaseData = field(default_factory=PhaseData)
    card: Card = UNNAMED  # what the exported weights say of themselves
    start: str = ""  # a phase network's folder whose layers but the last a new run begins with: what they see is alike
    steps: int = 12_000
    batch: int = 8  # segments a step
    rate: float = 2e-3  # peak learning rate of Adam
    last_rate: float = 2e-5  # where the cosine ends
    warm_up: int = 200  # steps of linear warm-up
    bins: tuple[float, ...] = (0.2, 0.2, 0.4, 1.0)  # how many of all bins a step takes, the lowest, one of these drawn:
    # the lowest fifth of speech holds four fifths of the loss, and layers are alike in every bin
    exponent: float = 0.5  # of the product of two neighbours' magnitudes, in the weight of their phase difference
    seed: int = 0
    clip: float = 5.0  # gradient norm that is not exceeded
    save_every: int = 200  # steps between resumable states
    watch_every: int = 1000  # steps between looks at the validation recordings

    def __post_init__(self) -> None:
        if min(self.steps, self.batch, self.save_every, self.watch_every) < 1:
            raise SettingsError("Phase training: steps, batch, save_every and watch_every are at least 1.")
        if not self.bins or not all(0 < part <= 1 for part in self.bins):
            raise SettingsError("Phase training: bins are parts of all bins, above 0 and at most 1.")

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> PhaseSettings:
        """The settings in a configuration; raises `SettingsError` with what is unknown or misplaced in it."""
        values = dict(values)
        parts: dict[str, Any] = {
            "network": NetworkSettings.from_dict(values.pop("network", {})),
            "data": closed(PhaseData, values.pop("data", {})),
            "card": Card.from_dict(UNNAMED.to_dict() | values.pop("card", {})),
        }
        return closed(cls, values | parts)
