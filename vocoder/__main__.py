"""`python -m vocoder`: see `vocoder.cli`."""

import signal
import sys

from vocoder.cli import main

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinds, so that unfinished files are removed
    sys.exit(main())
