"""The registry, and the flow behind its protocol."""

import os
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.small import rumble, small_checkpoint, small_flow, small_system
from vocoder.errors import SettingsError, WeightsError
from vocoder.features import log_mel
from vocoder.systems import InvertibleVocoder, Vocoder, load_system, pick_device, systems


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return small_checkpoint(tmp_path_factory.mktemp("checkpoints") / "small")


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
            with pytest.raises(
                SettingsError, match=re.escape(f"The system {info.name!r} is not available: {info.reason}")
            ):
                load_system(info.name)


def test_a_missing_checkpoint_is_the_reason_the_flow_is_not_available(monkeypatch, tmp_path):
    monkeypatch.setattr("vocoder.weights.FOLDER", tmp_path / "checkpoints")
    flow = systems()[0]
    assert (flow.name, flow.available) == ("flow", False)
    assert "flow-small" in flow.reason


def test_unknown_systems_and_devices_are_refused(folder):
    with pytest.raises(SettingsError, match="no system 'flo'; there are flow, flow-griffin-lim, griffin-lim"):
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
