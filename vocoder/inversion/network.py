"""The 7,890-parameter network that corrects the gradient theorem where its Gaussian is not the window.

It follows the published descriptions of Masuyama et al. (TASLP 31, 2023: gated convolutions along frequency, a few
frames of context) and Fernandez et al. (Interspeech 2025: about 8,000 parameters, two frames a call). The layers of the
latter are not known to us; these are our own choice of that size.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from vocoder.errors import SettingsError
from vocoder.features import MelSettings
from vocoder.inversion.derivatives import CONTEXT, WIDTHS, analytic, contexts


@dataclass(frozen=True)
class NetworkSettings:
    """The transform that a network is made for, and its shape."""

    sample_rate: int = 22_050  # Hz
    n_fft: int = 1024  # samples
    hop: int = 256  # samples
    window: int = 1024  # samples
    shape: str = "hann"  # of the window
    look_ahead: int = 0  # frames to come that it sees: its latency in hops, 0 or 1
    stride: int = 1  # frames that one call answers, 1 or 2: two halve the work
    channels: int = 16
    kernel: int = 5  # bins

    def __post_init__(self) -> None:
        if self.look_ahead not in (0, 1) or self.stride not in (1, 2):
            raise SettingsError("Phase network: look_ahead is 0 or 1, stride is 1 or 2.")
        if self.shape not in WIDTHS:
            raise SettingsError(f"Phase network: shape is one of {', '.join(WIDTHS)}, not {self.shape!r}.")
        if self.channels < 1 or self.kernel < 1 or self.kernel % 2 == 0:
            raise SettingsError("Phase network: channels must be at least 1 and kernel odd.")
        if self.n_fft % 2 or self.hop > self.window // 2:
            raise SettingsError("Phase network: n_fft must be even and hop at most half the window.")

    @property
    def transform(self) -> MelSettings:
        """The same transform as the rest of the library names it."""
        highest = min(8000.0, self.sample_rate / 2)
        return MelSettings(self.sample_rate, self.n_fft, self.hop, self.window, fmax=highest)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> NetworkSettings:
        """The settings named in `values`; raises `SettingsError` for a name or a type that does not fit."""
        known = {field.name: type(field.default) for field in fields(cls)}
        for name, value in values.items():
            if name not in known:
                raise SettingsError(f"Unknown phase network setting {name!r}; known are {', '.join(known)}.")
            if type(value) is not known[name]:
                raise SettingsError(f"Phase network setting {name} must be {known[name].__name__}, not {value!r}.")
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class GatedConvolution(nn.Module):
    """a * sigmoid(b), a and b being convolutions along frequency: (N, C, K) -> (N, C, K)."""

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.both = nn.Conv1d(channels, 2 * channels, kernel, padding=kernel // 2)

    def forward(self, x: Tensor) -> Tensor:
        return F.glu(self.both(x), 1)


class DerivativeNetwork(nn.Module):
    """Log-magnitudes of four frames to a correction of the analytic derivatives: 7,890 parameters (stride 2: 7,924).

    | layer                                             | shape   | parameters |
    | entry: 1x1 convolution                            | 4 -> 16 | 80         |
    | first: gated convolution over 5 bins              | 16 -> 16| 2,592      |
    | block: two more of them, added to their input     | 16 -> 16| 5,184      |
    | leave: 1x1 convolution to BPD and FPD (twice)     | 16 -> 2 | 34 (68)    |

    Each sees 13 bins and 4 frames. Before the entry every bin loses its mean over the frames, so that the level does
    not matter. The last layer starts at zero: an untrained network is the gradient theorem.
    """

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        self.settings = settings
        channels, kernel = settings.channels, settings.kernel
        self.entry = nn.Conv1d(CONTEXT, channels, 1)
        self.first = GatedConvolution(channels, kernel)
        self.block = nn.Sequential(GatedConvolution(channels, kernel), GatedConvolution(channels, kernel))
        self.leave = nn.Conv1d(channels, 2 * settings.stride, 1)
        for parameter in self.leave.parameters():
            nn.init.zeros_(parameter)

    def forward(self, context: Tensor) -> Tensor:
        """Corrections, (N, CONTEXT, K) -> (N, 2 stride, K): BPD and FPD of a frame, then of the frame after it.

        Args:
            context: log-magnitudes, oldest frame first, as `derivatives.contexts` makes them for `settings.look_ahead`.
        """
        x = self.first(self.entry(context - context.mean(1, keepdim=True)))
        return self.leave(x + self.block(x))

    def derivatives(self, magnitude: Tensor) -> tuple[Tensor, Tensor]:
        """(BPD, FPD) of whole spectrograms, each (B, K, T) radians, not wrapped. FPD is 0 in the first bin."""
        bpd, fpd = self.estimate(contexts(magnitude, self.settings.look_ahead))
        return bpd.mT, fpd.mT

    def estimate(self, context: Tensor) -> tuple[Tensor, Tensor]:
        """The analytic estimate plus the correction, (B, T, CONTEXT, K) -> (B, T, K) twice; what training compares.

        With stride 2 the network is asked at frames 0, 2, 4, ...; the frame after each has a correction without having
        been looked at, but its own analytic estimate, which costs next to nothing.
        """
        settings = self.settings
        bpd, fpd = analytic(context, settings.transform, look_ahead=settings.look_ahead, shape=settings.shape)
        batch, frames, _, bins = context.shape
        asked = context[:, :: settings.stride].reshape(-1, CONTEXT, bins)
        answer = self(asked).reshape(batch, -1, 2, bins)[:, :frames]
        correction = F.pad(answer[:, :, 1, 1:], (1, 0))
        return bpd + answer[:, :, 0], fpd + correction
