"""The page on a free port of this machine, once for all tests that ask for it, with a small untrained flow."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from tests.small import small_checkpoint

CHECKPOINT = "small"


@cache
def served() -> str:
    """The page's address. Weights are random, so that nothing is said about quality, and small, so that it is quick."""
    folder = Path(tempfile.mkdtemp(prefix="vocoder-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["GRADIO_TEMP_DIR"] = str(folder / "cache")
    os.environ["VOCODER_CACHE"] = str(folder / "models")
    os.environ["HF_ENDPOINT"] = "http://127.0.0.1:9"  # nobody is there: tests ask no other machine
    os.environ["VOCODER_CHECKPOINT"] = str(small_checkpoint(folder / CHECKPOINT))
    from vocoder.ui import build_app, launch_settings

    app = build_app()
    _, url, _ = app.launch(prevent_thread_lock=True, server_name="127.0.0.1", **(launch_settings() | {"quiet": True}))
    atexit.register(app.close)
    return url


def tone(seconds: float = 1.5, peak: float = 0.1, rate: int = 22_050) -> np.ndarray:
    """A swelling tone with one sample at `peak`, and none above it."""
    time = np.arange(int(seconds * rate)) / rate
    sound = np.sin(2 * np.pi * 220 * time) * np.linspace(0.2, 1, len(time))
    return (peak * sound / np.abs(sound).max()).astype(np.float32)
