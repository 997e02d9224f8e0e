"""What the settings of every network here have in common: they are closed, bounded, and go through JSON unchanged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

from vocoder.errors import SettingsError

LARGEST, LONGEST = 1 << 12, 16  # of whole numbers and of lists: beyond it a config is an attempt to fill the memory

Settings = TypeVar("Settings", bound="ClosedSettings")


@dataclass(frozen=True)
class ClosedSettings:
    """A frozen dataclass whose fields all have defaults; a value must be of its default's kind."""

    @classmethod
    def from_dict(cls: type[Settings], values: Mapping[str, Any]) -> Settings:
        """The settings named in `values` (JSON's lists become tuples); raises `SettingsError` for what does not fit."""
        known = {field.name: field.default for field in fields(cls)}
        for name in values:
            if name not in known:
                raise SettingsError(f"Unknown {cls.__name__} entry {name!r}; known are {', '.join(known)}.")
        return cls(**{name: _like(known[name], value, f"{cls.__name__}.{name}") for name, value in values.items()})

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def _like(default: Any, value: Any, name: str) -> Any:
    """`value` as the kind of thing that `default` is."""
    if isinstance(default, tuple):
        if not isinstance(value, (list, tuple)) or not 0 < len(value) <= LONGEST:
            raise SettingsError(f"{name} must be a list like {list(default)}, not {value!r:.60}.")
        return tuple(_like(default[0], entry, name) for entry in value)
    if type(value) is not type(default) and not (type(default) is float and type(value) is int):
        raise SettingsError(f"{name} must be a {type(default).__name__} like {default!r}, not {value!r:.60}.")
    if type(default) is int and not 0 < value <= LARGEST:
        raise SettingsError(f"{name} must be between 1 and {LARGEST}, not {value}.")
    return value
