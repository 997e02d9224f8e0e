"""Surgery on latents: operations one after the other, the way back, and what each of them did.

Every operation is a pure function of z and mel with its settings in a frozen dataclass, so a list of them is a recipe:
`to_dict` and `from_dict` carry it through a link, and whoever follows the link hears the same samples.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, get_type_hints

import numpy as np

from vocoder.errors import SettingsError
from vocoder.explorer import mel_operations as mel
from vocoder.explorer import z_operations as z
from vocoder.explorer.gaussian import summarise, wasserstein
from vocoder.explorer.operation import Latents, Operation, Others

if TYPE_CHECKING:
    from vocoder.systems import InvertibleVocoder

HIGHEST = 120.0  # dB of signal to noise; float32 has no more to say

OPERATIONS: dict[str, type[Operation]] = {
    operation.kind: operation
    for operation in (
        z.Temper, z.Redraw, z.MuteChannels, z.MuteTime, z.Transplant, z.Blend, z.Shuffle, z.Quantise,
        mel.OtherMel, mel.PitchMel, mel.DelayMel,
    )
}  # fmt: skip


def from_dict(values: Mapping[str, Any]) -> Operation:
    """The operation that `to_dict` described; raises `SettingsError` for anything else."""
    if not isinstance(values, Mapping) or values.get("kind") not in OPERATIONS:
        raise SettingsError(f"An operation has a kind among {', '.join(OPERATIONS)}; {values!r} has not.")
    made = OPERATIONS[values["kind"]]
    types = get_type_hints(made)
    given = {name: value for name, value in values.items() if name != "kind"}
    known = {entry.name: types[entry.name] for entry in fields(made)}
    for name, value in given.items():
        if name not in known:
            raise SettingsError(f"{made.kind} has no setting {name!r}; known are {', '.join(known)}.")
        expected = known[name] if known[name] in (int, float) else str
        if isinstance(value, bool) or not isinstance(value, (int, float) if expected is float else expected):
            raise SettingsError(f"{made.kind}: {name} must be a {expected.__name__}, not {value!r}.")
    if "other" in known and "other" not in given:
        raise SettingsError(f"{made.kind} must name another recording.")
    return made(**given)


def operate(given: Latents, operations: Iterable[Operation], others: Others) -> Latents:
    """The latents after all operations, one after the other."""
    for operation in operations:
        given = operation(given, others)
    return given


@dataclass(frozen=True)
class Effect:
    """What operations did. Distances to the recording are over as much as both last, and None where there is none."""

    latents: Latents  # after the operations
    samples: np.ndarray  # (N,) float32, the way back from them; may exceed [-1, 1]
    spectral_distance: float | None  # M-STFT to the recording
    signal_to_noise: float | None  # dB, waveform against waveform: the recording's energy over the difference's
    log_mel_error: float  # of the sound to the mel that it was made from, in nepers
    distance: float  # of z to N(0, 1): 1-D Wasserstein
    std: float  # of z
    kurtosis: float  # of z; NaN where z is constant
    bits: float | None  # a latent, of an ideal code for z, where it lies on the grid it was rounded to last; or None

    def kilobits(self, sample_rate: int) -> float | None:
        """kbit/s of that code, at as many latents as samples."""
        return None if self.bits is None else self.bits * sample_rate / 1000


def perform(
    flow: InvertibleVocoder,
    given: Latents,
    operations: Sequence[Operation],
    others: Others,
    recording: np.ndarray | None = None,
) -> Effect:
    """The way back after operations, and what they did.

    Args:
        recording: (N,) the samples that `given` stands for, to measure against.
    Raises:
        SettingsError: an operation needs a recording that is not there or does not fit.
        MelError: z and mel do not fit the flow.
    """
    import torch

    result = operate(given, operations, others)
    length = result.mel.shape[1] * flow.info.mel.hop
    if recording is not None and result.mel.shape[1] == given.mel.shape[1]:
        length = len(recording)
    made = flow.inverse(torch.from_numpy(result.z.copy())[None], torch.from_numpy(result.mel.copy())[None])
    samples = made[0, :length].numpy()
    summary = summarise(result.z)
    steps = [operation.step for operation in operations if isinstance(operation, z.Quantise)]
    return Effect(
        latents=result,
        samples=samples,
        spectral_distance=None if recording is None else _spectral_distance(recording, samples),
        signal_to_noise=None if recording is None else signal_to_noise(recording, samples),
        log_mel_error=mel_distance(samples, result.mel, result),
        distance=wasserstein(result.z),
        std=summary.std,
        kurtosis=summary.kurtosis,
        bits=entropy(np.rint(result.z / steps[-1])) if steps and _on_grid(result.z, steps[-1]) else None,
    )


def _on_grid(z: np.ndarray, step: float) -> bool:
    """Whether z still is what rounding made of it: later operations may have brought other values."""
    return bool(np.abs(z - step * np.rint(z / step)).max(initial=0.0) < 1e-3 * step)


def entropy(symbols: np.ndarray) -> float:
    """Bits a symbol of an ideal code that knows how often each of them occurs: -sum p log2 p."""
    _, counts = np.unique(symbols, return_counts=True)
    shares = counts / counts.sum()
    return float(-(shares * np.log2(shares)).sum()) + 0.0  # one symbol needs 0 bits, not -0


def signal_to_noise(recording: np.ndarray, samples: np.ndarray) -> float:
    """10 log10 of the recording's energy over the difference's, over as much as both last; at most 120 dB."""
    shared = min(len(recording), len(samples))
    signal = np.asarray(recording[:shared], np.float64)
    noise = np.square(signal - samples[:shared]).sum()
    energy = np.square(signal).sum()
    return 10 * math.log10(max(energy, 1e-20) / max(noise, max(energy, 1e-20) * 10 ** (-HIGHEST / 10)))


def mel_distance(samples: np.ndarray, wanted: np.ndarray, like: Latents) -> float:
    """Mean absolute difference in nepers of a sound's log-mel and a mel (bands, T), over as much as both last."""
    import torch

    from vocoder.features import log_mel

    found = log_mel(torch.from_numpy(samples.copy())[None], like.settings)[0].numpy()
    shared = min(found.shape[1], wanted.shape[1])
    return float(np.abs(found[:, :shared] - wanted[:, :shared]).mean())


def _spectral_distance(recording: np.ndarray, samples: np.ndarray) -> float:
    from vocoder.evaluation.metrics import multi_resolution_stft

    shared = min(len(recording), len(samples))
    return multi_resolution_stft(recording[:shared], samples[:shared])
