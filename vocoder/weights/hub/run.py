"""How long a download may take, how much of everything, and how far it is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic

from vocoder.weights.hub.request import HubError


class Abandoned(Exception):
    """Nobody waits for the download any more."""


def free_space(folder: Path) -> int:
    """Bytes that may still be written where `folder` is."""
    return shutil.disk_usage(folder).free


@dataclass(frozen=True)
class Limits:
    """How much of everything a download may take."""

    most_bytes: int = 2 << 30  # of one file; the largest of the catalogue has 1.06 GB
    seconds: float = 3600  # for all files of a parcel together, waiting included
    timeout: float = 20  # seconds without a byte, after which the connection counts as broken
    tries: int = 5  # in a row without a new byte
    pause: float = 1  # seconds before the second try; doubled for each further one
    reserve: int = 256 << 20  # bytes of the disk that stay free
    free: Callable[[Path], int] = free_space


LIMITS = Limits()


@dataclass
class Run:
    """A download under way: when it must end, whether it is still wanted, and how far it is."""

    limits: Limits
    stop: Event = field(default_factory=Event)
    token: str | None = None
    make_room: Callable[[int], None] = lambda size: None  # for so many more bytes, or raises
    began: float = field(default_factory=monotonic)
    done: int = 0  # bytes of the file at hand
    total: int = 0
    last: bool = True  # whether that is the last file, which is the large one

    @property
    def left(self) -> float:
        """Seconds until it must end."""
        return self.limits.seconds - (monotonic() - self.began)

    @property
    def fraction(self) -> float:
        """How much of the last file is here, always below 1; 0 while earlier ones are on their way."""
        return min(self.done / self.total, 0.999) if self.last and self.total else 0.0

    def check(self, more: float = 0) -> None:
        """Raises when nobody waits any more, or when `more` seconds from now are too late."""
        if self.stop.is_set():
            raise Abandoned
        if self.left < more:
            raise HubError(
                f"The download took longer than {self.limits.seconds:g} s; what has arrived is kept, so ask again."
            )
