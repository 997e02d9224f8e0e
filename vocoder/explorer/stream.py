"""Recordings that arrive in pieces: their mel on the way, and buffers for what has yet to be used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from vocoder.features import MelSettings, log_mel, reflect


class Recorded:
    """Cuts a recording that arrives in blocks into whole frames, each with the mel that the whole recording has there.

    With `look=linear` it has the magnitudes in the mel's place.

    A frame's mel looks half a window to either side, so it is known only once that much more sound has arrived; before
    the first sample and after the last the recording is reflected, as `features.log_mel` does it.

    Iterating gives audio (1, t * hop) and mel (1, bands, t) in order, T = 1 + N // hop frames in all. The audio of the
    last frames is followed by zeros up to their end. `samples` counts what has been read so far.
    """

    def __init__(
        self, blocks: Iterable[np.ndarray], settings: MelSettings, look: Callable[..., Tensor] = log_mel
    ) -> None:
        self.settings = settings
        self._look = look
        self.samples = 0
        self._blocks = blocks

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        s, half = self.settings, self.settings.n_fft // 2
        needed = max(s.n_fft, half + s.hop + 1)  # samples that settle the next frame, half a window of past among them
        held = torch.zeros(1, 0)  # from half a window before the next frame on
        done = 0  # frames given out
        for block in self._blocks:
            self.samples += len(block)
            held = torch.cat([held, torch.tensor(np.asarray(block, np.float32))[None]], -1)
            if not done and held.shape[-1] <= half + needed:
                continue  # too short to tell from a recording that ends here, where the reflection is another
            if not done:
                held = reflect(held, s.n_fft)[:, :-half]
            frames = (held.shape[-1] - needed) // s.hop + 1
            if frames > 0:
                yield self._cut(held, frames)
                held = held[:, frames * s.hop :]
                done += frames
        if not self.samples:
            return
        held = reflect(held, s.n_fft) if not done else self._ended(held)
        frames = s.frames(self.samples) - done
        audio, mel = self._cut(held, frames)
        audio[:, self.samples - done * s.hop :] = 0
        yield audio, mel

    def _ended(self, held: Tensor) -> Tensor:
        """`held` with the reflection of its own end, half a window long."""
        half = self.settings.n_fft // 2
        return torch.cat([held, held[:, -half - 1 : -1].flip(-1)], -1)

    def _cut(self, held: Tensor, frames: int) -> tuple[Tensor, Tensor]:
        """The first frames of `held`, which begins half a window before them: audio and mel."""
        hop, n_fft = self.settings.hop, self.settings.n_fft
        audio = held[:, n_fft // 2 : n_fft // 2 + frames * hop]
        audio = torch.nn.functional.pad(audio, (0, frames * hop - audio.shape[-1]))
        return audio, self._look(held[:, : (frames - 1) * hop + n_fft], self.settings, padded=True)


class Buffer:
    """Tensors that arrive in pieces along their last axis and are taken in other pieces."""

    def __init__(self) -> None:
        self._held: list[Tensor] = []

    def put(self, piece: Tensor) -> None:
        self._held.append(piece)

    def take(self, length: int) -> Tensor:
        """The next `length` entries; raises `ValueError` when fewer have been put in."""
        held = torch.cat(self._held, -1)
        if held.shape[-1] < length:
            raise ValueError(f"{length} entries asked for, {held.shape[-1]} are there.")
        self._held = [held[..., length:]]
        return held[..., :length]
