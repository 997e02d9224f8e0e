"""Opening what a person names."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from vocoder.errors import InputError


def open_file(path: str | os.PathLike[str], error: type[InputError]) -> BinaryIO:
    """An ordinary file for reading, or `error`; a pipe would hang and a device never end.

    There is no buffer, so a decoder that is handed the descriptor goes on from where we stand.
    """
    path = Path(path)
    try:
        file = path.open("rb", buffering=0) if stat.S_ISREG(path.stat().st_mode) else None
    except FileNotFoundError as cause:
        raise error(f"There is no file {path.name!r}.") from cause
    except (OSError, ValueError) as cause:
        raise error(f"{path.name!r} cannot be opened: {getattr(cause, 'strerror', None) or cause}.") from cause
    if file is None:
        raise error(f"{path.name!r} is not a file.")
    return file
