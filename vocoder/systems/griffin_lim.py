"""Signal processing as a system: what can be had from a mel without learning anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from vocoder.features import MelSettings
from vocoder.inversion import GriffinLim, mel_to_magnitude
from vocoder.inversion.plain import random_phase
from vocoder.systems.protocol import Progress, SystemInfo, part


class GriffinLimSystem:
    """No learning at all: the mel's nearest magnitudes, and 32 iterations of fast Griffin-Lim for their phase.

    A mel longer than `PIECE` is done in pieces. A piece begins `OVERLAP` frames inside the one before, with the phase
    that was found there, so that both agree about the stretch over which they are faded into one another.
    """

    PIECE = 2600  # frames, 30 s, so that the page's clips are one piece: about 100 MB at work
    OVERLAP = 32  # frames, 0.4 s
    ITERATIONS = 32

    def __init__(self, device: str | torch.device = "cpu", mel: MelSettings = MelSettings()) -> None:
        self.info = griffin_lim_info(mel)
        self.device = torch.device(device)

    def synthesise(
        self, mel: Tensor, *, seed: int = 0, temperature: float | None = None, progress: Progress | None = None
    ) -> Tensor:
        """`temperature` is not used: nothing is sampled but the phase to start from."""
        pieces = max(1, -(-(mel.shape[-1] - self.OVERLAP) // (self.PIECE - self.OVERLAP)))
        return torch.cat(list(self._run([mel], seed, progress, pieces)), -1)

    def stream(self, mels: Iterable[Tensor], *, seed: int = 0, temperature: float | None = None) -> Iterator[Tensor]:
        return self._run(mels, seed, None, 1)

    @torch.inference_mode()
    def _run(self, mels: Iterable[Tensor], seed: int, progress: Progress | None, pieces: int) -> Iterator[Tensor]:
        tail: Tensor | None = None
        phase: Tensor | None = None
        for done, mel in enumerate(self._cut(mels)):
            audio, phase = self._invert(mel.to(self.device), seed + done, phase, part(progress, done, pieces))
            audio = audio.cpu()
            if tail is not None:
                rise = torch.linspace(-0.5, 1.5, tail.shape[-1]).clamp(0, 1)  # the ends of a piece know least
                audio[:, : tail.shape[-1]] = tail + rise * (audio[:, : tail.shape[-1]] - tail)
            tail = audio[:, -self.OVERLAP * self.info.mel.hop :]
            yield audio[:, : -tail.shape[-1]]
        if tail is not None:
            yield tail

    def _cut(self, mels: Iterable[Tensor]) -> Iterator[Tensor]:
        """Pieces of at most `PIECE` frames that overlap by `OVERLAP`."""
        held: Tensor | None = None
        for mel in mels:
            held = mel if held is None else torch.cat([held, mel], -1)
            while held.shape[-1] > self.PIECE:
                yield held[..., : self.PIECE]
                held = held[..., self.PIECE - self.OVERLAP :]
        if held is not None:
            yield held

    def _invert(
        self, mel: Tensor, seed: int, before: Tensor | None, progress: Progress | None
    ) -> tuple[Tensor, Tensor]:
        """Samples (B, t * hop) of a piece and the phase (B, K, OVERLAP) that it ends with."""
        magnitude = mel_to_magnitude(mel.float(), self.info.mel)
        phase = random_phase(magnitude, seed=seed)
        if before is not None:
            phase[..., : before.shape[-1]] = before
        method = GriffinLim(magnitude, self.info.mel, phase=phase)
        for iteration in range(self.ITERATIONS):
            method.step()
            if progress is not None:
                progress((iteration + 1) / self.ITERATIONS)
        return method.samples(), method.phase()[..., -self.OVERLAP :]


def griffin_lim_info(mel: MelSettings = MelSettings()) -> SystemInfo:
    source = "none needed: Griffin & Lim 1984, with the momentum of Perraudin et al. 2013"
    return SystemInfo("griffin-lim", "Griffin-Lim", "signal processing", 0, source, "none needed", mel, False, True)
