"""The authors' config.json, and the names of the families."""

import json

import pytest
import torch

from vocoder.errors import SettingsError, WeightsError
from vocoder.features import MelSettings
from vocoder.neural import (
    BIGVGAN_22KHZ,
    BIGVGAN_V2_22KHZ,
    FAMILIES,
    V1,
    V3,
    bigvgan_config,
    family,
    hifigan_config,
)

MEL = dict(num_mels=80, n_fft=1024, hop_size=256, win_size=1024, sampling_rate=22050, fmin=0, fmax=8000)
CONFIG_V1 = MEL | dict(
    resblock="1",
    upsample_rates=[8, 8, 2, 2],
    upsample_kernel_sizes=[16, 16, 4, 4],
    upsample_initial_channel=512,
    resblock_kernel_sizes=[3, 7, 11],
    resblock_dilation_sizes=[[1, 3, 5], [1, 3, 5], [1, 3, 5]],
    batch_size=16,
    fmax_for_loss=None,
)
CONFIG_V3 = CONFIG_V1 | dict(
    resblock="2",
    upsample_rates=[8, 8, 4],
    upsample_kernel_sizes=[16, 16, 8],
    upsample_initial_channel=256,
    resblock_kernel_sizes=[3, 5, 7],
    resblock_dilation_sizes=[[1, 2], [2, 6], [3, 12]],
)
CONFIG_BIGVGAN = CONFIG_V1 | dict(
    upsample_rates=[4, 4, 2, 2, 2, 2],
    upsample_kernel_sizes=[8, 8, 4, 4, 4, 4],
    upsample_initial_channel=1536,
    activation="snakebeta",
    snake_logscale=True,
)


def test_released_configs_are_the_presets() -> None:
    assert hifigan_config(CONFIG_V1) == (V1, MelSettings())
    assert hifigan_config(CONFIG_V3) == (V3, MelSettings())
    assert bigvgan_config(CONFIG_BIGVGAN) == (BIGVGAN_22KHZ, MelSettings())
    second = CONFIG_BIGVGAN | dict(use_tanh_at_final=False, use_bias_at_final=False, fmax=None)
    assert bigvgan_config(second) == (BIGVGAN_V2_22KHZ, MelSettings(fmax=11_025.0))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (dict(resblock=1), "resblock should be '1' or '2'"),
        (dict(upsample_rates="8822"), "must be a list"),
        (dict(upsample_initial_channel=1 << 40), "between 1 and"),
        (dict(hop_size=256.0), "mel hop should be like 256"),
        (dict(sampling_rate="22050", fmax=None), "mel sample_rate should be like"),
        (dict(n_fft=1 << 30), "mel n_fft should be like"),
        (dict(fmin=float("nan")), "mel fmin should be like"),
        (dict(fmax=20_000), "fmax <= sample_rate / 2"),
        (dict(activation="relu"), "activation should be 'snake' or 'snakebeta'"),
        (dict(snake_logscale="yes"), "must be a bool"),
    ],
)
def test_a_config_that_makes_no_network_is_refused(change: dict, reason: str) -> None:
    with pytest.raises(WeightsError, match=reason):
        bigvgan_config(CONFIG_BIGVGAN | change)


def test_a_config_of_something_else_is_refused() -> None:
    with pytest.raises(WeightsError, match="has no upsample_initial_channel"):
        hifigan_config({"resblock": "1"})


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_is_built_from_its_settings_as_json(name: str) -> None:
    kind = family(name)
    settings = kind.settings()
    with torch.device("meta"):
        network = kind.build(json.loads(json.dumps(settings.to_dict())), kind.mel)
    assert network.settings == settings
    assert network.mel_settings == kind.mel


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(SettingsError, match="no network family 'diffwave'; there are hifigan, melgan"):
        family("diffwave")
