"""Where the page's files live: one folder under the temporary one, that Gradio serves and empties."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from pathlib import Path

import numpy as np

from vocoder.audio import write_wav

KEEP_SECONDS = 3600  # uploads and results are deleted after so long
LOOK_SECONDS = 900  # how often old files are looked for


def prepare_cache() -> Path:
    """Names Gradio's folder (GRADIO_TEMP_DIR wins), makes it, and deletes what an earlier server has left there.

    Gradio reads the name whenever a component is made, so this comes before building the page. Two servers that run
    side by side for hours should each have a folder of their own.
    """
    user = os.getuid() if hasattr(os, "getuid") else 0
    ours = Path(tempfile.gettempdir()) / f"vocoder-explorer-{user}"
    folder = Path(os.environ.setdefault("GRADIO_TEMP_DIR", str(ours)))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    oldest = time.time() - KEEP_SECONDS
    for path in sorted(folder.rglob("*"), reverse=True):  # what is in a folder before the folder
        try:
            if path.is_dir():
                path.rmdir()  # fails, as it should, while something is in it
            elif path.lstat().st_mtime < oldest:
                path.unlink()
        except OSError:
            continue
    return folder


def wav_for_page(samples: np.ndarray, sample_rate: int, name: str) -> str:
    """Writes samples (N,) as a 16-bit WAV that the page can play and offer as `name`.wav; returns its path.

    The level stays what it is: Gradio would scale an array of floats to full scale.
    """
    folder = Path(os.environ["GRADIO_TEMP_DIR"]) / secrets.token_hex(8)
    folder.mkdir(mode=0o700)
    path = folder / f"{name}.wav"
    write_wav(path, samples, sample_rate)
    return str(path)
