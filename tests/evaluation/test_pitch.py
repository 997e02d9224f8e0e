"""Pitch errors of sounds whose pitch is known."""

from __future__ import annotations

import numpy as np
import pytest

from tests.evaluation.sounds import RATE, noise, voice
from vocoder.errors import AudioError
from vocoder.evaluation.pitch import pitch_errors, track_pitch

pytest.importorskip("librosa")


@pytest.mark.parametrize("pitch", [90.0, 120.0, 230.0])
def test_the_pitch_of_a_buzz_is_found(pitch: float) -> None:
    track = track_pitch(voice(1.0, pitch), RATE)
    assert track.voiced.mean() > 0.9
    assert 1200 * abs(np.log2(np.nanmedian(track.hertz) / pitch)) < 10  # cents, pYIN's own step
    assert len(track.hertz) == len(track.voiced) == len(track.periodicity) == 1 + RATE // 256


def test_the_same_sound_has_no_error(speech: np.ndarray) -> None:
    errors = pitch_errors(speech, speech, RATE)
    assert (errors.f0_rmse, errors.voicing_f1, errors.periodicity_rmse) == (0, 1, 0)


@pytest.mark.parametrize("semitones", [-1, 2])
def test_a_semitone_is_a_hundred_cents(speech: np.ndarray, semitones: int) -> None:
    errors = pitch_errors(speech, voice(2.0, 120 * 2 ** (semitones / 12)), RATE)
    assert errors.f0_rmse == pytest.approx(100 * abs(semitones), abs=10)
    assert errors.voicing_f1 is not None and errors.voicing_f1 > 0.95


def test_voicing_f1_counts_frames() -> None:
    # Twice the same voice, and a copy that has lost its second half: precision 1, recall 1/2, F1 2/3.
    half = voice(1.0)
    errors = pitch_errors(np.concatenate([half, half]), np.concatenate([half, noise(len(half), 0.1)]), RATE)
    assert errors.voicing_f1 == pytest.approx(2 / 3, abs=0.05)
    assert errors.f0_rmse is not None and errors.f0_rmse < 10
    assert errors.periodicity_rmse > 0.2


def test_what_is_never_voiced_has_no_pitch_error() -> None:
    silence = np.zeros(RATE, np.float32)
    errors = pitch_errors(silence, silence, RATE)
    assert errors.f0_rmse is None and errors.voicing_f1 is None and errors.periodicity_rmse == 0


def test_lengths_must_agree(speech: np.ndarray) -> None:
    with pytest.raises(AudioError, match="same length"):
        pitch_errors(speech, speech[:-1], RATE)
