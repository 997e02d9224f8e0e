"""Least-squares integration, against dense least squares, the true phase and finite differences."""

import numpy as np
import pytest
import torch

from vocoder.features import MelSettings
from vocoder.inversion import centred_stft, integrate, oracle
from vocoder.inversion.derivatives import baseband_advance
from vocoder.inversion.integrate import EPSILON, LeastSquares, solve, tridiagonal, weights

TINY = MelSettings(n_fft=16, hop=4, window=16, fmax=8000)


def _random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-np.pi, np.pi, shape)


def _distance(first: np.ndarray, second: np.ndarray, magnitude: np.ndarray) -> float:
    """The largest difference of two phases, up to one rotation of the whole, where there is sound to have a phase."""
    turn = np.exp(1j * (first - second))
    turn *= np.exp(-1j * np.angle((turn * magnitude**2).sum()))
    return float(np.abs(np.angle(turn))[magnitude > 1e-6 * magnitude.max()].max())


@pytest.mark.parametrize("bins", [2, 9, 129])
def test_one_frame_is_the_minimum_of_its_criterion(bins):
    settings = MelSettings(n_fft=2 * (bins - 1), hop=max(1, bins // 2), window=2 * (bins - 1))
    phase, bpd, fpd = _random(3, bins)
    now, before = 10 ** (_random(2, bins, seed=1) / 2)
    ours = LeastSquares(settings, exponent=1.0, frequency=3.0)(now, before, phase, bpd, fpd)
    # The criterion J itself, a row a term, given to NumPy.
    level = max(now.max(), before.max()) ** 2
    ahead = phase + 2 * np.pi * np.arange(bins) * settings.hop / settings.n_fft + bpd
    rows = np.zeros((2 * bins - 1, bins), complex)
    right = np.zeros(2 * bins - 1, complex)
    for k in range(bins):
        rows[k, k] = np.sqrt(now[k] * before[k] / level + EPSILON)
        right[k] = rows[k, k] * np.exp(1j * ahead[k])
    for k in range(1, bins):
        weight = np.sqrt(3.0 * now[k] * now[k - 1] / level + 0.01 * EPSILON)
        rows[bins + k - 1, k], rows[bins + k - 1, k - 1] = weight, -weight * np.exp(1j * fpd[k])
    expected = np.angle(np.linalg.lstsq(rows, right, rcond=None)[0])
    assert np.abs(np.angle(np.exp(1j * (ours - expected)))).max() < 1e-9


@pytest.mark.parametrize("bins", [2, 129, 513])
def test_the_tridiagonal_solver_is_the_dense_one(bins):
    along_time, along_frequency = weights(*10 ** (_random(2, bins) / 2))
    diagonal, side = tridiagonal(along_time, along_frequency)
    right = _random(2, bins, seed=2)
    matrix = np.diag(along_time)
    for k, weight in enumerate(along_frequency):  # T as the sum of its terms' own 2 x 2 matrices
        matrix[k : k + 2, k : k + 2] += weight * np.array([[1, -1], [-1, 1]])
    np.testing.assert_allclose(solve(diagonal, side, right), np.linalg.solve(matrix, right.T).T, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(
    ("n_fft", "hop", "shape"),
    [(512, 128, "hann"), (1024, 256, "hann"), (512, 256, "hann"), (512, 128, "hamming"), (512, 100, "blackman")],
)
def test_true_derivatives_give_the_true_phase(voice, n_fft, hop, shape):
    settings = MelSettings(n_fft=n_fft, hop=hop, window=n_fft)
    spectrum = centred_stft(torch.from_numpy(voice)[None], settings, shape)
    phase = integrate(spectrum.abs(), *oracle(spectrum, settings), settings)
    assert _distance(phase[0].numpy(), spectrum.angle()[0].numpy(), spectrum.abs()[0].numpy()) < 1e-9


def test_the_batch_is_the_recursion_a_frame_at_a_time(voice):
    spectrum = centred_stft(torch.from_numpy(np.stack([voice, voice[::-1]]).copy()))[..., 10:40]
    magnitude = spectrum.abs()
    bpd, fpd = oracle(spectrum)
    noise = 0.4 * torch.randn(bpd.shape, generator=torch.Generator().manual_seed(0), dtype=bpd.dtype)
    batch = integrate(magnitude, bpd + noise, fpd - noise)
    step = LeastSquares()
    for clip in range(2):
        phase = None
        for t in range(magnitude.shape[-1]):
            now, before = magnitude[clip, :, t].numpy(), magnitude[clip, :, max(0, t - 1)].numpy()
            bins = (fpd - noise)[clip, :, t].numpy().copy()
            bins[0] = 0
            phase = step(now, before, phase, (bpd + noise)[clip, :, t].numpy(), bins)
            assert _distance(phase, batch[clip, :, t].numpy(), np.ones(513)) < 1e-6


def test_gradients_are_finite_differences():
    magnitude = torch.from_numpy(10 ** (_random(2, 9, 3) / 4)).requires_grad_()
    bpd, fpd = (torch.from_numpy(_random(2, 9, 3, seed=seed)).requires_grad_() for seed in (1, 2))

    def phasors(*inputs: torch.Tensor) -> torch.Tensor:
        phase = integrate(*inputs, TINY)
        return torch.stack([phase.cos(), phase.sin()])

    assert torch.autograd.gradcheck(phasors, (magnitude, bpd, fpd), atol=1e-6, rtol=1e-4)


def test_the_level_does_not_matter_nor_do_full_turns():
    magnitude, bpd, fpd = torch.from_numpy(_random(3, 1, 9, 5)).unbind()
    magnitude = magnitude.abs()
    phase = integrate(magnitude, bpd, fpd, TINY)
    turned = integrate(1e-4 * magnitude, bpd + 2 * torch.pi, fpd - 4 * torch.pi, TINY)
    assert torch.cos(turned - phase).min() > 1 - 1e-9


def test_silence_between_sounds_stays_finite():
    magnitude = torch.ones(1, 9, 8)
    magnitude[..., 2:5] = 0
    magnitude[:, 3:6] = 0
    phase = integrate(magnitude, torch.ones(1, 9, 8), torch.ones(1, 9, 8), TINY)
    assert phase.dtype == torch.float32 and phase.isfinite().all()
    assert phase.abs().max() <= np.pi + 1e-6


def test_the_advance_is_exact_however_many_turns():
    settings = MelSettings(hop=255)
    expected = np.exp(2j * np.pi * np.arange(513) * 255 / 1024)
    np.testing.assert_allclose(np.exp(1j * baseband_advance(settings).numpy()), expected, atol=1e-12)
