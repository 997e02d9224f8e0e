"""From a foreign checkpoint to ours, with a record of where it came from."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from vocoder.errors import WeightsError
from vocoder.features import MelSettings
from vocoder.weights.card import Card
from vocoder.weights.foreign import Source, locate, read_foreign
from vocoder.weights.format import save_checkpoint

_MOST_CONFIG = 1 << 20  # bytes


@dataclass(frozen=True)
class Conversion:
    """What was converted into what; printed, it is what a person wants to know."""

    origin: str  # the file's name, or its address with the commit
    sha256: str  # of the foreign file
    size: int  # bytes of it
    notes: tuple[str, ...]
    folder: Path
    card: Card

    def __str__(self) -> str:
        lines = [f"{self.origin}, {self.size / 1e6:.1f} MB, SHA-256 {self.sha256}", *self.notes]
        return "\n".join([*lines, f"saved in {self.folder}, licence of the weights: {self.card.licence}"])


def convert(
    source: str | os.PathLike[str] | Source,
    folder: str | os.PathLike[str],
    *,
    licence: str = "unknown",
    revision: str | None = None,
    mel: MelSettings | None = None,
    name: str | None = None,
    config: str | os.PathLike[str] | None = None,
) -> Conversion:
    """Reads a foreign checkpoint, which never runs any of it, and saves it in our format.

    Args:
        source: a file, an id of the catalogue, `org/name:file` on the Hugging Face Hub, or the https address of a file
            there.
        folder: new or empty, or a checkpoint to replace.
        licence: of the weights, as their authors gave it (an SPDX identifier); a checkpoint does not say.
        revision: of the Hub's repository.
        mel: the mel-spectrogram that the model was trained on; a checkpoint does not say. The catalogue's, the
            config's, or the family's common one, where None.
        name: of the new checkpoint; its folder's where None.
        config: the `config.json` of HiFi-GAN's and BigVGAN's authors; one that lies beside a local file is found.
    Raises:
        WeightsError: the source cannot be had, read or trusted, or the folder holds something else.
    """
    found = source if isinstance(source, Source) else locate(source, revision)
    if found.entry is not None:
        licence = found.entry.licence if licence == "unknown" else licence
        mel = mel or found.entry.mel
    named = found.origin if isinstance(source, Source) else os.fspath(source)
    try:
        with found.path.open("rb") as file:
            digest, size = _digest(file)
            foreign = read_foreign(file, mel, _config(found.path, config))
    except WeightsError as error:
        raise WeightsError(f"{named} cannot be converted: {error}") from error
    except OSError as error:
        raise WeightsError(f"{named} cannot be read ({error.strerror or error}).") from error
    folder = Path(folder)
    card = Card(
        name=name or folder.resolve().name,
        licence=licence.strip() or "unknown",
        source=f"{found.origin} (SHA-256 {digest})",
        title=f"{foreign.family}, converted from {found.origin}",
        summary=". ".join(note[0].upper() + note[1:] for note in foreign.notes) + ".",
    )
    return Conversion(found.origin, digest, size, foreign.notes, folder, save_checkpoint(foreign.model, folder, card))


def _config(file: Path, named: str | os.PathLike[str] | None) -> dict[str, Any] | None:
    """The authors' `config.json`: the named one, or one beside the file if it looks like a generator's."""
    path = file.with_name("config.json") if named is None else Path(named)
    if named is None and not path.is_file():
        return None
    try:
        with path.open("rb") as opened:
            values = json.loads(opened.read(_MOST_CONFIG))
    except (OSError, ValueError, RecursionError) as error:
        raise WeightsError(f"the config {path.name} cannot be read.") from error
    if isinstance(values, dict) and (named is not None or "upsample_rates" in values):
        return values
    if named is None:
        return None
    raise WeightsError(f"the config {path.name} is not an object.")


def _digest(file: BinaryIO) -> tuple[str, int]:
    """The SHA-256 of the whole file, and its length in bytes."""
    digest = hashlib.sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    return digest.hexdigest(), file.tell()
