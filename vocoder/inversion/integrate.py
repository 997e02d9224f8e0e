r"""Two derivative estimates to one phase: a weighted least-squares problem a frame, linear in the number of bins.

With m the magnitudes, p the phases of the frame before, p_hat = p + 2 pi k hop / n_fft + BPD and unknown phasors z_k:

    J(z) = sum_k A_k |z_k - exp(j p_hat_k)|^2 + sum_{k>=1} B_k |z_k - exp(j FPD_k) z_{k-1}|^2
    A_k = (m_k m'_k)^EXPONENT + eps,    B_k = FREQUENCY (m_k m_{k-1})^EXPONENT + eps / 100,    m' of the frame before,

after Masuyama et al. ("Online phase reconstruction via DNN-based phase differences estimation", TASLP 31, 2023), who
scale the unknowns by m; here they are plain phasors, which nothing can overflow. The normal equations are Hermitian and
tridiagonal (Fernandez et al., "Efficient Neural and Numerical Methods for High-Quality Online Speech Spectrogram
Inversion via Gradient Theorem", Interspeech 2025, solve them in linear time). They are real, too: with
C_k = FPD_1 + ... + FPD_k and z_k = exp(j C_k) y_k,

    T y = r,    T_kk = A_k + B_k + B_{k+1},    T_{k,k-1} = -B_k,    r_k = A_k exp(j (p_hat_k - C_k)).

T is strictly diagonally dominant, so that LDL^T needs no pivots and cannot break down; the solution smooths the
mismatch of the two estimates along frequency; and derivatives may come wrapped or not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dptsv

from vocoder.features import MelSettings
from vocoder.inversion.derivatives import baseband_advance

Array = NDArray[np.float64]

EXPONENT = 1.5  # of the magnitudes in the weights; flat optimum between 1 and 1.5
FREQUENCY = 16.0  # how much more the steps along frequency are trusted than those along time; flat from 4 to 64
EPSILON = 1e-10  # keeps T definite where nothing sounds
SILENCE = np.finfo(np.float64).tiny  # a loudness that can be divided by


def wrapped(phase: Array) -> Array:
    """The same angle within [-pi, pi]."""
    return phase - 2 * np.pi * np.round(phase / (2 * np.pi))


def weights(
    magnitude: Array, before: Array, exponent: float = EXPONENT, frequency: float = FREQUENCY
) -> tuple[Array, Array]:
    """A (K,) and B_1 ... B_{K-1} (K - 1,) of a frame's and the last one's magnitudes; the level does not matter."""
    loudest = max(magnitude.max(), before.max(), SILENCE)
    now = magnitude / loudest
    along_time = _power(now * before / loudest, exponent) + EPSILON
    along_frequency = frequency * _power(now[1:] * now[:-1], exponent) + 0.01 * EPSILON
    return along_time, along_frequency


def _power(x: Array, exponent: float) -> Array:
    """x^exponent for x >= 0; a root is eight times quicker than a general power."""
    return x * np.sqrt(x) if exponent == 1.5 else x**exponent


def tridiagonal(along_time: Array, along_frequency: Array) -> tuple[Array, Array]:
    """The diagonal (K,) and the side (K - 1,) of T."""
    diagonal = along_time.copy()
    diagonal[1:] += along_frequency
    diagonal[:-1] += along_frequency
    return diagonal, -along_frequency


def solve(diagonal: Array, side: Array, right: Array) -> Array:
    """y of T y = r by LAPACK's LDL^T for tridiagonal matrices: (K,), (K - 1,), (2, K) -> (2, K), real and imaginary."""
    return dptsv(diagonal, side, right.T)[2].T


class LeastSquares:
    """The recursion over frames; remembers nothing but the constants of the transform."""

    def __init__(
        self, settings: MelSettings = MelSettings(), *, exponent: float = EXPONENT, frequency: float = FREQUENCY
    ) -> None:
        self._advance = baseband_advance(settings).numpy()
        self._powers = exponent, frequency

    def __call__(self, magnitude: Array, before: Array, phase: Array | None, bpd: Array, fpd: Array) -> Array:
        """The phase (K,) of the frame of `magnitude`, whose predecessor has magnitudes `before` and `phase`.

        Without a predecessor (`phase` None) the frequency differences alone decide, from phase fpd[0] at DC.
        """
        along = np.cumsum(fpd)
        if phase is None:
            return wrapped(along)
        along_time, along_frequency = weights(magnitude, before, *self._powers)
        mismatch = phase + self._advance + bpd - along
        right = np.array((np.cos(mismatch), np.sin(mismatch))) * along_time
        real, imaginary = solve(*tridiagonal(along_time, along_frequency), right)
        return wrapped(along + np.arctan2(imaginary, real))
