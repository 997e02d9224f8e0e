"""Every method by name: the right number of samples, finite on anything, and in the known order of quality."""

import numpy as np
import pytest
import torch

from vocoder.errors import SettingsError
from vocoder.features import MelSettings, log_mel
from vocoder.inversion import (
    METHODS,
    DerivativeNetwork,
    NetworkSettings,
    centred_stft,
    invert,
    mel_to_magnitude,
    online_method,
)

NETWORK = DerivativeNetwork(NetworkSettings())


def _invert(name: str, magnitude: torch.Tensor, **options: int) -> torch.Tensor:
    return invert(name, magnitude, network=NETWORK, iterations=8, **options)


def _clips(voice: np.ndarray) -> dict[str, np.ndarray]:
    click = np.zeros(3000)
    click[1500] = 1
    return {
        "silence": np.zeros(3000),
        "impulse": click,
        "clipped": np.clip(100 * voice[:3000], -1, 1),
        "50 ms": voice[4000:5102],
        "one sample": np.ones(1),
        "faint": 1e-20 * voice[4000:6000],
    }


@pytest.mark.parametrize("clip", ["silence", "impulse", "clipped", "50 ms", "one sample", "faint"])
@pytest.mark.parametrize("name", METHODS)
def test_anything_gives_finite_bounded_sound_of_its_length(voice, name, clip):
    signal = _clips(voice)[clip]
    magnitude = centred_stft(torch.from_numpy(signal)[None].float()).abs()
    sound = _invert(name, magnitude)
    assert sound.shape == (1, 256 * (1 + len(signal) // 256)) and sound.dtype == torch.float32
    assert sound.isfinite().all()
    assert sound.abs().max() <= 10 * np.abs(signal).max()


@pytest.mark.parametrize("name", METHODS)
def test_a_batch_is_its_members(voice, name):
    magnitude = centred_stft(torch.from_numpy(np.stack([voice, voice[::-1]]).copy())).abs()[..., 20:36]
    torch.testing.assert_close(_invert(name, magnitude)[1:], _invert(name, magnitude[1:]))


def test_quality_is_in_the_known_order(voice):
    audio = torch.from_numpy(voice)[None].float()
    magnitude = centred_stft(audio).abs()

    def convergence(name: str, **options: int) -> float:
        sound = invert(name, magnitude, network=NETWORK, **options)[:, : audio.shape[1]]
        return 20 * ((centred_stft(sound).abs() - magnitude).norm() / magnitude.norm()).log10().item()

    blind = min(convergence("zero-phase"), convergence("random-phase"))
    causal, waiting = convergence("gradient-analytic"), convergence("gradient-analytic", look_ahead=1)
    heap, real_time = convergence("pghi"), convergence("rtpghi", look_ahead=1)
    fast, slow = convergence("fast-griffin-lim"), convergence("griffin-lim")
    assert blind > -9
    assert max(causal, convergence("spsi"), convergence("rtpghi")) < -11
    assert waiting < causal
    assert max(heap, real_time, fast) < -18
    assert fast < slow < blind


def test_from_a_mel_too(voice):
    mel = log_mel(torch.from_numpy(voice)[None].float())
    sound = _invert("gradient-analytic", mel_to_magnitude(mel), look_ahead=1)
    assert (log_mel(sound[:, : len(voice)]) - mel).abs().mean() < 0.5


def test_what_cannot_be_is_refused():
    magnitude = torch.ones(1, 513, 4)
    with pytest.raises(SettingsError, match="known are zero-phase"):
        invert("magic", magnitude)
    with pytest.raises(SettingsError, match="known are spsi"):
        online_method("pghi")
    with pytest.raises(SettingsError, match="needs a trained"):
        invert("gradient-network", magnitude)
    with pytest.raises(SettingsError, match="made for n_fft 1024, hop 256"):
        invert("gradient-network", magnitude, MelSettings(hop=128), network=NETWORK)
    with pytest.raises(SettingsError, match="0 or 1"):
        invert("rtpghi", magnitude, look_ahead=2)
