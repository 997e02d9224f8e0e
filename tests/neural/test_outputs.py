"""The distributions over the next sample: their probabilities by the published formulas, their samples by frequency."""

import numpy as np
import pytest
import torch
from scipy import special, stats

from vocoder.neural.outputs import Logistics, MuLaw, Output, pick


def test_mu_law_is_the_published_curve() -> None:
    audio = np.linspace(-1, 1, 401)
    curve = np.sign(audio) * np.log(1 + 255 * np.abs(audio)) / np.log(256)
    law = MuLaw(256)
    level = law.level(torch.from_numpy(audio))
    np.testing.assert_array_equal(level.numpy(), np.clip(np.floor((curve + 1) / 2 * 255 + 0.5), 0, 255))
    back = law.value(level).numpy()
    assert set(law.level(torch.tensor(back)).tolist()) == set(level.tolist())  # a level's value is at that level
    assert np.abs(back - audio).max() < 0.025 and np.abs(back - audio)[195:206].max() < 1e-3  # finer where quiet


def test_mu_law_probability_is_the_softmax_of_the_level() -> None:
    logits = torch.randn(2, 16, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    audio = torch.tensor([[-1.0, -0.1, 0.0, 0.1, 1.0]] * 2)
    law = MuLaw(16)
    expected = special.log_softmax(logits.numpy(), 1)
    levels = law.level(audio)
    for b in range(2):
        for n in range(5):
            assert float(law.log_probability(logits, audio)[b, n]) == pytest.approx(expected[b, levels[b, n], n])


def logistics_parameters(seed: int, mixtures: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(mixtures, generator=generator, dtype=torch.float64)
    means = 0.4 * torch.randn(mixtures, generator=generator, dtype=torch.float64)
    return torch.cat([logits, means, torch.tensor([-3.0, -4.0, -2.5], dtype=torch.float64)])


def test_logistics_are_scipys() -> None:
    parameters = logistics_parameters(0)
    x = np.round((np.linspace(-1, 1, 41) + 1) / 2 * 65535) / 65535 * 2 - 1
    ours = Logistics(3).log_probability(parameters[None, :, None].expand(1, 9, 41), torch.from_numpy(x)[None])[0]
    logits, means, log_scales = parameters.numpy().reshape(3, 3)
    expected = np.zeros(41)
    for weight, mean, scale in zip(special.softmax(logits), means, np.exp(log_scales), strict=True):
        upper = np.where(x > 1 - 1e-9, np.inf, x + 1 / 65535)
        lower = np.where(x < -1 + 1e-9, -np.inf, x - 1 / 65535)
        expected += weight * (stats.logistic.cdf(upper, mean, scale) - stats.logistic.cdf(lower, mean, scale))
    np.testing.assert_allclose(ours.exp().numpy(), expected, rtol=1e-8, atol=1e-14)


def test_logistics_over_all_16_bit_values_sum_to_one() -> None:
    values = torch.arange(65_536, dtype=torch.float64) / 65_535 * 2 - 1
    parameters = logistics_parameters(1)[None, :, None].expand(1, 9, 65_536)
    assert float(Logistics(3).log_probability(parameters, values[None]).exp().sum()) == pytest.approx(1, abs=1e-9)


def test_a_narrow_logistic_far_away_is_unlikely_and_finite() -> None:
    parameters = torch.tensor([0.0, -1.0, -100.0])[None, :, None].requires_grad_()
    value = Logistics(1).log_probability(parameters, torch.ones(1, 1) * 0.5)
    value.sum().backward()
    assert value.item() < -1000 and torch.isfinite(value).all() and torch.isfinite(parameters.grad).all()


def test_pick_inverts_the_running_sum() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25]])).expand(5, 3)
    assert pick(logits, torch.tensor([0.0, 0.49, 0.51, 0.76, 1.0])).tolist() == [0, 0, 1, 2, 2]


@pytest.mark.parametrize(
    ("output", "parameters"),
    [
        (MuLaw(8), torch.tensor([0.0, 1.0, -1.0, 2.0, 0.5, 0.0, 1.0, -2.0])),
        (Logistics(3), logistics_parameters(2).float()),
    ],
    ids=["mu-law", "logistics"],
)
def test_samples_are_as_frequent_as_their_probability(output: Output, parameters: torch.Tensor) -> None:
    count = 20_000
    uniforms = torch.rand(count, output.uniforms, generator=torch.Generator().manual_seed(0))
    drawn = output.sample(parameters.expand(count, -1), uniforms, 1.0).double().numpy()
    if isinstance(output, MuLaw):
        values = output.value(torch.arange(8))
        expected = (
            output.log_probability(parameters[None, :, None].expand(1, 8, 8), values[None]).exp()[0].double().numpy()
        )
        counts = [np.isclose(drawn, float(value)).sum() for value in values]
        assert stats.chisquare(counts, expected / expected.sum() * count).pvalue > 0.01
    else:
        grid = torch.arange(65_536, dtype=torch.float64) / 65_535 * 2 - 1
        p = output.log_probability(parameters.double()[None, :, None].expand(1, 9, 65_536), grid[None]).exp()[0].numpy()
        assert stats.kstest(drawn, lambda x: np.interp(x, grid.numpy(), p.cumsum())).pvalue > 0.01


@pytest.mark.parametrize("output", [MuLaw(8), Logistics(3)], ids=["mu-law", "logistics"])
def test_without_temperature_the_likeliest_is_certain(output: Output) -> None:
    if isinstance(output, MuLaw):
        parameters, likeliest = torch.tensor([0.0, 0.5, 3.0, 2.9, 0, 0, 0, 0]), float(output.value(torch.tensor(2)))
    else:
        parameters, likeliest = torch.tensor([-50.0, 50.0, -50.0, 0.9, -0.3, 0.7, -3.0, -3.0, -3.0]), -0.3
    uniforms = torch.rand(50, output.uniforms, generator=torch.Generator().manual_seed(1))
    drawn = output.sample(parameters.expand(50, -1), uniforms, 0.0)
    np.testing.assert_allclose(drawn.numpy(), likeliest, atol=1e-6)
