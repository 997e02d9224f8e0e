"""The network on one frame at a time, as fast as one core allows."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vocoder.inversion.derivatives import CONTEXT, analytic
from vocoder.inversion.gradient import GradientPhase
from vocoder.inversion.integrate import Array
from vocoder.inversion.network import DerivativeNetwork


class NetworkEstimator:
    """An estimator for `GradientPhase`: what `DerivativeNetwork.derivatives` gives for a batch, frame by frame.

    Bins are rows here. A convolution along them is then one matrix product, with a view in which row k holds all
    channels of `kernel` neighbouring bins: nothing is copied, and every buffer is made once.
    """

    def __init__(self, network: DerivativeNetwork) -> None:
        self._settings = network.settings
        self._transform = network.settings.transform
        channels, kernel = network.settings.channels, network.settings.kernel
        bins, edge = network.settings.n_fft // 2 + 1, kernel // 2
        self._entry, self._leave = _matrix(network.entry), _matrix(network.leave)
        gates = [network.first, *network.block]
        self._gates = [_matrix(gate.both) for gate in gates]
        padded = torch.zeros(len(gates), bins + 2 * edge, channels).unbind()
        self._views = [x.as_strided((bins, kernel * channels), (channels, 1), x.storage_offset()) for x in padded]
        self._layers = [x[edge : edge + bins] for x in padded] + [torch.empty(bins, channels)]
        self._both, self._open = torch.empty(bins, 2 * channels), torch.empty(bins, 2 * channels)
        self._context = torch.empty(bins, CONTEXT)
        self._answer = torch.zeros(bins, 2 * network.settings.stride)

    def __call__(self, context: Array, index: int) -> tuple[Array, Array]:
        """(BPD, FPD), each (K,), of frame number `index`, which the network answers or, with stride 2, has answered."""
        turn = index % self._settings.stride
        if turn == 0:
            self._ask(context)
        bpd, fpd = analytic(context, self._transform, look_ahead=self._settings.look_ahead, shape=self._settings.shape)
        correction = self._answer.numpy()
        bpd += correction[:, 2 * turn]
        fpd[1:] += correction[1:, 2 * turn + 1]
        return bpd, fpd

    @torch.inference_mode()
    def _ask(self, context: Array) -> None:
        self._context.copy_(torch.from_numpy((context - context.mean(0)).T))
        torch.addmm(self._entry[1], self._context, self._entry[0], out=self._layers[0])
        half = self._both.shape[1] // 2
        for view, (weight, bias), following in zip(self._views, self._gates, self._layers[1:], strict=True):
            torch.addmm(bias, view, weight, out=self._both)
            torch.sigmoid(self._both, out=self._open)  # both halves: one contiguous pass is quicker than half of one
            torch.mul(self._both[:, :half], self._open[:, half:], out=following)
        torch.add(self._layers[-1], self._layers[1], out=self._layers[-1])
        torch.addmm(self._leave[1], self._layers[-1], self._leave[0], out=self._answer)


def _matrix(convolution: nn.Conv1d) -> tuple[Tensor, Tensor]:
    """Weights (kernel * in, out), taps outermost, and biases (out,), as float32 copies on the CPU."""
    assert convolution.bias is not None
    weight, bias = (x.detach().to(device="cpu", dtype=torch.float32) for x in (convolution.weight, convolution.bias))
    return weight.permute(2, 1, 0).reshape(-1, weight.shape[0]).contiguous(), bias.clone()


class NetworkPhase(GradientPhase):
    """The gradient method with a network's derivatives, causal or with one frame of look-ahead as the network is."""

    def __init__(self, network: DerivativeNetwork) -> None:
        settings = network.settings
        super().__init__(settings.transform, look_ahead=settings.look_ahead, estimator=NetworkEstimator(network))
