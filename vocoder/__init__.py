"""An explorer of an invertible vocoder: speech to Gaussian noise, and the same weights back again.

>>> import vocoder
>>> recording = vocoder.read_recording("speech.wav").samples
>>> flow = vocoder.load_system("flow")
>>> mel = vocoder.log_mel(torch.from_numpy(recording)[None])
>>> audio = flow.synthesise(mel, seed=0, temperature=0.8)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vocoder.audio import read_recording, write_wav
    from vocoder.errors import InputError
    from vocoder.explorer import analyse, compare, sample_again
    from vocoder.features import MelSettings, log_mel
    from vocoder.melfile import read_mel
    from vocoder.systems import load_system
    from vocoder.systems.pretrained import from_pretrained

__all__ = [
    "InputError",
    "MelSettings",
    "analyse",
    "compare",
    "from_pretrained",
    "load_system",
    "log_mel",
    "read_mel",
    "read_recording",
    "sample_again",
    "write_wav",
]

_HOMES = {
    "read_recording": "vocoder.audio",
    "write_wav": "vocoder.audio",
    "InputError": "vocoder.errors",
    "analyse": "vocoder.explorer",
    "compare": "vocoder.explorer",
    "sample_again": "vocoder.explorer",
    "MelSettings": "vocoder.melsettings",
    "log_mel": "vocoder.features",
    "load_system": "vocoder.systems",
    "from_pretrained": "vocoder.systems.pretrained",
    "read_mel": "vocoder.melfile",
}


def __getattr__(name: str) -> Any:
    """The names above, imported when first asked for: `python -m vocoder --help` need not wait for PyTorch."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
