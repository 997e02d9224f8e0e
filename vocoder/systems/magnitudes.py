"""What the signal-processing systems share: a mel's nearest magnitudes, and pieces of the same length however cut."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from vocoder.errors import MelError
from vocoder.inversion import mel_to_magnitude
from vocoder.systems.protocol import Progress, SystemInfo


class FromMagnitudes(ABC):
    """A system whose proper work begins at magnitudes (B, K, T), which it takes too: those of a mel, or true ones."""

    BLOCK = 256  # frames brought from mel to magnitudes at once, 3 s; each is a problem of its own

    def __init__(self, info: SystemInfo, device: str | torch.device = "cpu") -> None:
        self.info, self.device = info, torch.device(device)

    def synthesise(
        self, mel: Tensor, *, seed: int = 0, temperature: float | None = None, progress: Progress | None = None
    ) -> Tensor:
        """`temperature` is not used: nothing is sampled but the phase to start from."""
        return _joined(self._run(self._magnitudes([mel]), seed, progress, mel.shape[-1]))

    def stream(self, mels: Iterable[Tensor], *, seed: int = 0, temperature: float | None = None) -> Iterator[Tensor]:
        return self._run(self._magnitudes(mels), seed)

    def from_magnitude(self, magnitude: Tensor, *, seed: int = 0, progress: Progress | None = None) -> Tensor:
        return _joined(self._run(self._checked([magnitude]), seed, progress, magnitude.shape[-1]))

    def stream_magnitude(self, magnitudes: Iterable[Tensor], *, seed: int = 0) -> Iterator[Tensor]:
        return self._run(self._checked(magnitudes), seed)

    @abstractmethod
    def _run(
        self, magnitudes: Iterable[Tensor], seed: int, progress: Progress | None = None, frames: int = 0
    ) -> Iterator[Tensor]:
        """Magnitudes (B, K, t) on `device` to samples (B, n) on the CPU; `frames` is their number, for progress."""

    @torch.inference_mode()
    def _magnitudes(self, mels: Iterable[Tensor]) -> Iterator[Tensor]:
        for mel in regrouped(mels, self.BLOCK):
            yield mel_to_magnitude(mel.to(self.device, torch.float32), self.info.mel)

    def _checked(self, magnitudes: Iterable[Tensor]) -> Iterator[Tensor]:
        bins = self.info.mel.n_fft // 2 + 1
        for magnitude in magnitudes:
            if magnitude.ndim != 3 or magnitude.shape[1] != bins:
                raise MelError(
                    f"The magnitudes have shape {tuple(magnitude.shape)}; they should be (batch, {bins}, frames)."
                )
            if not (torch.isfinite(magnitude).all() and (magnitude >= 0).all()):
                raise MelError("Magnitudes must be finite and not negative.")
            yield magnitude.to(self.device, torch.float32)


def regrouped(pieces: Iterable[Tensor], length: int, overlap: int = 0) -> Iterator[Tensor]:
    """The same frames in pieces of `length`, each beginning `overlap` frames inside the one before; the last is a rest.

    So what is computed does not depend on how a stream happened to be cut, not even in its last bit.
    """
    held: list[Tensor] = []
    for piece in pieces:
        held.append(piece)
        while sum(tensor.shape[-1] for tensor in held) > length:
            together = torch.cat(held, -1)
            yield together[..., :length]
            held = [together[..., length - overlap :]]
    if held:
        yield torch.cat(held, -1)


def _joined(pieces: Iterator[Tensor]) -> Tensor:
    return torch.cat(list(pieces), -1)
