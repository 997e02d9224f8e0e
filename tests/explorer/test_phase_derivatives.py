"""Derivative maps against what the books say of a sinusoid and an impulse, and against the phases they come from."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vocoder.errors import SettingsError
from vocoder.explorer.phase_derivatives import (
    Derivatives,
    analytic_derivatives,
    errors,
    integrate,
    network_derivatives,
    true_derivatives,
)
from vocoder.explorer.phase_frames import Frames, frames
from vocoder.explorer.phase_race import BINS, race
from vocoder.inversion import DerivativeNetwork, NetworkSettings

RATE = 22_050


def wrap(radians: np.ndarray | float) -> np.ndarray:
    return np.angle(np.exp(1j * np.asarray(radians)))


@pytest.fixture(scope="module")
def chirps() -> Frames:
    random = np.random.default_rng(2)
    time = np.arange(RATE // 2) / RATE
    sound = sum(np.cos(2 * np.pi * (k * 150 * time + k * 40 * time**2)) / k for k in range(1, 20))
    return frames((0.1 * sound + 1e-4 * random.standard_normal(len(time))).astype(np.float32))


@pytest.mark.parametrize("hertz", [430.0, 1000.0, 3210.0])
def test_a_sinusoid_advances_by_its_distance_from_the_bin(hertz: float) -> None:
    found = frames(0.3 * np.cos(2 * np.pi * hertz * np.arange(8000) / RATE))
    truth = true_derivatives(found)
    nearest = round(hertz / RATE * 1024)
    bins = np.arange(nearest - 1, nearest + 2)  # inside the main lobe
    middle = slice(6, 24)  # frames whose windows do not see the ends
    expected = wrap(2 * np.pi * 256 * (hertz / RATE - bins / 1024))
    np.testing.assert_allclose(truth.time[bins, middle], np.tile(expected[:, None], 18), atol=2e-3)
    np.testing.assert_allclose(truth.frequency[bins[1:], middle], 0, atol=2e-3)


@pytest.mark.parametrize("late", [-200, 0, 77])
def test_an_impulse_is_a_group_delay(late: int) -> None:
    sound = np.zeros(8000)
    sound[10 * 256 + late] = 1.0
    truth = true_derivatives(frames(sound))
    np.testing.assert_allclose(truth.frequency[1:, 10], wrap(-2 * np.pi * late / 1024), atol=1e-4)
    np.testing.assert_allclose(truth.time[:, 10:12], 0, atol=1e-4)


def test_integrating_the_truth_is_the_phase_up_to_one_rotation(chirps: Frames) -> None:
    phase = integrate(chirps, true_derivatives(chirps))
    apart = np.angle(np.exp(1j * (phase - chirps.phase)) * np.exp(-1j * (phase - chirps.phase)[0, 0]))
    assert (np.abs(apart) * chirps.magnitude**2).sum() / (chirps.magnitude**2).sum() < 1e-9


def test_errors_are_energy_weighted_means(chirps: Frames) -> None:
    truth = true_derivatives(chirps)
    assert errors(chirps, truth) == (0, 0)
    shifted = Derivatives(wrap(truth.time + 0.25), wrap(truth.frequency - 0.5))
    assert errors(chirps, shifted) == pytest.approx((0.25, 0.5))
    noisy = errors(chirps, true_derivatives(chirps, noise=0.3))
    assert noisy == pytest.approx((0.3 * np.sqrt(2 / np.pi),) * 2, rel=0.15)  # mean of |N(0, s)|
    quiet = chirps.magnitude < 1e-3 * chirps.magnitude.max()
    wrong_in_silence = Derivatives(np.where(quiet, 0, truth.time), np.where(quiet, 0, truth.frequency))
    assert max(errors(chirps, wrong_in_silence)) < 1e-3
    assert errors(frames(np.zeros(3000)), Derivatives(*np.zeros((2, 513, 12)))) == (0, 0)


def test_the_gradient_theorem_is_near_and_a_frame_ahead_is_nearer(chirps: Frames) -> None:
    causal, ahead = (errors(chirps, analytic_derivatives(chirps, look_ahead=n)) for n in (0, 1))
    assert max(causal) < 0.5 and ahead[1] < causal[1]
    with pytest.raises(SettingsError, match="hops of 512"):
        network_derivatives(chirps, DerivativeNetwork(NetworkSettings(hop=512)))


def test_an_untrained_network_is_the_gradient_theorem_and_a_trained_one_is_asked(chirps: Frames) -> None:
    network = DerivativeNetwork(NetworkSettings(look_ahead=1))
    theirs, ours = network_derivatives(chirps, network), analytic_derivatives(chirps, look_ahead=1)
    np.testing.assert_allclose(wrap(theirs.time - ours.time), 0, atol=1e-3)
    with torch.no_grad():
        network.leave.bias.copy_(torch.tensor([0.1, -0.2]))
    theirs = network_derivatives(chirps, network)
    np.testing.assert_allclose(wrap(theirs.time - ours.time), 0.1, atol=1e-3)
    np.testing.assert_allclose(wrap(theirs.frequency - ours.frequency)[1:], -0.2, atol=1e-3)


def test_the_race_is_run_by_all_and_they_agree() -> None:
    seen: list[float] = []
    racers = race(seen.append)
    assert len(racers) == 7 and sum(racer.ours for racer in racers) == 1 and seen[-1] == 1
    assert all(len(racer.microseconds) == len(BINS) and racer.error < 1e-6 for racer in racers)
    assert racers == sorted(racers, key=lambda racer: racer.microseconds[-1], reverse=True)
    for racer in racers:
        slope = np.polyfit(np.log(BINS), np.log(racer.microseconds), 1)[0]
        assert racer.growth == pytest.approx(slope)
        assert racer.times_slower(racers[-1]) == racer.microseconds[-1] / racers[-1].microseconds[-1]
