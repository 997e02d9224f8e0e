"""The invertible vocoder: recorded speech and its mel to Gaussian noise, and the same weights back again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocoder.errors import MelError, SettingsError
from vocoder.features import MelSettings
from vocoder.flow.chunks import inverse_in_chunks
from vocoder.flow.conditioner import DilatedConvolutions
from vocoder.flow.conditioning import HeldMel, MelEncoder, MelUpsampling
from vocoder.flow.consistency import ConsistencyCoupling, LowBand
from vocoder.flow.coupling import AffineCoupling
from vocoder.flow.magnitudes import Magnitudes
from vocoder.flow.mixing import InvertibleConvolution
from vocoder.flow.noise import positional_noise
from vocoder.flow.scale import MelScale
from vocoder.flow.separable import SeparableConvolutions
from vocoder.flow.settings import FlowSettings
from vocoder.flow.squeeze import Groups, LappedTransform
from vocoder.flow.transform import Transform, zero_log_det

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Step:
    """One step from speech to noise, for those who want to watch."""

    name: str  # unique: "squeeze", "fill", "scale", "mix 1", "coupling 1", ...
    kind: Literal["squeeze", "consistency", "scale", "mix", "coupling"]
    channels: int  # that the step works on; the others have left for z
    reach: int  # columns to either side that one output of the step depends on


class Flow(nn.Module):
    """A conditional normalizing flow of affine couplings with dilated convolutions (WaveGlow's family).

    `forward` turns audio into latents z that are Gaussian where the audio is speech, `inverse` turns Gaussian z into
    speech; they are one function and its inverse, so z of a recording gives back the recording.

    Shapes: audio (B, N) with N <= T * hop (shorter audio is padded with zeros), mel (B, 80, T),
    z (B, group, G) with G = T * hop / group columns. Channels that left early come first in z, as in WaveGlow.

    With `settings.low` the lowest channels leave first of all: on the way back every `anchors`-th of their columns is
    drawn and the columns between are filled in from those and the mel (`ConsistencyCoupling`). The couplings then have
    the other channels to themselves.
    """

    def __init__(self, settings: FlowSettings, mel: MelSettings = MelSettings()) -> None:
        super().__init__()
        if mel.hop % settings.group:
            raise SettingsError(f"hop ({mel.hop}) must be a multiple of group ({settings.group}).")
        self.settings, self.mel_settings = settings, mel
        self.group = settings.group
        self.columns = mel.hop // settings.group  # a frame
        if settings.low and (self.columns != 1 or mel.n_fft != 4 * mel.hop):
            raise SettingsError(f"low ({settings.low}) needs a group of one hop and an n_fft of four.")
        self.squeeze = LappedTransform(self.group) if settings.squeeze == "lapped" else Groups(self.group)
        separable = settings.conditioner == "separable"
        self.encoder: MelEncoder | MelUpsampling | HeldMel
        if settings.encoder:
            self.encoder = MelEncoder(mel, settings.encoder, self.columns)
        else:
            self.encoder = HeldMel(mel, self.columns) if separable else MelUpsampling(mel, self.group)
        network = SeparableConvolutions if separable else DilatedConvolutions
        condition = self.encoder.channels
        self.scale = MelScale(self.group - settings.low, condition, 2 * condition) if settings.mel_scale else None
        self.band = LowBand(settings.low, self.group, mel) if settings.low else None
        if self.band is not None:
            self.magnitudes = Magnitudes(mel, self.band.bins, self.band.gain)
            self.fill = ConsistencyCoupling(self.band, settings.anchors, settings.iterations)
        self.mixings = nn.ModuleList()
        self.couplings = nn.ModuleList()
        for k, width in enumerate(settings.widths()):
            self.mixings.append(InvertibleConvolution(width, identity=k == 0 and settings.squeeze == "lapped"))
            outputs = 2 * (width - width // 2)
            conditioner = network(width // 2, outputs, condition, settings.channels, settings.layers, settings.kernel)
            self.couplings.append(AffineCoupling(width, conditioner, settings.log_scale_limit))

    @property
    def context(self) -> int:
        """Mel frames to either side that can change a frame of the output: the overlap of exact chunks."""
        columns = sum(step.reach for step in self.steps())
        told = max(self.encoder.reach, 0 if self.band is None else self.magnitudes.reach)
        return -(-columns // self.columns) + told

    @property
    def align(self) -> int:
        """Frames whose multiples a chunk may begin at, so that its anchors are the recording's."""
        return self.settings.anchors if self.band is not None else 1

    def steps(self) -> Sequence[Step]:
        """The steps from audio to z, in order; the way back takes them from the last to the first."""
        s = self.settings
        steps = [Step("squeeze", "squeeze", self.group, int(s.squeeze == "lapped"))]
        if self.band is not None:
            steps.append(Step("fill", "consistency", s.low, self.fill.reach))
        if self.scale is not None:
            steps.append(Step("scale", "scale", self.group - s.low, 1))
        reach = (s.kernel // 2) * (s.layers if s.conditioner == "separable" else 2**s.layers - 1)
        for k, width in enumerate(s.widths(), 1):
            steps += [Step(f"mix {k}", "mix", width, 0), Step(f"coupling {k}", "coupling", width, reach)]
        return steps

    def _transforms(self) -> list[tuple[Transform, slice]]:
        """The transforms after the squeeze in order, each with the channels it works on."""
        parts: list[tuple[Transform, slice]] = []
        if self.band is not None:
            parts.append((self.fill, slice(0, self.band.low)))
        if self.scale is not None:
            parts.append((self.scale, slice(self.settings.low, self.group)))
        for mixing, coupling, width in zip(self.mixings, self.couplings, self.settings.widths(), strict=True):
            rest = slice(self.group - width, self.group)
            parts += [(mixing, rest), (coupling, rest)]  # type: ignore[list-item]
        return parts

    def _conditions(self, mel: Tensor) -> Callable[[Transform], Tensor]:
        """What each transform is told of the mel: magnitudes of the lowest channels, or what the encoder says."""
        encoded = self.encoder(mel)
        # Detached: the network learns from magnitudes, or it would tell whatever suits the likelihood.
        magnitudes = encoded if self.band is None else self.magnitudes(mel).detach()
        return lambda transform: magnitudes if isinstance(transform, ConsistencyCoupling) else encoded

    def walk(self, audio: Tensor, mel: Tensor) -> Iterator[tuple[Step, Tensor, Tensor]]:
        """Step by step from audio to z: after each, the columns (B, group, G) and the log-determinant so far (B, G)."""
        self._check(mel)
        length = mel.shape[-1] * self.mel_settings.hop
        if audio.shape[-1] > length:
            raise MelError(f"{audio.shape[-1]} samples do not fit the mel's {mel.shape[-1]} frames ({length} samples).")
        steps = self.steps()
        x = self.squeeze(F.pad(audio, (0, length - audio.shape[-1])))
        log_det = zero_log_det(x)
        yield steps[0], x, log_det
        told = self._conditions(mel)
        for step, (transform, channels) in zip(steps[1:], self._transforms(), strict=True):
            y, change = transform(x[:, channels], told(transform))
            x = _put(x, channels, y)
            log_det = log_det + change
            yield step, x, log_det

    def walk_back(self, z: Tensor, mel: Tensor) -> Iterator[tuple[Step, Tensor, Tensor]]:
        """Step by step from z to audio: the step undone, the columns before it, the log-determinant since z (B, G).

        The last one, the squeeze, comes with the audio (B, T * hop) in place of columns.
        """
        self._check(mel)
        if z.shape[1] != self.group or z.shape[-1] != mel.shape[-1] * self.columns:
            wanted = (self.group, mel.shape[-1] * self.columns)
            raise MelError(f"Latents of shape {tuple(z.shape[1:])} do not fit the mel; they should be {wanted}.")
        told = self._conditions(mel)
        steps = self.steps()
        x, log_det = z, zero_log_det(z)
        for step, (transform, channels) in zip(reversed(steps[1:]), reversed(self._transforms()), strict=True):
            y, change = transform.inverse(x[:, channels], told(transform))
            x = _put(x, channels, y)
            log_det = log_det + change
            yield step, x, log_det
        yield steps[0], self.squeeze.inverse(x), log_det

    def encode(self, audio: Tensor, mel: Tensor) -> tuple[Tensor, Tensor]:
        """z (B, group, G) and the log-determinant by column (B, G)."""
        *_, (_, z, log_det) = self.walk(audio, mel)
        return z, log_det

    def forward(self, audio: Tensor, mel: Tensor) -> tuple[Tensor, Tensor]:
        """z (B, group, G) and log|det dz/d audio| (B,), over all T * hop samples."""
        z, log_det = self.encode(audio, mel)
        return z, log_det.sum(-1)

    def inverse(self, z: Tensor, mel: Tensor) -> Tensor:
        """The audio (B, T * hop) whose latents are z."""
        *_, (_, audio, _) = self.walk_back(z, mel)
        return audio

    def shift_and_log_scale(self, number: int, columns: Tensor, mel: Tensor) -> tuple[Tensor, Tensor]:
        """What coupling `number` (from 1) does to the half it moves: shift and log-scale, each (B, moved, G).

        columns (B, group, G) are those that enter it: after the mixing of that number, or the coupling's own output,
        since the half that is asked is the same in both.
        """
        width = self.settings.widths()[number - 1]
        kept = columns[:, self.group - width :][:, : width // 2]
        return self.couplings[number - 1].shift_and_log_scale(kept, self.encoder(mel))  # type: ignore[operator]

    def noise(self, frames: int, *, seed: int = 0, start: int = 0, batch: int = 1) -> Tensor:
        """Latents (batch, group, G) to begin with, for frames `start` to `start + frames`; item b is noise `seed + b`.

        They are N(0, 1), but 0 where columns are filled in (`settings.low`): what is foretold there is taken at its
        word, as at temperature 0, since noise between harmonics is what makes a voice hoarse.
        """
        first, count = start * self.columns, frames * self.columns
        drawn = torch.stack([positional_noise(self.group, first, count, seed + item) for item in range(batch)])
        if self.band is not None:
            between = torch.arange(first, first + count) % self.settings.anchors != 0
            drawn[:, : self.band.low, between] = 0
        return drawn.to(next(self.parameters()))

    @torch.inference_mode()
    def synthesise(
        self, mel: Tensor, *, seed: int = 0, temperature: float | None = None, progress: Progress | None = None
    ) -> Tensor:
        """Speech (B, T * hop) for a log-mel (B, 80, T): the inverse of noise at `temperature` (every channel scaled).

        Long mels are done in exact chunks, so that memory stays bounded; `progress` is called with the fraction done.
        """
        self._check(mel)
        pieces: list[Tensor] = []
        done = 0
        for piece in inverse_in_chunks(self, [mel], seed=seed, temperature=temperature):
            pieces.append(piece)
            done += piece.shape[-1]
            if progress is not None:
                progress(done / (mel.shape[-1] * self.mel_settings.hop))
        return torch.cat(pieces, -1)

    def _check(self, mel: Tensor) -> None:
        if mel.ndim != 3 or mel.shape[1] != self.mel_settings.bands or mel.shape[-1] < 1:
            wanted = f"(batch, {self.mel_settings.bands}, frames)"
            raise MelError(f"The mel has shape {tuple(mel.shape)}; it should be {wanted} with at least one frame.")


def _put(x: Tensor, channels: slice, y: Tensor) -> Tensor:
    """x (B, C, G) with y in place of some channels, and x left as it was."""
    parts = [x[:, : channels.start], y, x[:, channels.stop :]]
    return torch.cat([part for part in parts if part.shape[1]], 1) if y.shape[1] < x.shape[1] else y


def negative_log_likelihood(z: Tensor, log_det: Tensor) -> Tensor:
    """-ln p(audio) by column (B, G) in nats: 0.5 z^2 + 0.5 ln 2 pi summed over channels, minus the log-determinant."""
    gaussian = 0.5 * z.square().sum(1) + 0.5 * z.shape[1] * math.log(2 * math.pi)
    return gaussian - log_det
