"""Gradio, imported without what only its developers need."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without_editor_hints() -> Iterator[None]:
    """Lets Gradio be imported in half the time.

    At every import it parses the source of its components and rewrites the type hints that editors read beside them.
    It leaves alone what has no file, so meanwhile its components have none.
    """
    getfile = inspect.getfile

    def file_of(thing: Any) -> str:
        if getattr(thing, "__module__", "").startswith("gradio."):
            raise OSError("no file, for now")
        return getfile(thing)

    inspect.getfile = file_of  # type: ignore[assignment]
    try:
        yield
    finally:
        inspect.getfile = getfile
