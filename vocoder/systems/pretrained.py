"""A system by the name of its weights, wherever they are."""

from __future__ import annotations

import os
from pathlib import Path

from vocoder.errors import WeightsError
from vocoder.systems.protocol import Progress, Vocoder
from vocoder.systems.registry import load_system, system_of
from vocoder.weights import find_checkpoint
from vocoder.weights.hub import HubError, obtain, wanted


def from_pretrained(
    name: str | os.PathLike[str],
    revision: str | None = None,
    *,
    device: str = "auto",
    token: str | None = None,
    progress: Progress | None = None,
) -> Vocoder:
    """The vocoder of a checkpoint: a folder, a bundled id, `org/name` on the Hub, `org/name:file`, or a catalogue id.

    Args:
        revision: branch, tag or commit of a repository.
        device: "auto", "cpu", "cuda" or "cuda:1".
        token: for a repository that is not public.
        progress: told the fraction of a download that is done; may raise, which ends it.
    Raises:
        WeightsError: it cannot be had, or does not hold together.
        SettingsError: there is no such device.
    """
    folder = locate_checkpoint(name, revision, token, progress)
    return load_system(system_of(folder), checkpoint=folder, device=device)


def locate_checkpoint(
    name: str | os.PathLike[str],
    revision: str | None = None,
    token: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """The folder of a checkpoint, which is downloaded where it must be; raises `WeightsError`."""
    text = os.fspath(name)
    try:
        return find_checkpoint(text)
    except WeightsError:
        if wanted(text, revision) is None:
            raise
    try:
        return obtain(text, revision, token=token, progress=progress)
    except HubError as error:
        raise HubError(f"There is no folder {text!r} here, and from the Hub: {error}") from error
