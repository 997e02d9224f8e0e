"""Synthesis and comparison against the flow called directly."""

import numpy as np
import pytest
import torch

from tests.small import RATE, rumble, small_flow, small_system
from vocoder.errors import MelError, SettingsError
from vocoder.evaluation.metrics import log_mel_error, multi_resolution_stft
from vocoder.explorer import analyse, compare, sample_again, synthesise, synthesise_stream
from vocoder.features import log_mel
from vocoder.systems import load_system

SAMPLES = rumble(20_000)
MEL = log_mel(torch.from_numpy(SAMPLES)[None])[0].numpy()


def test_synthesis_is_the_flows_with_figures_against_the_recording():
    result = synthesise(small_system(), MEL, seed=5, temperature=0.7, reference=SAMPLES)
    flow = small_flow()
    mel = torch.from_numpy(MEL)[None]
    expected = flow.inverse(0.7 * flow.noise(mel.shape[-1], seed=5), mel)[0, : len(SAMPLES)].numpy()
    assert np.allclose(result.samples, expected, atol=1e-4)
    assert result.samples.dtype == np.float32
    assert result.system == "flow"
    assert result.real_time_factor == pytest.approx(len(SAMPLES) / RATE / result.seconds)
    assert result.spectral_distance == multi_resolution_stft(SAMPLES, result.samples)
    assert result.log_mel_error == log_mel_error(SAMPLES, result.samples)


def test_without_a_recording_there_are_no_distances_and_all_frames():
    result = synthesise(small_system(), MEL)
    assert len(result.samples) == MEL.shape[1] * 256
    assert (result.spectral_distance, result.log_mel_error) == (None, None)
    assert len(synthesise(small_system(), MEL, length=777).samples) == 777


def test_temperature_zero_knows_no_seed_and_default_is_the_checkpoints():
    system = small_system()
    still = [synthesise(system, MEL, seed=seed, temperature=0.0).samples for seed in (0, 1)]
    assert np.array_equal(*still)
    default = synthesise(system, MEL).samples
    assert np.array_equal(default, synthesise(system, MEL, temperature=system.flow.settings.temperature).samples)
    assert not np.array_equal(default, synthesise(system, MEL, seed=1).samples)


@pytest.mark.parametrize("temperature", [-0.1, 2.1, float("nan"), float("inf")])
def test_a_temperature_out_of_range_is_refused(temperature):
    with pytest.raises(SettingsError, match="temperature must be a number between 0 and 2"):
        synthesise(small_system(), MEL, temperature=temperature)


def test_a_mel_that_does_not_fit_is_refused():
    for mel in (MEL.T, MEL[:, :0], MEL[0]):
        with pytest.raises(MelError, match="should be \\(80, frames\\)"):
            synthesise(small_system(), mel)
    with pytest.raises(MelError, match="does not fit 30000 samples"):
        synthesise(small_system(), MEL, length=30_000)


def test_compare_gives_each_system_the_same_recording():
    told = []
    flow, griffin_lim = compare(
        [small_system(), load_system("griffin-lim", device="cpu")], SAMPLES, temperature=0.5, progress=told.append
    )
    assert (flow.system, griffin_lim.system) == ("flow", "griffin-lim")
    assert np.array_equal(flow.samples, synthesise(small_system(), MEL, length=20_000, temperature=0.5).samples)
    assert griffin_lim.spectral_distance == multi_resolution_stft(SAMPLES, griffin_lim.samples)
    assert told == sorted(told) and told[-1] == 1
    (alone,) = compare([small_system()], mel=MEL, temperature=0.5)
    assert np.array_equal(alone.samples[:20_000], flow.samples)
    with pytest.raises(MelError, match="recording or a mel"):
        compare([small_system()])


def test_sampling_again():
    system = small_system()
    analysis = analyse(system, SAMPLES)
    same = sample_again(system, analysis, mode="same", temperature=0.3)
    assert np.abs(same.samples - SAMPLES).max() < 2**-16
    scaled = sample_again(system, analysis, mode="scaled", temperature=0.3)
    mel = torch.from_numpy(analysis.mel)[None]
    expected = small_flow().inverse(0.3 * torch.from_numpy(analysis.z)[None], mel)[0, : len(SAMPLES)].numpy()
    assert np.allclose(scaled.samples, expected, atol=1e-5)
    fresh = sample_again(system, analysis, mode="fresh", temperature=0.3, seed=4)
    expected = synthesise(system, analysis.mel, length=len(SAMPLES), temperature=0.3, seed=4).samples
    assert np.array_equal(fresh.samples, expected)
    assert same.spectral_distance < 1e-3 < scaled.spectral_distance
    with pytest.raises(SettingsError, match="same, scaled, fresh"):
        sample_again(system, analysis, mode="other")


@pytest.mark.parametrize("length", [1300, 20_000, 400_000])
def test_a_stream_is_the_whole_and_as_long_as_the_recording(length):
    samples = rumble(length)
    (whole,) = compare([small_system()], samples, seed=3)
    blocks = np.array_split(samples, 7)
    pieces = list(synthesise_stream(small_system(), blocks, seed=3))
    assert np.concatenate(pieces).shape == (length,)
    assert np.allclose(np.concatenate(pieces), whole.samples, atol=1e-4 * np.abs(whole.samples).max())
