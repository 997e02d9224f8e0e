"""Single-pass spectrogram inversion: every spectral peak is a sinusoid, and drags its surroundings along."""

from __future__ import annotations

import numpy as np

from vocoder.features import MelSettings
from vocoder.inversion.integrate import Array, wrapped
from vocoder.inversion.online import OnlinePhase


class SPSI(OnlinePhase):
    """The method of Beauregard, Harish & Wyse ("Single pass spectrogram inversion", IEEE DSP 2015); causal.

    A peak at bin k, moved by p in (-1/2, 1/2) by the parabola through it and its two neighbours, is a tone of frequency
    (k + p) / n_fft: its phase advances by 2 pi (k + p) hop / n_fft from that of the same bin one frame before. All bins
    from the trough below to the trough above share it (with window-centre phases, no sign alternates in a main lobe).
    """

    def __init__(self, settings: MelSettings = MelSettings()) -> None:
        self._turn = 2 * np.pi * settings.hop / settings.n_fft
        self._phase = np.zeros(settings.n_fft // 2 + 1)

    def reset(self) -> None:
        self._phase = np.zeros_like(self._phase)

    def step(self, frames: Array) -> Array:
        magnitude = frames[0]
        rises = np.diff(magnitude) > 0
        peaks = np.flatnonzero(rises[:-1] & ~rises[1:]) + 1
        if not len(peaks):
            return self._phase
        troughs = np.flatnonzero(~rises[:-1] & rises[1:]) + 1
        low, high, top = magnitude[peaks - 1], magnitude[peaks + 1], magnitude[peaks]
        moved = 0.5 * (low - high) / (low - 2 * top + high)
        phase = self._phase[peaks] + self._turn * (peaks + moved)
        # Rises and falls alternate: one trough lies between two peaks; one outside them bounds nothing.
        bounds = troughs[(troughs > peaks[0]) & (troughs < peaks[-1])]
        self._phase = wrapped(phase[np.searchsorted(bounds, np.arange(len(magnitude)), side="right")])
        return self._phase
