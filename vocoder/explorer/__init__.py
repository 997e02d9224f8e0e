"""What the app can do, as plain functions and frozen dataclasses: NumPy in, NumPy out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vocoder.explorer.gaussian import GaussianSummary, summarise
from vocoder.explorer.results import Analysis, Synthesis
from vocoder.explorer.spectrogram import Spectrogram, spectrogram

if TYPE_CHECKING:
    from vocoder.explorer.analysis import Balance, analyse, analyse_stream
    from vocoder.explorer.steps import Journey, Station, receptive_field, watch_back, watch_forward
    from vocoder.explorer.synthesis import compare, sample_again, synthesise, synthesise_stream

__all__ = [
    "Analysis",
    "Balance",
    "GaussianSummary",
    "Journey",
    "Spectrogram",
    "Station",
    "Synthesis",
    "analyse",
    "analyse_stream",
    "compare",
    "receptive_field",
    "sample_again",
    "spectrogram",
    "summarise",
    "synthesise",
    "synthesise_stream",
    "watch_back",
    "watch_forward",
]

_HOMES = {
    "analysis": ("Balance", "analyse", "analyse_stream"),
    "steps": ("Journey", "Station", "receptive_field", "watch_back", "watch_forward"),
    "synthesis": ("compare", "sample_again", "synthesise", "synthesise_stream"),
}


def __getattr__(name: str) -> Any:
    """What computes is imported when first asked for: pictures and stored results need not wait for PyTorch."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"vocoder.explorer.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
