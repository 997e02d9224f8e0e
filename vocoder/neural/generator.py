"""What the GAN vocoders share: one pass from mel to sound, in bounded memory and in time with the recording."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocoder.errors import MelError, SettingsError
from vocoder.features import MelSettings

CHUNK = 256  # frames computed at once, 3 s: BigVGAN then needs some 350 MB beside its weights

Progress = Callable[[float], None]


class Generator(nn.Module):
    """A network that turns every mel frame into `hop` samples at once; its subclasses say how.

    `forward` is the published network: natural-log mel (B, bands, T) -> samples (B, T * hop). Its frames are those of
    the GAN vocoders' own code, which pads a recording by (n_fft - hop) / 2: frame t is centred on sample
    (t + 1/2) * hop, the middle of the samples it becomes. Frames of `vocoder.features` are centred on sample t * hop;
    `synthesise` takes those and makes up the half hop, so that its sound lies under the recording.
    """

    context: int  # mel frames to either side that can change a frame of the output: the overlap of exact chunks

    def __init__(self, mel: MelSettings, rates: tuple[int, ...]) -> None:
        super().__init__()
        if math.prod(rates) != mel.hop:
            product = " x ".join(map(str, rates))
            raise SettingsError(
                f"The rates {product} make {math.prod(rates)} samples a frame; the mel's hop is {mel.hop}."
            )
        self.mel_settings = mel

    @torch.inference_mode()
    def synthesise(
        self, mel: Tensor, *, seed: int = 0, temperature: float | None = None, progress: Progress | None = None
    ) -> Tensor:
        """Speech (B, T * hop) for a log-mel (B, bands, T) of `vocoder.features`.

        Nothing is drawn, so `seed` and `temperature` change nothing. Long mels are done in exact chunks; `progress` is
        called with the fraction done.
        """
        check_mel(mel, self.mel_settings)
        hop, frames = self.mel_settings.hop, mel.shape[-1]
        mel = F.pad(mel.to(next(self.parameters())), (0, 1), mode="replicate")  # the last half hop needs a frame
        pieces = []
        for stretch, keep in stretches(frames + 1, CHUNK, self.context):
            pieces.append(self(mel[..., stretch])[:, keep.start * hop : keep.stop * hop])
            if progress is not None:
                progress((stretch.start + keep.stop) / (frames + 1))
        return torch.cat(pieces, -1)[:, hop // 2 : hop // 2 + frames * hop]


def check_mel(mel: Tensor, settings: MelSettings) -> None:
    """Raises `MelError` unless `mel` is (B, bands, T) with at least one frame."""
    if mel.ndim != 3 or mel.shape[1] != settings.bands or mel.shape[-1] < 1:
        wanted = f"(batch, {settings.bands}, frames)"
        raise MelError(f"The mel has shape {tuple(mel.shape)}; it should be {wanted} with at least one frame.")


def stretches(frames: int, chunk: int, context: int) -> Iterator[tuple[slice, slice]]:
    """Overlapping stretches of so many frames: which to compute, and which of the computed ones to keep."""
    for start in range(0, frames, chunk):
        stop = min(start + chunk, frames)
        first, last = max(0, start - context), min(stop + context, frames)
        yield slice(first, last), slice(start - first, stop - first)


def transposed_reach(rate: int, kernel: int) -> int:
    """Samples to either side of a transposed convolution's input that one output depends on."""
    return -(-(kernel + rate) // (2 * rate))
