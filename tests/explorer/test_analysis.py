"""The analysis against the flow itself in double precision, autograd's Jacobian and the formulas."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from tests.small import rumble, small_flow, small_system
from vocoder.errors import AudioError
from vocoder.explorer import analyse, analyse_stream
from vocoder.features import MelSettings, log_mel
from vocoder.flow import Flow, FlowSettings
from vocoder.systems import FlowSystem, flow_info
from vocoder.weights import Card

SAMPLES = rumble(30_000)


@pytest.fixture(scope="module")
def exact() -> tuple[np.ndarray, float]:
    """z (C, G) and the log-determinant of SAMPLES in one piece and double precision."""
    audio = torch.from_numpy(SAMPLES)[None].double()
    with torch.no_grad():
        z, log_det = small_flow().double()(audio, log_mel(audio))
    return z[0].numpy(), float(log_det)


def test_latents_and_likelihood_are_the_flows(exact):
    z, log_det = exact
    analysis = analyse(small_system(), SAMPLES)
    assert analysis.z.dtype == np.float32
    assert np.allclose(analysis.z, z, atol=2e-3)
    assert analysis.log_det == pytest.approx(log_det, rel=1e-4)
    nll = -(stats.norm.logpdf(z).sum() + log_det) / len(SAMPLES)
    assert analysis.nll_per_sample == pytest.approx(nll, abs=1e-3)
    assert analysis.bits_per_sample == pytest.approx((nll + math.log(2**15)) / math.log(2), abs=2e-3)
    assert analysis.z_mean == pytest.approx(z.mean(), abs=1e-4)
    assert analysis.z_std == pytest.approx(z.std(), abs=1e-4)
    assert analysis.z_skewness == pytest.approx(stats.skew(z, axis=None), abs=1e-3)
    assert analysis.z_kurtosis == pytest.approx(stats.kurtosis(z, axis=None, fisher=False), abs=1e-2)
    assert [part.shape for part in analysis.histogram] == [(81,), (80,)]
    assert [part.shape for part in analysis.qq] == [(201,), (201,)]
    assert np.allclose(analysis.mel, log_mel(torch.from_numpy(SAMPLES)[None])[0].numpy(), atol=5e-5)
    assert np.array_equal(analysis.samples, SAMPLES)


def test_the_log_determinant_is_autograds():
    mel = MelSettings(n_fft=32, hop=8, window=32, bands=3)
    torch.manual_seed(1)
    flow = Flow(FlowSettings(group=4, flows=2, layers=1, channels=4, encoder=4), mel)
    for coupling in flow.couplings:
        torch.nn.init.normal_(coupling.conditioner.end.weight, std=0.1)
    samples = rumble(39)  # five frames, filled exactly but for one sample
    audio = torch.from_numpy(np.pad(samples, (0, 1)))[None].double()
    log_mels = log_mel(torch.from_numpy(samples)[None], mel)
    double = Flow(flow.settings, mel).double()
    double.load_state_dict(flow.state_dict())
    jacobian = torch.autograd.functional.jacobian(lambda x: double(x, log_mels.double())[0].flatten(), audio)
    expected = torch.linalg.slogdet(jacobian.reshape(40, 40))[1]
    analysis = analyse(FlowSystem(flow, flow_info(Card("tiny", "MIT", "test"), mel)), samples)
    assert analysis.log_det == pytest.approx(float(expected), abs=1e-4)


def test_the_way_back_returns_the_recording_and_its_error_is_measured():
    analysis = analyse(small_system(), SAMPLES)
    assert analysis.round_trip.shape == SAMPLES.shape
    error = analysis.round_trip.astype(np.float64) - SAMPLES
    assert analysis.round_trip_db == pytest.approx(10 * np.log10((error**2).sum() / (SAMPLES.astype(float) ** 2).sum()))
    assert analysis.round_trip_db < -100
    assert analysis.round_trip_max_lsb == pytest.approx(np.abs(error).max() * 32768)
    assert 0 < analysis.round_trip_max_lsb < 0.5  # rounds to the recording's own 16-bit samples


def test_silence_is_measured_too():
    analysis = analyse(small_system(), np.zeros(5000, np.float32))
    assert -200 <= analysis.round_trip_db < -60
    assert np.isfinite([analysis.bits_per_sample, analysis.z_mean, analysis.z_std, analysis.log_det]).all()


def test_any_blocks_give_the_same_analysis():
    system = small_system()
    whole = analyse(system, rumble(300_000))  # more than one chunk of the flow
    latents, recording, way_back = [], [], []

    def on_round_trip(samples, back):
        recording.append(samples)
        way_back.append(back)

    blocks = np.array_split(rumble(300_000), 41)
    balance = analyse_stream(system, blocks, lambda z, mel: latents.append(z), on_round_trip)
    assert np.allclose(torch.cat(latents, -1)[0].numpy(), whole.z, atol=2e-3)
    assert np.array_equal(np.concatenate(recording), rumble(300_000))
    assert np.allclose(np.concatenate(way_back), whole.round_trip, atol=1e-5)
    assert len(latents) > 1
    for name in ("log_det", "bits_per_sample", "z_mean", "z_std"):
        assert getattr(balance, name) == pytest.approx(getattr(whole, name), rel=1e-4, abs=1e-5), name


def test_progress_is_told_and_may_end_the_work():
    told = []
    analyse(small_system(), rumble(400_000), told.append)
    assert told == sorted(told) and len(told) > 1 and told[-1] == 1

    class Stopped(Exception):
        pass

    def stop(done):
        raise Stopped

    with pytest.raises(Stopped):
        analyse(small_system(), SAMPLES, stop)


@pytest.mark.parametrize(
    "samples", [np.zeros(0), np.zeros((2, 500)), np.float32(1)], ids=["none", "stereo", "a number"]
)
def test_what_is_no_recording_is_refused(samples):
    with pytest.raises(AudioError, match="Samples of shape"):
        analyse(small_system(), samples)


def test_samples_that_are_not_finite_are_refused():
    samples = SAMPLES.copy()
    samples[20_000] = np.nan
    with pytest.raises(AudioError, match="not finite"):
        analyse(small_system(), samples)
