"""What there is to say about a set of weights, and the model card that says it to people."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from vocoder.errors import WeightsError

TAGS = {  # what the Hub files a family of networks under
    "flow": "normalizing-flow",
    "phase": "phase-reconstruction",
    "hifigan": "hifi-gan",
    "melgan": "melgan",
    "bigvgan": "bigvgan",
    "wavenet": "wavenet",
}
MOST_BYTES = 1 << 20  # of a config.json


@dataclass(frozen=True)
class Card:
    """Where weights come from and how well they do; kept in `config.json`, shown by `systems` and on the page."""

    name: str  # short and unique: the folder's name
    licence: str  # of the weights, an SPDX identifier
    source: str  # who trained them, or the foreign repository and revision
    title: str = ""  # for people; the name where empty
    summary: str = ""  # a sentence or two: what it is, what it is good for, where it fails
    data: tuple[str, ...] = ()  # what it was trained on, one recording source an entry, each with its licence
    date: str = ""  # of the end of training, YYYY-MM-DD
    commit: str = ""  # of the code that trained it
    figures: Mapping[str, float] = field(default_factory=dict)  # measured, by name with unit: {"STOI (val)": 0.95}
    sha256: str = ""  # of model.safetensors; filled in when saved
    parameters: int = 0  # learned numbers; filled in when saved

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Card:
        """The card in a `config.json`; raises `WeightsError` for an unknown key or a value of the wrong kind."""
        known = [f.name for f in fields(cls)]
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise WeightsError(f"the card has the unknown key {unknown[0]!r}; known are {', '.join(known)}.")
        for name in ("name", "licence", "source", "title", "summary", "date", "commit", "sha256"):
            if not isinstance(values.get(name, ""), str):
                raise WeightsError(f"the card's {name} must be text, not {values[name]!r}.")
        missing = [name for name in ("name", "licence", "source") if not values.get(name)]
        if missing:
            raise WeightsError(f"the card must say its {missing[0]}.")
        data, figures = values.get("data", []), values.get("figures", {})
        if not isinstance(data, (list, tuple)) or not all(isinstance(entry, str) for entry in data):
            raise WeightsError("the card's data must be a list of texts.")
        if not isinstance(figures, dict) or not all(type(x) in (int, float) for x in figures.values()):
            raise WeightsError("the card's figures must be numbers by name.")
        if type(values.get("parameters", 0)) is not int:
            raise WeightsError("the card's parameters must be a whole number.")
        return cls(**{**values, "data": tuple(data), "figures": dict(figures)})

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**asdict(self), "data": list(self.data), "figures": dict(self.figures)}

    def readme(self, family: str = "flow") -> str:
        """The model card as Markdown, with the Hub's front matter."""
        lines = ["---", f"license: {self.licence.lower()}", f"tags: [vocoder, {TAGS[family]}, speech]", "---"]
        lines += [f"# {self.title or self.name}", ""]
        if self.summary:
            lines += [self.summary, ""]
        lines += [f"* Parameters: {self.parameters:,}", f"* Licence of the weights: {self.licence}"]
        lines += [f"* Source: {self.source}"]
        lines += [f"* {word}: {text}" for word, text in (("Date", self.date), ("Commit", self.commit)) if text]
        lines += [f"* SHA-256 of `model.safetensors`: `{self.sha256}`", ""]
        if self.data:
            lines += ["## Trained on", "", *(f"* {entry}" for entry in self.data), ""]
        if self.figures:
            lines += ["## Measured", "", "| figure | value |", "|---|---|"]
            lines += [f"| {_cell(name)} | {value:.4g} |" for name, value in self.figures.items()] + [""]
        return "\n".join(lines)


def read_card(folder: Path, family: str) -> Card:
    """The card of a checkpoint folder, for those who only want to tell of it: nothing else of it is checked.

    Raises:
        WeightsError: there is none, or the checkpoint is not of this family.
    """
    values = _described(folder)
    if values["family"] != family:
        raise WeightsError(f"{folder} holds a checkpoint of another family than {family!r}.")
    return Card.from_dict(values["card"])


def read_family(folder: Path) -> str:
    """The family that a checkpoint folder says it is of; raises `WeightsError` where it says none."""
    return _described(folder)["family"]


def _described(folder: Path) -> dict[str, Any]:
    """The `config.json` of a folder, in which a family and a card have been found."""
    try:
        with (folder / "config.json").open("rb") as file:
            values = json.loads(file.read(MOST_BYTES))
        if isinstance(values["family"], str) and isinstance(values["card"], dict):
            return values
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise WeightsError(f"{folder} has no config.json that can be read.") from error
    raise WeightsError(f"{folder} has a config.json without a family or a card.")


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|")
