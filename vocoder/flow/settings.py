"""Everything that decides a flow's shape, in one closed dataclass."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from vocoder.errors import SettingsError


@dataclass(frozen=True)
class FlowSettings:
    """The shape of an invertible vocoder. Written to a checkpoint's `config.json` and refused when a key is unknown."""

    squeeze: Literal["groups", "lapped"] = "lapped"  # audio to channels: plain reshaping, or the orthonormal MDCT
    group: int = 256  # samples a column; at the hop the whole network runs at the mel's own frame rate
    flows: int = 6  # couplings; every one can change half of the channels, so two reach them all
    early_every: int = 0  # channels leave for z before every so-many-th flow (0: never); saves work when group is small
    early_size: int = 0  # how many channels leave
    low: int = 0  # lowest channels that leave first of all, filled in by Griffin-Lim between anchors (0: none)
    anchors: int = 128  # of these channels every so-many-th column is drawn; 128 are 1.5 s
    iterations: int = 20  # of Griffin-Lim between them
    conditioner: Literal["dilated", "separable"] = "dilated"  # a coupling's network: WaveGlow's or SqueezeWave's
    layers: int = 4  # dilated convolutions a coupling; dilation 1, 2, 4, ... 2^(layers - 1) columns
    channels: int = 96  # residual channels of the convolutions
    kernel: int = 3  # taps
    encoder: int = 96  # channels of the mel encoder that all couplings share (0: WaveGlow's transposed convolution)
    mel_scale: bool = True  # one diagonal scale from the mel before the first flow: the mel already knows the level
    log_scale_limit: float = 0.0  # couplings' log-scales are softly kept within +-limit (0: free, as in WaveGlow)
    temperature: float = 0.8  # of the noise when none is asked for; below 1 trades variety for smoothness

    def __post_init__(self) -> None:
        if self.squeeze not in ("groups", "lapped"):
            raise SettingsError(f"squeeze is 'groups' or 'lapped', not {self.squeeze!r}.")
        if self.conditioner not in ("dilated", "separable"):
            raise SettingsError(f"conditioner is 'dilated' or 'separable', not {self.conditioner!r}.")
        if self.squeeze == "lapped" and self.group % 2:
            raise SettingsError(f"The lapped transform needs an even group, not {self.group}.")
        if min(self.group, self.flows, self.layers, self.channels, self.kernel) < 1:
            raise SettingsError("group, flows, layers, channels and kernel must be at least 1.")
        if self.kernel % 2 == 0:
            raise SettingsError(f"kernel must be odd, so that a convolution keeps its length, not {self.kernel}.")
        if min(self.early_every, self.early_size, self.encoder) < 0 or self.log_scale_limit < 0:
            raise SettingsError("early_every, early_size, encoder and log_scale_limit must not be negative.")
        if self.low and (self.squeeze != "lapped" or self.low % 2 or not 0 < self.low < self.group):
            raise SettingsError(f"low needs the lapped transform and must be even and below group, not {self.low}.")
        if self.anchors < 2 or self.iterations < 1:
            raise SettingsError("anchors must be at least 2 and iterations at least 1.")
        if not 0 <= self.temperature <= 2:
            raise SettingsError(f"temperature must be between 0 and 2, not {self.temperature}.")
        if self.widths()[-1] < 2:
            raise SettingsError("Too many early outputs: the last coupling needs at least 2 channels to split.")

    def widths(self) -> list[int]:
        """Channels that each flow works on, after the lowest ones and the early outputs before it."""
        leaves = [self.early_every > 0 and k > 0 and k % self.early_every == 0 for k in range(self.flows)]
        return [self.group - self.low - self.early_size * sum(leaves[: k + 1]) for k in range(self.flows)]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> FlowSettings:
        """The settings named in `values`; raises `SettingsError` for a name or a type that does not fit."""
        known = {field.name: field for field in fields(cls)}
        for name, value in values.items():
            if name not in known:
                raise SettingsError(f"Unknown flow setting {name!r}; known are {', '.join(known)}.")
            expected = type(known[name].default)
            if type(value) is not expected and not (expected is float and type(value) is int):
                raise SettingsError(f"Flow setting {name} must be a {expected.__name__}, not {value!r}.")
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


WAVEGLOW = FlowSettings(
    squeeze="groups",
    group=8,
    flows=12,
    early_every=4,
    early_size=2,
    layers=8,
    channels=256,
    kernel=3,
    encoder=0,
    mel_scale=False,
    temperature=0.6,
)
"""WaveGlow as NVIDIA released it (Prenger, Valle & Catanzaro 2018, arXiv 1811.00002); at first with 512 channels."""

SQUEEZEWAVE = FlowSettings(
    squeeze="groups",
    group=128,
    flows=12,
    early_every=2,
    early_size=16,
    conditioner="separable",
    layers=8,
    channels=256,
    kernel=3,
    encoder=0,
    mel_scale=False,
    temperature=0.6,
)
"""SqueezeWave-128L as its authors released it (Zhai et al. 2020, arXiv 2001.05685)."""
