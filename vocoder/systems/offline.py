"""Inversions that want to see a whole recording, as systems: long ones in pieces that fade into one another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import torch
from torch import Tensor

from vocoder.features import MelSettings
from vocoder.inversion import GriffinLim, pghi, random_phase, to_samples
from vocoder.systems.magnitudes import FromMagnitudes, regrouped
from vocoder.systems.protocol import Progress, SystemInfo, part


class Piece(Protocol):
    """Finds the phases of one piece."""

    def __call__(
        self, magnitude: Tensor, mel: MelSettings, seed: int, before: Tensor | None, progress: Progress | None
    ) -> Tensor:
        """Phases (B, K, t), window-centre convention, of magnitudes (B, K, t).

        Args:
            before: (B, K, o) the phases that the piece before found for the first frames, which both have.
        """


class OfflineSystem(FromMagnitudes):
    """Phases by pieces. One begins `OVERLAP` frames inside the one before, with the phases that were found there, so
    that both agree about the stretch over which they are faded into one another."""

    PIECE = 2600  # frames, 30 s, so that the page's clips are one piece: about 100 MB at work
    OVERLAP = 32  # frames, 0.4 s

    def __init__(self, info: SystemInfo, find: Piece, device: str | torch.device = "cpu", *, piece: int = PIECE):
        super().__init__(info, device)
        self.piece, self._find = piece, find

    def _run(
        self, magnitudes: Iterable[Tensor], seed: int, progress: Progress | None = None, frames: int = 0
    ) -> Iterator[Tensor]:
        count = max(1, -(-(frames - self.OVERLAP) // (self.piece - self.OVERLAP)))

        @torch.inference_mode()
        def sounds() -> Iterator[Tensor]:
            before = None
            for done, magnitude in enumerate(regrouped(magnitudes, self.piece, self.OVERLAP)):
                phase = self._find(magnitude, self.info.mel, seed + done, before, part(progress, done, count))
                before = phase[..., -self.OVERLAP :]
                yield to_samples(magnitude, phase, self.info.mel).cpu()

        return faded(sounds(), self.OVERLAP * self.info.mel.hop)


@torch.inference_mode()
def faded(pieces: Iterable[Tensor], overlap: int) -> Iterator[Tensor]:
    """Sounds (B, n) that each begin `overlap` samples inside the one before, as one sound: over half of that stretch
    one goes over into the other, since the ends of a piece know least."""
    tail = None
    for audio in pieces:
        if tail is not None:
            rise = torch.linspace(-0.5, 1.5, tail.shape[-1]).clamp(0, 1)
            audio[:, : tail.shape[-1]] = tail + rise * (audio[:, : tail.shape[-1]] - tail)
        tail = audio[:, -overlap:]
        yield audio[:, : -tail.shape[-1]]
    if tail is not None:
        yield tail


def griffin_lim_piece(iterations: int, momentum: float) -> Piece:
    """So many iterations from random phases, or from those of the piece before where there are any."""

    def find(
        magnitude: Tensor, mel: MelSettings, seed: int, before: Tensor | None, progress: Progress | None
    ) -> Tensor:
        phase = random_phase(magnitude, seed=seed)
        if before is not None:
            phase = torch.cat([before, phase[..., before.shape[-1] :]], -1)
        method = GriffinLim(magnitude, mel, momentum=momentum, phase=phase)
        for iteration in range(iterations):
            method.step()
            if progress is not None:
                progress((iteration + 1) / iterations)
        return method.phase()

    return find


def pghi_piece(
    magnitude: Tensor, mel: MelSettings, seed: int, before: Tensor | None, progress: Progress | None
) -> Tensor:
    """Heap integration that goes on from the piece before."""
    return pghi(magnitude, mel, seed=seed, before=before, progress=progress)
