"""Operations on z: the mel keeps saying what is to be heard."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from vocoder.errors import SettingsError
from vocoder.explorer.operation import Latents, Operation, Others, check_seed, check_stretch, check_within, find, noise

SPAN = 8.0  # standard deviations that n bits of `Quantise` are spread over

Shape = Literal["gaussian", "laplace", "uniform"]
Way = Literal["spherical", "linear"]


@dataclass(frozen=True)
class Temper(Operation):
    """z times a factor: the temperature of what is already there."""

    kind = "temper"
    factor: float = 0.5

    def __post_init__(self) -> None:
        check_within("The temperature", self.factor, 0, 2)

    def __call__(self, given: Latents, others: Others) -> Latents:
        return replace(given, z=np.float32(self.factor) * given.z)


@dataclass(frozen=True)
class Redraw(Operation):
    """Other noise of unit variance in place of z. One seed is one noise: the shapes differ in their distribution only.

    Gaussian noise g is that of `synthesise`; the others are F^-1(Phi(g)), with F of the Laplace distribution of scale
    1 / sqrt 2 or of the uniform one on +-sqrt 3.
    """

    kind = "redraw"
    shape: Shape = "gaussian"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.shape not in get_args(Shape):
            raise SettingsError(f"Noise is {', '.join(get_args(Shape))}; not {self.shape!r}.")
        check_seed(self.seed)

    def __call__(self, given: Latents, others: Others) -> Latents:
        from scipy.special import log_ndtr, ndtr

        drawn = noise(given, 0, given.z.shape[1], self.seed)
        if self.shape == "uniform":
            drawn = math.sqrt(3) * (2 * ndtr(drawn) - 1)
        elif self.shape == "laplace":
            tail = log_ndtr(-np.abs(drawn)) + math.log(2)  # ln of twice the smaller tail: finite anywhere
            drawn = -np.sign(drawn) * tail / math.sqrt(2)
        return replace(given, z=drawn.astype(np.float32))


@dataclass(frozen=True)
class MuteChannels(Operation):
    """Zeros in the channels from `start` to before `stop`."""

    kind = "mute_channels"
    start: int = 128
    stop: int = 256

    def __post_init__(self) -> None:
        check_stretch("The channels", self.start, self.stop)

    def __call__(self, given: Latents, others: Others) -> Latents:
        z = given.z.copy()
        z[self.start : self.stop] = 0
        return replace(given, z=z)


@dataclass(frozen=True)
class MuteTime(Operation):
    """Zeros from frame `start` to before frame `stop`."""

    kind = "mute_time"
    start: int = 0
    stop: int = 86

    def __post_init__(self) -> None:
        check_stretch("The frames", self.start, self.stop)

    def __call__(self, given: Latents, others: Others) -> Latents:
        z = given.z.copy()
        z[:, self.start * given.columns : self.stop * given.columns] = 0
        return replace(given, z=z)


@dataclass(frozen=True)
class Transplant(Operation):
    """Another recording's z from frame `start` to before frame `stop`, as far as that recording lasts."""

    kind = "transplant"
    other: str
    start: int = 0
    stop: int = 86

    def __post_init__(self) -> None:
        check_stretch("The frames", self.start, self.stop)

    def __call__(self, given: Latents, others: Others) -> Latents:
        z = given.z.copy()
        stretch = slice(self.start * given.columns, self.stop * given.columns)
        piece = find(others, self.other, given).z[:, stretch][:, : z[:, stretch].shape[1]]
        z[:, stretch.start : stretch.start + piece.shape[1]] = piece
        return replace(given, z=z)


@dataclass(frozen=True)
class Blend(Operation):
    r"""Between z (amount 0) and another recording's z (amount 1), as far as both last.

    Linear: (1 - a) x + a y, which for independent Gaussians has variance (1 - a)^2 + a^2: a lower temperature in the
    middle. Spherical (Shoemake 1985): (sin((1 - a) w) x + sin(a w) y) / sin w with w the angle between x and y, which
    stays as far from zero as they are.
    """

    kind = "blend"
    other: str
    amount: float = 0.5
    way: Way = "spherical"

    def __post_init__(self) -> None:
        check_within("The amount", self.amount, 0, 1)
        if self.way not in get_args(Way):
            raise SettingsError(f"The way is {' or '.join(get_args(Way))}, not {self.way!r}.")

    def __call__(self, given: Latents, others: Others) -> Latents:
        z, other = given.z.copy(), find(others, self.other, given).z
        shared = min(z.shape[1], other.shape[1])
        x, y = z[:, :shared].astype(np.float64), other[:, :shared].astype(np.float64)
        lengths = np.linalg.norm(x) * np.linalg.norm(y)
        angle = math.acos(np.clip((x * y).sum() / lengths, -1, 1)) if lengths else 0.0
        left, right = 1 - self.amount, self.amount
        if self.way == "spherical" and math.sin(angle) > 1e-6:
            left, right = math.sin(left * angle) / math.sin(angle), math.sin(right * angle) / math.sin(angle)
        z[:, :shared] = left * x + right * y
        return replace(given, z=z)


@dataclass(frozen=True)
class Shuffle(Operation):
    """z in another order of time: whole blocks of `frames` frames, dealt by `seed`; a last shorter block stays."""

    kind = "shuffle"
    frames: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        check_within("The block", self.frames, 1, 1000)
        check_seed(self.seed)

    def __call__(self, given: Latents, others: Others) -> Latents:
        block = self.frames * given.columns
        blocks = given.z.shape[1] // block
        order = np.random.default_rng(self.seed).permutation(blocks)
        places = (order[:, None] * block + np.arange(block)).reshape(-1)
        z = given.z.copy()
        z[:, : len(places)] = given.z[:, places]
        return replace(given, z=z)


@dataclass(frozen=True)
class Quantise(Operation):
    """z rounded to multiples of 8 / 2^bits: 2^bits levels on +-4 standard deviations, and more for what lies beyond."""

    kind = "quantise"
    bits: int = 4

    def __post_init__(self) -> None:
        check_within("Bits", self.bits, 1, 16)

    @property
    def step(self) -> float:
        return SPAN / 2**self.bits

    def __call__(self, given: Latents, others: Others) -> Latents:
        return replace(given, z=(self.step * np.rint(given.z / self.step)).astype(np.float32))
