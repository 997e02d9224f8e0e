"""Telling from its values which unit a mel-spectrogram is in.

Projects that call the same picture a mel disagree about its values: natural logarithm or log10, of magnitudes or
powers, decibels, or one of these squeezed into [0, 1]. A vocoder given the wrong unit returns noise, so what is not a
natural logarithm of magnitudes is recognised here and named.

A natural-log mel of a sound within [-1, 1] lies between ln 1e-5 = -11.5 and 2.5 (a square wave). Speech spans 7 or more
of that at any level, so the log10 of the same mel, which cannot go below -5, differs from a natural logarithm that does
not either: that would be loud and almost even in all bands and at all times, as only noise is.
"""

from __future__ import annotations

import math

import numpy as np

from vocoder.errors import MelError
from vocoder.melsettings import MelSettings

LOUDEST = 4.0  # 1.5 above a square wave at full scale: sounds that exceed it 4.5 times
SLACK = 1.0  # below the floor; networks that predict mels undershoot it a little
QUIETEST_BAND = -1.5  # no sound within [-1, 1] is louder than this in every band at every time; even noise is not
LOUDEST_MEAN = -0.4  # over all values; noise at full scale has -0.8, what was brought to a mean of 0 more
LOG10_HIGHEST = 1.1  # the 2.5 of a square wave, over ln 10
SPEECH_SPREAD = 2.0  # log10 units, from the 1st to the 99th percentile; speech has 2.5 or more
NOISE_CHANGE = 0.075  # change from frame to frame over that spread; speech has less, stationary noise more
PILE = 1e-3  # share of values at a floor that shows it to be one


def check_range(mel: np.ndarray, settings: MelSettings = MelSettings()) -> None:
    """Raises `MelError`, saying what it is instead, unless `mel` (bands, T) can be a natural-log mel of magnitudes."""
    low, high = float(mel.min()), float(mel.max())
    floor = math.log(settings.floor)
    found = _unlike(mel, low, high, floor)
    if found:
        looks_like, instead = found
        raise MelError(f"This mel looks like {looks_like} (values from {low:.3g} to {high:.3g}); {instead}.")


def _unlike(mel: np.ndarray, low: float, high: float, floor: float) -> tuple[str, str] | None:
    """What the values look like and what would be right, or None for a natural-log mel."""
    wanted = f"what is read is ln(max(magnitudes, {math.exp(floor):.0e})), about {floor:.1f} to 2.5"
    if low >= 0 and high > 1 and np.median(mel) < high / 5:  # before a logarithm most values are tiny
        return "linear magnitudes or powers", wanted
    if low >= QUIETEST_BAND and high <= 1.1:
        return f"one scaled to [{0 if low >= 0 else -1}, 1]", f"undo the scaling: {wanted}"
    if low < 2.1 * floor or high > 20:
        return "decibels", f"ln(10) / 20 = 0.1151 times decibels of magnitudes gives what is read, {floor:.1f} to 2.5"
    if low < floor - SLACK:
        return (
            "a logarithm of powers",
            f"half of it, and not below {floor:.1f}, gives that of magnitudes, which is read",
        )
    if high > LOUDEST:
        return "one of samples that were not scaled to [-1, 1]", "divide 16-bit samples by 32768 before the mel is made"
    tacotrons = _piled(mel, -4, low) or (low > -4.1 and high > 2.6)  # [-4, 4], in the first copies of Tacotron 2
    if low >= QUIETEST_BAND or mel.mean() > LOUDEST_MEAN or tacotrons:
        return "one scaled to another range", f"undo the scaling: {wanted}"
    if _piled(mel, 2 * floor / math.log(10), low):
        return (
            "log10 of powers",
            "ln(10) / 2 = 1.1513 times it gives the natural logarithm of magnitudes, which is read",
        )
    if low >= floor / math.log(10) - 0.05 and high <= LOG10_HIGHEST and _log10_of_speech(mel, low, floor):
        return "log10", "ln(10) = 2.3026 times it gives the natural logarithm, which is read"
    return None


def _log10_of_speech(mel: np.ndarray, low: float, floor: float) -> bool:
    if _piled(mel, floor / math.log(10), low):
        return True
    first, last = np.percentile(mel, [1, 99])
    change = np.abs(np.diff(mel, axis=1)).mean()
    return bool(last - first > SPEECH_SPREAD and change < NOISE_CHANGE * (last - first))


def _piled(mel: np.ndarray, level: float, low: float) -> bool:
    """Whether `mel` ends below at `level`, as a mel does that was clamped there."""
    return abs(low - level) < 1e-3 and int(np.count_nonzero(mel < level + 1e-3)) > max(3, PILE * mel.size)
