"""Spectrogram inversion by signal processing: from a mel to magnitudes, from magnitudes to phases and a sound."""

from vocoder.inversion.derivatives import analytic, contexts, oracle
from vocoder.inversion.differentiable import integrate
from vocoder.inversion.frames import centred_stft, recentre, to_samples, window
from vocoder.inversion.gradient import GradientPhase
from vocoder.inversion.griffin_lim import GriffinLim, griffin_lim
from vocoder.inversion.invert import METHODS, ONLINE, invert, online_method
from vocoder.inversion.mel import mel_to_magnitude
from vocoder.inversion.network import DerivativeNetwork, NetworkSettings
from vocoder.inversion.network_stream import NetworkPhase
from vocoder.inversion.online import OnlinePhase, online_phase
from vocoder.inversion.pghi import pghi
from vocoder.inversion.plain import random_phase, zero_phase
from vocoder.inversion.rtisi import RTISI
from vocoder.inversion.rtpghi import RTPGHI
from vocoder.inversion.spsi import SPSI
from vocoder.inversion.stream import SoundStream, online_samples

__all__ = [
    "METHODS",
    "ONLINE",
    "RTISI",
    "RTPGHI",
    "SPSI",
    "DerivativeNetwork",
    "GradientPhase",
    "GriffinLim",
    "NetworkPhase",
    "NetworkSettings",
    "OnlinePhase",
    "SoundStream",
    "analytic",
    "centred_stft",
    "contexts",
    "griffin_lim",
    "integrate",
    "invert",
    "mel_to_magnitude",
    "online_method",
    "online_phase",
    "online_samples",
    "oracle",
    "pghi",
    "random_phase",
    "recentre",
    "to_samples",
    "window",
    "zero_phase",
]
