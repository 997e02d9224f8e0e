"""Any length in bounded memory, with the very samples that one piece would give.

The network sees finitely far: `Flow.context` frames to either side. So a chunk is computed with that much mel (and z,
or audio) beside it, and only its middle is kept:

    frames    ...........................................
    computed      [ context |     chunk     | context ]
    kept                    [     chunk     ]

The noise is drawn by position, so that overlapping computations agree about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

if TYPE_CHECKING:
    from vocoder.flow.model import Flow

CHUNK = 1024  # frames, 12 s: some tens of megabytes in the bundled flow


class Window(NamedTuple):
    """A stretch of frames to compute, and which of them to keep."""

    start: int  # first frame computed, counted from the beginning of the recording
    pieces: tuple[Tensor, ...]  # what was streamed, cut to this stretch
    keep: slice  # frames of the stretch that are final


def windows(
    blocks: Iterable[tuple[Tensor, ...]], units: tuple[int, ...], context: int, chunk: int = CHUNK, align: int = 1
) -> Iterator[Window]:
    """Overlapping stretches over streams of tensors that run along their last axis together.

    Args:
        blocks: pieces of the streams in order, of any length; element i of a piece has `units[i]` entries a frame.
        align: every stretch begins at a multiple of so many frames.
    """
    held: list[Tensor] = []
    start = done = 0  # first frame held, first frame not yet given out

    def stretches(final: bool) -> Iterator[Window]:
        nonlocal held, start, done
        end = start + held[0].shape[-1] // units[0]
        while done < end and (final or end >= done + chunk + context):
            stop = min(done + chunk, end)
            reach = min(stop + context, end)
            pieces = tuple(x[..., : (reach - start) * unit] for x, unit in zip(held, units, strict=True))
            yield Window(start, pieces, slice(done - start, stop - start))
            done = stop
            drop = max(0, done - context - start) // align * align
            held = [x[..., drop * unit :] for x, unit in zip(held, units, strict=True)]
            start += drop

    for block in blocks:
        held = [torch.cat(pair, -1) for pair in zip(held, block, strict=True)] if held else list(block)
        yield from stretches(final=False)
    if held:
        yield from stretches(final=True)


@torch.inference_mode()
def inverse_in_chunks(
    flow: Flow, mels: Iterable[Tensor], *, seed: int = 0, temperature: float | None = None, chunk: int = CHUNK
) -> Iterator[Tensor]:
    """Speech for mels that arrive in pieces (B, 80, t) of any length; yields (B, n), in order and gapless."""
    heat = flow.settings.temperature if temperature is None else temperature
    hop = flow.mel_settings.hop
    for start, (mel,), keep in windows(((mel,) for mel in mels), (1,), flow.context, chunk, flow.align):
        mel = mel.to(next(flow.parameters()))
        z = heat * flow.noise(mel.shape[-1], seed=seed, start=start, batch=mel.shape[0])
        yield flow.inverse(z, mel)[:, keep.start * hop : keep.stop * hop]


@torch.inference_mode()
def forward_in_chunks(
    flow: Flow, pieces: Iterable[tuple[Tensor, Tensor]], *, chunk: int = CHUNK
) -> Iterator[tuple[Tensor, Tensor]]:
    """Latents of audio that arrives in pieces: (audio (B, t * hop), mel (B, 80, t)), the last audio padded with zeros.

    Yields z (B, group, g) and the log-determinant by column (B, g), in order and gapless.
    """
    units = (flow.mel_settings.hop, 1)
    for _, (audio, mel), keep in windows(pieces, units, flow.context, chunk, flow.align):
        parameter = next(flow.parameters())
        z, log_det = flow.encode(audio.to(parameter), mel.to(parameter))
        columns = slice(keep.start * flow.columns, keep.stop * flow.columns)
        yield z[..., columns], log_det[:, columns]
