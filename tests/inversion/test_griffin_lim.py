"""Griffin-Lim, against librosa's from the same start, and against what its fixed points must be."""

import librosa
import numpy as np
import pytest
import torch

from vocoder.errors import SettingsError
from vocoder.features import MelSettings, magnitude, stft
from vocoder.inversion import GriffinLim, centred_stft, griffin_lim, recentre

HOP = 256


def _magnitude(signal: np.ndarray, hop: int = HOP) -> torch.Tensor:
    return magnitude(stft(torch.from_numpy(signal)[None], 1024, hop, 1024))


def _from_window_start(like: torch.Tensor) -> torch.Tensor:
    """librosa's start: phase 0 counted from the window's start, which is pi in every other bin from its centre."""
    return recentre(torch.ones_like(like).to(torch.complex128)).angle()


@pytest.mark.parametrize("momentum", [0.0, 0.99])
@pytest.mark.parametrize("iterations", [0, 1, 2, 12])
def test_every_iteration_is_librosas(voice, momentum, iterations):
    wanted = _magnitude(voice)
    ours = griffin_lim(wanted, iterations=iterations, momentum=momentum, phase=_from_window_start(wanted))[0].numpy()
    options = {"n_fft": 1024, "hop_length": HOP, "momentum": momentum, "center": False, "init": None}
    if iterations:
        theirs = librosa.griffinlim(wanted[0].numpy(), n_iter=iterations, **options)
    else:
        theirs = librosa.istft(wanted[0].numpy().astype(complex), n_fft=1024, hop_length=HOP, center=False)
    theirs = theirs[512 : 512 + ours.size]
    np.testing.assert_allclose(ours, theirs, atol=1e-9 * np.abs(theirs).max())


def test_convergence_is_that_of_the_sound_it_is_asked_about(voice):
    wanted = _magnitude(voice)
    method = GriffinLim(wanted, momentum=0.0, seed=5)
    errors = []
    for _ in range(6):
        whole = method._overlap.synthesise(method._estimate)[0, : (wanted.shape[-1] - 1) * HOP + 1024].numpy()
        theirs = np.abs(librosa.stft(whole.copy(), n_fft=1024, hop_length=HOP, center=False))
        method.step()
        errors.append(method.convergence().item())
        expected = np.linalg.norm(theirs - wanted[0].numpy()) / np.linalg.norm(wanted[0].numpy())
        assert errors[-1] == pytest.approx(expected, rel=1e-9)
    assert errors == sorted(errors, reverse=True)  # Griffin & Lim's theorem: it never grows


@pytest.mark.parametrize("hop", [128, 200, 256, 512])
def test_the_true_phase_gives_the_recording_back(voice, hop):
    settings = MelSettings(hop=hop)
    spectrum = centred_stft(torch.from_numpy(voice)[None], settings)
    sound = griffin_lim(spectrum.abs(), settings, iterations=3, phase=spectrum.angle())[0].numpy()
    assert sound.shape == (spectrum.shape[-1] * hop,)
    safe = len(voice) - hop  # the very last hop may fade where only the tail of one window sees it
    np.testing.assert_allclose(sound[:safe], voice[:safe], atol=1e-9)


def test_a_batch_is_its_members_and_float32_is_enough(voice):
    first, second = _magnitude(voice), _magnitude(voice[::-1].copy())
    phase = torch.rand(first.shape, dtype=first.dtype) * 6
    both = griffin_lim(torch.cat([first, second]), iterations=4, phase=phase.expand(2, -1, -1))
    torch.testing.assert_close(both[1:], griffin_lim(second, iterations=4, phase=phase))
    single = griffin_lim(second.float(), iterations=4, phase=phase)
    assert single.dtype == torch.float32
    torch.testing.assert_close(single.double(), both[1:], atol=1e-3, rtol=0)


def test_the_seed_is_the_sound(voice):
    wanted = _magnitude(voice).float()
    state = torch.random.get_rng_state()
    first, again = griffin_lim(wanted, iterations=2, seed=1), griffin_lim(wanted, iterations=2, seed=1)
    assert torch.equal(first, again)
    assert (first - griffin_lim(wanted, iterations=2, seed=2)).abs().max() > 0.01
    assert torch.equal(state, torch.random.get_rng_state())


def test_progress_counts_up_to_one(voice):
    seen: list[float] = []
    griffin_lim(_magnitude(voice), iterations=4, progress=seen.append)
    assert seen == [0.25, 0.5, 0.75, 1.0]


def test_silence_one_frame_and_an_impulse_stay_finite():
    assert griffin_lim(torch.zeros(1, 513, 9), iterations=3).abs().max() == 0
    assert griffin_lim(torch.ones(1, 513, 1), iterations=3).isfinite().all()
    impulse = np.zeros(4000)
    impulse[2000] = 1
    sound = griffin_lim(_magnitude(impulse), iterations=32)
    assert sound.isfinite().all() and sound.abs().max() < 2


def test_what_makes_no_sense_is_refused():
    with pytest.raises(SettingsError, match="513"):
        griffin_lim(torch.zeros(1, 512, 4))
    with pytest.raises(SettingsError, match="momentum"):
        griffin_lim(torch.zeros(1, 513, 4), momentum=1.0)
