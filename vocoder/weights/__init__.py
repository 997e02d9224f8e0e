"""Checkpoints: the format, and the ones that come with the project."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vocoder.errors import WeightsError
from vocoder.weights.card import Card, read_card

if TYPE_CHECKING:
    from vocoder.weights.format import Config, load_checkpoint, load_flow, read_config, save_checkpoint, save_flow

FOLDER = Path(__file__).resolve().parents[2] / "checkpoints"
BUNDLED = "checkpoints/flow-small"

_FORMAT = ("Config", "load_checkpoint", "load_flow", "read_config", "save_checkpoint", "save_flow")

__all__ = [
    "BUNDLED",
    "Card",
    "Config",
    "checkpoints",
    "find_checkpoint",
    "load_checkpoint",
    "load_flow",
    "read_config",
    "save_checkpoint",
    "save_flow",
]


def __getattr__(name: str) -> Any:
    """What reads and writes weights is imported when first asked for: a list of them need not wait for PyTorch."""
    if name in _FORMAT:
        from vocoder.weights import format

        return getattr(format, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def checkpoints(family: str = "flow") -> dict[str, Card]:
    """A family's checkpoints that come with the project, by id (their folder's name); only their cards are read."""
    found = {}
    for folder in sorted(FOLDER.iterdir()) if FOLDER.is_dir() else ():
        try:
            found[folder.name] = read_card(folder, family)
        except WeightsError:
            continue
    return found


def find_checkpoint(name: str | os.PathLike[str] | None = None) -> Path:
    """The folder of a checkpoint: None for the bundled one, an id (`flow-small`), or any folder.

    Raises:
        WeightsError: there is no such folder.
    """
    wanted = BUNDLED if name is None else os.fspath(name)
    tried = [FOLDER.parent / wanted] if name is None else [Path(wanted), FOLDER / wanted, FOLDER.parent / wanted]
    for folder in tried if wanted else ():
        if folder.is_dir():
            return folder
    known = ", ".join(checkpoints()) or "none"
    raise WeightsError(f"There is no checkpoint {wanted!r}; name a folder, or one of the project's own: {known}.")
