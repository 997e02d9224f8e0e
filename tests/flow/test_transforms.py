"""Every transform: the way back, the log-determinant, and that the two directions cancel."""

import pytest
import torch
from torch import Tensor, nn

from vocoder.flow.conditioner import DilatedConvolutions
from vocoder.flow.coupling import AffineCoupling
from vocoder.flow.mixing import InvertibleConvolution
from vocoder.flow.scale import MelScale
from vocoder.flow.separable import SeparableConvolutions
from vocoder.flow.transform import Transform

CONDITION = 5
COLUMNS = 6


def shaken(module: nn.Module, seed: int = 0) -> nn.Module:
    """The module with every parameter drawn at random, so that nothing is the identity by its initialisation."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in module.parameters():
        parameter.data = 0.3 * torch.randn(parameter.shape, generator=generator)
    return module.double()


def coupling(channels: int, limit: float = 0.0) -> AffineCoupling:
    outputs = 2 * (channels - channels // 2)
    return AffineCoupling(channels, DilatedConvolutions(channels // 2, outputs, CONDITION, 4, 3, 3), limit)


def mirrored(channels: int) -> InvertibleConvolution:
    """A mixing whose determinant is negative."""
    transform = InvertibleConvolution(channels)
    weight = transform.weight.data.double()
    if torch.linalg.det(weight) > 0:
        weight[0] *= -1
    transform.weight.data = 1.3 * weight
    return transform.double()


CASES: dict[str, Transform] = {
    "mixing 8": shaken(InvertibleConvolution(8)),
    "mixing 3": shaken(InvertibleConvolution(3)),
    "mixing with a negative determinant": mirrored(6),
    "mixing that is the identity": InvertibleConvolution(4, identity=True).double(),
    "scale 5": shaken(MelScale(5, CONDITION, 7)),
    "coupling 8": shaken(coupling(8)),
    "coupling of an odd width": shaken(coupling(7)),
    "coupling of two channels": shaken(coupling(2)),
    "coupling with separable convolutions": shaken(AffineCoupling(8, SeparableConvolutions(4, 8, CONDITION, 4, 3, 3))),
    "coupling with a limit": shaken(coupling(6, limit=0.5)),
}


@pytest.fixture(params=CASES, ids=list(CASES))
def case(request: pytest.FixtureRequest) -> tuple[Transform, Tensor, Tensor]:
    transform = CASES[request.param]
    channels = {"mixing": 8, "scale": 5, "coupling": 8}[request.param.split()[0]]
    for parameter in transform.parameters():
        if isinstance(transform, InvertibleConvolution):
            channels = parameter.shape[0]
    if isinstance(transform, AffineCoupling):
        channels = transform.split + transform.conditioner.end.out_channels // 2
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(2, channels, COLUMNS, generator=generator, dtype=torch.float64)
    return transform, x, torch.randn(2, CONDITION, COLUMNS, generator=generator, dtype=torch.float64)


def test_the_way_back_returns_the_input(case: tuple[Transform, Tensor, Tensor]) -> None:
    transform, x, condition = case
    y, _ = transform(x, condition)
    back, _ = transform.inverse(y, condition)
    torch.testing.assert_close(back, x, rtol=0, atol=1e-8)


def test_the_log_determinant_is_that_of_autograds_jacobian(case: tuple[Transform, Tensor, Tensor]) -> None:
    transform, x, condition = case
    x, condition = x[:1], condition[:1]
    _, log_det = transform(x, condition)
    jacobian = torch.autograd.functional.jacobian(lambda v: transform(v, condition)[0], x)
    expected = torch.linalg.slogdet(jacobian.reshape(x.numel(), x.numel()))[1]
    assert log_det.shape == (1, COLUMNS)
    torch.testing.assert_close(log_det.sum(), expected, rtol=0, atol=1e-6)


def test_the_log_determinants_of_both_directions_cancel(case: tuple[Transform, Tensor, Tensor]) -> None:
    transform, x, condition = case
    y, forward = transform(x, condition)
    _, backward = transform.inverse(y, condition)
    torch.testing.assert_close(forward + backward, torch.zeros_like(forward), rtol=0, atol=1e-8)


def test_columns_of_a_coupling_add_up_also_when_some_are_left_out() -> None:
    transform = CASES["coupling 8"]
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(1, 8, 40, generator=generator, dtype=torch.float64)
    condition = torch.randn(1, CONDITION, 40, generator=generator, dtype=torch.float64)
    whole = transform(x, condition)[1]
    reach = 2**3 - 1
    part = transform(x[..., :30], condition[..., :30])[1]
    torch.testing.assert_close(part[:, : 30 - reach], whole[:, : 30 - reach])


def test_a_mixing_whose_weight_changed_is_inverted_anew() -> None:
    transform = InvertibleConvolution(4).double()
    x = torch.randn(1, 4, 3, dtype=torch.float64)
    condition = torch.zeros(1, 1, 3, dtype=torch.float64)
    with torch.no_grad():
        transform.inverse(x, condition)
        transform.weight.mul_(2.0)
        back, _ = transform.inverse(transform(x, condition)[0], condition)
    torch.testing.assert_close(back, x)


def test_the_inverse_of_a_mixing_has_gradients() -> None:
    transform = InvertibleConvolution(4).double()
    y = torch.randn(1, 4, 3, dtype=torch.float64)

    def through(weight: Tensor) -> Tensor:
        return torch.linalg.inv(weight) @ y[0]

    expected = torch.autograd.grad(through(transform.weight).sin().sum(), transform.weight)[0]
    actual = torch.autograd.grad(transform.inverse(y, y)[0].sin().sum(), transform.weight)[0]
    torch.testing.assert_close(actual, expected)


def test_a_mixing_in_half_precision_is_computed_in_single() -> None:
    transform = InvertibleConvolution(16)
    x = torch.randn(1, 16, 9)
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        y, _ = transform(x, x)
        back, _ = transform.inverse(y, x)
    assert y.dtype == torch.float32
    torch.testing.assert_close(back, x, rtol=0, atol=1e-5)


def test_a_new_coupling_is_the_identity() -> None:
    transform = coupling(8).double()
    x = torch.randn(1, 8, COLUMNS, dtype=torch.float64)
    y, log_det = transform(x, torch.randn(1, CONDITION, COLUMNS, dtype=torch.float64))
    assert torch.equal(y, x)
    assert torch.equal(log_det, torch.zeros(1, COLUMNS, dtype=torch.float64))
