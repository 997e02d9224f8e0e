"""What every vocoder can do, and what invertible ones can do besides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from vocoder.errors import SettingsError
from vocoder.features import MelSettings
from vocoder.flow import FlowSettings, Step

Progress = Callable[[float], None]  # told the fraction done; may raise, which ends the work


@dataclass(frozen=True)
class SystemInfo:
    """One row of the table that `python -m vocoder systems` prints."""

    name: str  # what to call it by
    title: str  # for people
    family: str  # "flow", "signal processing", "autoregressive" or "adversarial"
    parameters: int  # learned numbers; 0 for signal processing and for what is not here
    source: str  # where the weights come from
    licence: str  # of the weights
    mel: MelSettings  # what it is given, sample rate and hop among it
    invertible: bool  # turns recordings into latents too
    available: bool
    reason: str = ""  # why not


@runtime_checkable
class Vocoder(Protocol):
    """Every system, neural or not."""

    info: SystemInfo

    def synthesise(
        self, mel: Tensor, *, seed: int = 0, temperature: float | None = None, progress: Progress | None = None
    ) -> Tensor:
        """Log-mel (B, bands, T) to samples (B, T * hop), float32 on the CPU."""

    def stream(self, mels: Iterable[Tensor], *, seed: int = 0, temperature: float | None = None) -> Iterator[Tensor]:
        """The same for a mel that arrives in pieces (B, bands, t), in bounded memory; yields (B, n) without gaps."""


@runtime_checkable
class MagnitudeVocoder(Vocoder, Protocol):
    """The signal-processing systems, which can be spared the mel's loss and given a recording's own magnitudes."""

    def from_magnitude(self, magnitude: Tensor, *, seed: int = 0, progress: Progress | None = None) -> Tensor:
        """Magnitudes (B, n_fft // 2 + 1, T), as `features.linear` makes them, to samples (B, T * hop)."""

    def stream_magnitude(self, magnitudes: Iterable[Tensor], *, seed: int = 0) -> Iterator[Tensor]:
        """The same for magnitudes that arrive in pieces, in bounded memory."""


@runtime_checkable
class InvertibleVocoder(Vocoder, Protocol):
    """The flows. z is (B, group, G) with G = T * columns."""

    group: int  # latent channels, samples a column
    columns: int  # a mel frame
    settings: FlowSettings  # the network's shape

    def forward(self, audio: Tensor, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Audio (B, N), N <= T * hop, and mel (B, bands, T) to z and log|det dz/d audio| (B,)."""

    def inverse(self, z: Tensor, mel: Tensor) -> Tensor:
        """z and mel (B, bands, T) to the samples (B, T * hop) whose latents they are."""

    def noise(self, frames: int, *, seed: int = 0) -> Tensor:
        """N(0, 1) latents (1, group, G): those that `synthesise` scales by the temperature and inverts."""

    def steps(self) -> Sequence[Step]:
        """The steps from audio to z."""

    def walk(self, audio: Tensor, mel: Tensor) -> Iterator[tuple[Step, Tensor, Tensor]]:
        """Step by step: columns (B, group, G) after it, and the log-determinant so far by column (B, G)."""

    def walk_back(self, z: Tensor, mel: Tensor) -> Iterator[tuple[Step, Tensor, Tensor]]:
        """Step by step back: the step undone, the columns before it (of the squeeze: the audio), log-determinant."""

    def lay_out(self, columns: Tensor) -> Tensor:
        """Columns (B, group, G) at any step as samples (B, T * hop): the inverse of the squeeze alone."""

    def shift_and_log_scale(self, number: int, columns: Tensor, mel: Tensor) -> tuple[Tensor, Tensor]:
        """What coupling `number` (from 1) asks of the columns that enter it: (B, moved, G) each."""

    def stream_forward(self, pieces: Iterable[tuple[Tensor, Tensor]]) -> Iterator[tuple[Tensor, Tensor]]:
        """Pieces (audio (B, t * hop), mel (B, bands, t)) to z (B, group, g) and log-determinants by column (B, g)."""

    def stream_inverse(self, pieces: Iterable[tuple[Tensor, Tensor]]) -> Iterator[Tensor]:
        """Pieces (z (B, group, t * columns), mel (B, bands, t)) to samples (B, n)."""


def check_temperature(temperature: float | None) -> None:
    """Raises `SettingsError` for a temperature that is no number between 0 and 2."""
    if temperature is not None and not 0 <= temperature <= 2:
        raise SettingsError(f"The temperature must be a number between 0 and 2, not {temperature}.")


def part(progress: Progress | None, index: int, count: int) -> Progress | None:
    """What the `index`-th of `count` equal parts of some work may call with its own fraction done."""
    return None if progress is None else lambda fraction: progress(min(1.0, (index + fraction) / count))
