"""Mel to magnitudes, against SciPy's active-set solver and librosa's."""

import librosa
import numpy as np
import pytest
import torch
from scipy.optimize import nnls

from vocoder.errors import MelError
from vocoder.features import MelSettings, log_mel, mel_filterbank
from vocoder.inversion import mel_to_magnitude
from vocoder.inversion.mel import BLOCK

BANK = mel_filterbank(MelSettings()).astype(np.float64)


def _residual(magnitude: np.ndarray, mel: np.ndarray) -> float:
    return float(np.linalg.norm(BANK @ magnitude - mel) / np.linalg.norm(mel))


def test_a_mel_that_no_spectrum_has_reaches_the_least_squares_optimum(voice):
    mel = log_mel(torch.from_numpy(voice)[None])[..., 20:60]
    mel = mel + torch.randn(mel.shape, generator=torch.Generator().manual_seed(0), dtype=mel.dtype)
    ours = mel_to_magnitude(mel, iterations=400)[0].numpy()
    optimum = np.stack([nnls(BANK, column)[0] for column in mel[0].exp().numpy().T], -1)
    wanted = mel[0].exp().numpy()
    assert ours.min() >= 0
    assert _residual(optimum, wanted) > 0.02
    assert _residual(ours, wanted) < 1.01 * _residual(optimum, wanted)


def test_the_residual_is_far_below_librosas(voice):
    mel = log_mel(torch.from_numpy(voice)[None].float())
    ours = mel_to_magnitude(mel)[0].numpy()
    theirs = librosa.feature.inverse.mel_to_stft(mel[0].exp().numpy(), sr=22050, n_fft=1024, power=1, fmax=8000)
    wanted = mel[0].exp().numpy()
    assert _residual(ours, wanted) < 0.2 * _residual(theirs, wanted)
    assert _residual(ours, wanted) < 2e-3


def test_frames_are_solved_one_by_one(voice):
    mel = log_mel(torch.from_numpy(voice)[None]).repeat(2, 1, 1 + BLOCK // 100)
    mel[1] += 1
    together = mel_to_magnitude(mel, iterations=5)
    assert mel.shape[-1] > BLOCK
    torch.testing.assert_close(together[1:, :, -7:], mel_to_magnitude(mel[1:, :, -7:], iterations=5))
    torch.testing.assert_close(together[1], together[0] * np.e)


def test_nothing_lies_above_the_last_band():
    magnitude = mel_to_magnitude(torch.zeros(1, 80, 3))
    assert magnitude[:, 372:].abs().max() == 0  # 372 bins of 21.5 Hz is 8 010 Hz
    assert magnitude[:, 300:360].min() > 0


@pytest.mark.parametrize("shape", [(80, 5), (1, 5, 80), (1, 81, 5)])
def test_another_shape_is_refused(shape):
    with pytest.raises(MelError, match="80"):
        mel_to_magnitude(torch.zeros(shape))
