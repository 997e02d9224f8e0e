"""What a training run is told: one closed JSON file, a reason for every number."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol, TypeVar

from vocoder.errors import SettingsError
from vocoder.features import MelSettings
from vocoder.flow import FlowSettings
from vocoder.weights import Card


@dataclass(frozen=True)
class DataSettings:
    """Which recordings, and how they are varied."""

    folder: str = ""  # sound files, with a manifest.csv (file, split), an LJSpeech metadata.csv, or neither
    split: str = "train"  # rows of the manifest to train on
    val_split: str = "val"  # rows to watch the loss on; without a manifest every 50th file
    speeds: tuple[float, ...] = (1.0,)  # each recording also resampled by these factors: other pitches, other voices
    gain_db: tuple[float, float] = (-18.0, 14.0)  # level drawn in this range, so that uploads of any loudness work
    frames: int = 64  # of a segment, 0.74 s; the losses leave out a margin block on either side


@dataclass(frozen=True)
class Stage:
    """A stretch of training with one set of losses and one cosine schedule."""

    name: str = "likelihood"  # shown while it runs
    steps: int = 1000
    batch: int = 8  # segments a step, over all processes
    rate: float = 1e-3  # peak learning rate of Adam
    last_rate: float = 1e-5  # where the cosine ends; annealing alone lifts PESQ
    warm_up: int = 100  # steps of linear warm-up
    likelihood: float = 1.0  # weight of the negative log-likelihood, nats a sample; holds the latents Gaussian
    likelihood_share: float = 1.0  # of the segments that it is taken on: it costs as much as the inverse
    spectral: float = 0.0  # weight of the multi-resolution STFT loss on samples from the inverse
    mel: float = 0.0  # weight of the log-mel L1 on the same samples
    magnitudes: float = 1.0  # weight of how far the bass's magnitudes are told wrongly, where a flow has `low`
    adversarial: float = 0.0  # weight of the least-squares GAN loss
    matching: float = 0.0  # weight of the critics' feature matching
    critic_rate: float = 4e-4  # learning rate of the critics, held
    critic_frames: int = 32  # of each segment that the critics see, 0.37 s; they cost more than the flow
    temperature: tuple[float, float] = (0.6, 1.0)  # of the inverse's noise, drawn by segment between these two:
    # at one temperature alone the network learns not to mind it


UNNAMED = Card("flow", "unknown", "trained here")


@dataclass(frozen=True)
class TrainSettings:
    """A whole run: model, data, stages."""

    out: str = "runs/flow"  # where the state, the logs and the exported weights go
    model: FlowSettings = field(default_factory=FlowSettings)
    mel: MelSettings = field(default_factory=MelSettings)
    data: DataSettings = field(default_factory=DataSettings)
    card: Card = UNNAMED  # what the exported weights say of themselves
    start: str = ""  # a checkpoint folder whose weights a new run begins with, so that several sessions add up
    stages: tuple[Stage, ...] = (Stage(),)
    seed: int = 0
    clip: float = 5.0  # gradient norm that is not exceeded
    average: float = 0.999  # decay of the exponential moving average that is exported
    precision: str = "float32"  # or "bfloat16": the convolutions under autocast, the transforms stay in float32
    save_every: int = 200  # steps between resumable states
    watch_every: int = 200  # steps between looks at the validation loss

    @property
    def steps(self) -> int:
        return sum(stage.steps for stage in self.stages)

    def stage_at(self, step: int) -> tuple[Stage, int]:
        """The stage of a step and the step within it; the last stage for the step after the end."""
        for stage in self.stages:
            if step < stage.steps:
                return stage, step
            step -= stage.steps
        return self.stages[-1], self.stages[-1].steps

    @classmethod
    def read(cls, path: str | Path) -> TrainSettings:
        """The settings in a JSON file; raises `SettingsError` with what is unknown or misplaced in it."""
        return cls.from_dict(read_values(path))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> TrainSettings:
        values = dict(values)
        parts: dict[str, Any] = {
            "model": FlowSettings.from_dict(values.pop("model", {})),
            "mel": MelSettings.from_dict(values.pop("mel", {})),
            "card": Card.from_dict(UNNAMED.to_dict() | values.pop("card", {})),
            "data": closed(DataSettings, values.pop("data", {})),
            "stages": tuple(closed(Stage, stage) for stage in values.pop("stages", [{}])),
        }
        return closed(cls, values | parts)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def read_values(path: str | Path) -> dict[str, Any]:
    """The object in a JSON file; raises `SettingsError`."""
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"There is no training configuration {path}; give the path of a JSON file.") from None
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} is not a readable JSON file: {error}.") from None
    if not isinstance(values, dict):
        raise SettingsError(f"{path} should hold one JSON object.")
    return values


class Schedule(Protocol):
    """A learning rate's way: linear warm-up, then half a cosine."""

    @property
    def steps(self) -> int: ...
    @property
    def rate(self) -> float: ...
    @property
    def last_rate(self) -> float: ...
    @property
    def warm_up(self) -> int: ...


T = TypeVar("T")


def closed(kind: type[T], values: dict[str, Any]) -> T:
    """A dataclass from a dict whose keys must all be its fields, and values of their kind; lists become tuples."""
    known = {f.name: f.default for f in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise SettingsError(f"Unknown setting {unknown[0]!r} in {kind.__name__}; known are {', '.join(sorted(known))}.")
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    for name, value in values.items():
        if not _alike(value, known[name]):
            raise SettingsError(f"Setting {name!r} in {kind.__name__} must be like {known[name]!r}, not {value!r}.")
    return kind(**values)


def _alike(value: Any, default: Any) -> bool:
    """Whether a value from JSON is of its default's kind; a default that is no JSON value says nothing."""
    if isinstance(default, tuple):
        return isinstance(value, tuple) and all(_alike(x, default[0]) for x in value)
    if type(default) is float:
        return type(value) in (int, float)
    return type(default) not in (int, str) or type(value) is type(default)
