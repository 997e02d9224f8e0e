"""Kept magnitudes with a chosen phase: held against scipy's transform, librosa's Griffin-Lim and what must be so."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
from scipy.signal import ShortTimeFFT

from vocoder.errors import AudioError, SettingsError
from vocoder.explorer.phase import CHOICES, Choice, choose
from vocoder.explorer.phase_frames import OVERLAPS, Frames, convergence, frames, measure
from vocoder.explorer.phase_iterations import iterate

RATE = 22_050
HOP = 256


def glide(seconds: float = 0.8, seed: int = 0) -> np.ndarray:
    """Harmonics that glide upwards, with a little hiss, swelling and fading; float32, peak 0.4."""
    random = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    turns = 2 * np.pi * np.cumsum(120 + 60 * time / seconds) / RATE
    sound = sum(np.sin(k * turns + random.uniform(0, 6)) / k for k in range(1, 25))
    sound = (sound + 0.02 * random.standard_normal(len(time))) * np.hanning(len(time)) ** 0.3
    return (0.4 * sound / np.abs(sound).max()).astype(np.float32)


@pytest.fixture(scope="module")
def cut() -> Frames:
    return frames(glide())


def scipys(samples: np.ndarray, hop: int = HOP) -> np.ndarray:
    """scipy's transform at frames 0, hop, 2 hop, ..., which counts phases from the window's centre; complex (K, T)."""
    padded = np.pad(samples.astype(float), 512, mode="reflect")
    window = np.hanning(1025)[:-1]
    transform = ShortTimeFFT(window, hop, RATE, fft_mode="onesided", scale_to=None)
    first = 512 // hop
    return transform.stft(padded, p0=first, p1=first + 1 + len(samples) // hop)


def spectral_convergence(samples: np.ndarray, reference: np.ndarray, hop: int = HOP) -> float:
    theirs, wanted = np.abs(scipys(samples, hop)), np.abs(scipys(reference, hop))
    return 20 * np.log10(np.linalg.norm(theirs - wanted) / np.linalg.norm(wanted))


@pytest.mark.parametrize("overlap", OVERLAPS)
def test_frames_are_scipys(overlap: float) -> None:
    found = frames(glide(), overlap=overlap)
    expected = scipys(glide(), round(1024 * (1 - overlap / 100)))
    np.testing.assert_allclose(found.spectrum, expected, atol=1e-9 * np.abs(expected).max())
    np.testing.assert_array_equal(found.kept, found.magnitude)


@pytest.mark.parametrize("overlap", OVERLAPS)
@pytest.mark.parametrize("choice", [Choice("true"), Choice("noisy", noise=0.0)])
def test_the_true_phase_is_the_recording(overlap: float, choice: Choice) -> None:
    found = frames(glide(), overlap=overlap)
    sound = found.sound(choose(found, choice))
    turned = sound * np.sign(np.dot(sound, found.samples))  # integration cannot know a rotation by pi
    assert sound.dtype == np.float32
    safe = len(sound) - 512  # the last hop is seen by the tail of a window only
    np.testing.assert_allclose(turned[:safe], found.samples[:safe], atol=1e-4)
    assert measure(found, sound).convergence < -70


@pytest.mark.parametrize("choice", ["zero", "random", "other", "pghi", "analytic"])
def test_other_phases_keep_the_magnitudes_and_lose_something(cut: Frames, choice: str) -> None:
    phase = choose(cut, Choice(choice), other=glide(0.3, seed=4))
    assert phase.shape == cut.kept.shape and np.isfinite(phase).all()
    sound = cut.sound(phase)
    assert sound.shape == cut.samples.shape
    ours = measure(cut, sound)
    assert ours.convergence == pytest.approx(spectral_convergence(sound, cut.samples), abs=1e-3)
    assert -40 < ours.convergence < 0 < ours.spectral_distance


def test_zero_random_and_anothers_phase_are_what_they_say(cut: Frames) -> None:
    assert not choose(cut, Choice("zero")).any()
    drawn = choose(cut, Choice("random"))
    assert abs(np.exp(1j * drawn).mean()) < 0.02 and drawn.std() == pytest.approx(2 * np.pi / 12**0.5, rel=0.01)
    np.testing.assert_array_equal(drawn, choose(cut, Choice("random")))
    assert (drawn != choose(cut, Choice("random", seed=1))).mean() > 0.99
    other = glide(0.3, seed=4)
    looped = np.tile(other, 9)[: len(cut.samples)]
    theirs = scipys(looped)
    loud = np.abs(theirs) > 1e-3 * np.abs(theirs).max()
    apart = np.angle(theirs * np.exp(-1j * choose(cut, Choice("other"), other=other)))
    np.testing.assert_allclose(apart[loud], 0, atol=1e-6)


@pytest.mark.parametrize("overlap", [50.0, 75.0])
def test_every_iteration_is_librosas(overlap: float) -> None:
    found = frames(glide(), overlap=overlap)
    hop = found.settings.hop
    run = iterate(found, (0, 1, 2, 6))
    assert run.curve.shape == (7,) and sorted(run.sounds) == [0, 1, 2, 6]
    signs = (-1.0) ** np.arange(513)[:, None]  # librosa counts phases from the window's start
    start = choose(found, Choice("random"))
    for count, sound in run.sounds.items():
        if count:
            theirs = _librosas(found.kept * signs * np.exp(1j * start), count, hop)
        else:
            theirs = librosa.istft(found.kept * signs * np.exp(1j * start), n_fft=1024, hop_length=hop, center=False)
        np.testing.assert_allclose(sound[:-hop], theirs[512:][: len(sound) - hop], atol=2e-4)
        again = np.abs(librosa.stft(theirs, n_fft=1024, hop_length=hop, center=False))
        wanted = 20 * np.log10(np.linalg.norm(again - found.kept) / np.linalg.norm(found.kept))
        assert run.curve[count] == pytest.approx(wanted, abs=0.05)
    chosen = found.sound(choose(found, Choice("griffin-lim", iterations=6)))
    np.testing.assert_allclose(chosen, run.sounds[6], atol=1e-5)


def _librosas(start: np.ndarray, count: int, hop: int, momentum: float = 0.99) -> np.ndarray:
    """Perraudin's fast Griffin-Lim by librosa's transforms: `librosa.griffinlim` takes no start of one's own."""
    options = {"n_fft": 1024, "hop_length": hop, "center": False}
    size, estimate, before = np.abs(start), start, 0
    for _ in range(count):
        consistent = librosa.stft(librosa.istft(estimate, **options), **options)
        estimate = consistent - momentum / (1 + momentum) * before
        estimate, before = size * np.exp(1j * np.angle(estimate)), consistent
    return librosa.istft(estimate, **options)


def test_griffin_lim_closes_in(cut: Frames) -> None:
    curve = iterate(cut, (40,)).curve
    assert curve[40] < curve[10] < curve[2] < curve[0] - 3


def test_what_the_mel_throws_away_is_a_loss_of_its_own(cut: Frames) -> None:
    poor = frames(cut.samples, from_mel=True)
    assert poor.from_mel and not cut.from_mel
    np.testing.assert_array_equal(poor.spectrum, cut.spectrum)
    bank = librosa.filters.mel(sr=RATE, n_fft=1024, n_mels=80, fmax=8000)
    np.testing.assert_allclose(bank @ poor.kept, np.maximum(bank @ cut.magnitude, 1e-5), rtol=0.25, atol=2e-3)
    best = convergence(poor, poor.sound(choose(poor, Choice("true"))))
    assert best == pytest.approx(spectral_convergence(poor.sound(cut.phase), cut.samples), abs=1e-3)
    random = convergence(poor, poor.sound(choose(poor, Choice("random"))))
    assert -25 < best < random - 2 < 0


def test_measures_of_the_same_sound_and_of_what_cannot_be_judged(cut: Frames) -> None:
    same = measure(cut, cut.samples)
    assert same.convergence < -200 and same.spectral_distance == 0
    assert same.estoi in (None, pytest.approx(1, abs=1e-6)) and same.pesq in (None, pytest.approx(4.644, abs=1e-3))
    silent = frames(np.zeros(5000, np.float32))
    nothing = measure(silent, silent.samples)
    assert (nothing.convergence, nothing.estoi, nothing.pesq) == (None, None, None)


@pytest.mark.parametrize("length", [1, 100, 3000])
@pytest.mark.parametrize("level", [0.0, 1.0])
def test_silence_and_very_short_sounds_stay_finite(length: int, level: float) -> None:
    found = frames(np.full(length, level, np.float32))
    for name in CHOICES:
        if name != "network":
            sound = found.sound(choose(found, Choice(name, iterations=2), other=glide(0.1)))
            assert sound.shape == (length,) and np.isfinite(sound).all() and np.abs(sound).max() < 10
    run = iterate(found, (0, 2))
    assert np.isfinite(run.curve).all() == bool(level)


def test_long_recordings_are_cut_and_nonsense_is_refused(cut: Frames) -> None:
    long = frames(np.zeros(11 * RATE, np.float32))
    assert long.shortened and long.seconds == 10 and not cut.shortened
    with pytest.raises(SettingsError, match="50, 75, 87.5"):
        frames(glide(), overlap=60)
    for nothing in (np.zeros(0), np.array([0.0, np.nan]), np.zeros((2, 5))):
        with pytest.raises(AudioError, match="at least one"):
            frames(nothing)
    with pytest.raises(SettingsError, match="griffin-lim, pghi"):
        Choice("wrong")
    with pytest.raises(SettingsError, match="1,000"):
        Choice("griffin-lim", iterations=-1)
    with pytest.raises(SettingsError, match="network"):
        choose(cut, Choice("network"))
    with pytest.raises(SettingsError, match="another recording"):
        choose(cut, Choice("other"))
    with pytest.raises(SettingsError, match="0 radians"):
        choose(cut, Choice("noisy", noise=-1))
    with pytest.raises(SettingsError, match="whole numbers"):
        iterate(cut, ())


def test_work_can_be_stopped(cut: Frames) -> None:
    seen: list[float] = []

    def stop(fraction: float) -> None:
        seen.append(fraction)
        raise KeyboardInterrupt

    for work in (
        lambda: choose(cut, Choice("griffin-lim"), progress=stop),
        lambda: choose(cut, Choice("noisy"), progress=stop),
        lambda: iterate(cut, progress=stop),
    ):
        with pytest.raises(KeyboardInterrupt):
            work()
    assert len(seen) == 3 and max(seen) < 0.1
