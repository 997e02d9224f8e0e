"""The invertible network as a system: on its device, without gradients, in exact chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor

from vocoder.features import MelSettings
from vocoder.flow import Flow, Step, forward_in_chunks, inverse_in_chunks
from vocoder.flow.chunks import windows
from vocoder.systems.protocol import Progress, SystemInfo, check_temperature
from vocoder.weights import Card


class FlowSystem:
    """A `Flow` on its device; takes and gives CPU tensors."""

    def __init__(self, flow: Flow, info: SystemInfo, device: str | torch.device = "cpu") -> None:
        self.flow = flow.to(device).eval()
        self.info = info
        self.group, self.columns, self.settings = flow.group, flow.columns, flow.settings

    def synthesise(
        self, mel: Tensor, *, seed: int = 0, temperature: float | None = None, progress: Progress | None = None
    ) -> Tensor:
        check_temperature(temperature)
        return self.flow.synthesise(mel, seed=seed, temperature=temperature, progress=progress).cpu()

    def stream(self, mels: Iterable[Tensor], *, seed: int = 0, temperature: float | None = None) -> Iterator[Tensor]:
        check_temperature(temperature)
        for audio in inverse_in_chunks(self.flow, mels, seed=seed, temperature=temperature):
            yield audio.cpu()

    def forward(self, audio: Tensor, mel: Tensor) -> tuple[Tensor, Tensor]:
        audio = torch.nn.functional.pad(audio, (0, mel.shape[-1] * self.info.mel.hop - audio.shape[-1]))
        z, log_det = map(list, zip(*self.stream_forward([(audio, mel)]), strict=True))
        return torch.cat(z, -1), torch.cat(log_det, -1).double().sum(-1)

    def inverse(self, z: Tensor, mel: Tensor) -> Tensor:
        return torch.cat(list(self.stream_inverse([(z, mel)])), -1)

    def noise(self, frames: int, *, seed: int = 0) -> Tensor:
        return self.flow.noise(frames, seed=seed).cpu()

    def steps(self) -> Sequence[Step]:
        return self.flow.steps()

    @torch.inference_mode()
    def walk(self, audio: Tensor, mel: Tensor) -> Iterator[tuple[Step, Tensor, Tensor]]:
        parameter = next(self.flow.parameters())
        for step, columns, log_det in self.flow.walk(audio.to(parameter), mel.to(parameter)):
            yield step, columns.cpu(), log_det.cpu()

    @torch.inference_mode()
    def walk_back(self, z: Tensor, mel: Tensor) -> Iterator[tuple[Step, Tensor, Tensor]]:
        parameter = next(self.flow.parameters())
        for step, columns, log_det in self.flow.walk_back(z.to(parameter), mel.to(parameter)):
            yield step, columns.cpu(), log_det.cpu()

    def lay_out(self, columns: Tensor) -> Tensor:
        return self.flow.squeeze.inverse(columns.to(next(self.flow.parameters()))).cpu()

    @torch.inference_mode()
    def shift_and_log_scale(self, number: int, columns: Tensor, mel: Tensor) -> tuple[Tensor, Tensor]:
        parameter = next(self.flow.parameters())
        shift, log_scale = self.flow.shift_and_log_scale(number, columns.to(parameter), mel.to(parameter))
        return shift.cpu(), log_scale.cpu()

    def stream_forward(self, pieces: Iterable[tuple[Tensor, Tensor]]) -> Iterator[tuple[Tensor, Tensor]]:
        for z, log_det in forward_in_chunks(self.flow, pieces):
            yield z.cpu(), log_det.cpu()

    @torch.inference_mode()
    def stream_inverse(self, pieces: Iterable[tuple[Tensor, Tensor]]) -> Iterator[Tensor]:
        hop = self.info.mel.hop
        parameter = next(self.flow.parameters())
        for _, (z, mel), keep in windows(pieces, (self.columns, 1), self.flow.context, align=self.flow.align):
            audio = self.flow.inverse(z.to(parameter), mel.to(parameter))
            yield audio[:, keep.start * hop : keep.stop * hop].cpu()


def flow_info(card: Card, mel: MelSettings) -> SystemInfo:
    """The row of a flow with the weights that `card` describes."""
    title = card.title or card.name
    return SystemInfo("flow", title, "flow", card.parameters, card.source, card.licence, mel, True, True)
