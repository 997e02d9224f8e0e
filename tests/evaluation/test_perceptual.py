"""Our wrappers against the packages they wrap, and the traps of those packages."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import scipy.signal

from tests.evaluation.sounds import RATE, noise, voice
from vocoder.errors import AudioError
from vocoder.evaluation import optional
from vocoder.evaluation.perceptual import distill_mos, estoi, load_distill_mos, pesq_wb, stoi

pesq = pytest.importorskip("pesq")
pystoi = pytest.importorskip("pystoi")
needs_distill_mos = pytest.mark.skipif(
    optional.missing("distillmos", ("torchaudio",)), reason="pip install --no-deps distillmos xls-r-sqa"
)


def to_16_khz(samples: np.ndarray) -> np.ndarray:
    """By another resampler than ours."""
    return scipy.signal.resample_poly(samples, 320, 441).astype(np.float32)


def test_the_same_sound_scores_the_best(speech: np.ndarray) -> None:
    assert pesq_wb(speech, speech, RATE) == pytest.approx(4.6439, abs=1e-3)  # the top of P.862.2's scale
    assert pesq_wb(speech, 0.5 * speech, RATE) == pytest.approx(4.6439, abs=1e-3)  # it levels both
    assert stoi(speech, speech, RATE) == pytest.approx(1, abs=1e-6)
    assert estoi(speech, speech, RATE) == pytest.approx(1, abs=1e-6)


def test_at_16_khz_the_scores_are_the_packages(speech: np.ndarray) -> None:
    real = to_16_khz(speech)
    fake = real + noise(len(real))
    assert pesq_wb(real, fake, 16_000) == pesq.pesq(16_000, real, fake, "wb")
    assert stoi(real, fake, 16_000) == pytest.approx(pystoi.stoi(real, fake, 16_000), rel=1e-9)
    assert estoi(real, fake, 16_000) == pytest.approx(pystoi.stoi(real, fake, 16_000, extended=True), rel=1e-9)


def test_other_rates_are_resampled(speech: np.ndarray) -> None:
    fake = speech + noise(len(speech))
    expected = pesq.pesq(16_000, to_16_khz(speech), to_16_khz(fake), "wb")
    assert pesq_wb(speech, fake, RATE) == pytest.approx(expected, abs=0.1)
    assert stoi(speech, fake, RATE) == pytest.approx(pystoi.stoi(speech, fake, RATE), abs=0.005)


def test_more_noise_scores_worse(speech: np.ndarray) -> None:
    for metric in (pesq_wb, stoi, estoi):
        scores = [metric(speech, speech + noise(len(speech), level), RATE) for level in (0.002, 0.01, 0.05)]
        assert scores == sorted(scores, reverse=True) and scores[0] > scores[-1] + 0.1


def test_pesq_of_a_long_sound_is_the_mean_of_its_pieces() -> None:
    sound = voice(30.0, rate=16_000)
    copy = sound + noise(len(sound), 0.02) * np.linspace(0, 1, len(sound), dtype=np.float32)
    halves = [pesq.pesq(16_000, sound[cut], copy[cut], "wb") for cut in (slice(240_000), slice(240_000, None))]
    assert pesq_wb(sound, copy, 16_000) == pytest.approx(np.mean(halves), rel=1e-9)


def test_more_utterances_than_pesq_has_room_for() -> None:
    # 75 bursts in 49 s: the package writes past the end of its table of 50 and takes the interpreter with it.
    burst = np.concatenate([voice(0.35, rate=16_000), np.zeros(4800, np.float32)])
    sound = np.tile(burst, 75)
    assert 1 < pesq_wb(sound, sound + noise(len(sound)), 16_000) < 4


def test_what_has_no_score_is_said_in_a_sentence(speech: np.ndarray) -> None:
    silence = np.zeros(RATE, np.float32)
    with pytest.raises(AudioError, match="PESQ finds no speech"):
        pesq_wb(silence, noise(RATE), RATE)
    with pytest.raises(AudioError, match="PESQ finds no speech"):
        pesq_wb(speech[:2000], speech[:2000], RATE)
    with pytest.raises(AudioError, match="silent copy"):
        pesq_wb(speech, np.zeros_like(speech), RATE)
    for samples in (4000, 100):
        with pytest.raises(AudioError, match="STOI needs at least 0.4 s"):
            stoi(speech[:samples], speech[:samples], RATE)


@needs_distill_mos
def test_distill_mos_is_the_packages_without_torchaudio(speech: np.ndarray, capsys: pytest.CaptureFixture) -> None:
    import torch

    was_there = "torchaudio" in sys.modules
    samples = to_16_khz(speech)
    score = distill_mos(samples, 16_000)
    assert ("torchaudio" in sys.modules) == was_there
    assert not capsys.readouterr().out
    network = load_distill_mos().ConvTransformerSQAModel().eval()
    with torch.inference_mode():
        assert score == pytest.approx(float(network(torch.from_numpy(samples)[None])), abs=1e-5)
    assert 1 <= score <= 5


@needs_distill_mos
def test_distill_mos_hears_no_level(speech: np.ndarray) -> None:
    assert distill_mos(0.1 * speech, RATE) == pytest.approx(distill_mos(speech, RATE), abs=1e-3)
