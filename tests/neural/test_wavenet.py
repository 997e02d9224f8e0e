"""WaveNet: one sample at a time is the parallel network, which is the paper's."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.neural.published import random_mel
from vocoder.errors import MelError, SettingsError
from vocoder.features import MelSettings
from vocoder.neural import WAVENET, WaveNet, WaveNetSettings
from vocoder.neural.wavenet import Column

MEL = MelSettings(hop=16, n_fft=64, window=64)
SMALL = WaveNetSettings(mixtures=3, classes=32, cycles=2, layers=4, channels=6, skip=5, rates=(4, 4))
KINDS = [
    SMALL,
    dataclasses.replace(SMALL, output="mu-law"),
    dataclasses.replace(SMALL, kernel=3, layers=3, temperature=0.7),
]
kinds = pytest.mark.parametrize("settings", KINDS, ids=["logistics", "mu-law", "three taps"])


def network(settings: WaveNetSettings) -> WaveNet:
    torch.manual_seed(0)
    return WaveNet(settings, MEL).double().requires_grad_(False)


def sound(samples: int, batch: int = 2) -> Tensor:
    return 0.3 * torch.randn(batch, samples, generator=torch.Generator().manual_seed(5), dtype=torch.float64)


def published(state: dict[str, Tensor], settings: WaveNetSettings, audio: Tensor, mel: Tensor) -> Tensor:
    """Van den Oord et al. 2016, sections 2.1, 2.3 to 2.5: tap by tap, gate by gate."""
    c = (mel + 5) / 4
    for i, rate in enumerate(settings.rates):
        up = F.conv_transpose1d(c, state[f"upsamplings.{i}.weight"], state[f"upsamplings.{i}.bias"], stride=rate)
        c = F.leaky_relu(up[..., rate // 2 : -rate // 2], 0.1)
    past = torch.cat([torch.zeros_like(audio[:, :1]), audio[:, :-1]], 1)
    h = past[:, None] * state["first.weight"][..., 0] + state["first.bias"][:, None]
    skips = torch.zeros((), dtype=audio.dtype)
    layers = settings.cycles * settings.layers
    for i in range(layers):
        d, width = 2 ** (i % settings.layers), settings.channels
        taps = state[f"layers.{i}.dilated.weight"]
        u = state[f"layers.{i}.dilated.bias"][:, None] + state[f"layers.{i}.condition.weight"][..., 0] @ c
        for k in range(settings.kernel):
            back = (settings.kernel - 1 - k) * d
            delayed = torch.cat([torch.zeros_like(h[..., :1]).expand(-1, -1, back), h], -1)[..., : h.shape[-1]]
            u = u + taps[..., k] @ delayed
        z = torch.tanh(u[:, :width]) * torch.sigmoid(u[:, width:])
        out = state[f"layers.{i}.out.weight"][..., 0] @ z + state[f"layers.{i}.out.bias"][:, None]
        h, skips = h + out[:, :width], skips + out[:, width:]
    x = state["head.weight"][..., 0] @ skips.clamp_min(0) + state["head.bias"][:, None]
    return state["last.weight"][..., 0] @ x.clamp_min(0) + state["last.bias"][:, None]


@kinds
def test_the_parallel_network_is_the_papers(settings: WaveNetSettings) -> None:
    wavenet, mel = network(settings), random_mel(5, batch=2).double()
    audio = sound(5 * 16)
    expected = published(wavenet.state_dict(), settings, audio, mel)
    torch.testing.assert_close(wavenet(audio, mel), expected, rtol=0, atol=1e-12)


@kinds
def test_one_sample_at_a_time_is_the_parallel_network(settings: WaveNetSettings) -> None:
    wavenet, mel = network(settings), random_mel(6, batch=2).double()
    audio = sound(6 * 16)
    assert audio.shape[-1] > settings.reach()  # every ring has gone round
    column = Column(wavenet, batch=2)
    told = wavenet.told(wavenet.condition(mel))
    steps = [column(audio[:, n - 1].numpy() if n else np.zeros(2), told[n]) for n in range(audio.shape[-1])]
    np.testing.assert_allclose(np.stack(steps, -1), wavenet(audio, mel).numpy(), rtol=0, atol=1e-12)


@kinds
def test_generated_sound_is_what_the_parallel_network_would_draw(settings: WaveNetSettings) -> None:
    """The whole loop: the generated sound through the parallel network, and the same random numbers drawn again."""
    wavenet, frames = network(settings), 40
    mel = random_mel(frames, batch=2).double()
    audio = wavenet.synthesise(mel, seed=3, temperature=0.9)
    parameters = wavenet(audio, mel)
    for item in range(2):
        generator = torch.Generator().manual_seed(3 + item)
        numbers = torch.cat([torch.rand(16, wavenet.output.uniforms, generator=generator) for _ in range(frames)])
        drawn = wavenet.output.sample(parameters[item].T, numbers.double(), 0.9)
        torch.testing.assert_close(audio[item], drawn, rtol=0, atol=1e-9)
    assert audio.std() > 0.01


@kinds
def test_no_sample_hears_the_future_or_beyond_its_reach(settings: WaveNetSettings) -> None:
    wavenet, mel = network(settings), random_mel(6).double()
    audio = sound(96, batch=1).requires_grad_()
    wavenet(audio, mel)[0, :, 80].square().sum().backward()
    assert audio.grad is not None
    heard = audio.grad[0].nonzero()[:, 0]
    assert int(heard.max()) == 79 and int(heard.min()) == 80 - settings.reach()


def test_the_same_seed_is_the_same_sound_whatever_the_batch() -> None:
    wavenet, mel = network(SMALL), random_mel(3).double()
    both = wavenet.synthesise(mel.expand(2, -1, -1), seed=7)
    assert not torch.equal(both[0], both[1])
    torch.testing.assert_close(wavenet.synthesise(mel, seed=8)[0], both[1], rtol=0, atol=1e-12)
    done: list[float] = []
    assert torch.equal(wavenet.synthesise(mel, seed=8, progress=done.append), wavenet.synthesise(mel, seed=8))
    assert done == [1 / 3, 2 / 3, 1]


def test_learning_raises_the_likelihood_of_what_is_learnt() -> None:
    torch.manual_seed(0)
    wavenet = WaveNet(SMALL, MEL)
    mel = random_mel(8)
    audio = 0.3 * torch.sin(torch.arange(128) * 0.3)[None]
    optimiser = torch.optim.Adam(wavenet.parameters(), 0.01)
    before = wavenet.log_likelihood(audio, mel).mean().item()
    for _ in range(15):
        optimiser.zero_grad()
        loss = -wavenet.log_likelihood(audio, mel).mean()
        loss.backward()
        optimiser.step()
    assert wavenet.log_likelihood(audio, mel).mean().item() > before + 0.3  # nats a sample
    assert all(parameter.grad is not None for parameter in wavenet.parameters())


def test_the_default_is_as_deep_as_tacotron_2s() -> None:
    assert len(WAVENET.dilations()) == 30 and WAVENET.reach() == 3070 and WAVENET.mixtures == 10


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (dict(output="gaussian"), "'logistics' or 'mu-law'"),
        (dict(rates=[15, 17]), "must be even"),
        (dict(layers=40), "up to 14 layers"),
        (dict(kernel=1), "2 to 16 taps"),
        (dict(temperature=3), "between 0 and 2"),
    ],
)
def test_settings_that_make_no_network_are_refused(change: dict, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        WaveNetSettings.from_dict(change)


def test_inputs_that_do_not_fit_are_refused() -> None:
    with pytest.raises(SettingsError, match="16 samples a frame, the hop is 256"):
        WaveNet(SMALL, MelSettings())
    wavenet = network(SMALL)
    with pytest.raises(MelError, match="should be"):
        wavenet.synthesise(torch.zeros(1, 79, 3))
    with pytest.raises(MelError, match="do not fit the mel's 3 frames"):
        wavenet(torch.zeros(1, 47).double(), torch.zeros(1, 80, 3).double())
