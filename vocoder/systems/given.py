"""What a system starts from: the mel, or, where it can, a recording's own magnitudes, so that only phases are lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import Any, Literal, get_args

from torch import Tensor

from vocoder.errors import SettingsError
from vocoder.features import MelSettings, linear, log_mel
from vocoder.systems.protocol import MagnitudeVocoder, Progress, SystemInfo

Given = Literal["mel", "magnitude"]


def view(given: str) -> Callable[..., Tensor]:
    """How audio becomes what is given, `log_mel` or `linear`; raises `SettingsError` for what nothing starts from."""
    if given not in get_args(Given):
        raise SettingsError(f"A system starts from {' or '.join(get_args(Given))}, not from {given!r}.")
    return linear if given == "magnitude" else log_mel


def check_given(system: Any, given: str) -> None:
    """Raises `SettingsError` unless `system` starts from what is `given`."""
    if view(given) is linear and not isinstance(system, MagnitudeVocoder):
        name = f"The system {system.info.name!r}" if hasattr(system, "info") else "This network"
        raise SettingsError(f"{name} starts from mels only; the signal-processing systems start from magnitudes too.")


def check_mel(info: SystemInfo, made: MelSettings) -> None:
    """Raises `SettingsError`, saying what differs, unless a mel that was made so is one that the system wants."""
    wanted = asdict(info.mel)
    differing = [
        f"{name} {wanted[name]:g} instead of {value:g}" for name, value in asdict(made).items() if wanted[name] != value
    ]
    if differing:
        raise SettingsError(
            f"This mel is not one for the system {info.name!r}, which needs {', '.join(differing)}; "
            "give it the recording instead, or a mel that was made so."
        )


def synthesised(
    system: Any,
    frames: Tensor,
    given: str,
    *,
    seed: int = 0,
    temperature: float | None = None,
    progress: Progress | None = None,
) -> Tensor:
    """Samples (B, T * hop) for the frames (B, bands or bins, T) that are given."""
    check_given(system, given)
    if given == "magnitude":
        return system.from_magnitude(frames, seed=seed, progress=progress)
    more = {} if progress is None else {"progress": progress}
    return system.synthesise(frames, seed=seed, temperature=temperature, **more)


def streamed(
    system: Any, pieces: Iterable[Tensor], given: str, *, seed: int = 0, temperature: float | None = None
) -> Iterator[Tensor]:
    """The same in bounded memory, for frames that arrive in pieces."""
    check_given(system, given)
    if given == "magnitude":
        return system.stream_magnitude(pieces, seed=seed)
    return system.stream(pieces, seed=seed, temperature=temperature)
