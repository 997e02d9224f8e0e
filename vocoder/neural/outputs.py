"""What an autoregressive vocoder says about the next sample: a distribution, in one of two well-tried forms."""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

COLDEST = 1e-3  # the least temperature that is divided by; there the likeliest value is as good as certain


class Output(Protocol):
    """A distribution over the next sample. Sampling is a plain function of uniform numbers, so that the same numbers
    give the same sound on every device."""

    channels: int  # numbers that describe one distribution
    uniforms: int  # numbers from U(0, 1) that one sample takes

    def log_probability(self, parameters: Tensor, audio: Tensor) -> Tensor:
        """ln p of samples (B, N) under parameters (B, channels, N), in nats: (B, N)."""

    def sample(self, parameters: Tensor, uniforms: Tensor, temperature: float) -> Tensor:
        """Samples (B,) in [-1, 1] from parameters (B, channels) and numbers (B, uniforms)."""


class MuLaw:
    """A probability for each of `classes` levels (van den Oord et al. 2016, arXiv 1609.03499, section 2.2).

        f(x) = sign(x) ln(1 + mu |x|) / ln(1 + mu),   mu = classes - 1          (ITU-T G.711's curve)

    spaces the levels so that quiet samples are finer than loud ones; `temperature` divides the logits.
    """

    uniforms = 1

    def __init__(self, classes: int) -> None:
        self.channels = classes
        self.mu = classes - 1

    def level(self, audio: Tensor) -> Tensor:
        """The nearest level of each sample: whole numbers from 0 to `classes` - 1."""
        curved = audio.sign() * torch.log1p(self.mu * audio.abs()) / math.log1p(self.mu)
        return ((curved + 1) / 2 * self.mu).round().long().clamp(0, self.mu)

    def value(self, level: Tensor) -> Tensor:
        """The sample that a level stands for."""
        curved = 2 * level / self.mu - 1
        return curved.sign() * torch.expm1(curved.abs() * math.log1p(self.mu)) / self.mu

    def log_probability(self, parameters: Tensor, audio: Tensor) -> Tensor:
        chosen = self.level(audio)[:, None]
        return F.log_softmax(parameters, 1).gather(1, chosen)[:, 0]

    def sample(self, parameters: Tensor, uniforms: Tensor, temperature: float) -> Tensor:
        return self.value(pick(parameters / max(temperature, COLDEST), uniforms[:, 0])).to(parameters.dtype)


class Logistics:
    r"""A mixture of logistic distributions over the 65 536 values of 16-bit sound (Salimans et al. 2017, arXiv
    1701.05517; for sound: van den Oord et al. 2018, arXiv 1711.10433).

        p(x) = sum_i w_i [sigmoid((x + d - m_i) / s_i) - sigmoid((x - d - m_i) / s_i)],   d = 1 / 65535

    half a step to either side; the outermost values have everything beyond them too. The parameters are the logits of
    w, the means m, and ln s. Sampling gives values between the steps too; `temperature` multiplies s.
    """

    uniforms = 2
    half_step = 1 / 65_535
    lowest = -10.0  # ln s: a logistic of 3 steps' width, below which sound has no meaning

    def __init__(self, mixtures: int) -> None:
        self.channels = 3 * mixtures

    def log_probability(self, parameters: Tensor, audio: Tensor) -> Tensor:
        logits, means, log_scales = parameters.chunk(3, 1)
        scales = log_scales.clamp_min(self.lowest).exp()
        x = audio[:, None]
        above, below = (x + self.half_step - means) / scales, (x - self.half_step - means) / scales
        # sigmoid(a) - sigmoid(b) = sigmoid(a) sigmoid(-b) (1 - e^(b - a)), without the difference of equal numbers
        inside = F.logsigmoid(above) + F.logsigmoid(-below) + torch.log(-torch.expm1(-2 * self.half_step / scales))
        each = torch.where(x <= self.half_step - 1, F.logsigmoid(above), inside)
        each = torch.where(x >= 1 - self.half_step, F.logsigmoid(-below), each)
        return torch.logsumexp(F.log_softmax(logits, 1) + each, 1)

    def sample(self, parameters: Tensor, uniforms: Tensor, temperature: float) -> Tensor:
        logits, means, log_scales = parameters.unflatten(1, (3, -1)).unbind(1)
        chosen = pick(logits, uniforms[:, 0])[:, None]
        scale = log_scales.gather(1, chosen)[:, 0].clamp_min(self.lowest).exp()
        noise = torch.logit(uniforms[:, 1], eps=1e-5)  # the logistic distribution's inverse, without its endless tails
        return (means.gather(1, chosen)[:, 0] + temperature * scale * noise).clamp(-1, 1)

    def begin_narrow(self, last: nn.Conv1d) -> None:
        """Scales of e^-4, about the size of speech samples, in a network that has not learnt anything."""
        assert last.bias is not None
        nn.init.constant_(last.bias[2 * self.channels // 3 :], -4.0)


def pick(logits: Tensor, uniform: Tensor) -> Tensor:
    """Whole numbers (B,) from the distributions softmax(logits) (B, K): where the running sum passes `uniform` (B,)."""
    running = torch.softmax(logits, -1).cumsum(-1)
    return (running < uniform[:, None]).sum(-1).clamp_max(logits.shape[-1] - 1)
