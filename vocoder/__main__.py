"""`python -m vocoder`: see `vocoder.cli`."""

import os
import signal
import sys

from vocoder.cli import main


def quieten_c_libraries() -> None:
    """Leaves standard error to Python: the MP3 decoder has remarks on damaged files that nobody can use."""
    sys.stderr.flush()
    sys.stderr = open(os.dup(2), "w", buffering=1, errors="backslashreplace")  # noqa: SIM115, open to the end
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


if __name__ == "__main__":
    quieten_c_libraries()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinds, so that unfinished files are removed
    sys.exit(main())
