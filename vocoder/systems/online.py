"""Inversions that go from frame to frame, as systems: in constant memory, however long the recording."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor

from vocoder.inversion import OnlinePhase, SoundStream
from vocoder.systems.magnitudes import FromMagnitudes
from vocoder.systems.protocol import Progress, SystemInfo


class OnlineSystem(FromMagnitudes):
    """A live method behind the protocol, on the CPU in float64: the samples of `SoundStream`, bit for bit."""

    STEP = 32  # frames between two calls of `progress`, 0.4 s of sound

    def __init__(self, info: SystemInfo, method: Callable[[int], OnlinePhase]) -> None:
        """`method` makes one for a seed; each clip of a batch has its own."""
        super().__init__(info)
        self._method = method

    @torch.inference_mode()
    def _run(
        self, magnitudes: Iterable[Tensor], seed: int, progress: Progress | None = None, frames: int = 0
    ) -> Iterator[Tensor]:
        streams: list[SoundStream] = []
        done = 0
        for block in magnitudes:
            if not streams:
                streams = [SoundStream(self._method(seed), self.info.mel) for _ in block]
            for piece in block.split(self.STEP, -1):
                sounds = [stream.push(clip.numpy()) for stream, clip in zip(streams, piece, strict=True)]
                yield torch.stack([torch.from_numpy(sound) for sound in sounds])
                done += piece.shape[-1]
                if progress is not None:
                    progress(min(1.0, done / frames))
        if streams:
            yield torch.stack([torch.from_numpy(stream.finish()) for stream in streams])
