"""The phase's derivatives: signs and sizes where they are known in closed form, and the theorem that estimates them."""

import numpy as np
import pytest
import torch

from vocoder.features import MelSettings
from vocoder.inversion import analytic, centred_stft, contexts, oracle
from vocoder.inversion.derivatives import CONTEXT, FLOOR, WIDTHS
from vocoder.inversion.frames import wrap

HOP, N = 256, 1024


def _spectrum(signal: np.ndarray, settings: MelSettings = MelSettings(), shape: str = "hann") -> torch.Tensor:
    return centred_stft(torch.from_numpy(signal)[None], settings, shape)


@pytest.mark.parametrize("offset", [-0.4, 0.0, 0.3])
def test_a_sinusoid_turns_by_its_distance_from_the_bin(offset):
    bin_ = 100
    tone = np.cos(2 * np.pi * (bin_ + offset) / N * np.arange(20 * HOP) + 0.7)
    bpd, fpd = oracle(_spectrum(tone))
    assert bpd[0, bin_, 10].item() == pytest.approx(2 * np.pi * HOP / N * offset, abs=1e-6)
    assert fpd[0, bin_ : bin_ + 2, 10].abs().max() < 1e-4


@pytest.mark.parametrize("late", [-90, 0, 40, 120])
def test_an_impulse_has_its_delay_as_slope_along_frequency(late):
    click = np.zeros(20 * HOP)
    click[10 * HOP + late] = 1
    bpd, fpd = oracle(_spectrum(click))
    np.testing.assert_allclose(fpd[0, 1:, 10].numpy(), -2 * np.pi * late / N, atol=1e-9)
    # Seen from the next frame it lies a hop earlier, which just cancels the advance of each bin.
    assert bpd[0, :, 11].abs().max() < 1e-9


@pytest.mark.parametrize("look_ahead", [0, 1])
def test_contexts_are_what_a_stream_has_seen(look_ahead):
    magnitude = torch.rand(2, 5, 7, generator=torch.Generator().manual_seed(1)).double() ** 8
    magnitude[0, 2, 4] = 1e6
    seen = contexts(magnitude, look_ahead).numpy()
    clips = magnitude.numpy()
    for clip in range(2):
        for now in range(7):
            last = min(6, now + look_ahead)
            for place in range(CONTEXT):
                frame = np.clip(now + look_ahead - (CONTEXT - 1) + place, 0, 6)
                expected = np.log(np.maximum(clips[clip, :, frame], FLOOR * clips[clip, :, : last + 1].max()))
                np.testing.assert_allclose(seen[clip, now, place], expected)


def test_the_theorem_holds_for_a_gaussian_window():
    # Two chirps and a click. n_fft is four times the window, so that differences along frequency are derivatives.
    settings, time = MelSettings(n_fft=4096, hop=32, window=1024), np.arange(6000)
    signal = np.cos(0.4 * time + 5e-5 * time**2) + 0.5 * np.cos(1.6 * time - 4e-5 * time**2)
    signal[3000] += 30
    spectrum = _spectrum(signal, settings, "gaussian")
    true_bpd, true_fpd = oracle(spectrum, settings)
    bpd, fpd = (x.mT for x in analytic(contexts(spectrum.abs(), 1), settings, look_ahead=1, shape="gaussian"))
    strong = (spectrum.abs() > 0.3 * spectrum.abs().max())[:, 2:, 20:-20]
    for true, estimate in ((true_bpd, bpd), (true_fpd, fpd)):
        error = wrap(true - estimate)[:, 2:, 20:-20][strong]
        assert error.abs().quantile(0.9) < 0.005
        assert true[:, 2:, 20:-20][strong].abs().median() > 0.03


@pytest.mark.parametrize("shape", ["hann", "hamming", "blackman", "gaussian"])
def test_each_windows_constant_is_the_one_that_fits(voice, shape):
    spectrum = _spectrum(voice, shape=shape)
    magnitude = spectrum.abs()
    true_bpd, true_fpd = oracle(spectrum)
    bpd, fpd = (x.mT for x in analytic(contexts(magnitude, 1), look_ahead=1, shape=shape))
    pairs = magnitude[..., 1:] * magnitude[..., :-1]
    errors = {}
    for factor in (0.75, 1.0, 1.33):  # of gamma: BPD goes with its inverse, FPD with gamma itself
        time = (wrap(true_bpd - bpd / factor)[..., 1:].abs() * pairs).sum() / pairs.sum()
        bins = (wrap(true_fpd - fpd * factor)[..., 1:].abs() * pairs).sum() / pairs.sum()
        errors[factor] = (time + bins).item()
    assert errors[1.0] == min(errors.values())
    assert errors[1.0] < 0.35


def test_the_level_does_not_matter_and_numpy_is_torch(voice):
    magnitude = _spectrum(voice).abs()
    first = analytic(contexts(magnitude))
    torch.testing.assert_close(analytic(contexts(1e-3 * magnitude)), first)
    for ours, theirs in zip(analytic(contexts(magnitude)[0, 9].numpy()), first, strict=True):
        assert isinstance(ours, np.ndarray)
        np.testing.assert_allclose(ours, theirs[0, 9])


def test_causal_estimates_do_not_see_the_future(voice):
    magnitude = _spectrum(voice).abs()
    other = magnitude.clone()
    other[..., 50:] = other[..., 50:].flip(-1)
    for look_ahead in (0, 1):
        ours = analytic(contexts(magnitude, look_ahead), look_ahead=look_ahead)
        theirs = analytic(contexts(other, look_ahead), look_ahead=look_ahead)
        safe = 50 - look_ahead
        for a, b in zip(ours, theirs, strict=True):
            assert torch.equal(a[:, :safe], b[:, :safe])
            assert not torch.equal(a[:, 50], b[:, 50])
        assert not torch.equal(ours[1][:, safe], theirs[1][:, safe])


def test_widths_lie_in_the_order_of_the_windows():
    assert WIDTHS["hamming"] > WIDTHS["hann"] > WIDTHS["blackman"] > WIDTHS["gaussian"]
