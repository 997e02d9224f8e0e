"""What the app can do, as plain functions and frozen dataclasses: NumPy in, NumPy out."""

from vocoder.explorer.analysis import Analysis, Balance, analyse, analyse_stream
from vocoder.explorer.gaussian import GaussianSummary, summarise
from vocoder.explorer.spectrogram import Spectrogram, spectrogram
from vocoder.explorer.steps import StepSummary, flow_steps
from vocoder.explorer.synthesis import Synthesis, compare, sample_again, synthesise, synthesise_stream

__all__ = [
    "Analysis",
    "Balance",
    "GaussianSummary",
    "Spectrogram",
    "StepSummary",
    "Synthesis",
    "analyse",
    "analyse_stream",
    "compare",
    "flow_steps",
    "sample_again",
    "spectrogram",
    "summarise",
    "synthesise",
    "synthesise_stream",
]
