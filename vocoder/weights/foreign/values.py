"""What a foreign pickle can turn into here: descriptions, never the objects that it names."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch


@dataclass(frozen=True, slots=True)
class Name:
    """A class or function that the pickle names. It is kept as the name it is and never looked up."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(slots=True, eq=False, repr=False)
class StandIn:
    """An object of a foreign class: what it says its class and its attributes are."""

    kind: Name
    attributes: dict[object, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Storage:
    """A run of numbers somewhere in the file; nothing of it has been read."""

    key: str
    dtype: torch.dtype
    numel: int  # numbers that the pickle says it holds
    start: int = 0  # numbers before it in its record, for a view of another storage


@dataclass(frozen=True, slots=True, eq=False)
class StoredTensor:
    """A tensor as the pickle describes it: which numbers of a storage, in which order."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]
