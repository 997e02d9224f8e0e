"""Phase networks' folders: what is saved comes back, nothing in them is believed, and the bundled ones are good."""

from __future__ import annotations

import json
from functools import partial
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors.numpy import load_file, save_file

from vocoder.errors import SettingsError, WeightsError
from vocoder.features import MelSettings
from vocoder.inversion import (
    DerivativeNetwork,
    GradientPhase,
    NetworkPhase,
    NetworkSettings,
    SoundStream,
    centred_stft,
    oracle,
)
from vocoder.inversion.derivatives import analytic, contexts
from vocoder.inversion.frames import wrap
from vocoder.weights import FOLDER, Card, checkpoints
from vocoder.weights.phase import find_network, load_network, networks, read_network_config, save_network

SETTINGS = NetworkSettings(n_fft=256, hop=64, window=256, look_ahead=1, stride=2, channels=4)
CARD = Card("small", "MIT", "random numbers", figures={"ESTOI": 0.5})
EXAMPLE = Path(__file__).parents[2] / "assets" / "examples" / "arctic_a0007.flac"


@pytest.fixture
def folder(tmp_path) -> Path:
    torch.manual_seed(0)
    save_network(DerivativeNetwork(SETTINGS), tmp_path / "weights", CARD)
    return tmp_path / "weights"


def configure(folder: Path, change) -> None:
    config = json.loads((folder / "config.json").read_text())
    change(config)
    (folder / "config.json").write_text(json.dumps(config))


def rewrite(folder: Path, change) -> None:
    """Passes the tensors through `change` and makes the config agree with the new file's hash."""
    path = folder / "model.safetensors"
    tensors = load_file(path)
    save_file(change(tensors) or tensors, path)
    digest = sha256(path.read_bytes()).hexdigest()
    configure(folder, lambda c: c["card"].update(sha256=digest))


def tamper(folder: Path) -> None:
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-10] ^= 1
    (folder / "model.safetensors").write_bytes(data)


@pytest.mark.parametrize("storage", ["float32", "float16"])
def test_what_is_saved_comes_back(tmp_path, storage):
    torch.manual_seed(1)
    network = DerivativeNetwork(SETTINGS)
    saved = save_network(network, tmp_path / "weights", CARD, storage=storage)
    loaded, card = load_network(tmp_path / "weights")
    assert loaded.settings == SETTINGS and card == saved and card.name == "small"
    assert card.parameters == sum(array.size for array in load_file(tmp_path / "weights/model.safetensors").values())
    for name, tensor in loaded.state_dict().items():
        expected = network.state_dict()[name]
        assert torch.equal(tensor, expected.half().float() if storage == "float16" else expected), name
    assert not loaded.training and not any(p.requires_grad for p in loaded.parameters())
    config = read_network_config(tmp_path / "weights")
    assert (config.network, config.storage, config.card) == (SETTINGS, storage, card)
    assert "phase-reconstruction" in (tmp_path / "weights" / "README.md").read_text()


HOSTILE = {
    "tampered": (tamper, "damaged or was exchanged"),
    "unknown key": (lambda f: configure(f, lambda c: c.update(extra=1)), "unknown or missing: 'extra'"),
    "no network": (lambda f: configure(f, lambda c: c.pop("network") and None), "unknown or missing: 'network'"),
    "a flow": (lambda f: configure(f, lambda c: c.update(family="flow")), "'flow' in format 1"),
    "unknown setting": (
        lambda f: configure(f, lambda c: c["network"].update(layers=2)),
        "Unknown phase network setting 'layers'",
    ),
    "a setting of text": (lambda f: configure(f, lambda c: c["network"].update(hop="64")), "hop must be int"),
    "a true setting": (lambda f: configure(f, lambda c: c["network"].update(stride=True)), "stride must be int"),
    "a giant transform": (
        lambda f: configure(f, lambda c: c["network"].update(n_fft=1 << 40)),
        "more than 262144 is refused",
    ),
    "no hop": (lambda f: configure(f, lambda c: c["network"].update(hop=0)), "must be at least 1"),
    "a window too long": (lambda f: configure(f, lambda c: c["network"].update(window=512)), "must not be longer"),
    "more channels": (
        lambda f: configure(f, lambda c: c["network"].update(channels=100_000)),
        "does not fit its settings",
    ),
    "another stride": (
        lambda f: configure(f, lambda c: c["network"].update(stride=1)),
        "leave.weight is 4x4x1, should be 2x4x1",
    ),
    "another shape": (
        lambda f: rewrite(f, lambda t: t.update({"entry.bias": np.zeros(5, "f4")})),
        "entry.bias is 5, should be 4",
    ),
    "a tensor missing": (
        lambda f: rewrite(f, lambda t: {k: v for k, v in t.items() if k != "entry.bias"}),
        "entry.bias is missing",
    ),
    "a tensor too many": (lambda f: rewrite(f, lambda t: t.update(extra=np.ones(1, "f4"))), "extra is unknown"),
    "NaN": (lambda f: rewrite(f, lambda t: t["first.both.bias"].fill(np.nan)), "first.both.bias holds"),
    "storage belied": (lambda f: configure(f, lambda c: c.update(storage="float16")), "is F32, should be F16"),
    "parameters belied": (lambda f: configure(f, lambda c: c["card"].update(parameters=7)), "its card says 7"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_folder_is_refused_by_name(folder, case):
    change, said = HOSTILE[case]
    change(folder)
    with pytest.raises(WeightsError) as raised:
        load_network(folder)
    text = str(raised.value)
    assert said in text and "weights" in text  # the folder is named
    assert "\n" not in text and len(text) < 500


def test_weights_that_are_not_finite_are_not_saved(folder):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    broken = DerivativeNetwork(SETTINGS)
    broken.entry.bias.data[0] = torch.inf
    with pytest.raises(WeightsError, match="entry.bias holds numbers that are not finite"):
        save_network(broken, folder, CARD)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_network_is_found_by_its_transform(folder, monkeypatch):
    monkeypatch.setattr("vocoder.weights.phase.FOLDER", folder.parent)
    wide = NetworkSettings(16_000, n_fft=256, hop=64, window=256, look_ahead=1, stride=2, channels=4)
    save_network(DerivativeNetwork(wide), folder.parent / "wide", CARD)
    (folder.parent / "empty").mkdir()
    assert list(networks()) == [folder, folder.parent / "wide"]
    for rate, expected in ((44_100, folder), (22_050, folder), (16_000, folder.parent / "wide")):
        transform = MelSettings(rate, 256, 64, 256)
        assert find_network(transform, look_ahead=1, stride=2) == expected
    with pytest.raises(SettingsError, match=r"hop 64, window 256, look_ahead 0 .* one for 256/64, look_ahead 1"):
        find_network(MelSettings(22_050, 256, 64, 256), stride=2)


BUNDLED = {
    "phase-1024-256": (1024, 0, 1),
    "phase-1024-256-ahead": (1024, 1, 1),
    "phase-1024-256-ahead-strided": (1024, 1, 2),
    "phase-512-256": (512, 0, 1),
}


def transform(n_fft: int) -> MelSettings:
    return MelSettings(n_fft=n_fft, window=n_fft)


@pytest.fixture(scope="module")
def voice() -> torch.Tensor:
    """1.5 s of a speaker who was not trained on, from 0.3 s on, at 22.05 kHz."""
    samples, rate = soundfile.read(EXAMPLE, dtype="float32")
    assert rate == 22_050
    return torch.from_numpy(samples[rate // 3 :][: 3 * rate // 2])[None]


def online(method, magnitude: np.ndarray, settings: MelSettings, sizes: list[int]) -> np.ndarray:
    stream = SoundStream(method, settings)
    ends = [0, *np.cumsum(sizes)]
    return np.concatenate([*(stream.push(magnitude[:, a:b]) for a, b in pairwise(ends)), stream.finish()])


class TestBundled:
    """The networks that come with the project."""

    def test_they_are_small_and_say_where_they_come_from(self):
        found = networks()
        assert {folder.name for folder in found} == set(BUNDLED)
        assert not set(BUNDLED) & set(checkpoints())  # which are flows
        size = sum(path.stat().st_size for name in BUNDLED for path in (FOLDER / name).iterdir())
        assert size < 100_000
        for folder, config in found.items():
            network, card = load_network(folder)
            assert card == config.card and card.name == folder.name
            assert card.licence and card.data and card.date and card.figures
            assert card.parameters == sum(p.numel() for p in network.parameters())
            assert card.parameters == (7_924 if network.settings.stride == 2 else 7_890)

    @pytest.mark.parametrize("name", BUNDLED)
    def test_streaming_is_the_batch_bit_for_bit_in_any_chunks(self, name, voice):
        n_fft, look_ahead, stride = BUNDLED[name]
        folder = find_network(transform(n_fft), look_ahead=look_ahead, stride=stride)
        assert folder.name == name
        make = partial(NetworkPhase, load_network(folder)[0])
        magnitude = centred_stft(voice, transform(n_fft)).abs()[0, :, :60].double().numpy()
        batch = online(make(), magnitude, transform(n_fft), [60])
        assert batch.shape == (60 * 256,) and np.isfinite(batch).all()
        rng = np.random.default_rng(3)
        for _ in range(2):
            cuts = np.sort(rng.choice(np.arange(1, 60), 12, replace=False))
            sizes = np.diff([0, *cuts, 60]).tolist()
            assert np.array_equal(online(make(), magnitude, transform(n_fft), sizes), batch)

    @pytest.mark.parametrize("name", BUNDLED)
    def test_they_know_more_than_the_gradient_theorem(self, name, voice):
        n_fft, look_ahead, stride = BUNDLED[name]
        network, _ = load_network(find_network(transform(n_fft), look_ahead=look_ahead, stride=stride))
        spectrum = centred_stft(voice, transform(n_fft))
        magnitude = spectrum.abs()
        plain = analytic(contexts(magnitude, look_ahead), transform(n_fft), look_ahead=look_ahead)
        errors = {}
        for kind, estimate in (("network", network.derivatives(magnitude)), ("plain", [x.mT for x in plain])):
            weights = magnitude.square()
            errors[kind] = [
                ((wrap(a - b).abs() * weights)[:, 1:, 1:].sum() / weights[:, 1:, 1:].sum()).item()
                for a, b in zip(estimate, oracle(spectrum, transform(n_fft)), strict=True)
            ]
        assert errors["network"][1] < 0.95 * errors["plain"][1]  # group delay: the bottleneck
        assert errors["network"][0] < 1.05 * errors["plain"][0]

    @pytest.mark.parametrize("name", BUNDLED)
    def test_what_they_make_is_nearer_to_the_recording(self, name, voice):
        n_fft, look_ahead, stride = BUNDLED[name]
        settings = transform(n_fft)
        network, _ = load_network(find_network(settings, look_ahead=look_ahead, stride=stride))
        magnitude = centred_stft(voice, settings).abs()
        frames = magnitude[0].double().numpy()
        distances = []
        for method in (NetworkPhase(network), GradientPhase(settings, look_ahead=look_ahead)):
            sound = torch.from_numpy(online(method, frames, settings, [frames.shape[1]]))[None, : voice.shape[1]]
            again = centred_stft(sound, settings).abs()
            distances.append((torch.linalg.norm(again - magnitude) / torch.linalg.norm(magnitude)).item())
        assert distances[0] < 0.97 * distances[1]
