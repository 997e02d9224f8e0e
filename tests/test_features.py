"""The mel against librosa's filterbank and against the published formula in plain NumPy."""

from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile
import torch

from vocoder.errors import SettingsError
from vocoder.features import MelSettings, hertz_to_mel, log_mel, mel_filterbank, mel_to_hertz, reflect

EXAMPLES = sorted((Path(__file__).parents[1] / "assets" / "examples").glob("arctic_*"))


@pytest.mark.parametrize(
    "settings",
    [MelSettings(), MelSettings(bands=128, fmax=11_025.0), MelSettings(sample_rate=16_000, n_fft=512, window=400)],
)
def test_filterbank_is_librosas(settings: MelSettings) -> None:
    expected = librosa.filters.mel(
        sr=settings.sample_rate, n_fft=settings.n_fft, n_mels=settings.bands, fmin=settings.fmin, fmax=settings.fmax
    )
    np.testing.assert_allclose(mel_filterbank(settings), expected, atol=1e-7)


def test_mel_scale_is_librosas_and_its_inverse() -> None:
    hertz = np.linspace(0, 11_025, 300)
    np.testing.assert_allclose(hertz_to_mel(hertz), librosa.hz_to_mel(hertz), rtol=1e-12)
    np.testing.assert_allclose(mel_to_hertz(hertz_to_mel(hertz)), hertz, atol=1e-8)


def published(x: np.ndarray) -> np.ndarray:
    """Tacotron 2's mel: reflect, periodic Hann of 1024 every 256, magnitude, slaney bands, ln of at least 1e-5."""
    padded = np.pad(x.astype(np.float64), 512, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1024) / 1024)
    frames = np.stack([padded[t * 256 : t * 256 + 1024] * window for t in range(1 + x.size // 256)], 1)
    spectrum = np.abs(np.fft.rfft(frames, axis=0))
    bank = librosa.filters.mel(sr=22_050, n_fft=1024, n_mels=80, fmin=0, fmax=8000, dtype=np.float64)
    return np.log(np.maximum(bank @ spectrum, 1e-5))


@pytest.mark.parametrize("path", EXAMPLES, ids=[p.stem for p in EXAMPLES])
def test_real_speech_gives_the_published_mel(path: Path) -> None:
    sound, rate = soundfile.read(path, dtype="float32")
    assert rate == 22_050
    actual = log_mel(torch.from_numpy(sound)[None])[0].numpy()
    np.testing.assert_allclose(actual, published(sound), atol=1e-4)


def test_there_is_real_speech_to_test_on() -> None:
    assert EXAMPLES


@pytest.mark.parametrize("samples", [1, 100, 513, 1024, 5000])
def test_frames_of_any_length(samples: int) -> None:
    mel = log_mel(torch.randn(1, samples))
    assert mel.shape == (1, 80, 1 + samples // 256)
    assert torch.isfinite(mel).all()


def test_neighbours_in_place_of_reflection_give_the_same_middle() -> None:
    x = torch.randn(1, 256 * 40)
    whole = log_mel(x)
    piece = log_mel(x[:, 256 * 10 - 512 : 256 * 20 + 512], padded=True)
    torch.testing.assert_close(piece[..., :10], whole[..., 10:20])
    assert reflect(x, 1024).shape[-1] == x.shape[-1] + 1024


@pytest.mark.parametrize("values", [{"hop": 0}, {"window": 2048}, {"fmax": 12_000.0}, {"floor": 0.0}, {"tempo": 3}])
def test_settings_that_make_no_sense_are_refused(values: dict) -> None:
    with pytest.raises(SettingsError):
        MelSettings.from_dict(values)
