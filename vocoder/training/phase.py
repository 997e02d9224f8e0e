"""The training loop of phase networks: their phase differences against the true ones, resumable at any moment."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from vocoder.errors import SettingsError
from vocoder.inversion import DerivativeNetwork
from vocoder.inversion.frames import wrap
from vocoder.training.data import packed
from vocoder.training.export import commit
from vocoder.training.loop import learning_rate, save_state
from vocoder.training.phase_data import PhaseBatch, PhasePieces
from vocoder.training.phase_settings import PhaseSettings
from vocoder.weights.phase import load_network, save_network


def pair_weights(magnitude: Tensor, exponent: float) -> tuple[Tensor, Tensor]:
    """What the phase differences of a batch weigh, each mean 1: products of neighbours' magnitudes to the `exponent`.

    Args:
        magnitude: (B, F + 1, K), one frame more at the beginning.
    Returns:
        Of BPD (B, F, K), and of FPD (B, F, K - 1), which the first bin does not have.
    """
    scaled = magnitude**exponent
    along_time, along_frequency = scaled[:, 1:] * scaled[:, :-1], scaled[:, 1:, 1:] * scaled[:, 1:, :-1]
    return along_time / along_time.mean(), along_frequency / along_frequency.mean()


def phase_loss(network: DerivativeNetwork, batch: PhaseBatch, exponent: float) -> Tensor:
    """The mean of 1 - cos(error), weighted, over both differences (Takamichi et al. 2018: von Mises likelihood)."""
    bpd, fpd = network.estimate(batch.context)
    along_time, along_frequency = pair_weights(batch.magnitude, exponent)
    of_bpd = ((1 - (bpd - batch.bpd).cos()) * along_time).mean()
    of_fpd = ((1 - (fpd - batch.fpd).cos())[..., 1:] * along_frequency).mean()
    return (of_bpd + of_fpd) / 2


class PhaseTrainer:
    """One run. Its whole state is `state()`: with the same settings it continues to the same weights."""

    def __init__(self, settings: PhaseSettings, train: PhasePieces, val: PhasePieces) -> None:
        self.settings, self.train_set, self.val_set = settings, train, val
        torch.manual_seed(settings.seed)
        self.network = DerivativeNetwork(settings.network)
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=settings.rate)
        self.generator = torch.Generator().manual_seed(settings.seed + 1)
        self.step = self.skipped = 0

    def state(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "skipped": self.skipped,
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "generator": self.generator.get_state(),
        }

    def load(self, state: dict[str, Any]) -> None:
        self.step, self.skipped = state["step"], state["skipped"]
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.generator.set_state(state["generator"])

    def begin_with(self, checkpoint: str) -> None:
        """Takes over all layers but the last of a phase network; raises `SettingsError` for one of another shape."""
        other, _ = load_network(checkpoint)
        ours, theirs = self.settings.network, other.settings
        if (ours.channels, ours.kernel) != (theirs.channels, theirs.kernel):
            raise SettingsError(f"{checkpoint} has other channels or another kernel than this run; give it the same.")
        layers = {name: x for name, x in other.state_dict().items() if not name.startswith("leave.")}
        self.network.load_state_dict(layers, strict=False)

    def advance(self) -> float:
        """One step; returns the loss. A step whose gradient is not finite is skipped and counted."""
        settings = self.settings
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(settings, self.step)
        batch = self.train_set.draw(settings.batch, self.generator)
        part = settings.bins[int(torch.randint(len(settings.bins), (), generator=self.generator))]
        loss = phase_loss(self.network, batch.lowest(round(part * batch.bpd.shape[-1])), settings.exponent)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), settings.clip)
        if bool(torch.isfinite(norm)):
            self.optimiser.step()
        else:
            self.skipped += 1
        self.step += 1
        return loss.item()

    @torch.no_grad()
    def watch(self, pieces: int = 32) -> dict[str, float]:
        """On a fixed draw of the validation recordings: the loss, and |error| of both, energy-weighted, in radians.

        `analytic_...` are those of the gradient theorem alone.
        """
        batch = self.val_set.draw(pieces, torch.Generator().manual_seed(12345))
        figures = {"val_loss": phase_loss(self.network, batch, self.settings.exponent).item()}
        along_time, along_frequency = pair_weights(batch.magnitude, 1.0)
        for name, network in (("", self.network), ("analytic_", DerivativeNetwork(self.settings.network))):
            bpd, fpd = network.estimate(batch.context)
            figures[f"{name}bpd_error"] = (wrap(bpd - batch.bpd).abs() * along_time).mean().item()
            figures[f"{name}fpd_error"] = (wrap(fpd - batch.fpd)[..., 1:].abs() * along_frequency).mean().item()
        return figures


def train_phase(settings: PhaseSettings, *, resume: bool = False, seconds: float | None = None) -> None:
    """Runs a configuration to its end, or for so many seconds; `resume` goes on from the last saved state.

    Raises:
        SettingsError: the configuration cannot be used.
    """
    from tqdm import tqdm

    packs = packed(settings.out, settings.data, settings.network.sample_rate)
    trainer = PhaseTrainer(settings, *(PhasePieces(pack, settings.data, settings.network) for pack in packs))
    out, path = Path(settings.out), Path(settings.out) / "state.pt"
    if resume and path.is_file():
        trainer.load(torch.load(path, weights_only=True))
    elif path.is_file():
        raise SettingsError(f"{path} exists; pass --resume to go on from it, or choose another 'out' folder.")
    elif settings.start:
        trainer.begin_with(settings.start)
    began = time.monotonic()
    bar = tqdm(total=settings.steps, initial=trainer.step, unit="step", dynamic_ncols=True, smoothing=0.05)
    with bar, (out / "log.jsonl").open("a", encoding="utf-8") as log:
        while trainer.step < settings.steps:
            loss, step = trainer.advance(), trainer.step
            bar.update()
            last = step == settings.steps or (seconds is not None and time.monotonic() - began > seconds)
            if step % 100 == 0 or last:
                row = {"step": step, "loss": loss, "skipped": trainer.skipped}
                row |= trainer.watch() if step % settings.watch_every == 0 or last else {}
                print(json.dumps({name: round(value, 5) for name, value in row.items()}), file=log, flush=True)
            if step % settings.save_every == 0 or last:
                save_state(trainer.state(), path)
            if last:
                break
    print(f"The weights are in {export(settings, trainer.network, trainer.step)}.", file=sys.stderr)


def export(settings: PhaseSettings, network: DerivativeNetwork, step: int) -> Path:
    """Writes the weights to `out/weights`; the figures are measured afterwards, on what was written."""
    folder = Path(settings.out) / "weights"
    summary = f"{settings.card.summary} {step} training steps.".strip()
    card = replace(settings.card, date=date.today().isoformat(), commit=commit(), summary=summary)
    save_network(network, folder, card, storage="float16")
    return folder
