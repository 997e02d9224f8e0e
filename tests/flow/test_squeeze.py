"""The squeezes against their formulas in plain NumPy and SciPy."""

import math

import numpy as np
import pytest
import scipy.fft
import torch

from vocoder.flow.squeeze import Groups, LappedTransform


def mdct(x: np.ndarray, group: int) -> np.ndarray:
    """The textbook sum over 2C windowed samples, for the inner blocks only: (G - 2, C)."""
    n = np.arange(2 * group)
    window = np.sin(np.pi / (2 * group) * (n + 0.5))
    k = np.arange(group)[:, None]
    basis = np.sqrt(2 / group) * np.cos(np.pi / group * (n - group / 2 + 0.5) * (k + 0.5))
    starts = [t * group - group // 2 for t in range(1, x.size // group - 1)]
    return np.stack([basis @ (window * x[start : start + 2 * group]) for start in starts])


@pytest.mark.parametrize("group", [2, 6, 16, 256])
def test_inner_columns_are_the_windowed_mdct(group: int) -> None:
    x = np.random.default_rng(0).standard_normal(5 * group)
    y = LappedTransform(group)(torch.from_numpy(x)[None])[0].numpy()
    np.testing.assert_allclose(y[:, 1:-1].T, mdct(x, group), atol=1e-12)


@pytest.mark.parametrize("group", [2, 6, 16])
@pytest.mark.parametrize("blocks", [1, 2, 5])
def test_the_lapped_transform_is_orthonormal_on_the_whole_sound(group: int, blocks: int) -> None:
    transform = LappedTransform(group)
    matrix = transform(torch.eye(group * blocks, dtype=torch.float64)).flatten(1)
    torch.testing.assert_close(matrix @ matrix.T, torch.eye(group * blocks, dtype=torch.float64), rtol=0, atol=1e-12)


def test_a_single_block_is_scipys_dct_of_type_four() -> None:
    x = np.random.default_rng(1).standard_normal(32)
    y = LappedTransform(32)(torch.from_numpy(x)[None])[0, :, 0].numpy()
    np.testing.assert_allclose(y, scipy.fft.dct(x, type=4, norm="ortho"), atol=1e-12)


@pytest.mark.parametrize("squeeze", [Groups(8), LappedTransform(8), LappedTransform(256)])
def test_the_way_back_returns_the_samples(squeeze: Groups | LappedTransform) -> None:
    x = torch.randn(3, squeeze.group * 7, dtype=torch.float64)
    torch.testing.assert_close(squeeze.inverse(squeeze(x)), x, rtol=0, atol=1e-12)


def test_a_tone_lands_in_its_coefficient() -> None:
    group, bin_ = 64, 20
    time = torch.arange(group * 8, dtype=torch.float64)
    y = LappedTransform(group)(torch.cos(math.pi / group * (bin_ + 0.5) * time)[None])[0]
    energy = y[:, 2:-2].square().sum(1)
    assert int(energy.argmax()) == bin_
    assert energy[bin_ - 2 : bin_ + 3].sum() > 0.99 * energy.sum()


def test_groups_are_neighbouring_samples() -> None:
    y = Groups(4)(torch.arange(12.0)[None])[0].numpy()
    np.testing.assert_array_equal(y, np.arange(12.0).reshape(3, 4).T)
