"""The learned permutation between two couplings."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vocoder.flow.transform import Transform


class InvertibleConvolution(Transform):
    r"""y = W x for every column, with one C x C matrix W: log|det| = log|det W| a column.

    Glow's invertible 1x1 convolution (Kingma & Dhariwal 2018): a coupling leaves half of its channels alone, and W
    chooses which halves the next one sees. W starts as a random rotation, or as the identity.

    The product is taken in float32 at least, the inverse and the determinant in float64, whatever the rest of the
    network runs in: half precision here is how WaveGlow's users met NaNs. `slogdet` keeps a negative determinant
    finite.
    """

    def __init__(self, channels: int, *, identity: bool = False) -> None:
        super().__init__()
        # not torch.eye: on the meta device, where checkpoints are checked, it takes seconds to import its decomposition
        one = torch.zeros(channels, channels).fill_diagonal_(1)
        start = one if identity else nn.init.orthogonal_(torch.empty(channels, channels))
        self.weight = nn.Parameter(start)
        self._cached: tuple[int, Tensor, Tensor] | None = None

    def log_det(self) -> Tensor:
        """log|det W|, a scalar."""
        return torch.linalg.slogdet(self.weight.double())[1] if self._learning else self._kept()[1]

    def inverse_weight(self) -> Tensor:
        """W^-1 in float64."""
        return torch.linalg.inv(self.weight.double()) if self._learning else self._kept()[0]

    @property
    def _learning(self) -> bool:
        return torch.is_grad_enabled() and self.weight.requires_grad

    def _kept(self) -> tuple[Tensor, Tensor]:
        """W^-1 and log|det W| in float64, kept until the weight changes."""
        key = hash((self.weight._version, self.weight.data_ptr(), str(self.weight.device)))
        if self._cached is None or self._cached[0] != key:
            with torch.inference_mode(False):  # the cache must also serve a later call that wants gradients of y
                weight = self.weight.detach().double()
                self._cached = key, torch.linalg.inv(weight), torch.linalg.slogdet(weight)[1]
        return self._cached[1], self._cached[2]

    @staticmethod
    def _product(weight: Tensor, x: Tensor) -> Tensor:
        exact = torch.float64 if x.dtype == torch.float64 else torch.float32
        with torch.autocast(x.device.type, enabled=False):
            return weight.to(exact) @ x.to(exact)

    def _spread(self, log_det: Tensor, x: Tensor) -> Tensor:
        return log_det.to(x.dtype).expand(x.shape[0], x.shape[-1])

    def forward(self, x: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        y = self._product(self.weight, x)
        return y, self._spread(self.log_det(), y)

    def inverse(self, y: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        x = self._product(self.inverse_weight(), y)
        return x, self._spread(-self.log_det(), x)
