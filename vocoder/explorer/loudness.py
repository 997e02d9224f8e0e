"""How loud a sound is to an ear, by ITU-R BS.1770-4: what a switch between recordings has to even out."""

from __future__ import annotations

import math

import numpy as np

BLOCK, STEP = 0.4, 0.1  # seconds; blocks overlap by three quarters
ABSOLUTE_GATE, RELATIVE_GATE = -70.0, -10.0  # LUFS, and LU below the mean of what is above the first gate
OFFSET = -0.691  # dB: a sine of 997 Hz at full scale is at -3.01 LUFS
TAIL = 0.5  # seconds of silence after the sound, in which the filters ring out


def loudness(samples: np.ndarray, sample_rate: int) -> float | None:
    """Integrated loudness in LUFS of one channel (N,) in [-1, 1]; None for what is too quiet to be measured.

    A sound shorter than a block is one block.
    """
    samples = np.asarray(samples, np.float64)
    power = np.square(weighted(samples, sample_rate))
    length, step = min(round(BLOCK * sample_rate), len(power)), round(STEP * sample_rate)
    if not length:
        return None
    total = np.concatenate([[0.0], np.cumsum(power)])
    starts = np.arange(0, len(power) - length + 1, step)
    blocks = (total[starts + length] - total[starts]) / length
    heard = blocks[blocks > 10 ** ((ABSOLUTE_GATE - OFFSET) / 10)]
    if not len(heard):
        return None
    heard = heard[heard > heard.mean() * 10 ** (RELATIVE_GATE / 10)]
    return OFFSET + 10 * math.log10(heard.mean())


def weighted(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Samples (N,) after the K-weighting, the standard's model of head and ear."""
    size = len(samples) + round(TAIL * sample_rate)
    size = 1 << (size - 1).bit_length()
    delay = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)  # z^-1 on the unit circle
    response = np.ones_like(delay)
    for above, below in k_weighting(sample_rate):
        response *= np.polyval(above[::-1], delay) / np.polyval(below[::-1], delay)
    return np.fft.irfft(np.fft.rfft(samples, size) * response, size)[: len(samples)]


def k_weighting(sample_rate: int) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """The two filters, (b, a) of three coefficients each: a shelf of +4 dB above 1.7 kHz and a high-pass at 38 Hz.

    The standard has the numbers for 48 kHz; the analogue filters behind them, which give the numbers for any other rate
    by the bilinear transform, are from De Man, "Evaluation of implementations of the EBU R128 loudness measurement",
    AES Convention 145 (2018).
    """
    k, quality = math.tan(math.pi * 1681.974450955533 / sample_rate), 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    below = np.array([1 + k / quality + k * k, 2 * (k * k - 1), 1 - k / quality + k * k])
    above = np.array([high + middle * k / quality + k * k, 2 * (k * k - high), high - middle * k / quality + k * k])
    shelf = above / below[0], below / below[0]
    k, quality = math.tan(math.pi * 38.13547087602444 / sample_rate), 0.5003270373238773
    below = np.array([1 + k / quality + k * k, 2 * (k * k - 1), 1 - k / quality + k * k])
    return shelf, (np.array([1.0, -2.0, 1.0]), below / below[0])
