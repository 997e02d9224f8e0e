"""Griffin-Lim for a live signal: iterate on the newest few frames only, then let the oldest of them go."""

from __future__ import annotations

import numpy as np

from vocoder.errors import SettingsError
from vocoder.features import MelSettings
from vocoder.inversion.frames import FAINT, window
from vocoder.inversion.integrate import Array
from vocoder.inversion.online import OnlinePhase


class RTISI(OnlinePhase):
    """RTISI-LA: Zhu, Beauregard & Wyse, "Real-time signal estimation from modified short-time Fourier transform
    magnitude spectra", TASLP 15(5), 2007.

    A frame's first phase is what the sound so far has in its place, as far as it reaches. Then all frames that are not
    yet given away, the newest `look_ahead` + 1, are overlap-added onto the finished sound, analysed, and given their
    magnitudes back, `iterations` times. Dividing by the coverage that is there makes up for windows still to come,
    and fading where there is next to none keeps the newest frame's end from running wild; the paper has an asymmetric
    window for both.
    """

    def __init__(
        self, settings: MelSettings = MelSettings(), *, look_ahead: int = 3, iterations: int = 8, shape: str = "hann"
    ) -> None:
        if look_ahead < 0 or iterations < 1:
            raise SettingsError("RTISI: look_ahead must be at least 0 and iterations at least 1.")
        self.look_ahead, self._iterations = look_ahead, iterations
        self._hop, self._n_fft = settings.hop, settings.n_fft
        self._window = window(settings, shape)
        self._least = FAINT * np.sum(self._window**2) / self._hop
        self._centre = (-1.0) ** np.arange(settings.n_fft // 2 + 1)
        self.reset()

    def reset(self) -> None:
        length = self.look_ahead * self._hop + self._n_fft
        self._sum, self._coverage = np.zeros(length), np.zeros(length)
        self._phasors = np.tile(self._centre.astype(complex), (self.look_ahead + 1, 1))
        self._started = False

    def step(self, frames: Array) -> Array:
        if self._started:
            self._phasors[-1] = self._analyse(*self._overlap(frames[:-1]))[-1]
        self._started = True
        for _ in range(self._iterations):
            self._phasors[:] = self._analyse(*self._overlap(frames))
        phase = np.angle(self._phasors[0] * self._centre)
        self._give_away(frames[:1])
        return phase

    def _overlap(self, magnitudes: Array) -> tuple[Array, Array]:
        """The finished sound plus the frames of `magnitudes` (n, K) with their current phases, and its coverage."""
        total, coverage = self._sum.copy(), self._coverage.copy()
        pieces = np.fft.irfft(magnitudes * self._phasors[: len(magnitudes)], self._n_fft) * self._window
        for index, piece in enumerate(pieces):
            place = slice(index * self._hop, index * self._hop + self._n_fft)
            total[place] += piece
            coverage[place] += self._window**2
        return total, coverage

    def _analyse(self, total: Array, coverage: Array) -> np.ndarray:
        """Phasors (look_ahead + 1, K) of a sound; 1 where it is silent."""
        sound = total / np.maximum(coverage, self._least)
        views = np.lib.stride_tricks.sliding_window_view(sound, self._n_fft)[:: self._hop]
        spectrum = np.fft.rfft(views * self._window)
        size = np.abs(spectrum)
        return np.where(size > 0, spectrum / np.where(size > 0, size, 1), self._centre)

    def _give_away(self, oldest: Array) -> None:
        total, coverage = self._overlap(oldest)
        for buffer, filled in ((self._sum, total), (self._coverage, coverage)):
            buffer[: -self._hop] = filled[self._hop :]
            buffer[-self._hop :] = 0
        self._phasors[:-1] = self._phasors[1:]
