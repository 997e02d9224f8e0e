"""Windows and the window-centre convention, against SciPy's."""

import numpy as np
import pytest
import torch
from scipy.signal import ShortTimeFFT, windows

from vocoder.errors import SettingsError
from vocoder.features import MelSettings, stft
from vocoder.inversion import centred_stft, recentre, to_samples, window
from vocoder.inversion.frames import GAUSSIAN_WIDTH

SMALL = MelSettings(n_fft=512, hop=128, window=400)


@pytest.mark.parametrize("shape", ["hann", "hamming", "blackman", "gaussian"])
def test_windows_are_scipys(shape):
    parameters = (np.sqrt(GAUSSIAN_WIDTH / (2 * np.pi)) * 400,) if shape == "gaussian" else ()
    expected = getattr(windows, shape)(400, *parameters, sym=False)
    np.testing.assert_allclose(window(SMALL, shape), np.pad(expected, 56), atol=1e-15)


def test_phases_are_those_of_shorttimefft(voice):
    settings = MelSettings()
    theirs = ShortTimeFFT(windows.hann(1024, sym=False), hop=256, fs=1.0, phase_shift=0).stft(voice)
    ours = centred_stft(torch.from_numpy(voice)[None], settings)[0].numpy()
    inside = slice(4, ours.shape[1] - 4)  # frames that no border reaches; SciPy's first is two before ours
    first = -ShortTimeFFT(windows.hann(1024, sym=False), hop=256, fs=1.0).p_min
    np.testing.assert_allclose(ours[:, inside], theirs[:, first:][:, inside], atol=1e-12)


def test_recentre_goes_to_torchs_phases_and_back(voice):
    audio = torch.from_numpy(voice)[None]
    ours, theirs = centred_stft(audio), stft(audio, 1024, 256, 1024)
    torch.testing.assert_close(recentre(ours), theirs)
    torch.testing.assert_close(recentre(recentre(ours)), ours)


@pytest.mark.parametrize("shape", ["hann", "hamming", "blackman", "gaussian"])
@pytest.mark.parametrize("hop", [60, 128, 200])
def test_the_true_spectrogram_gives_the_recording_back(voice, shape, hop):
    settings = MelSettings(n_fft=512, hop=hop, window=400)
    spectrum = centred_stft(torch.from_numpy(voice)[None], settings, shape)
    sound = to_samples(spectrum.abs(), spectrum.angle(), settings, shape)[0].numpy()
    assert len(sound) == hop * settings.frames(len(voice))
    safe = len(voice) - hop  # the last hop may fade where only the foot of one window reaches it
    np.testing.assert_allclose(sound[:safe], voice[:safe], atol=1e-12)


def test_the_end_fades_instead_of_roaring():
    settings = MelSettings(hop=512)
    noise = torch.randn(1, 20_000, generator=torch.Generator().manual_seed(0)).double()
    magnitude = centred_stft(noise, settings).abs()
    sound = to_samples(magnitude, torch.zeros_like(magnitude), settings)[0]
    assert sound[-20:].abs().max() < sound[:-512].abs().max()


@pytest.mark.parametrize("settings", [MelSettings(n_fft=1025), MelSettings(hop=513)])
def test_frames_without_centre_or_overlap_are_refused(settings):
    with pytest.raises(SettingsError, match="even n_fft"):
        window(settings)


def test_an_unknown_window_is_refused():
    with pytest.raises(SettingsError, match="hann, hamming"):
        window(SMALL, "boxcar")
