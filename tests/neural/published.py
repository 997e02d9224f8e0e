"""The published computations written down again in plain functions, on state dicts with the authors' own names."""

import math

import numpy as np
import torch
from scipy import signal
from torch import Tensor
from torch.nn import functional as F

State = dict[str, Tensor]


def random_state(shapes: dict[str, tuple[int, ...]], seed: int = 0) -> State:
    """Weights of about unit gain, so that no layer saturates and every one matters."""
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for name, shape in shapes.items():
        inputs = math.prod(shape[1:]) if len(shape) > 1 else 10
        state[name] = torch.randn(shape, generator=generator) / math.sqrt(inputs)
    return state


def random_mel(frames: int, batch: int = 1, bands: int = 80) -> Tensor:
    return 2 * torch.randn(batch, bands, frames, generator=torch.Generator().manual_seed(frames)) - 5


def double(state: State) -> State:
    return {name: tensor.double() for name, tensor in state.items()}


def hifigan_shapes(
    channels: int, rates: list[int], kernels: list[int], depth: int, paired: bool
) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {"conv_pre.weight": (channels, 80, 7), "conv_pre.bias": (channels,)}
    width = channels
    for i, rate in enumerate(rates):
        shapes |= {f"ups.{i}.weight": (width, width // 2, 2 * rate), f"ups.{i}.bias": (width // 2,)}
        width //= 2
        for j, kernel in enumerate(kernels):
            for part in ("convs1", "convs2") if paired else ("convs",):
                for d in range(depth):
                    name = f"resblocks.{len(kernels) * i + j}.{part}.{d}"
                    shapes |= {f"{name}.weight": (width, width, kernel), f"{name}.bias": (width,)}
    return shapes | {"conv_post.weight": (1, width, 7), "conv_post.bias": (1,)}


def convolve(state: State, name: str, x: Tensor, dilation: int = 1, padding: int | None = None) -> Tensor:
    weight = state[f"{name}.weight"]
    same = dilation * (weight.shape[-1] - 1) // 2
    padding = same if padding is None else padding
    return F.conv1d(x, weight, state.get(f"{name}.bias"), dilation=dilation, padding=padding)


def hifigan(state: State, mel: Tensor, rates: list[int], dilations: list[list[int]], paired: bool) -> Tensor:
    """Kong et al. 2020, section 2.2 and figure 1."""
    x = convolve(state, "conv_pre", mel)
    for i, rate in enumerate(rates):
        x = torch.maximum(x, 0.1 * x)
        x = F.conv_transpose1d(x, state[f"ups.{i}.weight"], state[f"ups.{i}.bias"], stride=rate, padding=rate // 2)
        branches = []
        for j, block in enumerate(dilations):
            h, name = x, f"resblocks.{len(dilations) * i + j}"
            for d, dilation in enumerate(block):
                y = torch.maximum(h, 0.1 * h)
                if paired:
                    y = convolve(state, f"{name}.convs1.{d}", y, dilation)
                    y = convolve(state, f"{name}.convs2.{d}", torch.maximum(y, 0.1 * y))
                else:
                    y = convolve(state, f"{name}.convs.{d}", y, dilation)
                h = h + y
            branches.append(h)
        x = torch.stack(branches).mean(0)
    return torch.tanh(convolve(state, "conv_post", torch.maximum(x, 0.01 * x)))[:, 0]


def melgan_shapes(channels: int, rates: list[int], layers: int) -> dict[str, tuple[int, ...]]:
    """The places in the one long Sequential: pad, conv; lrelu, up, layers for each rate; lrelu, pad, conv."""
    width = channels * 2 ** len(rates)
    shapes: dict[str, tuple[int, ...]] = {"model.1.weight": (width, 80, 7), "model.1.bias": (width,)}
    place = 2
    for rate in rates:
        shapes |= {f"model.{place + 1}.weight": (width, width // 2, 2 * rate), f"model.{place + 1}.bias": (width // 2,)}
        width //= 2
        place += 2
        for _ in range(layers):
            for part, taps in (("block.2", 3), ("block.4", 1), ("shortcut", 1)):
                name = f"model.{place}.{part}"
                shapes |= {f"{name}.weight": (width, width, taps), f"{name}.bias": (width,)}
            place += 1
    return shapes | {f"model.{place + 2}.weight": (1, width, 7), f"model.{place + 2}.bias": (1,)}


def mirror(x: Tensor, count: int) -> Tensor:
    return torch.cat([x[..., 1 : count + 1].flip(-1), x, x[..., -count - 1 : -1].flip(-1)], -1)


def melgan(state: State, mel: Tensor, rates: list[int], layers: int) -> Tensor:
    """Kumar et al. 2019, figure 1 and appendix A; the released code's slope 0.2 and log10 mel."""

    def lrelu(x: Tensor) -> Tensor:
        return torch.maximum(x, 0.2 * x)

    x = convolve(state, "model.1", mirror(mel * math.log10(math.e), 3), padding=0)
    place = 2
    for rate in rates:
        name = f"model.{place + 1}"
        x = F.conv_transpose1d(
            lrelu(x), state[f"{name}.weight"], state[f"{name}.bias"], stride=rate, padding=rate // 2 + rate % 2,
            output_padding=rate % 2,
        )  # fmt: skip
        place += 2
        for j in range(layers):
            y = convolve(state, f"model.{place}.block.2", mirror(lrelu(x), 3**j), 3**j, padding=0)
            x = convolve(state, f"model.{place}.shortcut", x) + convolve(state, f"model.{place}.block.4", lrelu(y))
            place += 1
    return torch.tanh(convolve(state, f"model.{place + 2}", mirror(lrelu(x), 3), padding=0))[:, 0]


def bigvgan_shapes(
    channels: int, rates: list[int], kernels: list[int], depth: int, beta: bool, bias: bool
) -> dict[str, tuple[int, ...]]:
    shapes = hifigan_shapes(channels, rates, kernels, depth, paired=True)
    shapes = {
        name.replace(f"ups.{name.split('.')[1]}.", f"ups.{name.split('.')[1]}.0.")
        if name.startswith("ups")
        else name: s
        for name, s in shapes.items()
    }
    if not bias:
        del shapes["conv_post.bias"]
    parts = ("alpha", "beta") if beta else ("alpha",)
    for i in range(len(rates)):
        width = channels // 2 ** (i + 1)
        for j in range(len(kernels)):
            for k in range(2 * depth):
                name = f"resblocks.{len(kernels) * i + j}.activations.{k}.act"
                shapes |= {f"{name}.{part}": (width,) for part in parts}
    return shapes | {f"activation_post.act.{part}": (width,) for part in parts}


def kaiser_filter() -> np.ndarray:
    """SciPy's window design: 12 taps, pass band to a quarter of the rate."""
    beta = signal.kaiser_beta(signal.kaiser_atten(6, 1.2))
    return signal.firwin(12, 0.5, window=("kaiser", beta), scale=True)


def anti_aliased(x: np.ndarray, activation) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Doubling, the activation, halving, with SciPy's polyphase filter on a signal (C, N) continued by its ends."""
    taps, margin = kaiser_filter(), 20
    extended = np.pad(x, ((0, 0), (margin, margin)), mode="edge")
    up = signal.upfirdn(2 * taps, extended, up=2, axis=-1)[:, 5 + 2 * margin :][:, : 2 * x.shape[-1]]
    active = np.pad(activation(up), ((0, 0), (margin, margin)), mode="edge")
    return signal.upfirdn(taps[::-1], active, down=1, axis=-1)[:, 6 + margin :][:, : 2 * x.shape[-1] : 2]


def bigvgan(
    state: State, mel: Tensor, rates: list[int], dilations: list[list[int]], *, logarithmic: bool, tanh: bool
) -> Tensor:
    """Lee et al. 2023, section 3 and figure 1, for one item."""

    def snake(name: str, x: Tensor) -> Tensor:
        a = state[f"{name}.act.alpha"].numpy()[:, None]
        b = state.get(f"{name}.act.beta", state[f"{name}.act.alpha"]).numpy()[:, None]
        if logarithmic:
            a, b = np.exp(a), np.exp(b)
        y = anti_aliased(x[0].numpy(), lambda u: u + np.sin(a * u) ** 2 / b)
        return torch.from_numpy(y)[None]

    x = convolve(state, "conv_pre", mel)
    for i, rate in enumerate(rates):
        weight, bias = state[f"ups.{i}.0.weight"], state[f"ups.{i}.0.bias"]
        x = F.conv_transpose1d(x, weight, bias, stride=rate, padding=(weight.shape[-1] - rate) // 2)
        branches = []
        for j, block in enumerate(dilations):
            h, name = x, f"resblocks.{len(dilations) * i + j}"
            for d, dilation in enumerate(block):
                y = convolve(state, f"{name}.convs1.{d}", snake(f"{name}.activations.{2 * d}", h), dilation)
                h = h + convolve(state, f"{name}.convs2.{d}", snake(f"{name}.activations.{2 * d + 1}", y))
            branches.append(h)
        x = torch.stack(branches).mean(0)
    x = convolve(state, "conv_post", snake("activation_post", x))[:, 0]
    return torch.tanh(x) if tanh else x.clamp(-1, 1)
