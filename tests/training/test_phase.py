"""Training of phase networks: learns, resumes exactly, skips what is not finite, and is taught the truth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from vocoder.errors import SettingsError
from vocoder.inversion import DerivativeNetwork, NetworkSettings, centred_stft, contexts
from vocoder.training import train
from vocoder.training.data import Corpus
from vocoder.training.phase import PhaseTrainer, pair_weights
from vocoder.training.phase_data import EDGE, REACH, PhaseBatch, PhasePieces
from vocoder.training.phase_settings import PhaseData, PhaseSettings
from vocoder.weights.card import Card
from vocoder.weights.phase import load_network, save_network

RATE = 22_050
NETWORK = {"n_fft": 256, "hop": 64, "window": 256, "channels": 8}
AS_IT_IS = {"resampled": (1.0, 1.0), "gain_db": (0.0, 0.0)}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Sums over several threads round differently, and Adam amplifies it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Harmonic sounds that glide and swell, as 16-bit files: four to learn from, one to watch."""
    path = tmp_path_factory.mktemp("sounds")
    time = np.arange(RATE) / RATE
    for index, pitch in enumerate((90, 120, 160, 220, 140)):
        phase = 2 * np.pi * pitch * (time + 0.15 * time**2)
        buzz = sum(np.sin(k * phase) / k for k in range(1, 40)) * (1.2 + np.sin(2 * np.pi * 5 * time))
        soundfile.write(path / f"{index}.wav", 0.05 * buzz, RATE)
    rows = "".join(f"{index}.wav,{'val' if index == 4 else 'train'}\n" for index in range(5))
    (path / "manifest.csv").write_text("file,split\n" + rows)
    return path


def config(folder: Path, out: Path, **more: object) -> Path:
    values = {
        "kind": "phase",
        "out": str(out),
        "network": NETWORK,
        "data": {"folder": str(folder), "frames": 4},
        "steps": 6,
        "batch": 4,
        "save_every": 2,
    } | more
    path = out.with_suffix(".json")
    path.write_text(json.dumps(values))
    return path


def rows(out: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def test_it_learns_what_a_causal_gradient_theorem_cannot_know(folder, tmp_path):
    train(config(folder, tmp_path / "run", steps=80, batch=4, rate=8e-3, warm_up=10))
    last = rows(tmp_path / "run")[-1]
    assert last["fpd_error"] < 0.8 * last["analytic_fpd_error"]
    assert last["step"] == 80 and last["skipped"] == 0
    network, card = load_network(tmp_path / "run" / "weights")
    state = torch.load(tmp_path / "run" / "state.pt", weights_only=True)["network"]
    assert all(torch.equal(x, state[name].half().float()) for name, x in network.state_dict().items())
    assert network.settings == NetworkSettings.from_dict(NETWORK) and "80 training steps" in card.summary


def test_stopping_and_resuming_gives_the_unbroken_runs_weights(folder, tmp_path):
    train(config(folder, tmp_path / "whole"))
    broken = config(folder, tmp_path / "broken")
    train(broken, seconds=0.0)
    with pytest.raises(SettingsError, match="--resume"):
        train(broken)
    for _ in range(5):
        train(broken, resume=True, seconds=0.0)
    whole, resumed = (torch.load(tmp_path / x / "state.pt", weights_only=True) for x in ("whole", "broken"))
    assert resumed["step"] == whole["step"] == 6
    for name, expected in whole["network"].items():
        assert torch.equal(resumed["network"][name], expected), name


def pieces(samples: np.ndarray, data: PhaseData, network: NetworkSettings) -> PhasePieces:
    """Of one recording with only one place to cut at: its beginning."""
    needed = PhasePieces(Corpus(samples, np.array([[0, samples.size]])), data, network).source
    return PhasePieces(Corpus(samples, np.array([[0, needed]])), data, network)


def draw(signal: np.ndarray, network: NetworkSettings) -> PhaseBatch:
    data = PhaseData(frames=6, **AS_IT_IS)
    samples = np.round(32767 * signal).astype(np.int16)
    return pieces(samples, data, network).draw(2, torch.Generator().manual_seed(0))


def test_a_steady_tone_turns_as_far_as_it_lies_from_a_bins_middle():
    network, frequency = NetworkSettings(), 1234.5
    batch = draw(0.5 * np.sin(2 * np.pi * frequency / RATE * np.arange(RATE)), network)
    bins = np.arange(56, 59)  # of its main lobe: 1234.5 Hz is 57.3 bins
    turn = 2 * np.pi * network.hop * (frequency / RATE - bins / network.n_fft)
    expected = np.broadcast_to(turn - 2 * np.pi * np.round(turn / 2 / np.pi), (2, 6, 3))
    np.testing.assert_allclose(batch.bpd[..., bins], expected, atol=1e-3)
    np.testing.assert_allclose(batch.fpd[..., bins[1:]], 0, atol=1e-3)


def test_an_impulse_turns_with_the_bins_as_far_as_it_lies_from_a_windows_middle():
    network = NetworkSettings(n_fft=256, hop=64, window=256)
    signal = np.zeros(RATE)
    place = EDGE + 64 * 10 + 9  # 9 samples behind the middle of frame 10 of the piece
    signal[place] = 0.9
    data = PhaseData(frames=6, **AS_IT_IS)
    first = pieces(np.zeros(RATE, np.int16), data, network).first
    batch = draw(signal, network)
    expected = np.full((2, 128), -2 * np.pi * 9 / 256)
    np.testing.assert_allclose(batch.fpd[:, 10 - first, 1:], expected, atol=2e-2)


@pytest.mark.parametrize("look_ahead", [0, 1])
def test_a_piece_sees_what_the_whole_recording_shows_there(look_ahead):
    network = NetworkSettings(look_ahead=look_ahead)
    noise = 0.1 * np.random.default_rng(0).standard_normal(RATE)
    batch = draw(noise, network)
    first = pieces(np.zeros(RATE, np.int16), PhaseData(frames=6, **AS_IT_IS), network).first
    spectrum = centred_stft(torch.from_numpy(noise[EDGE:])[None].float(), network.transform)
    expected = contexts(spectrum.abs(), look_ahead)[0, first : first + 6]
    audible = expected > -4  # beside which half a step of 16 bits, added to dequantise, is nothing
    for got in batch.context:
        torch.testing.assert_close(got[audible], expected[audible], atol=2e-2, rtol=0)
    torch.testing.assert_close(batch.magnitude[0], spectrum.abs()[0].mT[first - 1 : first + 6], atol=2e-2, rtol=1e-2)


def test_the_lowest_bins_are_taught_what_they_are_taught_among_all():
    torch.manual_seed(0)
    network = DerivativeNetwork(NetworkSettings())
    torch.nn.init.normal_(network.leave.weight)
    batch = draw(0.1 * np.random.default_rng(0).standard_normal(RATE), network.settings)
    with torch.no_grad():
        whole, part = network.estimate(batch.context), network.estimate(batch.lowest(100).context)
    for a, b in zip(whole, part, strict=True):
        torch.testing.assert_close(b[..., : 100 - REACH], a[..., : 100 - REACH])
    for weight in pair_weights(batch.lowest(100).magnitude, 0.5):
        assert (weight[..., 100 - REACH :] == 0).all()
        assert weight.mean().item() == pytest.approx(1)
    assert batch.lowest(513) is batch


class Spoiled:
    """Pieces of which the first is not finite."""

    def __init__(self, inner: PhasePieces) -> None:
        self.inner, self.drawn = inner, 0

    def draw(self, batch: int, generator: torch.Generator) -> PhaseBatch:
        drawn = self.inner.draw(batch, generator)
        self.drawn += 1
        return drawn._replace(context=drawn.context * torch.inf) if self.drawn == 1 else drawn


def test_a_step_that_is_not_finite_changes_nothing(folder):
    settings = PhaseSettings(network=NetworkSettings.from_dict(NETWORK), batch=2, bins=(1.0,))
    tone = np.round(9000 * np.sin(np.arange(RATE) / 9)).astype(np.int16)
    inner = PhasePieces(Corpus(tone, np.array([[0, RATE]])), settings.data, settings.network)
    trainer = PhaseTrainer(settings, Spoiled(inner), inner)  # type: ignore[arg-type]
    before = {name: x.clone() for name, x in trainer.network.state_dict().items()}
    trainer.advance()
    assert trainer.skipped == 1
    assert all(torch.equal(x, before[name]) for name, x in trainer.network.state_dict().items())
    trainer.advance()
    assert trainer.skipped == 1 and not torch.equal(trainer.network.leave.bias, before["leave.bias"])


def test_a_run_can_begin_with_another_networks_layers(folder, tmp_path):
    torch.manual_seed(5)
    other = DerivativeNetwork(NetworkSettings.from_dict(NETWORK | {"look_ahead": 1, "stride": 2}))
    save_network(other, tmp_path / "other", Card("other", "MIT", "random numbers"))
    train(config(folder, tmp_path / "run", start=str(tmp_path / "other"), steps=1, rate=1e-12, last_rate=1e-12))
    network, _ = load_network(tmp_path / "run" / "weights")
    torch.testing.assert_close(network.first.both.weight, other.first.both.weight, atol=1e-3, rtol=1e-3)
    assert network.leave.weight.abs().max() < 1e-6
    with pytest.raises(SettingsError, match="other channels"):
        train(config(folder, tmp_path / "wide", start=str(tmp_path / "other"), network={"channels": 4}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "wavenet"}, "'flow' or 'phase', not 'wavenet'"),
        ({"depth": 3}, "Unknown setting 'depth'"),
        ({"steps": "many"}, "'steps' in PhaseSettings must be like 12000, not 'many'"),
        ({"steps": 0}, "at least 1"),
        ({"bins": [0.5, 2]}, "parts of all bins"),
        ({"bins": [0.5, "all"]}, "must be like"),
        ({"network": {"layers": 3}}, "Unknown phase network setting 'layers'"),
        ({"data": {"resampled": [2, 1]}}, "two factors"),
        ({"data": {"folder": "/nowhere/at/all"}}, "does not exist"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_one_sentence(tmp_path, change, message):
    path = config(tmp_path, tmp_path / "out", **change)
    with pytest.raises(SettingsError, match=message):
        train(path)


def test_recordings_that_are_too_short_are_named_so(tmp_path):
    soundfile.write(tmp_path / "0.wav", np.zeros(1150), RATE)
    (tmp_path / "manifest.csv").write_text("file,split\n0.wav,train\n0.wav,val\n")
    with pytest.raises(SettingsError, match="No recording is as long"):
        train(config(tmp_path, tmp_path / "out"))
