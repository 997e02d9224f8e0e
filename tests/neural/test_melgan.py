"""MelGAN against the released computation, its size and its mel."""

import pytest
import torch
from torch.nn import functional as F

from tests.neural.published import double, melgan, melgan_shapes, random_mel, random_state
from vocoder.errors import SettingsError
from vocoder.features import log_mel
from vocoder.neural import MELGAN, MELGAN_MEL, MelGAN, MelGANSettings, load_melgan_state


@pytest.mark.parametrize(("rates", "layers"), [([8, 8, 2, 2], 3), ([16, 16], 2)], ids=["released", "other"])
def test_same_sound_as_the_published_computation(rates: list[int], layers: int) -> None:
    state = random_state(melgan_shapes(4, rates, layers))
    settings, network = load_melgan_state(state)
    mel = random_mel(5, batch=2).double()
    expected = melgan(double(state), mel, rates, layers)
    assert 0.05 < expected.std() < 0.9
    torch.testing.assert_close(network.double()(mel), expected, rtol=0, atol=1e-10)
    assert settings == MelGANSettings(channels=4, rates=tuple(rates), layers=layers)


def test_size_is_the_papers() -> None:
    with torch.device("meta"):
        network = MelGAN(MELGAN)
    assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(4.26, abs=0.005)


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 7])
@pytest.mark.parametrize(
    "settings", [MelGANSettings(channels=2), MelGANSettings(channels=2, rates=(2, 2, 8, 8), layers=4)]
)
def test_as_many_samples_as_the_mel_has_hops(frames: int, settings: MelGANSettings) -> None:
    network = MelGAN(settings)
    assert network(random_mel(frames, batch=3)).shape == (3, 256 * frames)
    assert network.synthesise(random_mel(frames, batch=3)).shape == (3, 256 * frames)


def test_an_odd_rate_keeps_the_length() -> None:
    from vocoder.features import MelSettings

    network = MelGAN(MelGANSettings(channels=2, rates=(5, 5, 3, 3)), MelSettings(hop=225))
    assert network(random_mel(4)).shape == (1, 900)


def test_its_mel_is_the_base_ten_logarithm_up_to_half_the_rate() -> None:
    """The released `Audio2Mel`, with librosa's bands: what the network gets to see after its division by ln 10."""
    import librosa

    audio = 0.2 * torch.randn(1, 4096, generator=torch.Generator().manual_seed(0))
    bands = torch.from_numpy(librosa.filters.mel(sr=22_050, n_fft=1024, n_mels=80, fmin=0.0, fmax=None))
    padded = F.pad(audio[:, None], (384, 384), mode="reflect")[:, 0]
    spectrum = torch.stft(padded, 1024, 256, 1024, torch.hann_window(1024), center=False, return_complex=True).abs()
    theirs = torch.log10((bands @ spectrum).clamp_min(1e-5))
    network = MelGAN(MelGANSettings(channels=2))
    seen: list[torch.Tensor] = []
    network.pre.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    network(log_mel(padded, MELGAN_MEL, padded=True))
    torch.testing.assert_close(seen[0], theirs, rtol=0, atol=1e-4)


@pytest.mark.parametrize("change", [dict(channels=4096), dict(layers=12), dict(rates=[2] * 9)])
def test_settings_that_make_no_network_are_refused(change: dict) -> None:
    with pytest.raises(SettingsError, match="MelGANSettings"):
        MelGANSettings.from_dict({**MELGAN.to_dict(), **change})
