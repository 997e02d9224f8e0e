"""Other people's networks as systems: on their device, without gradients, and of any length where they allow it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from vocoder.errors import SettingsError
from vocoder.features import MelSettings
from vocoder.flow.chunks import windows
from vocoder.neural import FAMILIES, WaveNet
from vocoder.neural.generator import CHUNK, Generator
from vocoder.systems.protocol import Progress, SystemInfo, check_temperature
from vocoder.weights import Card


@dataclass(frozen=True)
class Row:
    """A row of the registry that somebody's weights have to fill."""

    family: str  # of the checkpoint, as `config.json` names it
    kind: str  # of network


ROWS = {
    "wavenet": Row("wavenet", "autoregressive"),
    "melgan": Row("melgan", "adversarial"),
    "hifi-gan": Row("hifigan", "adversarial"),
    "bigvgan": Row("bigvgan", "adversarial"),
}


class NeuralSystem:
    """A `Generator` on its device: one pass, in exact chunks; takes and gives CPU tensors."""

    def __init__(self, network: Generator, info: SystemInfo, device: str | torch.device = "cpu") -> None:
        self.network, self.info, self.device = network.to(device).eval(), info, torch.device(device)

    def synthesise(
        self, mel: Tensor, *, seed: int = 0, temperature: float | None = None, progress: Progress | None = None
    ) -> Tensor:
        """Nothing is drawn: `seed` and `temperature` change nothing."""
        check_temperature(temperature)
        return self.network.synthesise(mel, progress=progress).cpu()

    @torch.inference_mode()
    def stream(self, mels: Iterable[Tensor], *, seed: int = 0, temperature: float | None = None) -> Iterator[Tensor]:
        check_temperature(temperature)
        hop = self.info.mel.hop
        early = hop // 2  # see `Generator`: its frames lie half a hop later than ours
        waiting = None
        for _, (mel,), keep in windows(_with_one_more(mels), (1,), self.network.context, CHUNK):
            audio = self.network(mel.to(self.device, torch.float32))[:, keep.start * hop : keep.stop * hop].cpu()
            audio = audio[:, early:] if waiting is None else torch.cat([waiting, audio], -1)
            waiting = audio[:, audio.shape[-1] - (hop - early) :]
            yield audio[:, : audio.shape[-1] - (hop - early)]


class WaveNetSystem:
    """A WaveNet, whose every sample waits for the one before: on the CPU, and for short clips only."""

    LONGEST = 10.0  # s, which take minutes

    def __init__(self, network: WaveNet, info: SystemInfo) -> None:
        self.network, self.info = network.eval(), info

    def synthesise(
        self, mel: Tensor, *, seed: int = 0, temperature: float | None = None, progress: Progress | None = None
    ) -> Tensor:
        check_temperature(temperature)
        self._check_length(mel.shape[-1])
        return self.network.synthesise(mel, seed=seed, temperature=temperature, progress=progress)

    def stream(self, mels: Iterable[Tensor], *, seed: int = 0, temperature: float | None = None) -> Iterator[Tensor]:
        """All at once when the last piece has come: a clip is no longer than `LONGEST`."""
        held: list[Tensor] = []
        for mel in mels:
            held.append(mel)
            self._check_length(sum(piece.shape[-1] for piece in held))
        if held:
            yield self.synthesise(torch.cat(held, -1), seed=seed, temperature=temperature)

    def _check_length(self, frames: int) -> None:
        seconds = frames * self.info.mel.hop / self.info.mel.sample_rate
        if seconds > self.LONGEST + 1:  # the last frame reaches past the recording
            raise SettingsError(
                f"WaveNet computes one sample after the other, so it is limited to {self.LONGEST:.0f} s of sound; "
                f"this is longer: {seconds:.1f} s."
            )


def neural_info(name: str, card: Card, mel: MelSettings) -> SystemInfo:
    """The row called `name` with the weights that `card` describes."""
    row = ROWS[name]
    title = card.title or FAMILIES[row.family].title
    return SystemInfo(name, title, row.kind, card.parameters, card.source, card.licence, mel, False, True)


def missing_info(name: str) -> SystemInfo:
    """The row called `name` where there are no weights for it, and how to get some."""
    row = ROWS[name]
    family = FAMILIES[row.family]
    reason = "no weights come with it: name a checkpoint, which `python -m vocoder convert` makes of the authors' file"
    if row.family == "wavenet":
        reason = "no weights come with it: name a checkpoint folder of one that you have trained"
    return SystemInfo(name, family.title, row.kind, 0, "", "", family.mel, False, False, reason)


def _with_one_more(mels: Iterable[Tensor]) -> Iterator[tuple[Tensor]]:
    """The pieces, and the last frame once more, which the last half hop needs."""
    last: Tensor | None = None
    for mel in mels:
        last = mel if mel.shape[-1] else last
        yield (mel,)
    if last is not None:
        yield (last[..., -1:],)
