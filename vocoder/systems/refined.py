"""Two systems in a row: the flow finds the phases, Griffin-Lim the agreement with the mel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import tee

import torch
from torch import Tensor

from vocoder.features import MelSettings, mel_filterbank
from vocoder.inversion import centred_stft, griffin_lim, mel_to_magnitude
from vocoder.systems.flow import FlowSystem
from vocoder.systems.magnitudes import regrouped
from vocoder.systems.offline import OfflineSystem, faded
from vocoder.systems.protocol import Progress, SystemInfo, part

NAME, ITERATIONS = "flow-griffin-lim", 32
PIECE, OVERLAP = OfflineSystem.PIECE, OfflineSystem.OVERLAP  # frames


class RefinedFlow:
    r"""The flow's speech, drawn by fast Griffin-Lim towards the magnitudes that the mel tells.

        x = flow^-1(z; mel),    X = STFT(x),    M = NNLS(mel) up to the highest mel band and |X| above it
        y = Griffin-Lim(M, starting from arg X)

    Griffin-Lim stops at the nearest phase that agrees with itself, so that where it begins decides how it sounds: the
    flow's phases are those of speech, random ones are not. And above its highest band the mel says nothing, where the
    flow has learned what speech has. What is lost is what the flow alone has: y does not lead back to z.
    """

    def __init__(self, flow: FlowSystem) -> None:
        self.flow = flow
        self.info = refined_info(flow.info)
        self.device = next(flow.flow.parameters()).device

    def synthesise(
        self, mel: Tensor, *, seed: int = 0, temperature: float | None = None, progress: Progress | None = None
    ) -> Tensor:
        return torch.cat(list(self._run([mel], seed, temperature, progress, mel.shape[-1])), -1)

    def stream(self, mels: Iterable[Tensor], *, seed: int = 0, temperature: float | None = None) -> Iterator[Tensor]:
        return self._run(mels, seed, temperature)

    def _run(
        self,
        mels: Iterable[Tensor],
        seed: int,
        temperature: float | None,
        progress: Progress | None = None,
        frames: int = 0,
    ) -> Iterator[Tensor]:
        hop, count = self.info.mel.hop, max(1, -(-(frames - OVERLAP) // (PIECE - OVERLAP)))
        for_flow, for_magnitudes = tee(mels)
        sounds = regrouped(self.flow.stream(for_flow, seed=seed, temperature=temperature), PIECE * hop, OVERLAP * hop)
        pieces = zip(sounds, regrouped(for_magnitudes, PIECE, OVERLAP), strict=True)
        refined = (self._refined(*piece, part(progress, done, count)) for done, piece in enumerate(pieces))
        return faded(refined, OVERLAP * hop)

    @torch.inference_mode()
    def _refined(self, sound: Tensor, mel: Tensor, progress: Progress | None) -> Tensor:
        """The flow's sound (B, t hop) of a mel (B, bands, t), after the iterations."""
        settings = self.info.mel
        spectrum = centred_stft(sound.to(self.device), settings)[..., : mel.shape[-1]]
        magnitude, known = spectrum.abs(), known_bins(settings)
        magnitude[:, :known] = mel_to_magnitude(mel.to(self.device, torch.float32), settings)[:, :known]
        return griffin_lim(magnitude, settings, iterations=ITERATIONS, phase=spectrum.angle(), progress=progress).cpu()


def known_bins(settings: MelSettings) -> int:
    """How many bins the mel tells of: up to the middle of its highest band, behind which its word fades."""
    return int(mel_filterbank(settings)[-1].argmax()) + 1


def refined_info(flow: SystemInfo) -> SystemInfo:
    """The row of a flow's phases refined by Griffin-Lim."""
    return SystemInfo(
        NAME, "Flow, then Griffin-Lim", "flow", flow.parameters, flow.source, flow.licence, flow.mel,
        False, flow.available, flow.reason,
    )  # fmt: skip
