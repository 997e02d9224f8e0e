"""The recordings that come with the project: `assets/examples`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"


@dataclass(frozen=True)
class Example:
    """A clip of `assets/examples`."""

    id: str
    title: str
    file: str
    note: str  # what to listen for, one sentence


@lru_cache(maxsize=1)
def examples() -> dict[str, Example]:
    """The examples by id, in the order they are shown; the first one is open when the page is."""
    entries = json.loads((EXAMPLES / "examples.json").read_text("utf-8"))
    found = [Example(**{key: entry[key] for key in ("id", "title", "file", "note")}) for entry in entries]
    return {example.id: example for example in found}
