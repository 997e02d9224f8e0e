"""The registry, the flow behind its protocol, and Griffin-Lim in pieces."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.small import rumble, small_checkpoint, small_flow, small_system
from vocoder.audio import read_recording
from vocoder.errors import SettingsError, WeightsError
from vocoder.features import log_mel, magnitude, stft
from vocoder.inversion import griffin_lim, mel_to_magnitude
from vocoder.systems import GriffinLimSystem, InvertibleVocoder, Vocoder, load_system, pick_device, systems

EXAMPLES = Path(__file__).resolve().parents[1] / "assets" / "examples"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return small_checkpoint(tmp_path_factory.mktemp("checkpoints") / "small")


@pytest.fixture(scope="module")
def mel() -> torch.Tensor:
    return log_mel(torch.from_numpy(read_recording(EXAMPLES / "arctic_a0009.flac").samples)[None])


def test_every_available_row_loads_as_what_it_says_and_every_other_says_why_not():
    rows = systems()
    assert len({info.name for info in rows}) == len(rows)
    assert {"flow", "griffin-lim"} <= {info.name for info in rows if info.available}
    for info in rows:
        if info.available:
            system = load_system(info.name, device="cpu")
            assert isinstance(system, Vocoder)
            assert isinstance(system, InvertibleVocoder) == info.invertible
            assert system.info == info
            assert info.source and info.licence
        else:
            assert info.reason
            with pytest.raises(SettingsError, match=f"{info.name}.*not available: {info.reason}"):
                load_system(info.name)


def test_a_missing_checkpoint_is_the_reason_the_flow_is_not_available(monkeypatch, tmp_path):
    monkeypatch.setattr("vocoder.weights.FOLDER", tmp_path / "checkpoints")
    flow = systems()[0]
    assert (flow.name, flow.available) == ("flow", False)
    assert "flow-small" in flow.reason


def test_unknown_systems_and_devices_are_refused(folder):
    with pytest.raises(SettingsError, match="no system 'flo'; there are flow, griffin-lim"):
        load_system("flo")
    with pytest.raises(WeightsError, match="no checkpoint '/nowhere'"):
        load_system("flow", checkpoint="/nowhere")
    for device in ("gpu", "meta", "cuda:99", ""):
        with pytest.raises(SettingsError, match=f"no device '{device}'"):
            load_system("flow", checkpoint=folder, device=device)


def test_auto_takes_the_card_where_there_is_one():
    assert pick_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


def test_a_flow_is_kept_until_its_folder_is_written_anew(folder, tmp_path):
    first = load_system("flow", checkpoint=folder)
    assert load_system("flow", checkpoint=str(folder)) is first
    assert first.info.title == "small"
    for number in range(4):  # more than are kept
        load_system("flow", checkpoint=small_checkpoint(tmp_path / str(number)))
    again = load_system("flow", checkpoint=folder)
    assert again is not first
    os.utime(folder / "config.json", ns=(0, 0))
    assert load_system("flow", checkpoint=folder) is not again


class TestFlow:
    samples = torch.from_numpy(np.stack([rumble(300_000), rumble(300_000, seed=1)]))  # more than one chunk

    def test_it_is_the_flow_in_chunks(self):
        system, flow = small_system(), small_flow()
        mel = log_mel(self.samples)
        z, log_det = system.forward(self.samples, mel)
        expected_z, expected_log_det = flow.double()(self.samples.double(), mel.double())
        assert torch.allclose(z.double(), expected_z, atol=2e-3)
        assert torch.allclose(log_det, expected_log_det, rtol=1e-4)
        back = system.inverse(z, mel)
        assert (back[:, : self.samples.shape[1]] - self.samples).abs().max() < 2**-16
        assert back.shape == (2, mel.shape[-1] * 256)

    def test_noise_is_what_synthesis_inverts(self):
        system = small_system()
        mel = log_mel(self.samples[:1, :9000])
        z = system.noise(mel.shape[-1], seed=11)
        spoken = system.synthesise(mel, seed=11, temperature=0.6)
        assert torch.allclose(system.inverse(0.6 * z, mel), spoken, atol=1e-4)
        streamed = torch.cat(list(system.stream(mel.split(5, -1), seed=11, temperature=0.6)), -1)
        assert torch.allclose(streamed, spoken, atol=1e-4)
        assert spoken.dtype == torch.float32 and spoken.device.type == "cpu"

    def test_a_temperature_out_of_range_is_refused(self):
        with pytest.raises(SettingsError, match="between 0 and 2, not 3"):
            small_system().synthesise(log_mel(self.samples[:, :9000]), temperature=3)


class TestGriffinLim:
    def test_it_is_griffin_lim_on_the_nearest_magnitudes(self, mel):
        system = GriffinLimSystem()
        told = []
        audio = system.synthesise(mel, seed=2, progress=told.append)
        expected = griffin_lim(mel_to_magnitude(mel), system.info.mel, iterations=32, momentum=0.99, seed=2)
        assert torch.allclose(audio, expected, atol=1e-5)
        assert audio.shape == (1, mel.shape[-1] * 256)
        assert told == sorted(told) and told[-1] == 1 and len(told) == 32

    def test_pieces_join_without_a_trace(self, mel):
        """As near to the asked magnitudes where two pieces meet as anywhere else, and as near as one piece is."""
        whole, pieces = GriffinLimSystem(), GriffinLimSystem()
        pieces.PIECE = 100
        joined = pieces.synthesise(mel)
        wanted = mel_to_magnitude(mel)

        def error(audio):
            """By frame, relative to the loudest."""
            found = magnitude(stft(audio, 1024, 256, 1024))[..., : mel.shape[-1]]
            return (found - wanted).norm(dim=1)[0] / wanted.norm(dim=1).max()

        single, several = error(whole.synthesise(mel)), error(joined)
        assert joined.shape == (1, mel.shape[-1] * 256)
        assert several.mean() < 1.1 * single.mean()
        meetings = [several[k * 68 : k * 68 + 32] for k in range(1, (mel.shape[-1] - 32) // 68)]
        assert torch.cat(meetings).mean() < 1.3 * single.mean()

    def test_a_stream_is_the_whole(self, mel):
        system = GriffinLimSystem()
        system.PIECE = 120
        told = []
        whole = system.synthesise(mel, seed=7, progress=told.append)
        for cut in (1, 31, 500):
            streamed = torch.cat(list(system.stream(mel.split(cut, -1), seed=7)), -1)
            assert torch.allclose(streamed, whole, atol=1e-6)
        assert told == sorted(told) and told[-1] == 1
        assert not torch.equal(system.synthesise(mel, seed=8), whole)

    def test_a_few_frames_are_enough(self, mel):
        for frames in (1, 2, 31, 33):
            audio = GriffinLimSystem().synthesise(mel[..., 40 : 40 + frames])
            assert audio.shape == (1, frames * 256) and torch.isfinite(audio).all()

    def test_progress_may_end_the_work(self, mel):
        class Stopped(Exception):
            pass

        def stop(done):
            raise Stopped

        with pytest.raises(Stopped):
            GriffinLimSystem().synthesise(mel, progress=stop)
