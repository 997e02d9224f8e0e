"""Other people's neural vocoders, written again: three adversarial generators, and the autoregressive ancestor."""

from vocoder.neural.bigvgan import BIGVGAN_22KHZ, BIGVGAN_BASE_22KHZ, BIGVGAN_V2_22KHZ, BigVGAN, BigVGANSettings
from vocoder.neural.configs import bigvgan_config, hifigan_config
from vocoder.neural.families import FAMILIES, Family, family
from vocoder.neural.hifigan import V1, V2, V3, HiFiGAN, HiFiGANSettings
from vocoder.neural.melgan import MELGAN, MELGAN_MEL, MelGAN, MelGANSettings
from vocoder.neural.released import load_bigvgan_state, load_hifigan_state, load_melgan_state
from vocoder.neural.wavenet import WAVENET, WaveNet, WaveNetSettings

__all__ = [
    "BIGVGAN_22KHZ",
    "BIGVGAN_BASE_22KHZ",
    "BIGVGAN_V2_22KHZ",
    "FAMILIES",
    "MELGAN",
    "MELGAN_MEL",
    "V1",
    "V2",
    "V3",
    "WAVENET",
    "BigVGAN",
    "BigVGANSettings",
    "Family",
    "HiFiGAN",
    "HiFiGANSettings",
    "MelGAN",
    "MelGANSettings",
    "WaveNet",
    "WaveNetSettings",
    "bigvgan_config",
    "family",
    "hifigan_config",
    "load_bigvgan_state",
    "load_hifigan_state",
    "load_melgan_state",
]
