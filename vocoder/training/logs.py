"""What a run says while it goes: a progress bar, a JSON line every few steps, and TensorBoard where installed."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from torch import Tensor

from vocoder.training.settings import TrainSettings


class Logs:
    """Used as a context; figures given to `write` appear in all three places."""

    def __init__(self, settings: TrainSettings, step: int) -> None:
        from tqdm import tqdm

        out = Path(settings.out)
        self.settings = settings
        self.file = (out / "log.jsonl").open("a", encoding="utf-8")
        self.bar = tqdm(total=settings.steps, initial=step, unit="step", dynamic_ncols=True, smoothing=0.05)
        self.board = _tensorboard(out)
        self.began, self.first = time.monotonic(), step

    def __enter__(self) -> Logs:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.close()
        self.file.close()
        if self.board is not None:
            self.board.close()

    def advance(self) -> None:
        self.bar.update()

    def write(self, step: int, values: dict[str, float]) -> None:
        """Losses and other figures of a step; `val_` before a name means the validation recordings."""
        stage, _ = self.settings.stage_at(step - 1)
        batches = (step - self.first) / max(1e-9, time.monotonic() - self.began)
        seconds = stage.batch * self.settings.data.frames * self.settings.mel.hop / self.settings.mel.sample_rate
        values = values | {"speech_seconds_per_second": batches * seconds}
        if "likelihood" in values:
            values["bits_per_sample"] = values["likelihood"] / math.log(2) + 15
        self.file.write(json.dumps({"step": step} | {name: round(value, 5) for name, value in values.items()}) + "\n")
        self.file.flush()
        shown = ("bits_per_sample", "spectral", "mel", "adversarial", "speech_seconds_per_second")
        short = {"bits_per_sample": "bit", "speech_seconds_per_second": "x"}
        self.bar.set_description(stage.name)
        self.bar.set_postfix({short.get(name, name): f"{values[name]:.3g}" for name in shown if name in values})
        if self.board is not None:
            for name, value in values.items():
                place = name.replace("val_", "val/") if name.startswith("val_") else f"train/{name}"
                self.board.add_scalar(place, value, step)

    def sound(self, step: int, name: str, audio: Tensor) -> None:
        """A short clip (N,) for the ear, in TensorBoard only."""
        if self.board is not None:
            self.board.add_audio(name, audio.clamp(-1, 1)[None], step, self.settings.mel.sample_rate)


def _tensorboard(out: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(out / "tensorboard"))
