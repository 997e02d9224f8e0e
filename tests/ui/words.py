"""Every English text that the page shows, by where it is written, and the German dictionary beside it."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from vocoder.ui import texts
from vocoder.ui.theme import ASSETS
from vocoder.weights.catalogue import catalogue

LEARN = ASSETS / "learn"
WORD = re.compile(r"[^\W\d_]{2}")
FIELD = re.compile(r"\{(\w*)[^{}]*\}")
TAG = re.compile(r"<[^>]*>")
FORMAT = re.compile(r",?(\.\d)?[a-z]%?")  # how a number is to be written


def data(name: str) -> Any:
    """One of the files that teach: "tour", "glossary" or "de"."""
    return json.loads((LEARN / f"{name}.json").read_text("utf-8"))


def english() -> dict[str, list[str]]:
    """The texts by the section of the dictionary that is to have them."""
    modules = [texts.__name__, *(found.name for found in pkgutil.iter_modules(texts.__path__, f"{texts.__name__}."))]
    found = {}
    for name in modules:
        module = importlib.import_module(name)
        constants = [value for key, value in vars(module).items() if key.isupper()]
        found[name.removeprefix("vocoder.ui.")] = [*_strings(constants)]
    tour, glossary = data("tour"), data("glossary")
    steps = [
        {key: step[key] for key in ("title", "text", "look", "try", "question", "answer")} for step in tour["steps"]
    ]
    terms = [{key: term[key] for key in ("name", "meaning")} for term in glossary["terms"]]
    found["tour"] = [*_strings([tour["words"], steps])]
    found["glossary"] = [*_strings([glossary["words"], terms])]
    examples = json.loads((ASSETS / "examples" / "examples.json").read_text("utf-8"))
    found["examples"] = [*_strings([[example["title"], example["note"]] for example in examples])]
    notes = [[entry.title, entry.note] for entry in catalogue().values()]
    found["catalogue"] = [*_strings(notes)]
    return {section: list(dict.fromkeys(strings)) for section, strings in found.items()}


def german() -> dict[str, dict[str, str]]:
    """The dictionary, by section."""
    return data("de")


def _strings(value: Any) -> Iterator[str]:
    """All in a structure that has words; the keys of dictionaries are names for the program and stay what they are."""
    if isinstance(value, str):
        if WORD.search(FIELD.sub("", TAG.sub("", value))) and not FORMAT.fullmatch(value):
            yield unescape(value)  # the page holds characters, not entities
    elif isinstance(value, dict):
        yield from _strings(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)
