"""What an operation on latents is: a pure function with its settings in a frozen dataclass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

import numpy as np

from vocoder.errors import SettingsError
from vocoder.melsettings import MelSettings

LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True)
class Latents:
    """What the way back starts from."""

    z: np.ndarray  # (C, G) float32
    mel: np.ndarray  # (bands, T) float32 natural logarithm; G is a multiple of T
    settings: MelSettings = field(default_factory=MelSettings)

    @property
    def columns(self) -> int:
        """Columns of z a frame."""
        return self.z.shape[1] // self.mel.shape[1]


Others = Mapping[str, Latents]  # other recordings, by the names that operations use


@dataclass(frozen=True)
class Operation:
    """One operation. Settings are checked when it is made, what it needs of other recordings when it is applied."""

    kind: ClassVar[str]

    def __call__(self, given: Latents, others: Others) -> Latents:
        """The latents after it.

        Raises:
            SettingsError: another recording is named that is not there, or does not fit.
        """
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """As JSON would have it: `kind` and the settings."""
        return {"kind": self.kind} | asdict(self)


def noise(given: Latents, start: int, columns: int, seed: int) -> np.ndarray:
    """The Gaussian noise (C, columns) that `synthesise` of this seed has from column `start` on, in float64."""
    from vocoder.flow.noise import positional_noise

    return positional_noise(given.z.shape[0], start, columns, seed).double().numpy()


def check_within(name: str, value: float, low: float, high: float) -> None:
    """Raises `SettingsError` for a number out of range, or none."""
    if not low <= value <= high:  # NaN too
        raise SettingsError(f"{name} must be between {low:g} and {high:g}, not {value}.")


def check_seed(seed: int) -> None:
    """Raises `SettingsError` for a seed out of range."""
    check_within("The seed", seed, 0, LARGEST_SEED)


def check_stretch(name: str, start: int, stop: int) -> None:
    """Raises `SettingsError` for a stretch of nothing, or one that starts before the beginning."""
    if not 0 <= start < stop:
        raise SettingsError(f"{name} must go from a start of at least 0 to a later end, not from {start} to {stop}.")


def find(others: Others, name: str, given: Latents) -> Latents:
    """The other recording of that name; raises `SettingsError` if it is not there or does not fit."""
    if name not in others:
        raise SettingsError(f"There is no other recording {name!r}; there are {', '.join(others) or 'none'}.")
    if others[name].z.shape[0] != given.z.shape[0]:
        raise SettingsError(f"The latents of {name!r} come from another network and do not fit.")
    return others[name]
