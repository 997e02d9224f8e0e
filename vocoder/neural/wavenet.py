"""WaveNet as a vocoder: every sample from a distribution that all samples before it have shaped.

The network of van den Oord et al. 2016 (arXiv 1609.03499), conditioned on mels and with the mixture of logistics of
Shen et al. 2018 (Tacotron 2, arXiv 1712.05884).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vocoder.errors import MelError, SettingsError
from vocoder.features import MelSettings
from vocoder.neural.closed import ClosedSettings
from vocoder.neural.generator import Progress, check_mel, stretches, transposed_reach
from vocoder.neural.outputs import Logistics, MuLaw, Output

STRETCH = 16  # frames conditioned at once while generating


@dataclass(frozen=True)
class WaveNetSettings(ClosedSettings):
    """The shape of a WaveNet; the defaults are Tacotron 2's depth at a width that a laptop can wait for."""

    output: str = "logistics"  # or "mu-law"
    mixtures: int = 10  # logistic distributions in the mixture
    classes: int = 256  # levels of the mu-law
    cycles: int = 3  # times that the dilations go through 1, 2, 4, ...
    layers: int = 10  # of one cycle
    kernel: int = 2  # taps of a causal convolution
    channels: int = 64  # of the residual path
    skip: int = 64  # channels that all layers add up to
    rates: tuple[int, ...] = (16, 16)  # from frames to samples; their product is the hop
    temperature: float = 1.0  # of the samples when none is asked for

    def __post_init__(self) -> None:
        if self.output not in ("logistics", "mu-law"):
            raise SettingsError(f"WaveNetSettings.output is 'logistics' or 'mu-law', not {self.output!r}.")
        if any(rate % 2 for rate in self.rates):
            raise SettingsError("WaveNetSettings.rates must be even, so that an upsampling is centred.")
        if self.layers > 14 or self.cycles > 16 or not 1 < self.kernel <= 16 or self.classes < 2:
            raise SettingsError(
                "WaveNetSettings: 2 to 16 taps, up to 14 layers, up to 16 cycles and at least 2 classes."
            )
        if not 0 <= self.temperature <= 2:
            raise SettingsError(f"WaveNetSettings.temperature must be between 0 and 2, not {self.temperature}.")

    def dilations(self) -> list[int]:
        return [2**layer for _ in range(self.cycles) for layer in range(self.layers)]

    def reach(self) -> int:
        """Samples back that a distribution depends on."""
        return 1 + (self.kernel - 1) * sum(self.dilations())


WAVENET = WaveNetSettings()
"""30 layers that hear back 3070 samples, 139 ms; ten logistics."""


class Layer(nn.Module):
    r"""One gated causal convolution.

        z = tanh(a) * sigmoid(b),   [a, b] = sum_j W_j h[n - (k - 1 - j) d] + V c[n]
        h' = h + R z,   skip = S z

    Shapes: h (B, C, N), c (B, bands, N) -> h' (B, C, N), skip (B, S, N).
    """

    def __init__(self, settings: WaveNetSettings, bands: int, dilation: int) -> None:
        super().__init__()
        self.channels = settings.channels
        self.past = (settings.kernel - 1) * dilation  # samples kept for the taps before this one
        self.dilated = nn.Conv1d(settings.channels, 2 * settings.channels, settings.kernel, dilation=dilation)
        self.condition = nn.Conv1d(bands, 2 * settings.channels, 1, bias=False)
        self.out = nn.Conv1d(settings.channels, settings.channels + settings.skip, 1)

    def forward(self, h: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        gates = self.dilated(F.pad(h, (self.past, 0))) + self.condition(condition)
        a, b = gates.chunk(2, 1)
        out = self.out(torch.tanh(a) * torch.sigmoid(b))
        return h + out[:, : self.channels], out[:, self.channels :]


class WaveNet(nn.Module):
    """The distribution of every sample given the mel and the samples before it: p(x) = prod_n p(x[n] | x[< n], mel).

    `forward` computes all of them at once where the sound is known, as in training; `synthesise` has to go through the
    samples one by one, and remembers every layer's past so that a sample costs one column of the network.
    """

    def __init__(self, settings: WaveNetSettings = WAVENET, mel: MelSettings = MelSettings()) -> None:
        super().__init__()
        if math.prod(settings.rates) != mel.hop:
            raise SettingsError(
                f"WaveNet's rates make {math.prod(settings.rates)} samples a frame, the hop is {mel.hop}."
            )
        self.settings, self.mel_settings = settings, mel
        logistics = Logistics(settings.mixtures)
        self.output: Output = logistics if settings.output == "logistics" else MuLaw(settings.classes)
        self.upsamplings = nn.ModuleList(
            nn.ConvTranspose1d(mel.bands, mel.bands, 2 * rate, rate, padding=rate // 2) for rate in settings.rates
        )
        self.first = nn.Conv1d(1, settings.channels, 1)
        self.layers = nn.ModuleList(Layer(settings, mel.bands, dilation) for dilation in settings.dilations())
        self.head = nn.Conv1d(settings.skip, settings.skip, 1)
        self.last = nn.Conv1d(settings.skip, self.output.channels, 1)
        if settings.output == "logistics":
            logistics.begin_narrow(self.last)
        reach, rate = 0.0, 1
        for r in settings.rates:
            reach, rate = reach + transposed_reach(r, 2 * r) / rate, rate * r
        self.context = math.ceil(reach)  # mel frames to either side that a sample's condition depends on

    def condition(self, mel: Tensor) -> Tensor:
        """From frames to samples: (B, bands, T) -> (B, bands, T * hop)."""
        x = (mel + 5) / 4  # log-mels of speech lie around -5 +- 4
        for upsampling in self.upsamplings:
            x = F.leaky_relu(upsampling(x), 0.1)
        return x

    def forward(self, audio: Tensor, mel: Tensor) -> Tensor:
        """The parameters (B, channels, N) of the distribution of every sample of audio (B, N), N = T * hop."""
        check_mel(mel, self.mel_settings)
        if audio.shape[-1] != mel.shape[-1] * self.mel_settings.hop:
            raise MelError(f"{audio.shape[-1]} samples do not fit the mel's {mel.shape[-1]} frames.")
        h = self.first(F.pad(audio[:, :-1], (1, 0))[:, None])  # a sample must not see itself
        condition = self.condition(mel)
        skips: Tensor | None = None
        for layer in self.layers:
            h, skip = layer(h, condition)
            skips = skip if skips is None else skips + skip
        assert skips is not None
        return self.last(F.relu(self.head(F.relu(skips))))

    def log_likelihood(self, audio: Tensor, mel: Tensor) -> Tensor:
        """ln p of every sample given those before it, in nats (B, N); their sum is ln p of the sound."""
        return self.output.log_probability(self(audio, mel), audio)

    @torch.inference_mode()
    def synthesise(
        self, mel: Tensor, *, seed: int = 0, temperature: float | None = None, progress: Progress | None = None
    ) -> Tensor:
        """Speech (B, T * hop) for a log-mel (B, bands, T), one sample after the other.

        Item b of the batch draws from the noise `seed + b`; `progress` is called with the fraction done.
        """
        check_mel(mel, self.mel_settings)
        heat = self.settings.temperature if temperature is None else temperature
        mel = mel.to(next(self.parameters()))
        batch, _, frames = mel.shape
        hop = self.mel_settings.hop
        generators = [torch.Generator().manual_seed((seed + item) % (1 << 63)) for item in range(batch)]
        column = Column(self, batch)
        audio = torch.zeros(batch, frames * hop, dtype=mel.dtype)
        sample = audio[:, 0]
        for frame, told in enumerate(self._frames(mel)):
            drawn = [torch.rand(hop, self.output.uniforms, generator=generator) for generator in generators]
            uniforms = torch.stack(drawn, 1).to(audio)
            for n in range(hop):
                parameters = torch.from_numpy(column(sample.numpy(), told[n]))
                sample = self.output.sample(parameters, uniforms[n], heat)
                audio[:, frame * hop + n] = sample
            if progress is not None:
                progress((frame + 1) / frames)
        return audio.to(mel.device)

    @torch.no_grad()
    def told(self, condition: Tensor) -> np.ndarray:
        """What the mel adds to every layer's gates, with their biases: (B, bands, N) -> (N, layers, B, 2 C)."""
        layers: list[Layer] = list(self.layers)  # type: ignore[arg-type]
        gates = [F.conv1d(condition, layer.condition.weight, layer.dilated.bias) for layer in layers]
        return torch.stack(gates).permute(3, 0, 1, 2).contiguous().cpu().numpy()

    def _frames(self, mel: Tensor) -> Iterator[np.ndarray]:
        """`told` of each frame's samples, a frame at a time."""
        hop = self.mel_settings.hop
        for stretch, keep in stretches(mel.shape[-1], STRETCH, self.context):
            condition = self.condition(mel[..., stretch])
            for frame in range(keep.start, keep.stop):
                yield self.told(condition[..., frame * hop : (frame + 1) * hop])


class Column:
    """The network at one sample after the other, each layer's past remembered (Paine et al. 2016, arXiv 1611.09482).

    A layer of k taps and dilation d needs its inputs of d, 2 d, ... (k - 1) d samples ago: a ring of (k - 1) d columns,
    whose oldest the newest replaces. Before the beginning there were zeros, as in `WaveNet.forward`.

    In NumPy: a step is some hundred operations on a few numbers each, and their number is what it costs. So it runs on
    the CPU wherever the network is.
    """

    def __init__(self, wavenet: WaveNet, batch: int) -> None:
        layers: list[Layer] = list(wavenet.layers)  # type: ignore[arg-type]
        self.time, self.channels = 0, wavenet.settings.channels
        self.first, self.head, self.last = (_matrix(c) for c in (wavenet.first, wavenet.head, wavenet.last))
        self.taps = [_matrix(layer.dilated)[0] for layer in layers]  # their biases are in what the layer is told
        self.outs = [_matrix(layer.out) for layer in layers]
        self.dilations = wavenet.settings.dilations()
        silence = np.zeros((batch, self.channels), dtype=self.first[0].dtype)
        self.rings = [[silence] * layer.past for layer in layers]

    def __call__(self, previous: np.ndarray, told: np.ndarray) -> np.ndarray:
        """The parameters (B, channels) for the next sample.

        Args:
            previous: the sample before it (B,), 0 at the beginning.
            told: what `WaveNet.told` says of this sample (layers, B, 2 C).
        """
        c = self.channels
        h = previous[:, None] * self.first[0] + self.first[1]
        skips = np.zeros((1, 1), dtype=h.dtype)
        for ring, dilation, taps, (out, bias), gates in zip(
            self.rings, self.dilations, self.taps, self.outs, told, strict=True
        ):
            past = len(ring)
            heard = [ring[(self.time + back) % past] for back in range(0, past, dilation)]
            ring[self.time % past] = h
            gates = np.concatenate([*heard, h], 1) @ taps + gates
            sigmoid = 0.5 + 0.5 * np.tanh(0.5 * gates[:, c:])
            result = (np.tanh(gates[:, :c]) * sigmoid) @ out + bias
            h = h + result[:, :c]
            skips = skips + result[:, c:]
        self.time += 1
        for matrix, bias in (self.head, self.last):
            skips = np.maximum(skips, 0) @ matrix + bias
        return skips


def _matrix(convolution: nn.Module) -> tuple[np.ndarray, np.ndarray]:
    """A convolution as what it does to one column: its taps below each other, the oldest first, and its bias."""
    assert isinstance(convolution, nn.Conv1d) and convolution.bias is not None
    weight = convolution.weight.detach().cpu()
    weight = weight if weight.dtype == torch.float64 else weight.float()  # NumPy has no bfloat16
    return weight.permute(2, 1, 0).flatten(0, 1).numpy().copy(), convolution.bias.detach().cpu().to(
        weight.dtype
    ).numpy()
