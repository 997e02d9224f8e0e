"""Training, of flows and of phase networks; never imported when the explorer serves."""

from __future__ import annotations

from pathlib import Path

from vocoder.errors import SettingsError
from vocoder.training.settings import TrainSettings, read_values

__all__ = ["train"]


def train(config: str | Path, *, resume: bool = False, seconds: float | None = None) -> None:
    """Runs a configuration (a JSON file) to its end, or for so many seconds.

    Args:
        config: its top-level `kind` says what is trained: "flow", also where it is left out, or "phase".
        resume: go on from the last saved state.
    Raises:
        SettingsError: the configuration cannot be used.
    """
    values = read_values(config)
    kind = values.pop("kind", "flow")
    if kind == "flow":
        from vocoder.training.loop import train_flow

        train_flow(TrainSettings.from_dict(values), resume=resume, seconds=seconds)
    elif kind == "phase":
        from vocoder.training.phase import train_phase
        from vocoder.training.phase_settings import PhaseSettings

        train_phase(PhaseSettings.from_dict(values), resume=resume, seconds=seconds)
    else:
        raise SettingsError(f"A training configuration's kind is 'flow' or 'phase', not {kind!r}.")
