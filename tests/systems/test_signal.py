"""The signal-processing systems: the library's methods behind the protocol, in pieces, and from true magnitudes."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.small import small_system
from vocoder.audio import read_recording
from vocoder.errors import MelError, SettingsError
from vocoder.evaluation.metrics import multi_resolution_stft
from vocoder.explorer import compare, synthesise, synthesise_stream
from vocoder.features import MelSettings, linear, log_mel, magnitude, stft
from vocoder.inversion import (
    DerivativeNetwork,
    NetworkSettings,
    SoundStream,
    invert,
    mel_to_magnitude,
    online_method,
    pghi,
)
from vocoder.systems import MagnitudeVocoder, Vocoder, load_system, systems
from vocoder.systems.magnitudes import regrouped
from vocoder.systems.signal import network_info
from vocoder.weights import Card
from vocoder.weights.phase import load_network, save_network

EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"
PIECEWISE = ("griffin-lim", "fast-griffin-lim", "pghi")
ONLINE = ("rtisi-la", "spsi", "rtpghi", "gradient-analytic")


@pytest.fixture(scope="module")
def recording() -> np.ndarray:
    return read_recording(EXAMPLES / "arctic_a0009.flac").samples[12_000:40_000]


@pytest.fixture(scope="module")
def mel(recording) -> torch.Tensor:
    return log_mel(torch.from_numpy(recording)[None])


@pytest.fixture(scope="module")
def long_mel() -> torch.Tensor:
    return log_mel(torch.from_numpy(read_recording(EXAMPLES / "arctic_a0009.flac").samples)[None])


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("network") / "phase"
    torch.manual_seed(0)
    made = DerivativeNetwork(NetworkSettings())
    torch.nn.init.normal_(made.leave.weight, std=0.02)
    save_network(made, folder, Card(name="phase", licence="MIT", source="drawn at random"))
    return folder


@pytest.fixture
def cut():
    """A system whose pieces are short."""

    def cut(name: str, frames: int) -> MagnitudeVocoder:
        system = load_system(name, device="cpu")
        system.piece = frames
        return system

    return cut


def test_all_of_them_are_rows_that_take_magnitudes():
    rows = {info.name: info for info in systems() if info.family == "signal processing"}
    assert list(rows) == ["griffin-lim", "fast-griffin-lim", "rtisi-la", "spsi", "pghi", "rtpghi", "gradient-analytic",
                          "gradient-network"]  # fmt: skip
    for name in (*PIECEWISE, *ONLINE):
        assert rows[name].available
        system = load_system(name, device="cpu")
        assert isinstance(system, Vocoder) and isinstance(system, MagnitudeVocoder)
    assert not isinstance(small_system(), MagnitudeVocoder)


@pytest.mark.parametrize("name", [*PIECEWISE, *ONLINE])
def test_a_system_is_the_librarys_method_on_the_nearest_magnitudes(name, mel):
    told: list[float] = []
    audio = load_system(name, device="cpu").synthesise(mel, seed=2, progress=told.append)
    expected = invert(name, mel_to_magnitude(mel), iterations=60 if name == "griffin-lim" else 32, seed=2)
    assert torch.allclose(audio, expected, atol=1e-3 if name in ONLINE else 1e-5)
    assert audio.shape == (1, mel.shape[-1] * 256) and audio.dtype == torch.float32
    assert told == sorted(told) and told[-1] == 1


def test_griffin_lim_is_the_plain_one_and_the_fast_one_comes_nearer(recording):
    plain, fast = compare([load_system("griffin-lim"), load_system("fast-griffin-lim")], recording)
    assert fast.spectral_distance < plain.spectral_distance


@pytest.mark.parametrize("name", PIECEWISE)
def test_pieces_join_without_a_trace(name, long_mel, cut):
    """As near to the asked magnitudes where two pieces meet as anywhere else, and as near as one piece is."""
    wanted = mel_to_magnitude(long_mel)

    def error(audio: torch.Tensor) -> torch.Tensor:
        """By frame, relative to the loudest."""
        found = magnitude(stft(audio, 1024, 256, 1024))[..., : long_mel.shape[-1]]
        return (found - wanted).norm(dim=1)[0] / wanted.norm(dim=1).max()

    joined = cut(name, 100).synthesise(long_mel)
    single, several = error(load_system(name).synthesise(long_mel)), error(joined)
    assert joined.shape == (1, long_mel.shape[-1] * 256)
    assert several.mean() < 1.1 * single.mean()
    meetings = [several[k * 68 : k * 68 + 32] for k in range(1, (long_mel.shape[-1] - 32) // 68)]
    assert torch.cat(meetings).mean() < 1.3 * single.mean()


@pytest.mark.parametrize("name", ["fast-griffin-lim", "pghi", "rtisi-la", "gradient-analytic"])
def test_a_stream_is_the_whole_to_the_last_bit(name, mel, cut):
    system, mel = cut(name, 70), mel[..., :110]
    whole = system.synthesise(mel, seed=7)
    for size in (1, 31):
        streamed = torch.cat(list(system.stream(mel.split(size, -1), seed=7)), -1)
        assert torch.equal(streamed, whole)
    if name == "fast-griffin-lim":
        assert not torch.equal(system.synthesise(mel, seed=8), whole)


@pytest.mark.parametrize("name", [*PIECEWISE, *ONLINE])
def test_a_few_frames_and_a_batch_are_no_special_case(name, mel):
    system = load_system(name, device="cpu")
    for frames in (1, 33):
        audio = system.synthesise(mel[..., 40 : 40 + frames])
        assert audio.shape == (1, frames * 256) and torch.isfinite(audio).all()
    two = torch.cat([mel[..., :40], mel[..., 60:100]])
    each = [system.synthesise(clip[None]) for clip in two]
    assert torch.allclose(system.synthesise(two), torch.cat(each), atol=1e-4)


@pytest.mark.parametrize("name", ["griffin-lim", "pghi", "rtisi-la"])
def test_progress_may_end_the_work(name, long_mel, cut):
    class Stopped(Exception):
        pass

    calls = []

    def stop(done: float) -> None:
        calls.append(done)
        raise Stopped

    with pytest.raises(Stopped):
        cut(name, 100).synthesise(long_mel, progress=stop)
    assert len(calls) == 1 and calls[0] < 0.5


class TestMagnitudes:
    @pytest.mark.parametrize("name", [*PIECEWISE, *ONLINE])
    def test_true_magnitudes_are_taken_as_they_are(self, name, recording):
        """Measured against the recording, every method gains by not having to guess what the mel has lost."""
        system = load_system(name, device="cpu")
        (by_mel,), (by_magnitude,) = (compare([system], recording, given=given) for given in ("mel", "magnitude"))
        assert len(by_magnitude.samples) == len(recording)
        assert by_magnitude.spectral_distance < by_mel.spectral_distance
        audio = torch.from_numpy(recording)[None]
        pieces = system.stream_magnitude(linear(audio).split(50, -1))
        assert np.allclose(torch.cat(list(pieces), -1)[0, : len(recording)], by_magnitude.samples, atol=1e-6)

    def test_a_recordings_own_phase_would_give_it_back(self, recording):
        """The magnitudes are those of the transform that the systems invert: no other scale, no other centring."""
        spectrum = stft(torch.from_numpy(recording)[None].double(), 1024, 256, 1024)
        assert torch.allclose(linear(torch.from_numpy(recording)[None]).double(), spectrum.abs(), atol=1e-6)

    def test_streams_of_sound_give_the_same(self, recording):
        system = load_system("gradient-analytic")
        blocks = np.array_split(recording, 7)
        streamed = np.concatenate(list(synthesise_stream(system, blocks, given="magnitude")))
        (whole,) = compare([system], recording, given="magnitude")
        assert np.allclose(streamed, whole.samples, atol=1e-5)

    def test_what_cannot_be_taken_is_refused(self, recording):
        with pytest.raises(SettingsError, match="'flow' starts from mels only"):
            compare([small_system()], recording, given="magnitude")
        system = load_system("spsi")
        with pytest.raises(SettingsError, match="from mel or magnitude, not from 'phase'"):
            compare([system], recording, given="phase")
        with pytest.raises(MelError, match=r"\(513, frames\)"):
            synthesise(system, np.zeros((80, 5)), given="magnitude")
        with pytest.raises(MelError, match="should be \\(batch, 513, frames\\)"):
            system.from_magnitude(torch.zeros(1, 512, 3))
        for bad in (-1.0, float("nan"), float("inf")):
            with pytest.raises(MelError, match="finite and not negative"):
                system.from_magnitude(torch.full((1, 513, 3), bad))


class TestNetwork:
    def test_a_networks_checkpoint_is_the_network_in_the_stream(self, network, recording):
        system = load_system("gradient-network", checkpoint=network)
        assert (system.info.parameters, system.info.licence) == (7890, "MIT")
        magnitudes = linear(torch.from_numpy(recording)[None])
        made, _ = load_network(network)
        stream = SoundStream(online_method("gradient-network", network=made))
        expected = np.concatenate([stream.push(magnitudes[0].numpy()), stream.finish()])
        assert np.array_equal(system.from_magnitude(magnitudes)[0].numpy(), expected)
        plain = load_system("gradient-analytic").from_magnitude(magnitudes)[0].numpy()
        assert multi_resolution_stft(plain, expected) > 0.01  # the network does something

    def test_another_transform_is_the_systems_own(self, tmp_path, recording):
        made = DerivativeNetwork(NetworkSettings(n_fft=512, hop=128, window=512))
        save_network(made, tmp_path / "small", Card(name="small", licence="MIT", source="untrained"))
        system = load_system("gradient-network", checkpoint=tmp_path / "small")
        assert (system.info.mel.n_fft, system.info.mel.hop) == (512, 128)
        (copy,) = compare([system], recording, given="magnitude")
        assert len(copy.samples) == len(recording)

    def test_one_network_serves_several_rates_but_not_all(self, network, monkeypatch):
        monkeypatch.setattr("vocoder.weights.phase.FOLDER", network.parent)
        assert network_info(MelSettings(sample_rate=16_000)).available
        refused = network_info(MelSettings(sample_rate=48_000))
        assert not refused.available and "16000 to 24000 Hz, not at 48000 Hz" in refused.reason

    def test_without_one_the_row_says_why(self, monkeypatch, tmp_path):
        monkeypatch.setattr("vocoder.weights.phase.FOLDER", tmp_path)
        (row,) = (info for info in systems() if info.name == "gradient-network")
        assert not row.available and "no phase network for n_fft 1024, hop 256" in row.reason
        with pytest.raises(SettingsError, match="'gradient-network' is not available: There is no phase network"):
            load_system("gradient-network")


def test_the_heap_goes_on_from_known_phases(recording):
    """With the true beginning of a whole run, the rest of it comes out the same: the path is only cut, not moved."""
    wanted = linear(torch.from_numpy(recording)[None])[..., 30:110]
    whole = pghi(wanted)
    known = pghi(wanted, before=whole[..., :80])
    assert torch.equal(known, whole)
    part = pghi(wanted, before=whole[..., :40])
    assert torch.equal(part[..., :40], whole[..., :40])
    turned = pghi(wanted, before=whole[..., :40] + 1.0)
    heard = wanted > 1e-3 * wanted.max()
    difference = torch.remainder(turned - part, 2 * torch.pi)[heard]
    assert torch.allclose(difference, torch.ones_like(difference), atol=1e-3)  # all of it hangs on the beginning


def test_regrouped_pieces_overlap_and_are_all_of_it():
    frames = torch.arange(23.0)[None]
    for size in (1, 4, 23):
        pieces = list(regrouped(frames.split(size, -1), 7, 2))
        assert [piece[0].tolist() for piece in pieces] == [[*range(k, min(k + 7, 23))] for k in (0, 5, 10, 15, 20)][
            : len(pieces)
        ]
        assert pieces[-1][0, -1] == 22
    assert list(regrouped([], 7)) == []
