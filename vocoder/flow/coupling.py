"""The step that does the work: one half of the channels moves the other."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vocoder.flow.transform import Transform


class AffineCoupling(Transform):
    r"""y_a = x_a,  y_b = x_b exp(s) + t  with  (t, s) = conditioner(x_a, c): log|det| = sum over channels of s.

    RealNVP's coupling (Dinh, Sohl-Dickstein & Bengio 2017). The conditioner may be anything, since it is never
    inverted: the way back knows x_a, asks the same question and gets the same t and s.

    With a limit, s = limit tanh(raw / limit), which keeps both directions from exploding.
    """

    def __init__(self, channels: int, conditioner: nn.Module, limit: float = 0.0) -> None:
        super().__init__()
        self.split = channels // 2
        self.conditioner = conditioner
        self.limit = limit

    def shift_and_log_scale(self, x_a: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """t and s, each (B, C - split, G), that the half x_a (B, split, G) asks for."""
        shift, log_scale = self.conditioner(x_a, condition).to(x_a.dtype).chunk(2, 1)
        if self.limit:
            log_scale = self.limit * torch.tanh(log_scale / self.limit)
        return shift, log_scale

    def forward(self, x: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        x_a, x_b = x[:, : self.split], x[:, self.split :]
        shift, log_scale = self.shift_and_log_scale(x_a, condition)
        return torch.cat([x_a, x_b * log_scale.exp() + shift], 1), log_scale.sum(1)

    def inverse(self, y: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        y_a, y_b = y[:, : self.split], y[:, self.split :]
        shift, log_scale = self.shift_and_log_scale(y_a, condition)
        return torch.cat([y_a, (y_b - shift) * (-log_scale).exp()], 1), -log_scale.sum(1)
