"""Speech becoming noise, one step of the flow at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from vocoder.explorer.gaussian import GaussianSummary, summarise
from vocoder.features import log_mel
from vocoder.flow import Step
from vocoder.systems import InvertibleVocoder


@dataclass(frozen=True)
class StepSummary:
    """The columns as they are after one step."""

    step: Step
    gaussian: GaussianSummary  # of all their values, held against N(0, 1)
    log_det: float  # of all steps so far, in nats


def flow_steps(flow: InvertibleVocoder, samples: np.ndarray) -> list[StepSummary]:
    """What each step makes of a recording (N,), from the squeeze to z. For clips: all of it is in memory at once."""
    audio = torch.from_numpy(np.asarray(samples, np.float32))[None]
    mel = log_mel(audio, flow.info.mel)
    return [
        StepSummary(step, summarise(columns.numpy()), float(log_det.double().sum()))
        for step, columns, log_det in flow.walk(audio, mel)
    ]
