"""The models that visitors have brought: where each is, by the id that their page knows it by."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vocoder.errors import WeightsError
from vocoder.melsettings import MelSettings
from vocoder.ui.files import KEEP_SECONDS
from vocoder.weights.card import Card, read_card, read_family
from vocoder.weights.hub import Cache, Limits, checkpoint_in, commit_of, folder_of, wanted, why_unreachable
from vocoder.weights.hub.cache import size_of
from vocoder.weights.upload import receive

LIMITS = Limits(most_bytes=1_200_000_000, seconds=1800)  # of a visitor's download
MOST_UPLOADED = 1 << 30  # bytes of everybody's uploads together; the oldest go first
MOST_NUMBERS = 320_000_000  # of one model; WaveGlow with 512 channels has 268 million
UPLOADED = "upload-"
_KEYED = "hub-"
_lock = threading.Lock()
_away = ""  # why the Hub could not be reached when somebody looked last; it is the same for everybody


@dataclass(frozen=True)
class Model:
    """What the page says of a model."""

    id: str
    family: str
    card: Card
    mel: MelSettings
    size: int  # bytes on this machine
    numbers: int  # that its file may hold, whatever its card says

    @property
    def system(self) -> str:
        """What a system with it is called, which becomes part of the page's ids: lower case, digits and hyphens."""
        if re.fullmatch("[a-z0-9-]+", self.id):
            return self.id
        thing = wanted(self.id)
        return f"{_KEYED}{thing.key}" if thing else self.id

    @property
    def invertible(self) -> bool:
        return self.family == "flow"


def model_folder(name: str) -> Path | None:
    """The checkpoint folder of a visitor's model by its id or its system's name; None when it is not here any more."""
    if name.startswith(UPLOADED):
        folder = _uploads() / name
        return folder if name.isascii() and name[len(UPLOADED) :].isalnum() and folder.is_dir() else None
    if re.fullmatch(f"{_KEYED}[0-9a-f]{{32}}", name):
        return checkpoint_in(Cache().find(name.removeprefix(_KEYED)))
    try:
        return folder_of(name)
    except WeightsError:
        return None


def origin(name: str) -> tuple[str, str]:
    """A model's name without a revision, and the commit of the Hub that it was found at; "" for one not of the Hub."""
    return (name.partition("@")[0], commit_of(name)) if of_the_hub(name) else (name, "")


def of_the_hub(name: str) -> bool:
    """Whether a model of this name can be asked for under *Models*."""
    try:
        return wanted(name) is not None
    except WeightsError:
        return False


def describe(name: str, folder: Path) -> Model:
    """What a checkpoint folder says of itself, without PyTorch; raises `WeightsError`."""
    family = read_family(folder)
    card = read_card(folder, family)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    numbers = size // (2 if config.get("storage") == "float16" else 4)
    try:
        mel = MelSettings.from_dict(config.get("mel", {}))
    except (TypeError, ValueError) as error:
        raise WeightsError(f"The config.json of {name} has no mel settings that can be used.") from error
    return Model(name, family, card, mel, size, numbers)


def upload(paths: Sequence[str]) -> str:
    """Takes the files of a checkpoint in; returns the id that only this visitor learns. Raises `WeightsError`."""
    name = UPLOADED + secrets.token_hex(8)
    with _lock:
        _tidy()
        receive(paths, _uploads() / name)
    return name


def discard(name: str) -> None:
    """Removes an upload that turned out to be no model."""
    if name.startswith(UPLOADED):
        shutil.rmtree(_uploads() / name, ignore_errors=True)


def why_away(ask: bool = False) -> str:
    """Why the Hub cannot be reached, as of the last time that somebody asked; empty where it can."""
    global _away
    if ask:
        _away = why_unreachable()
    return _away


def kept(entry_id: str, cache: Cache) -> bool:
    """Whether something of the catalogue can be had without the Hub."""
    try:
        return folder_of(entry_id, cache) is not None
    except WeightsError:
        return False


def _uploads() -> Path:
    return Path(os.environ["GRADIO_TEMP_DIR"]) / "models"


def _tidy() -> None:
    """Deletes uploads that are as old as other uploads may become, and the oldest where they are too many."""
    folders = sorted(_uploads().glob(f"{UPLOADED}*"), key=lambda folder: folder.stat().st_mtime)
    total = sum(map(size_of, folders))
    for folder in folders:
        if total <= MOST_UPLOADED and time.time() - folder.stat().st_mtime < KEEP_SECONDS:
            return
        total -= size_of(folder)
        shutil.rmtree(folder, ignore_errors=True)
