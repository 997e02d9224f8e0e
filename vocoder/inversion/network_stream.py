"""The network on one frame at a time, as fast as one core allows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from vocoder.inversion.derivatives import CONTEXT, analytic
from vocoder.inversion.gradient import GradientPhase
from vocoder.inversion.integrate import Array
from vocoder.inversion.network import DerivativeNetwork


class NetworkEstimator:
    """An estimator for `GradientPhase`: what `DerivativeNetwork.derivatives` gives for a batch, frame by frame.

    Bins are rows here. A convolution along them is then one matrix product, with a view in which row k holds all
    channels of `kernel` neighbouring bins: nothing is copied, and every buffer is made once. The entry has no gate, so
    that it and the first convolution are one product, too.
    """

    def __init__(self, network: DerivativeNetwork) -> None:
        self._settings = network.settings
        self._transform = network.settings.transform
        channels, kernel = network.settings.channels, network.settings.kernel
        bins, edge = network.settings.n_fft // 2 + 1, kernel // 2
        context = torch.zeros(bins + 2 * edge, CONTEXT)
        padded = [context, *torch.zeros(2, bins + 2 * edge, channels).unbind()]
        layers = [*(x[edge : edge + bins] for x in padded), torch.empty(bins, channels)]
        self._context = layers[0].numpy()  # NumPy copies it in quicker, and both see the same memory
        self._before, self._last = layers[1], layers[3]
        self._leave = _matrix(network.leave)
        convolutions = [layer for layer in network.block.modules() if isinstance(layer, nn.Conv1d)]
        self._both, self._open = torch.empty(bins, 2 * channels), torch.empty(bins, 2 * channels)
        self._halves = self._both[:, :channels], self._open[:, channels:]
        weights = [_entered(network, bins), *(_matrix(gate) for gate in convolutions)]
        self._gates = [  # a sigmoid(b) = a / 2 + a / 2 tanh(b / 2), and tanh is quicker
            (_neighbours(x, bins, kernel), weight / 2, bias / 2, following)
            for x, (weight, bias), following in zip(padded, weights, layers[1:], strict=True)
        ]
        self._answer = torch.zeros(bins, 2 * network.settings.stride)

    def __call__(self, context: Array, index: int) -> tuple[Array, Array]:
        """(BPD, FPD), each (K,), of frame number `index`, which the network answers or, with stride 2, has answered."""
        turn = index % self._settings.stride
        if turn == 0:
            with _one_thread():
                self._ask(context)
        bpd, fpd = analytic(context, self._transform, look_ahead=self._settings.look_ahead, shape=self._settings.shape)
        correction = self._answer.numpy()
        bpd += correction[:, 2 * turn]
        fpd[1:] += correction[1:, 2 * turn + 1]
        return bpd, fpd

    def _ask(self, context: Array) -> None:
        self._context[:] = context.T
        for view, weight, bias, following in self._gates:
            torch.addmm(bias, view, weight, out=self._both)
            torch.tanh(self._both, out=self._open)  # both halves: one contiguous pass is quicker than half of one
            torch.addcmul(self._halves[0], *self._halves, out=following)
        self._last.add_(self._before)
        torch.addmm(self._leave[1], self._last, self._leave[0], out=self._answer)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Matrices this small are done sooner than a second thread wakes up, and on a busy machine ten times sooner."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _neighbours(padded: Tensor, bins: int, kernel: int) -> Tensor:
    """The view (bins, kernel * channels) whose row k is rows k ... k + kernel - 1 of `padded`, one after the other."""
    channels = padded.shape[1]
    return padded.as_strided((bins, kernel * channels), (channels, 1), padded.storage_offset())


def _matrix(convolution: nn.Conv1d) -> tuple[Tensor, Tensor]:
    """Weights (kernel * in, out), taps outermost, and biases (out,), as float32 copies on the CPU."""
    assert convolution.bias is not None
    weight, bias = (x.detach().to(device="cpu", dtype=torch.float32) for x in (convolution.weight, convolution.bias))
    return weight.permute(2, 1, 0).reshape(-1, weight.shape[0]).contiguous(), bias.clone()


def _entered(network: DerivativeNetwork, bins: int) -> tuple[Tensor, Tensor]:
    """Entry and first convolution as one: weights (kernel * CONTEXT, out) and biases (bins, out).

    The biases differ at both ends, where a part of the first convolution sees zeros instead of the entry's bias.
    """
    (entry, entry_bias), (weight, bias) = _matrix(network.entry), _matrix(network.first.both)
    entry = entry - entry.mean(0)  # taking the mean over the context off the weights takes it off the input
    taps = weight.unflatten(0, (-1, entry.shape[1]))
    ones = torch.zeros(bins + taps.shape[0] - 1, 1)
    ones[taps.shape[0] // 2 :][:bins] = 1
    return (entry @ taps).flatten(0, 1), bias + _neighbours(ones, bins, taps.shape[0]) @ (entry_bias @ taps)


class NetworkPhase(GradientPhase):
    """The gradient method with a network's derivatives, causal or with one frame of look-ahead as the network is."""

    def __init__(self, network: DerivativeNetwork) -> None:
        settings = network.settings
        super().__init__(settings.transform, look_ahead=settings.look_ahead, estimator=NetworkEstimator(network))
