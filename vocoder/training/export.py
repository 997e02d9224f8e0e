"""From a training state to a checkpoint folder that the explorer loads."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from vocoder.flow import Flow
from vocoder.project import commit
from vocoder.training.settings import TrainSettings
from vocoder.weights import save_flow


def export(settings: TrainSettings, average: Flow, step: int) -> Path:
    """Writes the averaged weights to `out/weights` as float16; the card says when, from which commit and how long.

    The figures are measured afterwards, on what was written (`python -m vocoder evaluate`).
    """
    folder = Path(settings.out) / "weights"
    summary = f"{settings.card.summary} {step} training steps.".strip()
    card = replace(settings.card, date=date.today().isoformat(), commit=commit(), summary=summary)
    save_flow(average, folder, card, storage="float16")
    return folder
