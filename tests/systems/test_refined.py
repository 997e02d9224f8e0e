"""The flow's phases, refined by Griffin-Lim: the parts by hand, the pieces, and what it is for."""

from pathlib import Path

import librosa
import pytest
import torch

from tests.small import small_system
from vocoder.audio import read_recording
from vocoder.evaluation.metrics import multi_resolution_stft
from vocoder.features import log_mel
from vocoder.inversion import centred_stft, griffin_lim, mel_to_magnitude
from vocoder.systems import InvertibleVocoder, load_system, refined, systems
from vocoder.systems.refined import RefinedFlow, known_bins

EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"


@pytest.fixture(scope="module")
def audio() -> torch.Tensor:
    return torch.from_numpy(read_recording(EXAMPLES / "arctic_a0007.flac").samples[None, 12_000:40_000])


@pytest.fixture(scope="module")
def mel(audio) -> torch.Tensor:
    return log_mel(audio)


@pytest.fixture(scope="module")
def system() -> RefinedFlow:
    return RefinedFlow(small_system())


def test_it_is_griffin_lim_from_the_flows_phases_with_its_magnitudes_above_fmax(system, mel) -> None:
    settings = system.info.mel
    start = centred_stft(system.flow.synthesise(mel, seed=3, temperature=0.5), settings)[..., : mel.shape[-1]]
    middles = librosa.mel_frequencies(82, fmin=settings.fmin, fmax=settings.fmax)[1:-1]
    below = round(middles[-1] * settings.n_fft / settings.sample_rate) + 1
    assert known_bins(settings) == below
    wanted = torch.cat([mel_to_magnitude(mel, settings)[:, :below], start.abs()[:, below:]], 1)
    expected = griffin_lim(wanted, settings, iterations=32, phase=start.angle())
    torch.testing.assert_close(system.synthesise(mel, seed=3, temperature=0.5), expected)


def test_long_mels_are_done_in_pieces_that_fade_into_one_another(system, mel, monkeypatch) -> None:
    whole = system.synthesise(mel)
    monkeypatch.setattr(refined, "PIECE", 60)
    pieces = system.synthesise(mel)
    cut = torch.cat(list(system.stream(mel.split(17, -1))), -1)
    assert whole.shape == pieces.shape == cut.shape == (1, mel.shape[-1] * 256)
    torch.testing.assert_close(pieces, cut)
    assert multi_resolution_stft(pieces[0].numpy(), whole[0].numpy()) < 0.6
    border = (60 - refined.OVERLAP) * 256
    jump = pieces.diff().abs()
    assert jump[0, border - 2 : border + 2].max() <= jump.max()


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_the_shortest_mels(system, mel, frames) -> None:
    sound = system.synthesise(mel[..., :frames])
    assert sound.shape == (1, frames * 256)
    assert torch.isfinite(sound).all()


def test_progress_ends_at_one(system, mel) -> None:
    told: list[float] = []
    system.synthesise(mel, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1


def test_the_row_says_whose_weights_it_takes_and_that_it_is_no_way_back() -> None:
    rows = {row.name: row for row in systems()}
    flow, row = rows["flow"], rows["flow-griffin-lim"]
    assert (row.parameters, row.licence, row.available) == (flow.parameters, flow.licence, flow.available)
    assert not row.invertible
    assert not isinstance(load_system("flow-griffin-lim", device="cpu"), InvertibleVocoder)


def test_the_bundled_flow_then_keeps_to_the_mel_that_it_was_given(audio, mel) -> None:
    def error(name: str) -> float:
        sound = load_system(name, device="cpu").synthesise(mel)[:, : audio.shape[-1]]
        return float((log_mel(sound) - mel).abs().mean())

    assert error("flow-griffin-lim") < 0.9 * error("flow")
