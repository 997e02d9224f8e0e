"""The level of every channel, told by the mel."""

from __future__ import annotations

from torch import Tensor, nn

from vocoder.flow.transform import Transform


class MelScale(Transform):
    r"""y = x exp(s(c)), a diagonal scale read from the mel alone: log|det| = sum over channels of s.

    s is two small convolutions over what the mel encoder says. Speech spans 100 dB; with the lapped transform the mel
    knows a coefficient's level to a few dB, and the couplings then see channels of roughly unit variance at all levels.
    """

    def __init__(self, channels: int, condition: int, hidden: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Conv1d(condition, hidden, 3, padding=1), nn.SiLU(), nn.Conv1d(hidden, channels, 1))
        last = self.net[-1]
        assert isinstance(last, nn.Conv1d) and last.bias is not None
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, x: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        log_scale = self.net(condition).to(x.dtype)
        return x * log_scale.exp(), log_scale.sum(1)

    def inverse(self, y: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        log_scale = self.net(condition).to(y.dtype)
        return y * (-log_scale).exp(), -log_scale.sum(1)
