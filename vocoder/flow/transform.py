"""The contract of one invertible step."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Transform(nn.Module):
    r"""An invertible map y = f(x; c) of columns of channels, with c what the mel says about each column.

    Shapes: x and y are (B, C, G), batch, channels and columns; c is (B, E, G) at the same columns.

    `forward` and `inverse` both return the log-determinant of *their own* Jacobian as (B, G), one figure a column: the
    total is the sum over columns, and a long recording done in pieces can add up just the columns it keeps. What
    `forward` returns and what `inverse` returns for the same point cancel.
    """

    def forward(self, x: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """y = f(x; c) and log|det dy/dx| by column."""
        raise NotImplementedError

    def inverse(self, y: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """x with f(x; c) = y, and log|det dx/dy| by column."""
        raise NotImplementedError


def zero_log_det(columns: Tensor) -> Tensor:
    """The log-determinant of a map that keeps volume: zeros (B, G) for columns (B, C, G)."""
    return torch.zeros(columns.shape[0], columns.shape[-1], dtype=columns.dtype, device=columns.device)
