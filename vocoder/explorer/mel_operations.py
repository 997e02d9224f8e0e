"""Operations on the mel: z stays, as far as it lasts."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from vocoder.explorer.operation import Latents, Operation, Others, check_seed, check_within, find, noise


@dataclass(frozen=True)
class OtherMel(Operation):
    """Another recording's mel under this z: as long as that mel, where z is cut, or goes on as the noise of `seed`."""

    kind = "other_mel"
    other: str
    seed: int = 0

    def __post_init__(self) -> None:
        check_seed(self.seed)

    def __call__(self, given: Latents, others: Others) -> Latents:
        mel = find(others, self.other, given).mel
        held, wanted = given.z.shape[1], mel.shape[1] * given.columns
        more = noise(given, held, max(0, wanted - held), self.seed).astype(np.float32)
        return replace(given, z=np.concatenate([given.z, more], 1)[:, :wanted], mel=mel)


@dataclass(frozen=True)
class PitchMel(Operation):
    """The mel moved along its axis by `semitones`: a level at f goes to f 2^(semitones / 12), formants and all."""

    kind = "pitch_mel"
    semitones: float = 4.0

    def __post_init__(self) -> None:
        check_within("Semitones", self.semitones, -24, 24)

    def __call__(self, given: Latents, others: Others) -> Latents:
        from vocoder.features import hertz_to_mel, mel_to_hertz

        s = given.settings
        bands = np.linspace(hertz_to_mel(s.fmin), hertz_to_mel(s.fmax), s.bands + 2)[1:-1]
        sources = hertz_to_mel(mel_to_hertz(bands) / 2 ** (self.semitones / 12))
        moved = [np.interp(sources, bands, frame) for frame in given.mel.T]  # beyond its ends the mel stays level
        return replace(given, mel=np.array(moved, np.float32).T.copy())


@dataclass(frozen=True)
class DelayMel(Operation):
    """The mel later by `frames` (earlier if negative) under a z that stays; silence comes in, what leaves is lost."""

    kind = "delay_mel"
    frames: int = 20

    def __post_init__(self) -> None:
        check_within("The delay", self.frames, -3000, 3000)

    def __call__(self, given: Latents, others: Others) -> Latents:
        mel = np.full_like(given.mel, math.log(given.settings.floor))
        n, total = self.frames, mel.shape[1]
        if n >= 0:
            mel[:, n:] = given.mel[:, : max(0, total - n)]
        elif -n < total:
            mel[:, :n] = given.mel[:, -n:]
        return replace(given, mel=mel)
