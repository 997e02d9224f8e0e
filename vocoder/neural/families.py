"""The families by the name that a checkpoint's `config.json` gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vocoder.errors import SettingsError
from vocoder.features import MelSettings
from vocoder.neural.bigvgan import BigVGAN, BigVGANSettings
from vocoder.neural.closed import ClosedSettings
from vocoder.neural.generator import Generator
from vocoder.neural.hifigan import HiFiGAN, HiFiGANSettings
from vocoder.neural.melgan import MELGAN_MEL, MelGAN, MelGANSettings
from vocoder.neural.wavenet import WaveNet, WaveNetSettings


@dataclass(frozen=True)
class Family:
    """One kind of network: how to say its shape, and how to build it."""

    title: str  # for people
    paper: str  # its arXiv identifier
    settings: type[ClosedSettings]
    module: Callable[[Any, MelSettings], Generator | WaveNet]
    mel: MelSettings  # of the released weights

    def build(self, settings: Mapping[str, Any], mel: MelSettings) -> Generator | WaveNet:
        """The network of a `config.json`; raises `SettingsError` for settings that it does not have."""
        return self.module(self.settings.from_dict(settings), mel)


FAMILIES = {
    "hifigan": Family("HiFi-GAN", "2010.05646", HiFiGANSettings, HiFiGAN, MelSettings()),
    "melgan": Family("MelGAN", "1910.06711", MelGANSettings, MelGAN, MELGAN_MEL),
    "bigvgan": Family("BigVGAN", "2206.04658", BigVGANSettings, BigVGAN, MelSettings()),
    "wavenet": Family("WaveNet", "1609.03499", WaveNetSettings, WaveNet, MelSettings()),
}


def family(name: str) -> Family:
    """The family called `name`; raises `SettingsError` with the names that there are."""
    if name not in FAMILIES:
        raise SettingsError(f"There is no network family {name!r}; there are {', '.join(FAMILIES)}.")
    return FAMILIES[name]
