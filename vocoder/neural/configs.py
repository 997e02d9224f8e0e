"""The `config.json` that jik876's and NVIDIA's code keep beside a generator: its shape, and the mel it was trained on.

What only training needs is passed over; what the generator needs is checked like any file that a stranger wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from vocoder.errors import SettingsError, WeightsError
from vocoder.features import MelSettings
from vocoder.neural.bigvgan import BigVGANSettings
from vocoder.neural.hifigan import HiFiGANSettings

Like = TypeVar("Like", bound=HiFiGANSettings)


def hifigan_config(config: Mapping[str, Any]) -> tuple[HiFiGANSettings, MelSettings]:
    """What a jik876 `config.json` says about the generator and its mel; raises `WeightsError` for what is missing."""
    return _settings(HiFiGANSettings, config, {}), _mel(config)


def bigvgan_config(config: Mapping[str, Any]) -> tuple[BigVGANSettings, MelSettings]:
    """What an NVIDIA BigVGAN `config.json` says about the generator and its mel; raises `WeightsError`."""
    activation = config.get("activation")
    if activation not in ("snake", "snakebeta"):
        raise WeightsError(f"The config's activation should be 'snake' or 'snakebeta', not {activation!r:.60}.")
    more = {
        "beta": activation == "snakebeta",
        "logarithmic": config.get("snake_logscale", False),
        "final_bias": config.get("use_bias_at_final", True),
        "final_tanh": config.get("use_tanh_at_final", True),
    }
    return _settings(BigVGANSettings, config, more), _mel(config)


def _settings(kind: type[Like], config: Mapping[str, Any], more: Mapping[str, Any]) -> Like:
    if config.get("resblock") not in ("1", "2"):
        raise WeightsError(f"The config's resblock should be '1' or '2', not {config.get('resblock')!r:.60}.")
    theirs = {
        "channels": "upsample_initial_channel",
        "rates": "upsample_rates",
        "rate_kernels": "upsample_kernel_sizes",
        "kernels": "resblock_kernel_sizes",
        "dilations": "resblock_dilation_sizes",
    }
    values = {ours: _entry(config, name) for ours, name in theirs.items()}
    try:
        return kind.from_dict(values | {"paired": config["resblock"] == "1"} | dict(more))
    except SettingsError as error:
        raise WeightsError(f"The config cannot be used: {error}") from error


def _mel(config: Mapping[str, Any]) -> MelSettings:
    names = ("sampling_rate", "n_fft", "hop_size", "win_size", "num_mels", "fmin")
    values: list[Any] = [_entry(config, name) for name in names]
    top = config.get("fmax")
    values.append(values[0] / 2 if top is None and type(values[0]) is int else top)
    for field, value in zip(fields(MelSettings), values, strict=False):
        whole = type(field.default) is int
        if type(value) not in ((int,) if whole else (int, float)) or not value <= 1 << 18:
            raise WeightsError(f"The config's mel {field.name} should be like {field.default}, not {value!r:.60}.")
    rate, n_fft, hop, window, bands, fmin, fmax = values
    try:
        return MelSettings(rate, n_fft, hop, window, bands, float(fmin), float(fmax))
    except SettingsError as error:
        raise WeightsError(f"The config cannot be used: {error}") from error


def _entry(config: Mapping[str, Any], name: str) -> Any:
    if name not in config:
        raise WeightsError(f"The config has no {name}; it is not the one of a HiFi-GAN or BigVGAN generator.")
    return config[name]
