"""HiFi-GAN against its paper's formulas, sizes and lengths."""

import pytest
import torch

from tests.neural.published import double, hifigan, hifigan_shapes, random_mel, random_state
from vocoder.errors import SettingsError
from vocoder.neural import V1, V2, V3, HiFiGAN, HiFiGANSettings, load_hifigan_state

THREE = [[1, 3, 5]] * 3


@pytest.mark.parametrize(
    ("rates", "kernels", "dilations", "paired"),
    [([8, 8, 2, 2], [3, 7, 11], THREE, True), ([8, 8, 4], [3, 5, 7], [[1, 2], [2, 6], [3, 12]], False)],
    ids=["V1 and V2", "V3"],
)
def test_same_sound_as_the_published_computation(rates, kernels, dilations, paired) -> None:
    state = random_state(hifigan_shapes(32, rates, kernels, len(dilations[0]), paired))
    settings, network = load_hifigan_state({"generator": state})
    mel = random_mel(6, batch=2).double()
    expected = hifigan(double(state), mel, rates, dilations, paired)
    assert 0.05 < expected.std() < 0.9  # neither silent nor saturated
    torch.testing.assert_close(network.double()(mel), expected, rtol=0, atol=1e-10)
    preset = V1 if paired else V3
    assert (settings.rates, settings.kernels, settings.dilations) == (preset.rates, preset.kernels, preset.dilations)


@pytest.mark.parametrize(("settings", "millions"), [(V1, 13.92), (V2, 0.92), (V3, 1.46)], ids=["V1", "V2", "V3"])
def test_sizes_are_the_papers(settings: HiFiGANSettings, millions: float) -> None:
    with torch.device("meta"):
        network = HiFiGAN(settings)
    assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(millions, abs=0.01)


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_as_many_samples_as_the_mel_has_hops(frames: int) -> None:
    network = HiFiGAN(HiFiGANSettings(channels=16))
    assert network(random_mel(frames, batch=3)).shape == (3, 256 * frames)
    assert network.synthesise(random_mel(frames, batch=3)).shape == (3, 256 * frames)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (dict(channels=10), "halved"),
        (dict(rates=(8, 8, 2)), "as many"),
        (dict(rate_kernels=(16, 16, 4, 3)), "even number"),
        (dict(kernels=(3, 7, 10)), "odd"),
        (dict(width=3), "Unknown"),
        (dict(channels="512"), "must be a int"),
        (dict(channels=10**9), "between 1 and"),
        (dict(rates=[8] * 1000), "must be a list"),
        (dict(dilations=[1, 2, 3]), "must be a list"),
        (dict(paired=1), "must be a bool"),
    ],
)
def test_settings_that_make_no_network_are_refused(change: dict, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        HiFiGANSettings.from_dict({**V1.to_dict(), **change})


def test_rates_must_make_the_hop() -> None:
    with pytest.raises(SettingsError, match="128 samples a frame; the mel's hop is 256"):
        HiFiGAN(HiFiGANSettings(channels=16, rates=(8, 8, 2), rate_kernels=(16, 16, 4)))
