"""Spectrogram inversion by signal processing alone: from a mel to magnitudes, from magnitudes to a sound."""

from vocoder.inversion.griffin_lim import GriffinLim, griffin_lim
from vocoder.inversion.mel import mel_to_magnitude

__all__ = ["GriffinLim", "griffin_lim", "mel_to_magnitude"]
