"""The training loop: likelihood, then losses through the inverse, resumable at any moment."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor, nn

from vocoder.errors import SettingsError
from vocoder.flow import Flow, negative_log_likelihood
from vocoder.training.critics import Critics, adversarial_loss, critic_loss, matching_loss
from vocoder.training.data import MARGIN, Batch, Corpus, Segments, packed
from vocoder.training.export import export
from vocoder.training.logs import Logs
from vocoder.training.losses import magnitude_loss, mel_loss, spectral_loss
from vocoder.training.settings import Schedule, Stage, TrainSettings
from vocoder.weights import load_flow


def sampled(flow: Flow, batch: Batch, noise: Tensor) -> Tensor:
    """Samples (B, N) from `noise` (B, group, G), with the recordings' own bass where Griffin-Lim would fill it in.

    Nothing is learned there from how it sounds, no gradient passes through the iterations, and neither losses nor
    critics should look where nothing can be done. So the way back stops before that step, and its columns are given.
    """
    if flow.band is None:
        return flow.inverse(noise, batch.mel)
    *_, (_, columns, _) = islice(flow.walk_back(noise, batch.mel), len(flow.steps()) - 2)  # all but fill and squeeze
    own = flow.squeeze(batch.audio)[:, : flow.band.low]
    return flow.squeeze.inverse(torch.cat([own, columns[:, flow.band.low :]], 1))


def learning_rate(stage: Schedule, step: int) -> float:
    """Linear warm-up, then half a cosine from `rate` to `last_rate`."""
    if step < stage.warm_up:
        return stage.rate * (step + 1) / stage.warm_up
    done = (step - stage.warm_up) / max(1, stage.steps - stage.warm_up)
    return stage.last_rate + (stage.rate - stage.last_rate) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


class Pair(NamedTuple):
    """A sample from the inverse beside the recording it should sound like, both (B, N)."""

    estimate: Tensor
    target: Tensor


class Trainer:
    """One run. Its whole state is `state()`: with the same settings it continues to the same weights."""

    def __init__(self, settings: TrainSettings, train: Segments, val: Segments, device: torch.device) -> None:
        self.settings, self.train_set, self.val_set, self.device = settings, train, val, device
        torch.manual_seed(settings.seed)
        self.flow = Flow(settings.model, settings.mel).to(device)
        self.average = Flow(settings.model, settings.mel).to(device)
        self.average.load_state_dict(self.flow.state_dict())
        self.average.requires_grad_(False)
        self.optimiser = torch.optim.Adam(self.flow.parameters(), lr=1e-3, betas=(0.9, 0.99))
        self.critics = Critics().to(device) if any(stage.adversarial for stage in settings.stages) else None
        self.critic_optimiser = (
            torch.optim.Adam(self.critics.parameters(), lr=1e-4, betas=(0.8, 0.99)) if self.critics else None
        )
        self.generator = torch.Generator().manual_seed(settings.seed + 1)
        self.step = 0
        self.skipped = 0
        self.rank, self.world = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)

    def state(self) -> dict[str, Any]:
        state = {
            "step": self.step,
            "skipped": self.skipped,
            "flow": self.flow.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "generator": self.generator.get_state(),
        }
        if self.critics is not None and self.critic_optimiser is not None:
            state |= {"critics": self.critics.state_dict(), "critic_optimiser": self.critic_optimiser.state_dict()}
        return state

    def load(self, state: dict[str, Any]) -> None:
        self.step, self.skipped = state["step"], state["skipped"]
        self.flow.load_state_dict(state["flow"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.generator.set_state(state["generator"].cpu())
        if self.critics is not None and self.critic_optimiser is not None and "critics" in state:
            self.critics.load_state_dict(state["critics"])
            self.critic_optimiser.load_state_dict(state["critic_optimiser"])

    def begin_with(self, checkpoint: str) -> None:
        """Takes over the weights of a checkpoint folder of the same shape; raises `SettingsError` for another one."""
        flow, _ = load_flow(checkpoint)
        if flow.settings != self.settings.model or flow.mel_settings != self.settings.mel:
            raise SettingsError(f"{checkpoint} has other model or mel settings than this run; give it the same ones.")
        self.flow.load_state_dict(flow.state_dict())
        self.average.load_state_dict(flow.state_dict())

    @contextmanager
    def _precision(self) -> Iterator[None]:
        with torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.settings.precision == "bfloat16", cache_enabled=False
        ):
            yield

    def _mine(self, batch: Batch, noise: Tensor) -> tuple[Batch, Tensor]:
        """This process's share of a batch that all processes drew alike."""
        rows = slice(self.rank, None, self.world)
        return Batch(batch.audio[rows], batch.mel[rows]), noise[rows]

    def losses(self, flow: Flow, batch: Batch, noise: Tensor, stage: Stage) -> tuple[dict[str, Tensor], Pair | None]:
        """The losses of one stage, unweighted, the margins left out; and the sample beside the recording, if any.

        `noise` (B, group, G) has its temperature already.
        """
        columns = flow.columns
        inside = slice(MARGIN * columns, -MARGIN * columns)
        out: dict[str, Tensor] = {}
        pair = None
        if stage.likelihood:
            with self._precision():
                rows = max(1, round(stage.likelihood_share * len(batch.audio)))
                z, log_det = flow.encode(batch.audio[:rows], batch.mel[:rows])
            out["likelihood"] = negative_log_likelihood(z, log_det)[:, inside].mean() / flow.group
        if stage.magnitudes and flow.band is not None:
            wanted = flow.band.magnitudes(flow.squeeze(batch.audio)[:, : flow.band.low])
            out["magnitudes"] = magnitude_loss(flow.magnitudes(batch.mel)[..., inside], wanted[..., inside])
        if stage.spectral or stage.mel or stage.adversarial:
            with self._precision():
                sample = sampled(flow, batch, noise)
            samples = slice(MARGIN * self.settings.mel.hop, -MARGIN * self.settings.mel.hop)
            pair = Pair(sample[:, samples].float(), batch.audio[:, samples])
            out["spectral"] = spectral_loss(pair.estimate, pair.target)
            out["mel"] = mel_loss(pair.estimate, pair.target, self.settings.mel)
        return out, pair

    def _contest(self, pair: Pair, stage: Stage) -> tuple[dict[str, Tensor], tuple[Tensor, ...]]:
        """What the critics say to the flow about a random crop, and the gradients of what they pay themselves.

        One pass over each of the two sounds serves both, so that critics and flow move at once: two passes instead of
        four, a tenth of the step.
        """
        assert self.critics is not None
        hop, frames = self.settings.mel.hop, min(stage.critic_frames, self.settings.data.frames)
        room = self.settings.data.frames - frames + 1
        first = int(torch.randint(room, (), generator=self.generator)) * hop
        crop = slice(first, first + frames * hop)
        level = pair.target.square().mean(1, keepdim=True).sqrt().clamp_min(1e-3)
        heard, answer = self.critics((pair.target / level)[:, crop]), self.critics((pair.estimate / level)[:, crop])
        loss = critic_loss(heard, answer)
        gradients = torch.autograd.grad(loss, list(self.critics.parameters()), retain_graph=True)
        losses = {
            "adversarial": adversarial_loss(answer),
            "matching": matching_loss(heard, answer),
            "critic": loss.detach(),
        }
        return losses, gradients

    def _teach_critics(self, gradients: tuple[Tensor, ...], stage: Stage) -> None:
        """One step of the critics, once nothing needs the weights any more that they judged with."""
        assert self.critics is not None and self.critic_optimiser is not None
        for parameter, gradient in zip(self.critics.parameters(), gradients, strict=True):
            parameter.grad = gradient
        for group in self.critic_optimiser.param_groups:
            group["lr"] = stage.critic_rate
        self._share_gradients(self.critics)
        norm = nn.utils.clip_grad_norm_(self.critics.parameters(), 10 * self.settings.clip)
        if bool(torch.isfinite(norm)):
            self.critic_optimiser.step()

    def _draw(self, segments: Segments, count: int, generator: torch.Generator) -> tuple[Batch, Tensor]:
        batch = segments.draw(count, generator)
        columns = batch.mel.shape[-1] * self.flow.columns
        noise = torch.randn(count, self.flow.group, columns, generator=generator)
        return batch, noise.to(self.device)

    def advance(self) -> dict[str, float]:
        """One step; returns the losses. A step whose gradient is not finite is skipped and counted."""
        stage, within = self.settings.stage_at(self.step)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(stage, within)
        batch, noise = self._draw(self.train_set, stage.batch, self.generator)
        low, high = stage.temperature
        heat = low + (high - low) * torch.rand(stage.batch, 1, 1, generator=self.generator)
        batch, noise = self._mine(batch, heat.to(self.device) * noise)
        losses, pair = self.losses(self.flow, batch, noise, stage)
        lesson = None
        if stage.adversarial and pair is not None:
            said, lesson = self._contest(pair, stage)
            losses |= said
        total = torch.stack([getattr(stage, name, 0.0) * loss for name, loss in losses.items()]).sum()
        self.optimiser.zero_grad(set_to_none=True)
        total.backward(inputs=list(self.flow.parameters()))
        if lesson is not None:
            self._teach_critics(lesson, stage)
        self._share_gradients(self.flow)
        norm = nn.utils.clip_grad_norm_(self.flow.parameters(), self.settings.clip)
        if bool(torch.isfinite(norm)):
            self.optimiser.step()
            self._update_average()
        else:
            self.skipped += 1
        self.step += 1
        return {name: loss.item() for name, loss in losses.items()} | {"norm": norm.item()}

    def _share_gradients(self, module: nn.Module) -> None:
        if self.world == 1:
            return
        for parameter in module.parameters():
            if parameter.grad is not None:
                dist.all_reduce(parameter.grad)
                parameter.grad /= self.world

    @torch.no_grad()
    def _update_average(self) -> None:
        """The moving average; early steps move it faster, so that it forgets the random start."""
        decay = min(self.settings.average, (1 + self.step) / (10 + self.step))
        for slow, fast in zip(self.average.parameters(), self.flow.parameters(), strict=True):
            slow.lerp_(fast, 1 - decay)

    @torch.no_grad()
    def watch(self, batches: int = 4) -> dict[str, float]:
        """The averaged weights' losses on a fixed draw of the validation recordings, and the moments of their z."""
        generator = torch.Generator().manual_seed(12345)
        stage = Stage(likelihood=1.0, spectral=1.0, mel=1.0)
        heat = self.settings.model.temperature
        totals: dict[str, float] = {}
        for _ in range(batches):
            batch, noise = self._draw(self.val_set, 8, generator)
            losses, _ = self.losses(self.average, batch, heat * noise, stage)
            z, _ = self.average.encode(batch.audio, batch.mel)
            inside = z[..., MARGIN * self.flow.columns : -MARGIN * self.flow.columns]
            values = {name: loss.item() for name, loss in losses.items()}
            centred = inside - inside.mean()
            values |= {"z_mean": inside.mean().item(), "z_std": inside.std().item()}
            values["z_kurtosis"] = (centred.pow(4).mean() / centred.square().mean().square()).item()
            for name, value in values.items():
                totals[name] = totals.get(name, 0.0) + value / batches
        return totals

    @torch.no_grad()
    def listen(self) -> dict[str, Tensor]:
        """One validation segment and what the averaged weights make of its mel, both (N,)."""
        batch, noise = self._draw(self.val_set, 1, torch.Generator().manual_seed(12345))
        heat = self.settings.model.temperature
        return {"recording": batch.audio[0].cpu(), "copy": self.average.inverse(heat * noise, batch.mel)[0].cpu()}


def save_state(state: dict[str, Any], path: Path) -> None:
    """Atomic: a kill at any moment leaves the old state or the new one."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    os.replace(partial, path)


def corpora(settings: TrainSettings) -> tuple[Corpus, Corpus]:
    """The training and validation recordings, packed once into `out`."""
    return packed(settings.out, settings.data, settings.mel.sample_rate)


def train_flow(settings: TrainSettings, *, resume: bool = False, seconds: float | None = None) -> None:
    """Runs a configuration to its end, or for so many seconds; `resume` goes on from the last saved state.

    Under `torchrun` every process takes its share of each batch. Raises `SettingsError` for a configuration that
    cannot be used.
    """
    if "WORLD_SIZE" in os.environ and not dist.is_initialized():
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if torch.cuda.is_available() else "cpu"
    train_corpus, val_corpus = corpora(settings)
    device = torch.device(device)
    trainer = Trainer(
        settings,
        Segments(train_corpus, settings.data, settings.mel, device),
        Segments(val_corpus, settings.data, settings.mel, device),
        device,
    )
    path = Path(settings.out) / "state.pt"
    if resume and path.is_file():
        trainer.load(torch.load(path, map_location=device, weights_only=True))
    elif path.is_file():
        raise SettingsError(f"{path} exists; pass --resume to go on from it, or choose another 'out' folder.")
    elif settings.start:
        trainer.begin_with(settings.start)
    began = time.monotonic()
    with Logs(settings, trainer.step) if trainer.rank == 0 else nullcontext() as logs:
        while trainer.step < settings.steps:
            values = trainer.advance()
            step = trainer.step
            last = step == settings.steps or (seconds is not None and time.monotonic() - began > seconds)
            if logs is not None:
                logs.advance()
                if step % settings.watch_every == 0 or last:
                    values |= {f"val_{name}": value for name, value in trainer.watch().items()}
                    for name, audio in trainer.listen().items():
                        logs.sound(step, name, audio)
                if step % 20 == 0 or last:
                    logs.write(step, values | {"skipped": trainer.skipped})
                if step % settings.save_every == 0 or last:
                    save_state(trainer.state(), path)
            if last:
                break
    if trainer.rank == 0:
        print(f"The averaged weights are in {export(settings, trainer.average, trainer.step)}.", file=sys.stderr)
