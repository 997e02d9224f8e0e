"""What the GAN vocoders share: exact chunks, and sound that lies under its recording."""

import dataclasses

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.neural.published import random_mel
from vocoder.errors import MelError
from vocoder.features import MelSettings, log_mel
from vocoder.neural import V3, BigVGAN, BigVGANSettings, HiFiGAN, HiFiGANSettings, MelGAN, MelGANSettings
from vocoder.neural import generator as module
from vocoder.neural.generator import Generator


def narrow() -> list[Generator]:
    torch.manual_seed(0)
    networks: list[Generator] = [
        HiFiGAN(HiFiGANSettings(channels=16)),
        HiFiGAN(dataclasses.replace(V3, channels=16)),
        MelGAN(MelGANSettings(channels=2)),
        BigVGAN(BigVGANSettings(channels=8, rates=(16, 16), rate_kernels=(32, 32), final_tanh=True)),
    ]
    for network in networks:
        for parameter in network.parameters():
            parameter.requires_grad_(False)
            if parameter.ndim == 3:  # so lively that a wrong sample far away would be seen
                parameter.normal_(0, 1.5 * (parameter.shape[1] * parameter.shape[2]) ** -0.5)
        network.post.weight *= 0.2  # type: ignore[operator, union-attr]
    return [network.double() for network in networks]


@pytest.mark.parametrize("network", narrow(), ids=lambda network: type(network).__name__)
class TestChunks:
    def test_chunks_are_the_whole(self, network: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
        mel = random_mel(40, batch=2).double()
        whole = network.synthesise(mel)
        monkeypatch.setattr(module, "CHUNK", 7)
        done: list[float] = []
        torch.testing.assert_close(network.synthesise(mel, progress=done.append), whole, rtol=0, atol=1e-12)
        assert whole.shape == (2, 40 * 256) and whole.std() > 0.01
        assert done == sorted(done) and len(done) == 6 and done[-1] == 1

    def test_context_is_as_far_as_the_network_sees(self, network: Generator) -> None:
        """By autograd: no frame beyond the context moves a frame's samples, and the context is not far too large."""
        mel = random_mel(101).double().requires_grad_()
        network(mel)[0, 50 * 256 : 51 * 256].square().sum().backward()
        moved = mel.grad[0].abs().sum(0).nonzero()[:, 0]  # type: ignore[union-attr, index]
        reach = max(50 - int(moved.min()), int(moved.max()) - 50)
        assert reach <= network.context <= reach + 6

    def test_a_mel_of_another_shape_is_refused(self, network: Generator) -> None:
        for shape in ((80, 5), (1, 100, 5), (1, 80, 0)):
            with pytest.raises(MelError, match=r"should be \(batch, 80, frames\)"):
                network.synthesise(torch.zeros(shape))


class Marker(Generator):
    """A network that knows the authors' framing: a frame becomes a click in the middle of its samples."""

    context = 0

    def __init__(self, mel: MelSettings) -> None:
        super().__init__(mel, (mel.hop,))
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, mel: Tensor) -> Tensor:
        loudness = self.scale * mel.exp().sum(1)
        return F.one_hot(torch.tensor(128), 256).mul(loudness[..., None]).flatten(1)


def test_sound_lies_under_its_recording() -> None:
    """A click of the recording, a click of the mel's loudest frame in the authors' framing: the same place."""
    audio = torch.zeros(1, 20 * 256)
    audio[0, 9 * 256] = 1
    synthesised = Marker(MelSettings()).synthesise(log_mel(audio))
    assert synthesised.shape == (1, 21 * 256)
    assert int(synthesised.argmax()) == 9 * 256


def test_the_authors_frames_are_ours_half_a_hop_later() -> None:
    """Their padding of (n_fft - hop) / 2, without centring, against this project's mel of the sound half a hop on."""
    audio = 0.1 * torch.randn(1, 12 * 256, generator=torch.Generator().manual_seed(1))
    theirs = log_mel(F.pad(audio[:, None], (384, 384), mode="reflect")[:, 0], padded=True)
    ours = log_mel(audio[:, 128:])
    assert theirs.shape[-1] == 12
    torch.testing.assert_close(theirs[..., 2:9], ours[..., 2:9], rtol=0, atol=1e-4)
