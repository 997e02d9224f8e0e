"""BigVGAN against its paper's formulas, with SciPy's filters."""

import numpy as np
import pytest
import torch

from tests.neural.published import (
    anti_aliased,
    bigvgan,
    bigvgan_shapes,
    double,
    kaiser_filter,
    random_mel,
    random_state,
)
from vocoder.neural import BIGVGAN_22KHZ, BIGVGAN_BASE_22KHZ, BIGVGAN_V2_22KHZ, BigVGAN, BigVGANSettings
from vocoder.neural import load_bigvgan_state as load
from vocoder.neural.antialias import AntiAliased, Snake, kaiser_sinc

THREE = [[1, 3, 5]] * 3


def test_the_filter_is_scipys_kaiser_design() -> None:
    np.testing.assert_allclose(kaiser_sinc(), kaiser_filter(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("samples", [1, 2, 37])
def test_anti_aliasing_is_scipys_polyphase_filter_there_and_back(samples: int) -> None:
    x = np.random.default_rng(0).standard_normal((3, samples))
    ours = AntiAliased(torch.nn.Tanh()).double()(torch.from_numpy(x)[None])[0].numpy()
    np.testing.assert_allclose(ours, anti_aliased(x, np.tanh), rtol=0, atol=1e-7)  # the taps are kept in float32


def test_anti_aliasing_holds_a_harmonic_back_from_folding() -> None:
    """The square of a sine at 0.4 of the rate has a harmonic at 0.8, which sampling would fold to 0.2."""
    time = torch.arange(400, dtype=torch.float64)
    sine = torch.cos(2 * torch.pi * 0.4 * time)[None, None]

    class Square(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.square()

    def folded(y: torch.Tensor) -> float:
        return float(torch.fft.rfft(y[0, 0, 100:300] * torch.hann_window(200, dtype=torch.float64)).abs()[40])

    assert folded(AntiAliased(Square()).double()(sine)) < 0.4 * folded(sine.square())


@pytest.mark.parametrize(("beta", "logarithmic"), [(True, True), (True, False), (False, True), (False, False)])
def test_snake_is_the_published_formula(beta: bool, logarithmic: bool) -> None:
    snake = Snake(2, beta=beta, logarithmic=logarithmic).double().requires_grad_(False)
    snake.alpha[:] = torch.tensor([0.5, 2.0])
    if snake.beta is not None:
        snake.beta[:] = torch.tensor([0.25, 3.0])
    x = torch.linspace(-3, 3, 11, dtype=torch.float64).repeat(1, 2, 1)
    for channel, (a, b) in enumerate([(0.5, 0.25), (2.0, 3.0)] if beta else [(0.5, 0.5), (2.0, 2.0)]):
        a, b = (np.exp(a), np.exp(b)) if logarithmic else (a, b)
        expected = x[0, channel].numpy() + np.sin(a * x[0, channel].numpy()) ** 2 / b
        np.testing.assert_allclose(snake(x)[0, channel].numpy(), expected, rtol=0, atol=1e-7)  # b + 1e-9 in the code


@pytest.mark.parametrize("version", [1, 2])
def test_same_sound_as_the_published_computation(version: int) -> None:
    rates = [4, 4, 2, 2, 2, 2]
    state = random_state(bigvgan_shapes(64, rates, [3, 7, 11], 3, beta=True, bias=version == 1))
    state["conv_post.weight"] *= 0.02  # the snakes add energy at every layer
    settings, network = load({"generator": state})
    mel = random_mel(2).double()
    expected = bigvgan(double(state), mel, rates, THREE, logarithmic=True, tanh=version == 1)
    assert 0.05 < expected.std() < 0.9
    torch.testing.assert_close(network.double()(mel), expected, rtol=0, atol=1e-6)
    assert (settings.final_bias, settings.final_tanh, settings.beta) == (version == 1, version == 1, True)


def test_plain_linear_snakes_as_the_published_computation() -> None:
    rates = [8, 8, 2, 2]
    state = random_state(bigvgan_shapes(16, rates, [3, 7, 11], 3, beta=False, bias=True))
    state = {name: tensor.abs() + 0.2 if name.endswith("alpha") else tensor for name, tensor in state.items()}
    state["conv_post.weight"] *= 0.05
    given = BigVGANSettings(
        channels=16, rates=tuple(rates), rate_kernels=(16, 16, 4, 4), beta=False, logarithmic=False,
        final_bias=True, final_tanh=True,
    )  # fmt: skip
    settings, network = load(state, given)
    mel = random_mel(2).double()
    expected = bigvgan(double(state), mel, rates, THREE, logarithmic=False, tanh=True)
    assert settings == given and 0.05 < expected.std() < 0.9
    torch.testing.assert_close(network.double()(mel), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "millions"), [(BIGVGAN_V2_22KHZ, 112), (BIGVGAN_22KHZ, 112), (BIGVGAN_BASE_22KHZ, 14)]
)
def test_sizes_are_the_published(settings: BigVGANSettings, millions: int) -> None:
    with torch.device("meta"):
        network = BigVGAN(settings)
    assert round(sum(p.numel() for p in network.parameters()) / 1e6) == millions


@pytest.mark.parametrize("frames", [1, 2])
def test_as_many_samples_as_the_mel_has_hops(frames: int) -> None:
    network = BigVGAN(BigVGANSettings(channels=64))
    assert network(random_mel(frames, batch=2)).shape == (2, 256 * frames)
    assert network.synthesise(random_mel(frames, batch=2)).shape == (2, 256 * frames)
