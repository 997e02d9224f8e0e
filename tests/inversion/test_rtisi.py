"""RTISI with look-ahead: Griffin-Lim when it sees everything, and better the more it sees."""

import numpy as np
import pytest
import torch

from vocoder.errors import SettingsError
from vocoder.inversion import RTISI, GriffinLim, centred_stft, online_samples


def test_with_the_whole_clip_in_sight_it_is_griffin_lim(voice):
    magnitude = centred_stft(torch.from_numpy(voice)[None]).abs()[..., 10:20]
    magnitude[..., 0] = magnitude[..., -1] = 0  # where a single frame reaches, the two treat the edges differently
    method = RTISI(look_ahead=9, iterations=5)
    method.step(magnitude[0].T.numpy())
    theirs = GriffinLim(magnitude, momentum=0.0, phase=torch.zeros_like(magnitude))
    for _ in range(5):
        theirs.step()
    # Frame 0 is silent and has any phase; the next step gives frame 1, after five more iterations.
    second = method.step(np.concatenate([magnitude[0].T.numpy()[1:], np.zeros((1, 513))]))
    for _ in range(5):
        theirs.step()
    loud = magnitude[0, :, 1].numpy() > 1e-3 * magnitude[..., 1].max().item()
    difference = np.angle(np.exp(1j * (second - theirs.phase()[0, :, 1].numpy())))
    assert np.abs(difference[loud]).max() < 1e-4


def test_looking_ahead_and_iterating_help(voice):
    magnitude = centred_stft(torch.from_numpy(voice)[None]).abs()

    def convergence(look_ahead: int, iterations: int) -> float:
        sound = online_samples(RTISI(look_ahead=look_ahead, iterations=iterations), magnitude)
        error = centred_stft(sound[:, : len(voice)]).abs() - magnitude
        return float(error.norm() / magnitude.norm())

    blind, hasty, usual = convergence(0, 8), convergence(3, 1), convergence(3, 8)
    assert usual < hasty and usual < blind
    assert usual < 0.1


@pytest.mark.parametrize("options", [{"look_ahead": -1}, {"iterations": 0}])
def test_what_makes_no_sense_is_refused(options):
    with pytest.raises(SettingsError, match="RTISI"):
        RTISI(**options)
