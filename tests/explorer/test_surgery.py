"""Operations on latents against SciPy's distributions and entropies, NumPy, and the flow's own way back."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from tests.small import rumble, small_system
from vocoder.errors import SettingsError
from vocoder.explorer import analyse
from vocoder.explorer.mel_operations import DelayMel, OtherMel, PitchMel
from vocoder.explorer.operation import Latents
from vocoder.explorer.surgery import (
    HIGHEST,
    OPERATIONS,
    entropy,
    from_dict,
    mel_distance,
    operate,
    perform,
    signal_to_noise,
)
from vocoder.explorer.z_operations import (
    Blend,
    MuteChannels,
    MuteTime,
    Quantise,
    Redraw,
    Shuffle,
    Temper,
    Transplant,
)
from vocoder.features import log_mel, mel_filterbank
from vocoder.melsettings import MelSettings

SAMPLES, OTHER = rumble(12_000), rumble(9_000, seed=1)
FLOW = small_system()


def latents(samples: np.ndarray) -> Latents:
    analysis = analyse(FLOW, samples)
    return Latents(analysis.z, analysis.mel)


GIVEN = latents(SAMPLES)
OTHERS = {"b": latents(OTHER)}
LONGER = {"a": GIVEN}
NOTHING = {  # operations that change nothing
    "temper": Temper(1.0),
    "blend": Blend("b", 0.0),
    "blend linear": Blend("b", 0.0, "linear"),
    "delay": DelayMel(0),
    "pitch": PitchMel(0.0),
    "mute": MuteTime(900, 901),
    "transplant": Transplant("b", 900, 901),
    "itself": OtherMel("a"),
    "shuffle": Shuffle(frames=1000),
}


@pytest.mark.parametrize("operation", NOTHING.values(), ids=list(NOTHING))
def test_what_changes_nothing_gives_the_recording_back(operation) -> None:
    effect = perform(FLOW, GIVEN, [operation], OTHERS | LONGER, SAMPLES)
    np.testing.assert_allclose(effect.samples[: len(SAMPLES)], SAMPLES, atol=1e-4)
    assert effect.signal_to_noise > 70
    assert effect.spectral_distance < 0.01
    assert effect.log_mel_error < 1e-3
    assert effect.bits is None and effect.kilobits(22_050) is None
    assert effect.std == pytest.approx(GIVEN.z.std(), rel=1e-5)


@pytest.mark.parametrize("bits", [1, 3, 8])
def test_quantising_errs_by_half_a_step_and_its_code_has_scipys_entropy(bits: int) -> None:
    operation = Quantise(bits)
    assert operation.step == 8 / 2**bits
    effect = perform(FLOW, GIVEN, [operation], {}, SAMPLES)
    assert np.abs(effect.latents.z - GIVEN.z).max() <= operation.step / 2 + 1e-6
    levels, counts = np.unique(effect.latents.z, return_counts=True)
    np.testing.assert_allclose(levels / operation.step, np.rint(levels / operation.step), atol=1e-4)
    assert effect.bits == pytest.approx(stats.entropy(counts, base=2), abs=1e-9)
    assert effect.kilobits(22_050) == pytest.approx(22.05 * effect.bits)
    assert perform(FLOW, GIVEN, [operation, Redraw()], {}).bits is None  # which is on no grid
    assert perform(FLOW, GIVEN, [operation, Shuffle()], {}).bits == pytest.approx(effect.bits)
    assert entropy(np.zeros(7)) == 0 and entropy(np.arange(32)) == pytest.approx(5)


def test_every_bit_brings_six_decibels() -> None:
    """The error of z is uniform (step^2 / 12), and what it does to the waveform goes down with it."""
    found = [perform(FLOW, GIVEN, [Quantise(bits)], {}, SAMPLES).signal_to_noise for bits in (6, 8, 10)]
    assert np.diff(found) == pytest.approx([12.04, 12.04], abs=0.7)


def test_a_gaussian_at_n_bits_needs_the_published_rate() -> None:
    """Uniform quantisation of N(0, 1) with entropy coding costs h(z) - log2(step) bits (Gish & Pierce 1968)."""
    z = np.random.default_rng(0).standard_normal((64, 4000)).astype(np.float32)
    given = Latents(z, np.zeros((80, 1000), np.float32))
    rounded = operate(given, [Quantise(6)], {}).z
    expected = 0.5 * math.log2(2 * math.pi * math.e) - math.log2(8 / 2**6)
    assert entropy(np.rint(rounded / (8 / 2**6))) == pytest.approx(expected, abs=0.01)


def test_interpolation_ends_at_either_and_keeps_the_length_on_the_sphere() -> None:
    other = OTHERS["b"].z
    shared = other.shape[1]
    for way in ("linear", "spherical"):
        at_the_end = operate(GIVEN, [Blend("b", 1.0, way)], OTHERS).z
        np.testing.assert_allclose(at_the_end[:, :shared], other, atol=1e-5)
        np.testing.assert_array_equal(at_the_end[:, shared:], GIVEN.z[:, shared:])
    rng = np.random.default_rng(2)
    x, y = (Latents(rng.standard_normal((64, 500)).astype(np.float32), np.zeros((80, 500))) for _ in range(2))
    assert operate(x, [Blend("y", 0.5, "linear")], {"y": y}).z.var() == pytest.approx(0.5, abs=0.02)
    half = operate(x, [Blend("y", 0.5)], {"y": y}).z
    assert half.var() == pytest.approx(1, abs=0.02)
    y = replace(y, z=y.z * np.linalg.norm(x.z) / np.linalg.norm(y.z))
    half = operate(x, [Blend("y", 0.5)], {"y": y}).z
    assert np.linalg.norm(half) == pytest.approx(np.linalg.norm(x.z), rel=1e-5)
    assert (half * x.z).sum() == pytest.approx((half * y.z).sum(), rel=1e-4)  # as far from one as from the other
    np.testing.assert_allclose(operate(x, [Blend("x", 0.3)], {"x": x}).z, x.z, atol=1e-6)  # no angle to divide by


def test_a_shuffle_can_be_undone() -> None:
    numbers = np.arange(GIVEN.z.shape[1], dtype=np.float32)
    counting = replace(GIVEN, z=np.broadcast_to(numbers, GIVEN.z.shape).copy())
    for operation in (Shuffle(seed=5), Shuffle(frames=4, seed=5)):
        order = operate(counting, [operation], {}).z[0].astype(int)
        assert sorted(order) == list(range(len(order)))
        assert (order != np.arange(len(order))).mean() > 0.5
        shuffled = operate(GIVEN, [operation], {}).z
        np.testing.assert_array_equal(shuffled[:, np.argsort(order)], GIVEN.z)
    blocks = operate(counting, [Shuffle(frames=4, seed=5)], {}).z[0, : 4 * 11 * GIVEN.columns]
    assert (np.diff(blocks.reshape(-1, 4 * GIVEN.columns), axis=1) == 1).all()
    assert not np.array_equal(operate(GIVEN, [Shuffle(seed=5)], {}).z, operate(GIVEN, [Shuffle(seed=6)], {}).z)


@pytest.mark.parametrize(
    ("shape", "law"),
    [
        ("gaussian", stats.norm()),
        ("laplace", stats.laplace(scale=math.sqrt(0.5))),
        ("uniform", stats.uniform(-math.sqrt(3), 2 * math.sqrt(3))),
    ],
)
def test_redrawn_noise_has_the_law_it_is_named_after(shape, law) -> None:
    wide = Latents(np.zeros((64, 4000), np.float32), np.zeros((80, 1000), np.float32))
    z = operate(wide, [Redraw(shape, seed=4)], {}).z
    assert z.mean() == pytest.approx(0, abs=0.01)
    assert z.var() == pytest.approx(1, abs=0.02)
    assert stats.kurtosis(z, axis=None) == pytest.approx(float(law.stats("k")), abs=0.15)
    assert stats.kstest(z.reshape(-1), law.cdf).pvalue > 1e-3
    np.testing.assert_array_equal(z, operate(wide, [Temper(0.1), Redraw(shape, seed=4)], {}).z)
    assert not np.array_equal(z, operate(wide, [Redraw(shape, seed=5)], {}).z)


def test_gaussian_noise_is_that_of_synthesis() -> None:
    effect = perform(FLOW, GIVEN, [Redraw(seed=4), Temper(0.6)], {}, SAMPLES)
    expected = FLOW.synthesise(torch.from_numpy(GIVEN.mel)[None], seed=4, temperature=0.6)[0].numpy()
    np.testing.assert_allclose(effect.samples, expected[: len(SAMPLES)], atol=1e-5)


def test_stretches_are_what_they_say() -> None:
    each = GIVEN.columns
    muted = operate(GIVEN, [MuteTime(5, 9)], {}).z
    assert not muted[:, 5 * each : 9 * each].any()
    np.testing.assert_array_equal(
        np.delete(muted, slice(5 * each, 9 * each), 1), np.delete(GIVEN.z, slice(5 * each, 9 * each), 1)
    )
    quiet = operate(GIVEN, [MuteChannels(10, 20)], {}).z
    assert not quiet[10:20].any()
    np.testing.assert_array_equal(np.delete(quiet, slice(10, 20), 0), np.delete(GIVEN.z, slice(10, 20), 0))
    moved = operate(GIVEN, [Transplant("b", 30, 900)], OTHERS).z
    last = OTHERS["b"].z.shape[1]
    np.testing.assert_array_equal(moved[:, 30 * each : last], OTHERS["b"].z[:, 30 * each :])
    np.testing.assert_array_equal(moved[:, last:], GIVEN.z[:, last:])
    np.testing.assert_array_equal(moved[:, : 30 * each], GIVEN.z[:, : 30 * each])
    short = operate(OTHERS["b"], [Transplant("a", 30, 900)], LONGER).z  # the other may last longer, too
    np.testing.assert_array_equal(short[:, 30 * each :], GIVEN.z[:, 30 * each : last])


def test_another_mel_brings_its_length_and_z_goes_on_as_noise() -> None:
    shorter = operate(GIVEN, [OtherMel("b")], OTHERS)
    np.testing.assert_array_equal(shorter.mel, OTHERS["b"].mel)
    np.testing.assert_array_equal(shorter.z, GIVEN.z[:, : OTHERS["b"].z.shape[1]])
    longer = operate(OTHERS["b"], [OtherMel("a", seed=3)], LONGER)
    held = OTHERS["b"].z.shape[1]
    np.testing.assert_array_equal(longer.z[:, :held], OTHERS["b"].z)
    np.testing.assert_array_equal(longer.z[:, held:], FLOW.noise(GIVEN.mel.shape[1], seed=3)[0].numpy()[:, held:])
    effect = perform(FLOW, GIVEN, [OtherMel("b")], OTHERS, SAMPLES)
    assert len(effect.samples) == OTHERS["b"].mel.shape[1] * 256
    assert effect.signal_to_noise < 40


def test_a_delayed_mel_is_later_or_earlier() -> None:
    silence = np.float32(math.log(1e-5))
    for frames in (7, -7, 900, -900):
        moved = operate(GIVEN, [DelayMel(frames)], {}).mel
        expected = np.roll(GIVEN.mel, frames, 1) if abs(frames) < 900 else np.full_like(GIVEN.mel, silence)
        if 0 < frames < 900:
            expected[:, :frames] = silence
        elif -900 < frames < 0:
            expected[:, frames:] = silence
        np.testing.assert_array_equal(moved, expected)


def test_a_mel_moved_by_an_octave_has_its_peak_at_twice_the_frequency() -> None:
    time = np.arange(22_050) / 22_050
    centres = mel_filterbank(MelSettings()) @ np.linspace(0, 11_025, 513) / mel_filterbank(MelSettings()).sum(1)
    for hertz in (500.0, 1500.0):
        tone = torch.from_numpy(0.3 * np.sin(2 * np.pi * hertz * time).astype(np.float32))[None]
        mel = log_mel(tone)[0].numpy()
        for semitones, factor in ((12, 2), (-12, 0.5), (7, 1.498)):
            moved = operate(Latents(np.zeros((64, 4 * mel.shape[1]), np.float32), mel), [PitchMel(semitones)], {}).mel
            peak = centres[moved[:, 40].argmax()]
            assert peak == pytest.approx(factor * hertz, rel=0.06)
            assert moved.shape == mel.shape and moved.dtype == np.float32


def test_signal_to_noise_and_mel_distance() -> None:
    noise = np.random.default_rng(1).standard_normal(1000)
    assert signal_to_noise(noise, 1.1 * noise) == pytest.approx(20)
    assert signal_to_noise(noise, noise[:500]) == HIGHEST
    assert signal_to_noise(np.zeros(9), np.ones(9)) < 0
    assert mel_distance(SAMPLES, GIVEN.mel + 0.25, GIVEN) == pytest.approx(0.25, abs=1e-4)


RECIPE = [
    Temper(0.3), Redraw("laplace", 7), MuteChannels(1, 5), MuteTime(2, 9), Transplant("b", 1, 20),
    Blend("b", 0.25, "linear"), Shuffle(3, 9), Quantise(5), OtherMel("b", 2), PitchMel(-3.5), DelayMel(-4),
]  # fmt: skip


def test_a_recipe_survives_json_and_makes_the_same_samples() -> None:
    assert {type(operation) for operation in RECIPE} == set(OPERATIONS.values())
    again = [from_dict(values) for values in json.loads(json.dumps([operation.to_dict() for operation in RECIPE]))]
    assert again == RECIPE
    first, second = (perform(FLOW, GIVEN, recipe, OTHERS, SAMPLES) for recipe in (RECIPE, again))
    np.testing.assert_array_equal(first.samples, second.samples)
    np.testing.assert_array_equal(GIVEN.z, latents(SAMPLES).z)  # which was left as it was


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "has a kind among temper"),
        ({"kind": "explode"}, "has a kind among temper"),
        ({"kind": "temper", "power": 2}, "no setting 'power'; known are factor"),
        ({"kind": "temper", "factor": "0.5"}, "factor must be a float"),
        ({"kind": "temper", "factor": math.nan}, "between 0 and 2"),
        ({"kind": "quantise", "bits": 3.5}, "bits must be a int"),
        ({"kind": "quantise", "bits": True}, "bits must be a int"),
        ({"kind": "quantise", "bits": 0}, "between 1 and 16"),
        ({"kind": "redraw", "shape": "cauchy"}, "gaussian, laplace, uniform"),
        ({"kind": "redraw", "seed": -1}, "seed must be between"),
        ({"kind": "mute_time", "start": 9, "stop": 9}, "to a later end"),
        ({"kind": "mute_channels", "start": -1}, "start of at least 0"),
        ({"kind": "transplant"}, "must name another recording"),
        ({"kind": "blend", "other": "b", "way": "round"}, "spherical or linear"),
        ({"kind": "blend", "other": "b", "amount": 1.5}, "between 0 and 1"),
        ({"kind": "shuffle", "frames": 0}, "block must be between"),
        ({"kind": "pitch_mel", "semitones": 99}, "Semitones must be"),
        ({"kind": "delay_mel", "frames": 10**9}, "delay must be"),
        ({"kind": "other_mel", "other": 3}, "other must be a str"),
    ],
)
def test_what_is_no_operation_is_refused_in_a_sentence(values, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        from_dict(values)


def test_recordings_that_are_not_there_or_do_not_fit_are_refused() -> None:
    with pytest.raises(SettingsError, match="no other recording 'c'; there are b"):
        operate(GIVEN, [OtherMel("c")], OTHERS)
    strange = Latents(np.zeros((8, 40), np.float32), np.zeros((80, 40), np.float32))
    with pytest.raises(SettingsError, match="another network"):
        operate(GIVEN, [Blend("strange")], {"strange": strange})
