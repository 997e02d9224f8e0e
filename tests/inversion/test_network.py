"""The network: its size, what it sees, and that the fast form for one frame is the batch form."""

import numpy as np
import pytest
import torch

from vocoder.errors import SettingsError
from vocoder.inversion import DerivativeNetwork, NetworkSettings, analytic, centred_stft, contexts
from vocoder.inversion.network_stream import NetworkEstimator

FORMS = [
    NetworkSettings(),
    NetworkSettings(look_ahead=1),
    NetworkSettings(look_ahead=1, stride=2),
    NetworkSettings(n_fft=512, window=512, stride=2, kernel=3, channels=4, shape="hamming", sample_rate=16_000),
]


def _network(settings: NetworkSettings) -> DerivativeNetwork:
    """With random weights in the last layer too, which starts at zero."""
    torch.manual_seed(1)
    network = DerivativeNetwork(settings)
    torch.nn.init.normal_(network.leave.weight, std=0.2)
    torch.nn.init.normal_(network.leave.bias, std=0.2)
    return network


def _magnitude(voice: np.ndarray, settings: NetworkSettings) -> torch.Tensor:
    return centred_stft(torch.from_numpy(voice)[None].float(), settings.transform, settings.shape).abs()[..., 10:41]


@pytest.mark.parametrize(("stride", "count"), [(1, 7_890), (2, 7_924)])
def test_it_has_as_many_parameters_as_it_says(stride, count):
    network = DerivativeNetwork(NetworkSettings(stride=stride))
    assert sum(parameter.numel() for parameter in network.parameters()) == count


@pytest.mark.parametrize("settings", FORMS)
def test_untrained_it_is_the_gradient_theorem(voice, settings):
    magnitude = _magnitude(voice, settings)
    with torch.no_grad():
        ours = DerivativeNetwork(settings).derivatives(magnitude)
    context = contexts(magnitude, settings.look_ahead)
    expected = analytic(context, settings.transform, look_ahead=settings.look_ahead, shape=settings.shape)
    for a, b in zip(ours, expected, strict=True):
        assert torch.equal(a, b.mT)


@pytest.mark.parametrize("settings", FORMS)
def test_a_frame_at_a_time_is_the_batch(voice, settings):
    magnitude, network = _magnitude(voice, settings), _network(settings)
    with torch.no_grad():
        bpd, fpd = network.derivatives(magnitude)
    estimate = NetworkEstimator(network)
    for t, context in enumerate(contexts(magnitude.double(), settings.look_ahead)[0].numpy()):
        for ours, batch in zip(estimate(context, t), (bpd, fpd), strict=True):
            np.testing.assert_allclose(ours, batch[0, :, t].numpy(), atol=2e-4)
    assert (fpd[:, 0] == 0).all()


@pytest.mark.parametrize("settings", FORMS[:3])
def test_it_sees_13_bins_and_no_more_future_than_it_says(voice, settings):
    magnitude, network = _magnitude(voice, settings), _network(settings)
    other = magnitude.clone()
    other[:, 200, 20] *= 2
    with torch.no_grad():
        ours, theirs = network.derivatives(magnitude), network.derivatives(other)
    moved = (ours[0] != theirs[0]) | (ours[1] != theirs[1])
    bins, frames = moved[0].any(1).nonzero().ravel(), moved[0].any(0).nonzero().ravel()
    assert (bins.min().item(), bins.max().item()) == (194, 206)
    # Frame 20 is the newest of frame 20 - look_ahead; the oldest of the one that sees it three frames back, and with
    # stride 2 that frame (20 is even, and so the others asked) answers for the next one too.
    assert frames.min().item() == 20 - settings.look_ahead - (settings.look_ahead and settings.stride - 1) + (
        1 if settings.stride == 2 else 0
    )
    assert frames.max().item() <= 23 - settings.look_ahead + settings.stride - 1


def test_the_level_does_not_matter(voice):
    magnitude, network = _magnitude(voice, FORMS[0]).double(), _network(FORMS[0]).double()
    with torch.no_grad():
        for ours, louder in zip(network.derivatives(magnitude), network.derivatives(1e3 * magnitude), strict=True):
            torch.testing.assert_close(ours, louder)


def test_it_can_learn(voice):
    network, magnitude = DerivativeNetwork(NetworkSettings()), _magnitude(voice, NetworkSettings())
    optimiser = torch.optim.Adam(network.parameters(), 2e-2)
    target = [x.detach() + 0.5 for x in network.derivatives(magnitude)]
    losses = []
    for _ in range(8):
        loss = sum(((a - b)[:, 1:] ** 2).mean() for a, b in zip(network.derivatives(magnitude), target, strict=True))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    assert all(parameter.grad.abs().sum() > 0 for parameter in network.parameters())


def test_settings_are_closed_and_come_back():
    settings = FORMS[3]
    assert NetworkSettings.from_dict(settings.to_dict()) == settings
    with pytest.raises(SettingsError, match="'depth'"):
        NetworkSettings.from_dict({"depth": 3})
    with pytest.raises(SettingsError, match="must be int"):
        NetworkSettings.from_dict({"hop": 256.0})


@pytest.mark.parametrize(
    "values", [{"look_ahead": 2}, {"stride": 3}, {"shape": "kaiser"}, {"kernel": 4}, {"hop": 600}, {"n_fft": 1025}]
)
def test_settings_that_make_no_sense_are_refused(values):
    with pytest.raises(SettingsError):
        NetworkSettings(**values)
