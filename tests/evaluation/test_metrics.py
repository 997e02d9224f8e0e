"""The spectral metrics against the published formulas in plain NumPy, SciPy and librosa."""

from __future__ import annotations

import math

import librosa
import numpy as np
import pytest
import scipy.fft
import scipy.signal

from tests.evaluation.sounds import RATE, noise
from vocoder.errors import AudioError
from vocoder.evaluation import metrics
from vocoder.evaluation.metrics import log_mel_error, mel_cepstral_distortion, multi_resolution_stft


def magnitudes(samples: np.ndarray, size: int) -> np.ndarray:
    padded = np.pad(samples.astype(np.float64), size // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[:: size // 4]
    spectrum = np.abs(np.fft.rfft(frames * scipy.signal.get_window("hann", size), axis=-1))
    return np.maximum(spectrum, 1e-5)


def librosa_log_mel(samples: np.ndarray) -> np.ndarray:
    options = {"sr": RATE, "n_fft": 1024, "hop_length": 256, "n_mels": 80, "fmin": 0, "fmax": 8000, "power": 1}
    mel = librosa.feature.melspectrogram(y=samples.astype(np.float64), pad_mode="reflect", **options)
    return np.log(np.maximum(mel, 1e-5))


@pytest.fixture(scope="module")
def copy(speech: np.ndarray) -> np.ndarray:
    return 0.8 * speech + noise(len(speech))


def test_m_stft_is_the_formula(speech: np.ndarray, copy: np.ndarray) -> None:
    expected = []
    for size in (512, 1024, 2048):
        real, fake = magnitudes(speech, size), magnitudes(copy, size)
        convergence = np.sqrt(np.sum((real - fake) ** 2)) / np.sqrt(np.sum(real**2))
        expected.append(convergence + np.mean(np.abs(np.log(real) - np.log(fake))))
    assert multi_resolution_stft(speech, copy) == pytest.approx(np.mean(expected), rel=1e-6)


def test_m_stft_of_a_gain_is_known() -> None:
    # Far above the floor everywhere, |R - gR| / |R| = |1 - g| and the logarithms differ by ln g.
    sound = noise(RATE, 0.2)
    assert multi_resolution_stft(sound, sound) == 0
    assert multi_resolution_stft(sound, 2 * sound) == pytest.approx(1 + math.log(2), rel=1e-4)
    assert multi_resolution_stft(sound, 0.5 * sound) == pytest.approx(0.5 + math.log(2), rel=1e-4)


def test_m_stft_takes_what_is_below_the_floor_for_silence() -> None:
    assert multi_resolution_stft(np.zeros(RATE, np.float32), noise(RATE, 1e-9)) == 0


def test_log_mel_error_is_librosas(speech: np.ndarray, copy: np.ndarray) -> None:
    expected = np.abs(librosa_log_mel(speech) - librosa_log_mel(copy)).mean()
    assert log_mel_error(speech, copy) == pytest.approx(expected, rel=1e-5)
    assert log_mel_error(speech, speech) == 0


def test_mcd_is_the_cepstral_distance_in_decibels(speech: np.ndarray, copy: np.ndarray) -> None:
    # SciPy's type 2 transform is 2 * sum of x cos(...): a factor K away from our cepstrum's 2 / K.
    cepstra = [scipy.fft.dct(librosa_log_mel(sound), axis=0)[1:14] / 80 for sound in (speech, copy)]
    distance = np.sqrt(np.sum((cepstra[0] - cepstra[1]) ** 2, axis=0))
    expected = 10 / math.log(10) * math.sqrt(2) * distance.mean()
    assert mel_cepstral_distortion(speech, copy) == pytest.approx(expected, rel=1e-5)


def test_mcd_of_all_coefficients_is_the_level_difference(
    speech: np.ndarray, copy: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "CEPSTRA", 79)
    decibels = 20 / math.log(10) * (librosa_log_mel(speech) - librosa_log_mel(copy))
    assert mel_cepstral_distortion(speech, copy) == pytest.approx(decibels.std(axis=0).mean(), rel=1e-5)


def test_mcd_does_not_hear_the_level() -> None:
    sound = noise(RATE, 0.1)
    assert mel_cepstral_distortion(sound, 2 * sound) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("metric", [multi_resolution_stft, log_mel_error, mel_cepstral_distortion])
def test_sounds_that_cannot_be_compared_are_refused(metric) -> None:
    sound = noise(RATE)
    for reference, copy in ((sound, sound[:-1]), (sound[:0], sound[:0]), (sound[None], sound[None])):
        with pytest.raises(AudioError, match="same, non-zero length"):
            metric(reference, copy)
