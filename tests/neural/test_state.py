"""State dicts as their authors wrote them, and everything that can be wrong with one."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from tests.neural.published import bigvgan_shapes, hifigan_shapes, melgan_shapes, random_mel, random_state
from vocoder.errors import WeightsError
from vocoder.features import MelSettings
from vocoder.neural import load_bigvgan_state, load_hifigan_state, load_melgan_state
from vocoder.neural.antialias import kaiser_sinc

RATES = [8, 8, 2, 2]


def small() -> dict[str, Tensor]:
    return random_state(hifigan_shapes(16, RATES, [3, 7, 11], 3, paired=True))


def old_style(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """As `torch.nn.utils.weight_norm` writes it, by torch's own convolutions."""
    return normed(state, torch.nn.utils.weight_norm)


def new_style(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return normed(state, torch.nn.utils.parametrizations.weight_norm)


def normed(state: dict[str, Tensor], norm: Callable[[nn.Module], nn.Module]) -> dict[str, Tensor]:
    result = {name: tensor for name, tensor in state.items() if not name.endswith("weight")}
    for name, weight in state.items():
        if name.endswith(".weight"):
            layer = nn.Module()
            layer.weight = nn.Parameter(weight.clone())
            stem = name.removesuffix("weight")
            result |= {stem + part: tensor for part, tensor in norm(layer).state_dict().items()}
    return result


@pytest.mark.filterwarnings("ignore:.*weight_norm.* is deprecated:FutureWarning")
@pytest.mark.parametrize("write", [old_style, new_style])
def test_weight_norm_is_folded_as_torch_computes_it(write) -> None:
    written = write(small())
    assert any(name.endswith(("weight_g", "weight.original0")) for name in written)
    for name in list(written):  # gains that are not the norms, so that forgetting one shows
        if name.endswith(("weight_g", "original0")):
            written[name] = written[name] * 1.25
    plain = {name: tensor * 1.25 if name.endswith(".weight") else tensor for name, tensor in small().items()}
    mel = random_mel(3)
    expected = load_hifigan_state(plain)[1](mel)
    torch.testing.assert_close(load_hifigan_state(written)[1](mel), expected, rtol=0, atol=1e-5)


def test_wrapped_prefixed_and_halved_states_are_the_same_network() -> None:
    mel = random_mel(3)
    expected = load_hifigan_state(small())[1](mel)
    prefixed = {f"module.{name}": tensor for name, tensor in small().items()}
    assert torch.equal(load_hifigan_state({"generator": prefixed})[1](mel), expected)
    halved = {name: tensor.half() for name, tensor in small().items()}
    torch.testing.assert_close(load_hifigan_state(halved)[1](mel), expected, rtol=0, atol=0.02)


def test_a_loaded_network_is_ready_to_use() -> None:
    state = {name: nn.Parameter(tensor) for name, tensor in small().items()}
    _, network = load_hifigan_state(state)
    assert not network.training
    assert {(p.dtype, p.device.type, p.requires_grad) for p in network.parameters()} == {(torch.float32, "cpu", False)}
    assert all(parameter.requires_grad for parameter in state.values())  # the caller's are as they were


def without(name: str) -> Callable[[dict], dict]:
    return lambda state: {n: t for n, t in state.items() if n != name}


def with_(name: str, tensor: object) -> Callable[[dict], dict]:
    return lambda state: {**state, name: tensor}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (without("conv_post.bias"), "conv_post.bias is missing"),
        (with_("extra.weight", torch.ones(3)), "extra.weight is unknown"),
        (with_("ups.1.weight", torch.ones(8, 5, 16)), "ups.1.weight is 8x5x16, should be 8x4x16"),
        (with_("ups.1.weight", torch.ones(8, 4, 8)), "make 128 samples a frame; the mel's hop is 256"),
        (with_("conv_pre.weight", torch.ones(16, 100, 7)), "conv_pre.weight is 16x100x7, should be 16x80x7"),
        (with_("conv_pre.weight", torch.ones(17, 80, 7)), "halved 4 times"),
        (with_("conv_pre.weight", torch.ones(())), "there should be conv_pre"),
        (with_("conv_post.weight", torch.full((1, 1, 7), float("nan"))), "conv_post.weight holds numbers that are not"),
        (with_("conv_post.weight", torch.ones(1, 1, 7, dtype=torch.int64)), "floating-point"),
        (with_("conv_post.weight", [1.0]), "'conv_post.weight' is not a tensor"),
        (with_("resblocks.0.convs1.0.weight", torch.ones(8, 8, 5)), "dilations of this HiFi-GAN cannot be seen"),
        (with_("x.weight_v", torch.ones(2, 2)), "x.weight_v has no x.weight_g beside it"),
        (lambda state: {**state, "x.weight_v": torch.ones(2, 2), "x.weight_g": torch.ones(3)}, "one gain a row"),
        (lambda state: {"conv_post.bias": state["conv_post.bias"]}, "there should be conv_pre, ups and resblocks"),
        (lambda state: {"generator": []}, "a mapping from names to tensors"),
        (lambda state: {}, "a mapping from names to tensors"),
    ],
)
def test_what_differs_is_said_in_one_sentence(change, reason: str) -> None:
    with pytest.raises(WeightsError, match=reason) as caught:
        load_hifigan_state(change(small()))
    text = str(caught.value)
    assert text.endswith(".") and "\n" not in text and len(text) < 300


def test_one_family_is_not_another() -> None:
    melgan = random_state(melgan_shapes(2, RATES, 3))
    bigvgan = random_state(bigvgan_shapes(16, RATES, [3, 7, 11], 3, beta=True, bias=True))
    for load, state in (
        (load_hifigan_state, melgan),
        (load_hifigan_state, bigvgan),
        (load_bigvgan_state, small()),
        (load_bigvgan_state, melgan),
        (load_melgan_state, small()),
    ):
        with pytest.raises(WeightsError):
            load(state)


def test_bigvgans_stored_filters_must_be_the_ones_that_it_computes() -> None:
    state = random_state(bigvgan_shapes(16, RATES, [3, 7, 11], 3, beta=True, bias=True))
    taps = torch.tensor(kaiser_sinc(), dtype=torch.float32).view(1, 1, 12)
    name = "resblocks.0.activations.0.downsample.lowpass.filter"
    load_bigvgan_state({**state, name: taps})
    with pytest.raises(WeightsError, match="lowpass.filter is not the Kaiser-windowed sinc of 12 taps"):
        load_bigvgan_state({**state, name: taps.roll(1)})


def test_settings_and_mel_can_be_given() -> None:
    state = random_state(melgan_shapes(2, [4, 4], 2))
    with pytest.raises(WeightsError, match="16 samples a frame"):
        load_melgan_state(state)
    settings, network = load_melgan_state(state, mel=MelSettings(hop=16, n_fft=64, window=64))
    assert network(random_mel(5)).shape == (1, 80) and settings.rates == (4, 4)
