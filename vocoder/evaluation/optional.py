"""Packages that evaluation can use and does not need: looked for when asked for, never at import."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType


def missing(package: str, standing_in: Sequence[str] = ()) -> bool:
    """Whether `package` cannot be imported here."""
    try:
        load(package, standing_in)
    except (ImportError, OSError):  # OSError: a compiled part that does not fit the rest of this environment
        return True
    return False


def load(package: str, standing_in: Sequence[str] = ()) -> ModuleType:
    """The imported package.

    Some packages import a heavy one at their head that only their command line or their training uses. Those named in
    `standing_in` (parents before children) are replaced by hollow modules during this import if they are not installed.
    """
    with _hollow(standing_in):
        return importlib.import_module(package)


class _Hollow(ModuleType):
    """A module in which every public name exists, and means nothing."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return object


@contextmanager
def _hollow(names: Sequence[str]) -> Iterator[None]:
    absent = []
    for name in names:
        try:
            importlib.import_module(name)
        except (ImportError, OSError):
            sys.modules[name] = _Hollow(name)
            absent.append(name)
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
