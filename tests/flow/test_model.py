"""Whole models over a grid of odd settings: round trip, log-determinant, temperature, chunks."""

import dataclasses

import pytest
import torch
from torch import Tensor

from vocoder.errors import MelError, SettingsError
from vocoder.features import MelSettings, log_mel
from vocoder.flow import (
    SQUEEZEWAVE,
    WAVEGLOW,
    Flow,
    FlowSettings,
    forward_in_chunks,
    inverse_in_chunks,
    negative_log_likelihood,
)

MEL = MelSettings()
TINY_MEL = MelSettings(n_fft=32, hop=8, window=32, bands=3)
SMALL = dict(flows=2, layers=2, channels=4, encoder=4)

GRID = {
    "the bundled shape": FlowSettings(channels=8, encoder=8),
    "lapped 128": FlowSettings(group=128, **SMALL),
    "lapped with limit": FlowSettings(group=64, log_scale_limit=2.0, **SMALL),
    "groups of 16, early outputs": FlowSettings(squeeze="groups", group=16, early_every=1, early_size=3, **SMALL),
    "groups of one hop, no scale": FlowSettings(squeeze="groups", group=256, mel_scale=False, **SMALL),
    "lapped with early outputs": FlowSettings(group=32, early_every=2, early_size=10, **{**SMALL, "flows": 5}),
    "waveglow, narrow": dataclasses.replace(WAVEGLOW, channels=4, layers=3),
    "squeezewave, narrow": dataclasses.replace(SQUEEZEWAVE, channels=4, flows=6, early_size=30),
    "bass filled in": FlowSettings(low=16, anchors=4, iterations=2, **SMALL),
    "bass filled in, early outputs": FlowSettings(
        low=64, anchors=3, iterations=1, early_every=1, early_size=7, **SMALL
    ),
    "kernel 5, one flow": FlowSettings(group=64, kernel=5, **{**SMALL, "flows": 1}),
}


def shaken(settings: FlowSettings, mel: MelSettings = MEL, strength: float = 0.05) -> Flow:
    """A flow with no identity left in it, gentle enough to stay in range."""
    torch.manual_seed(0)
    flow = Flow(settings, mel).double()
    for coupling in flow.couplings:
        torch.nn.init.normal_(coupling.conditioner.end.weight, std=strength)
    if flow.scale is not None:
        torch.nn.init.normal_(flow.scale.net[-1].weight, std=strength)
    if flow.band is not None:
        torch.nn.init.normal_(flow.fill.constants, std=strength)
    return flow.requires_grad_(False)


@pytest.fixture(scope="module", params=GRID, ids=list(GRID))
def flow(request: pytest.FixtureRequest) -> Flow:
    return shaken(GRID[request.param])


def speech_like(samples: int, seed: int = 0, batch: int = 2) -> Tensor:
    """Noise under a slow envelope; enough to be far from white."""
    noise = torch.randn(batch, samples, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return 0.1 * noise * torch.linspace(0.02, 1, samples, dtype=torch.float64)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-8), (torch.float32, 1e-3)])
def test_round_trip(flow: Flow, dtype: torch.dtype, tolerance: float) -> None:
    audio = speech_like(3000).to(dtype)
    mel = log_mel(audio)
    model = Flow(flow.settings, MEL).to(dtype)
    model.load_state_dict(flow.state_dict())
    with torch.no_grad():
        z, log_det = model(audio, mel)
        back = model.inverse(z, mel)
    assert z.shape == (2, flow.group, mel.shape[-1] * 256 // flow.group)
    assert log_det.shape == (2,)
    torch.testing.assert_close(back[:, :3000], audio, rtol=0, atol=tolerance)
    torch.testing.assert_close(back[:, 3000:], torch.zeros_like(back[:, 3000:]), rtol=0, atol=tolerance)


TINY_GRID = {
    "lapped": FlowSettings(group=8, flows=3, layers=2, channels=3, encoder=3),
    "bass filled in": FlowSettings(group=8, flows=3, layers=2, channels=3, encoder=3, low=4, anchors=2, iterations=3),
    "lapped, half a hop": FlowSettings(group=4, flows=2, layers=2, channels=3, encoder=3, log_scale_limit=1.0),
    "groups, early": FlowSettings(
        squeeze="groups",
        group=8,
        flows=4,
        early_every=1,
        early_size=1,
        layers=1,
        channels=3,
        encoder=0,
        mel_scale=False,
    ),
    "separable": FlowSettings(
        squeeze="groups", conditioner="separable", group=4, flows=3, layers=2, channels=3, encoder=0, mel_scale=False
    ),
    "odd widths": FlowSettings(
        squeeze="groups", group=8, flows=3, early_every=1, early_size=3, layers=1, channels=3, encoder=2
    ),
}


@pytest.mark.parametrize("settings", TINY_GRID.values(), ids=list(TINY_GRID))
def test_log_determinant_of_the_whole_model_both_ways(settings: FlowSettings) -> None:
    flow = shaken(settings, TINY_MEL, strength=0.3)
    generator = torch.Generator().manual_seed(0)
    audio = torch.randn(1, 4 * 8, generator=generator, dtype=torch.float64)
    mel = torch.randn(1, 3, 4, generator=generator, dtype=torch.float64)
    z, log_det = flow(audio, mel)
    there = torch.autograd.functional.jacobian(lambda x: flow(x, mel)[0], audio).reshape(32, 32)
    back = torch.autograd.functional.jacobian(lambda x: flow.inverse(x, mel), z).reshape(32, 32)
    torch.testing.assert_close(log_det[0], torch.linalg.slogdet(there)[1], rtol=0, atol=1e-6)
    torch.testing.assert_close(-log_det[0], torch.linalg.slogdet(back)[1], rtol=0, atol=1e-6)
    torch.testing.assert_close(there @ back, torch.eye(32, dtype=torch.float64), rtol=0, atol=1e-6)


def test_the_likelihood_is_that_of_a_gaussian_when_the_flow_is_linear() -> None:
    """With identities for couplings the flow is one matrix A, and x is Gaussian with covariance (A'A)^-1."""
    torch.manual_seed(0)
    flow = Flow(FlowSettings(group=8, flows=2, layers=1, channels=2, encoder=2), TINY_MEL).double()
    for mixing in flow.mixings:
        mixing.weight.data += 0.2 * torch.randn(8, 8, dtype=torch.float64)
    audio = torch.randn(1, 24, dtype=torch.float64)
    mel = torch.randn(1, 3, 3, dtype=torch.float64)
    matrix = torch.autograd.functional.jacobian(lambda x: flow(x, mel)[0].flatten(), audio).reshape(24, 24).detach()
    z, log_det = flow.encode(audio, mel)
    gaussian = torch.distributions.MultivariateNormal(torch.zeros(24).double(), precision_matrix=matrix.T @ matrix)
    actual = negative_log_likelihood(z, log_det).sum()
    torch.testing.assert_close(actual, -gaussian.log_prob(audio)[0], rtol=1e-9, atol=1e-9)


def test_temperature_scales_every_latent_channel(flow: Flow) -> None:
    mel = log_mel(speech_like(2000, batch=1))
    spoken = flow.synthesise(mel, seed=3, temperature=0.37)
    z, _ = flow(spoken, mel)
    torch.testing.assert_close(z, 0.37 * flow.noise(mel.shape[-1], seed=3), rtol=0, atol=1e-6)


def test_no_temperature_means_the_settings_own(flow: Flow) -> None:
    mel = log_mel(speech_like(600, batch=1))
    assert torch.equal(
        flow.synthesise(mel, seed=1), flow.synthesise(mel, seed=1, temperature=flow.settings.temperature)
    )
    assert not torch.equal(flow.synthesise(mel, seed=1), flow.synthesise(mel, seed=2))


@pytest.mark.parametrize("chunk", [1, 13, 64, 1000])
def test_any_chunking_gives_the_same_sound(flow: Flow, chunk: int) -> None:
    if flow.context > 40 and chunk == 1:
        chunk = 5
    mel = log_mel(speech_like(256 * 70, batch=1))
    whole = flow.inverse(0.8 * flow.noise(mel.shape[-1], seed=5), mel)
    pieces = inverse_in_chunks(flow, mel.split(17, -1), seed=5, temperature=0.8, chunk=chunk)
    torch.testing.assert_close(torch.cat(list(pieces), -1), whole, rtol=0, atol=1e-10)


def test_the_forward_pass_in_chunks_gives_the_same_latents(flow: Flow) -> None:
    audio = speech_like(256 * 69 + 100, batch=1)
    mel = log_mel(audio)
    z, log_det = flow.encode(audio, mel)
    padded = torch.nn.functional.pad(audio, (0, mel.shape[-1] * 256 - audio.shape[-1]))
    stream = zip(padded.split(11 * 256, -1), mel.split(11, -1), strict=True)
    pieces = list(forward_in_chunks(flow, stream, chunk=20))
    torch.testing.assert_close(torch.cat([p for p, _ in pieces], -1), z, rtol=0, atol=1e-8)
    torch.testing.assert_close(torch.cat([d for _, d in pieces], -1), log_det, rtol=0, atol=1e-8)


def test_the_declared_context_is_neither_too_small_nor_idle(flow: Flow) -> None:
    """Changing one mel frame changes sound up to `context` frames away, and none beyond."""
    frames = 2 * flow.context + 21
    mel = torch.full((1, 80, frames), -5.0, dtype=torch.float64, requires_grad=True)
    middle = frames // 2
    out = flow.inverse(flow.noise(frames), mel)[0, middle * 256 : (middle + 1) * 256]
    gradient = torch.autograd.grad(out.sum(), mel)[0].abs().sum((0, 1))
    touched = torch.nonzero(gradient).flatten()
    assert middle - flow.context <= int(touched.min()) <= int(touched.max()) <= middle + flow.context
    assert int(touched.max() - touched.min()) > 0


def test_noise_depends_on_position_and_seed_only() -> None:
    flow = Flow(FlowSettings(group=128, **SMALL))
    whole = flow.noise(300, seed=9)
    assert torch.equal(flow.noise(50, seed=9, start=101), whole[..., 202:302])
    assert torch.equal(flow.noise(300, seed=8, batch=2)[1], whole[0])
    assert abs(whole.mean()) < 0.01
    assert abs(whole.std() - 1) < 0.01
    assert abs((whole[..., 1:] * whole[..., :-1]).mean()) < 0.01
    assert abs((whole * flow.noise(300, seed=10)).mean()) < 0.01


def test_steps_name_what_the_walk_does(flow: Flow) -> None:
    audio = speech_like(1000, batch=1)
    mel = log_mel(audio)
    walked = list(flow.walk(audio, mel))
    assert [step for step, _, _ in walked] == list(flow.steps())
    assert len({step.name for step in flow.steps()}) == len(flow.steps())
    z, log_det = flow(audio, mel)
    assert torch.equal(walked[-1][1], z)
    torch.testing.assert_close(walked[-1][2].sum(-1), log_det)
    back = list(flow.walk_back(z, mel))
    assert [step for step, _, _ in back] == list(reversed(flow.steps()))
    for (_, before, so_far), (_, after, since) in zip(reversed(walked[:-1]), back[:-1], strict=True):
        torch.testing.assert_close(after, before, rtol=0, atol=1e-8)
        torch.testing.assert_close(so_far - since, walked[-1][2], rtol=0, atol=1e-8)
    torch.testing.assert_close(back[-1][2].sum(-1), -log_det)


def test_a_coupling_says_what_it_asks(flow: Flow) -> None:
    audio = speech_like(1000, batch=1)
    mel = log_mel(audio)
    columns = {step.name: x for step, x, _ in flow.walk(audio, mel)}
    for number, width in enumerate(flow.settings.widths(), 1):
        entering, leaving = columns[f"mix {number}"], columns[f"coupling {number}"]
        shift, log_scale = flow.shift_and_log_scale(number, entering, mel)
        moved = entering[:, -shift.shape[1] :] * log_scale.exp() + shift
        assert shift.shape[1] == log_scale.shape[1] == width - width // 2
        torch.testing.assert_close(moved, leaving[:, -shift.shape[1] :], rtol=0, atol=1e-9)
        torch.testing.assert_close(flow.shift_and_log_scale(number, leaving, mel)[0], shift)


def test_progress_reaches_one() -> None:
    flow = Flow(FlowSettings(group=128, **SMALL))
    seen: list[float] = []
    flow.synthesise(torch.full((1, 80, 2500), -5.0), progress=seen.append)
    assert len(seen) > 1
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_odd_widths_are_booked_right() -> None:
    settings = FlowSettings(squeeze="groups", group=16, flows=6, early_every=2, early_size=3)
    assert settings.widths() == [16, 16, 13, 13, 10, 10]
    assert WAVEGLOW.widths() == [8] * 4 + [6] * 4 + [4] * 4


@pytest.mark.parametrize(
    "values",
    [
        {"colour": "red"},
        {"flows": "six"},
        {"flows": 0},
        {"flows": True},
        {"kernel": 4},
        {"group": 255},
        {"squeeze": "wavelet"},
        {"conditioner": "transformer"},
        {"temperature": 7.0},
        {"early_every": 1, "early_size": 60},
        {"low": 3},
        {"low": 256},
        {"low": 4, "squeeze": "groups"},
        {"anchors": 1},
        {"iterations": 0},
    ],
)
def test_settings_that_make_no_sense_are_refused(values: dict) -> None:
    with pytest.raises(SettingsError):
        FlowSettings.from_dict(values)


def test_settings_survive_a_dict() -> None:
    assert FlowSettings.from_dict(WAVEGLOW.to_dict()) == WAVEGLOW


def test_shapes_that_do_not_fit_are_refused_in_one_sentence() -> None:
    flow = Flow(FlowSettings(group=128, **SMALL))
    mel = torch.full((1, 80, 4), -5.0)
    with pytest.raises(MelError, match="80"):
        flow.synthesise(mel.transpose(1, 2))
    with pytest.raises(MelError, match="do not fit"):
        flow(torch.zeros(1, 4 * 256 + 1), mel)
    with pytest.raises(MelError, match="do not fit"):
        flow.inverse(torch.zeros(1, 128, 3), mel)
    with pytest.raises(SettingsError, match="multiple"):
        Flow(FlowSettings(group=96, **SMALL))
