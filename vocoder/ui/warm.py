"""PyTorch and the first model are loaded once the page answers: it opens from stored results and needs neither."""

from __future__ import annotations

import os
import threading
from dataclasses import replace

from vocoder.ui import engine
from vocoder.ui.sounds import SETTINGS, examples, open_example
from vocoder.ui.work import last

AFTER = 3.0  # seconds, so that the first page is served before
FRAMES = 16  # of the first example, 0.2 s


def warm_up() -> None:
    """Loads in the background; at once where a Space lends a card, to processes that are forked from this one."""
    if os.environ.get("SPACES_ZERO_GPU"):
        _work()
    else:
        timer = threading.Timer(AFTER, _work)
        timer.daemon = True
        timer.start()


def _work() -> None:
    """Does in small what visitors will ask for, so that all of it has been imported and loaded once."""
    sound = open_example(next(iter(examples())))
    assert sound.samples is not None
    sound = replace(sound, mel=sound.mel[:, :FRAMES], samples=sound.samples[: FRAMES * SETTINGS.hop])
    device = engine.START_DEVICE
    heard = last(engine.hear_here(sound, engine.first_checkpoint(), 1.0, 0, device=device))
    last(engine.look_here(heard, 1.0, 0, device))
