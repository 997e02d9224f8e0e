"""SqueezeWave state dicts beside the published computation, with torch's own weight norm and batch norm."""

from __future__ import annotations

import io

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

from vocoder.features import MelSettings
from vocoder.weights.foreign import ForeignFlow, read_flow

MEL = MelSettings(bands=4, n_fft=64, hop=32, window=64)
GROUP, FLOWS, LAYERS, CHANNELS = 16, 4, 3, 6
STYLES = (".parametrizations.weight.original0", ".weight_g"), (".parametrizations.weight.original1", ".weight_v")


class Coupling(nn.Module):
    """One "WN", named as in the checkpoints. Its sound starts and ends in silence before the norm, not after it:
    that is what folding the norm means, and what SqueezeWave's own inference does."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.start = weight_norm(nn.Conv1d(inputs, CHANNELS, 1))
        self.cond_layer = weight_norm(nn.Conv1d(4, 2 * CHANNELS * LAYERS, 1))
        self.in_layers = nn.ModuleList(
            nn.Sequential(
                nn.BatchNorm1d(CHANNELS),
                nn.Conv1d(CHANNELS, CHANNELS, 3, groups=CHANNELS),
                nn.Conv1d(CHANNELS, 2 * CHANNELS, 1),
            )
            for _ in range(LAYERS)
        )
        self.res_skip_layers = nn.ModuleList(weight_norm(nn.Conv1d(CHANNELS, CHANNELS, 1)) for _ in range(LAYERS))
        self.end = nn.Conv1d(CHANNELS, 2 * inputs, 1)

    def forward(self, x: Tensor, mel: Tensor) -> Tensor:
        h = self.start(x)
        for layer, out, told in zip(
            self.in_layers, self.res_skip_layers, self.cond_layer(mel).chunk(LAYERS, 1), strict=True
        ):
            a, b = (layer(F.pad(h, (1, 1))) + F.interpolate(told, scale_factor=2)).chunk(2, 1)
            h = h + out(torch.tanh(a) * torch.sigmoid(b))
        return self.end(h)


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.widths = [16, 16, 12, 12]  # 4 channels leave before the third flow
        self.WN = nn.ModuleList(Coupling(width // 2) for width in self.widths)
        self.convinv = nn.ModuleList(nn.ModuleDict({"conv": nn.Conv1d(w, w, 1, bias=False)}) for w in self.widths)
        for parameter in self.parameters():
            nn.init.normal_(parameter, std=0.3)
        for mixing in self.convinv:
            nn.init.orthogonal_(mixing["conv"].weight[..., 0])  # type: ignore[index]
        for module in self.modules():
            if isinstance(module, nn.BatchNorm1d):
                nn.init.normal_(module.running_mean)  # type: ignore[arg-type]
                nn.init.uniform_(module.running_var, 0.5, 2)  # type: ignore[arg-type]

    def forward(self, audio: Tensor, mel: Tensor) -> Tensor:
        x, left = audio.unflatten(-1, (-1, GROUP)).mT, []
        for width, mixing, coupling in zip(self.widths, self.convinv, self.WN, strict=True):
            if x.shape[1] > width:
                left.append(x[:, :4])
                x = x[:, 4:]
            x = mixing["conv"](x)  # type: ignore[index]
            a, b = x.chunk(2, 1)
            shift, log_scale = coupling(a, mel).chunk(2, 1)
            x = torch.cat([a, b * log_scale.exp() + shift], 1)
        return torch.cat([*left, x], 1)


def saved(network: Network) -> ForeignFlow:
    state = network.state_dict()
    for new, old in STYLES:
        state = {name.replace(new, old): tensor for name, tensor in state.items()}
    file = io.BytesIO()
    torch.save({"state_dict": state, "iteration": 3}, file)
    return read_flow(file, MEL)


@torch.no_grad()
def test_the_same_latents_and_sound_as_the_published_computation() -> None:
    torch.manual_seed(0)
    network = Network().eval()
    foreign = saved(network)
    mel, audio = torch.randn(1, 4, 11), torch.randn(1, 11 * 32)
    z = network(audio, mel)
    torch.testing.assert_close(foreign.flow(audio, mel)[0], z, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(foreign.flow.inverse(z, mel), audio, rtol=0, atol=1e-4)
    assert foreign.notes[0].startswith("SqueezeWave, a state dict")
    assert "batch norm folded in 12 layers" in foreign.notes
