"""The journey to noise and back against autograd, SciPy, the flow in double precision and its own way back."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from tests.small import SETTINGS, rumble, small_flow, small_system
from vocoder.errors import AudioError, SettingsError
from vocoder.explorer import Journey, analyse, receptive_field, synthesise, watch_back, watch_forward
from vocoder.explorer.gaussian import wasserstein
from vocoder.explorer.steps import SECONDS, playing_gain
from vocoder.features import log_mel
from vocoder.flow import FlowSettings
from vocoder.systems import FlowSystem, InvertibleVocoder, flow_info
from vocoder.weights import Card

SAMPLES = rumble(12_000)
SHAPES = {
    "as bundled": SETTINGS,
    "bass filled in": replace(SETTINGS, group=256, low=64, anchors=8, iterations=2),
    "WaveGlow's": FlowSettings(
        squeeze="groups",
        group=8,
        flows=4,
        early_every=2,
        early_size=2,
        layers=2,
        channels=8,
        encoder=0,
        mel_scale=False,
    ),
    "SqueezeWave's": FlowSettings(
        squeeze="groups", group=32, flows=2, conditioner="separable", layers=3, channels=8, encoder=0, mel_scale=False
    ),
}


def system(shape: str) -> FlowSystem:
    flow = small_flow(settings=SHAPES[shape])
    return FlowSystem(flow, flow_info(Card("small", "MIT", "random numbers"), flow.mel_settings))


@pytest.fixture(scope="module", params=SHAPES)
def flow(request: pytest.FixtureRequest) -> FlowSystem:
    return system(request.param)


@pytest.fixture(scope="module")
def journey(flow: FlowSystem) -> Journey:
    return watch_forward(flow, SAMPLES)


def test_it_begins_with_the_recording_and_ends_at_z(flow: FlowSystem, journey: Journey) -> None:
    first, last = journey.stations[0], journey.stations[-1]
    assert [station.number for station in journey.stations if station.inside] == [*range(1, flow.settings.flows + 1)]
    np.testing.assert_allclose(first.sound, SAMPLES, atol=1e-6)
    assert (first.log_det, first.gain) == (0, 1)
    found = analyse(flow, SAMPLES)
    np.testing.assert_allclose(last.columns, found.z, atol=1e-5)
    assert last.log_det == pytest.approx(found.log_det, rel=1e-6)
    assert last.bits_per_sample == pytest.approx(found.bits_per_sample, abs=1e-4)


def test_the_log_determinants_of_the_steps_add_up(flow: FlowSystem, journey: Journey) -> None:
    """Each step's own, from what it says it did: slogdet of the mixing, the sum of s of the coupling."""
    columns = journey.stations[0].columns.shape[1]
    own = np.diff([station.log_det for station in journey.stations if station.kind != "squeeze"], prepend=0.0)
    inner = flow.flow
    for change, station in zip(own, journey.stations[1:], strict=True):
        if station.inside is not None:
            weight = inner.mixings[station.number - 1].weight.detach().double().numpy()
            expected = columns * np.linalg.slogdet(weight)[1] + station.inside.log_scale.sum(dtype=np.float64)
            assert change == pytest.approx(expected, abs=0.05)
    with torch.no_grad():
        audio = torch.from_numpy(SAMPLES)[None]
        double = small_flow(settings=flow.settings).double()
        total = float(double(audio.double(), log_mel(audio).double())[1])
    assert own.sum() == pytest.approx(total, abs=0.1)


def test_what_is_inside_a_step_makes_the_step(journey: Journey) -> None:
    for station in journey.stations:
        if station.inside is not None:
            inside = station.inside
            moved = inside.shift.shape[0]
            assert inside.kept + moved == station.channels
            np.testing.assert_array_equal(station.columns[:-moved], inside.mixed[:-moved])
            expected = inside.mixed[-moved:] * np.exp(inside.log_scale) + inside.shift
            np.testing.assert_allclose(station.columns[-moved:], expected, atol=1e-4)


def test_the_rest_of_the_way_back_gives_the_recording_from_every_station(flow: FlowSystem, journey: Journey) -> None:
    mel = torch.from_numpy(journey.mel)[None]
    condition = flow.flow.encoder(mel)
    for station in journey.stations:
        x = torch.from_numpy(station.columns)[None]
        with torch.no_grad():
            for number in range(station.number, 0, -1):
                early, rest = x[:, : -flow.settings.widths()[number - 1]], x[:, -flow.settings.widths()[number - 1] :]
                for transform in (flow.flow.couplings[number - 1], flow.flow.mixings[number - 1]):
                    rest, _ = transform.inverse(rest, condition)
                x = torch.cat([early, rest], 1)
            low = flow.settings.low
            if flow.flow.scale is not None and station.kind not in ("squeeze", "fill"):
                x = torch.cat([x[:, :low], flow.flow.scale.inverse(x[:, low:], condition)[0]], 1)
            if low and station.kind != "squeeze":
                x = torch.cat([flow.flow.fill.inverse(x[:, :low], flow.flow.magnitudes(mel))[0], x[:, low:]], 1)
        np.testing.assert_allclose(flow.lay_out(x)[0, : len(SAMPLES)].numpy(), SAMPLES, atol=1e-4)


def test_the_way_back_of_the_recordings_z_passes_the_same_stations(flow: FlowSystem, journey: Journey) -> None:
    mel = torch.from_numpy(journey.mel)[None]
    z = torch.from_numpy(journey.stations[-1].columns)[None]
    *steps, (_, audio, total) = flow.walk_back(z, mel)
    before = {step.name: columns[0].numpy() for step, columns, _ in steps}
    for station in journey.stations:
        if station.inside is not None:
            np.testing.assert_allclose(before[f"coupling {station.number}"], station.inside.mixed, atol=1e-3)
    assert float(total.double().sum()) == pytest.approx(-journey.stations[-1].log_det, rel=1e-4, abs=0.05)
    np.testing.assert_allclose(audio[0, : len(SAMPLES)].numpy(), SAMPLES, atol=1e-4)


def test_noise_comes_back_as_what_synthesis_makes_of_it(flow: FlowSystem) -> None:
    mel = log_mel(torch.from_numpy(SAMPLES)[None])[0].numpy()
    back = watch_back(flow, mel, seed=3, temperature=0.7)
    expected = synthesise(flow, mel, seed=3, temperature=0.7).samples
    np.testing.assert_allclose(back.stations[0].sound, expected, atol=1e-4)
    z = 0.7 * flow.noise(mel.shape[1], seed=3)[0].numpy()
    np.testing.assert_array_equal(back.stations[-1].columns, z)
    assert z[z != 0].std() == pytest.approx(0.7, abs=0.02)  # zeros: where columns are filled in
    assert back.stations[-1].gaussian.std == pytest.approx(z.std(), abs=0.01)
    # the same stations as on the way from that sound to noise, with the same log-determinants
    walk = flow.walk(torch.from_numpy(back.stations[0].sound)[None], torch.from_numpy(mel)[None])
    there = {step.name: (x[0].numpy(), float(log_det.double().sum())) for step, x, log_det in walk}
    for station in back.stations[-flow.settings.flows :]:
        columns, log_det = there[f"coupling {station.number}"]
        np.testing.assert_allclose(station.columns, columns, atol=1e-3)
        assert station.log_det == pytest.approx(log_det, abs=0.1)
    assert back.stations[0].log_det == 0


@pytest.mark.parametrize("shape", SHAPES)
def test_the_receptive_field_is_autograds(shape: str) -> None:
    flow = small_flow(settings=replace(SHAPES[shape], mel_scale=False)).double()
    described = FlowSystem(small_flow(settings=SHAPES[shape]), flow_info(Card("s", "MIT", "test"), flow.mel_settings))
    frames = 24
    audio = torch.from_numpy(rumble(frames * 256)).double()[None].requires_grad_()
    mel = torch.full((1, 80, frames), -4.0, dtype=torch.float64)
    walked = {step.name: x for step, x, _ in flow.walk(audio, mel)}
    for number in range(1, flow.settings.flows + 1):
        field = receptive_field(described, number)
        columns = walked[f"coupling {number}"]
        column = columns.shape[-1] // 2
        weights = torch.randn(columns.shape[1], generator=torch.Generator().manual_seed(number)).double()
        (gradient,) = torch.autograd.grad((weights @ columns[0, :, column]), audio, retain_graph=True)
        (reached,) = torch.nonzero(gradient[0], as_tuple=True)
        assert (int(reached[0]), int(reached[-1]) + 1) == field.samples(column)
        assert field.reach == (field.kernel // 2) * sum(field.dilations)
    assert field.samples(column, field.reach)[0] >= field.samples(column)[0]


def test_the_distance_to_the_gaussian_is_scipys() -> None:
    values = np.random.default_rng(0).laplace(0.3, 1.2, 4000)
    quantiles = stats.norm.ppf((np.arange(4000) + 0.5) / 4000)
    assert wasserstein(values) == pytest.approx(stats.wasserstein_distance(values, quantiles), rel=1e-9)
    assert wasserstein(1.5 * quantiles) == pytest.approx(0.5 * math.sqrt(2 / math.pi), abs=1e-3)
    assert wasserstein(np.zeros((3, 500))) == pytest.approx(math.sqrt(2 / math.pi), abs=1e-2)


def test_a_step_is_played_as_loud_as_the_recording_and_never_clips(journey: Journey) -> None:
    loudness = np.sqrt(np.mean(SAMPLES.astype(float) ** 2))
    for station in journey.stations:
        played = station.gain * station.sound
        assert np.abs(played).max() <= 1 + 1e-6
        assert np.sqrt(np.mean(played.astype(float) ** 2)) <= loudness * (1 + 1e-4)
    assert playing_gain(np.zeros(9), 0.1) == playing_gain(np.ones(9), 0.0) == 1
    assert playing_gain(np.full(9, 0.5), 0.1) == pytest.approx(0.2)
    assert playing_gain(np.eye(100)[0], 0.2) == 1  # as loud would be a peak of 2


def test_long_sounds_are_watched_at_their_beginning() -> None:
    flow = small_system()
    long = rumble(150_000)
    journey = watch_forward(flow, long)
    assert (journey.given, journey.heard) == (150_000, int(SECONDS * 22_050))
    np.testing.assert_allclose(journey.stations[0].sound, long[: journey.heard], atol=1e-6)
    assert watch_back(flow, np.full((80, 900), -5.0)).heard == journey.heard
    assert watch_back(flow, np.full((80, 9), -5.0)).heard == 9 * 256


def test_progress_is_told_and_what_cannot_be_is_refused() -> None:
    flow = small_system()
    assert isinstance(flow, InvertibleVocoder)
    told: list[float] = []
    watch_forward(flow, SAMPLES, told.append)
    assert told == sorted(told) and told[-1] == 1
    for wrong in (np.zeros(0), np.zeros((2, 9)), np.array([0.1, np.nan])):
        with pytest.raises(AudioError, match="Finite samples"):
            watch_forward(flow, wrong)
    with pytest.raises(SettingsError, match="between 0 and 2"):
        watch_back(flow, np.full((80, 9), -5.0), temperature=3.0)
