"""PGHI and RTPGHI, against a transcription of the published algorithm without a heap, and against the true phase."""

import numpy as np
import pytest
import torch

from vocoder.features import MelSettings
from vocoder.inversion import RTPGHI, analytic, centred_stft, contexts, online_phase, oracle, pghi
from vocoder.inversion.pghi import _integrate
from vocoder.inversion.rtpghi import HeapIntegrator

SMALL = MelSettings(n_fft=64, hop=16, window=64)
ADVANCE = 2 * np.pi * np.arange(33) * 16 / 64


def _small(seed: int = 0) -> np.ndarray:
    """Magnitudes (33, 12) over 80 dB, with a silent stripe that parts them."""
    magnitude = 10 ** np.random.default_rng(seed).uniform(-4, 0, (33, 12))
    magnitude[:, 5] = magnitude[14] = 0
    return magnitude


def _same(first: np.ndarray, second: np.ndarray) -> bool:
    return bool(np.abs(np.angle(np.exp(1j * (first - second)))).max() < 1e-9)


def test_pghi_is_algorithm_1_of_the_paper():
    magnitude = _small()
    ours = pghi(torch.from_numpy(magnitude)[None], SMALL)[0].numpy()
    bpd, fpd = (x[0].mT.numpy() for x in analytic(contexts(torch.from_numpy(magnitude)[None], 1), SMALL, look_ahead=1))
    expected, waiting, border = np.zeros((33, 12)), magnitude > 1e-6 * magnitude.max(), set()
    silent = ~waiting
    while waiting.any():
        if not border:
            start = np.unravel_index(np.argmax(np.where(waiting, magnitude, -1)), magnitude.shape)
            waiting[start] = False
            border = {start}
        k, t = max(border, key=lambda place: magnitude[place])
        border.remove((k, t))
        steps = {(k + 1, t): fpd[min(32, k + 1), t], (k - 1, t): -fpd[k, t]}
        steps |= {(k, t + 1): ADVANCE[k] + bpd[k, min(11, t + 1)], (k, t - 1): -ADVANCE[k] - bpd[k, t]}
        for place, step in steps.items():
            if 0 <= place[0] < 33 and 0 <= place[1] < 12 and waiting[place]:
                expected[place] = expected[k, t] + step
                waiting[place] = False
                border.add(place)
    assert _same(ours[~silent], expected[~silent])
    assert len(np.unique(ours[silent])) == silent.sum()  # the rest is drawn


def test_rtpghi_is_the_papers_loop_over_two_frames():
    now, before = _small().T[2], _small(1).T[3]
    rng = np.random.default_rng(5)
    phase, bpd, fpd = rng.uniform(-np.pi, np.pi, (3, 33))
    ours = HeapIntegrator(SMALL)(now, before, phase, bpd, fpd)
    expected, waiting = np.zeros(33), now > 1e-6 * max(now.max(), before.max())
    sounding = waiting.copy()
    border = {(0, k): before[k] for k in range(33)}
    known = {0: phase, 1: expected}
    while waiting.any():
        t, k = max(border, key=border.__getitem__)
        del border[t, k]
        steps = {k: ADVANCE[k] + bpd[k]} if t == 0 else {}
        if t == 1:
            steps = {m: fpd[max(k, m)] * (m - k) for m in (k - 1, k + 1) if 0 <= m < 33}
        for m, step in steps.items():
            if waiting[m]:
                expected[m] = known[t][k] + step
                waiting[m] = False
                border[1, m] = now[m]
    assert _same(ours[sounding], expected[sounding])


@pytest.mark.parametrize("settings", [MelSettings(), MelSettings(n_fft=512, hop=256, window=512)])
def test_any_path_along_true_derivatives_gives_the_true_phase(voice, settings):
    hiss = 1e-2 * np.random.default_rng(0).standard_normal(len(voice))  # joins all bins: an island has any phase
    spectrum = centred_stft(torch.from_numpy(voice + hiss)[None], settings)
    magnitude, true = spectrum.abs()[0].T.numpy(), spectrum.angle()[0].T.numpy()
    bpd, fpd = (x[0].T.numpy() for x in oracle(spectrum, settings))
    sounding = magnitude > 1e-5 * magnitude.max()
    advance = 2 * np.pi * np.arange(magnitude.shape[1]) * settings.hop / settings.n_fft
    whole = _integrate(magnitude, bpd + advance, fpd, 1e-6, np.random.default_rng(0))
    integrator, online = HeapIntegrator(settings), []
    for t in range(len(magnitude)):
        before = online[-1] if t else None
        online.append(integrator(magnitude[t], magnitude[max(0, t - 1)], before, bpd[t], fpd[t]))
    loudest = np.unravel_index(magnitude.argmax(), magnitude.shape)
    for phase in (whole, np.array(online)):
        assert _same((phase - phase[loudest])[sounding], (true - true[loudest])[sounding])


@pytest.mark.parametrize("look_ahead", [0, 1])
def test_rtpghi_starts_afresh_and_by_its_seed(voice, look_ahead):
    magnitude = centred_stft(torch.from_numpy(voice)[None]).abs()[..., :20]
    method = RTPGHI(look_ahead=look_ahead)
    first = online_phase(method, magnitude)
    assert torch.equal(online_phase(method, magnitude), first)
    assert not torch.equal(online_phase(RTPGHI(look_ahead=look_ahead, seed=1), 0 * magnitude), first)
