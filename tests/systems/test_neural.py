"""Other people's networks behind the protocol: whole or in pieces, from their own mel, and only with weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.small import CARD, rumble, small_checkpoint
from tests.weights.test_families import MADE
from vocoder.audio import write_wav
from vocoder.errors import SettingsError, WeightsError
from vocoder.evaluation.evaluate import load_systems
from vocoder.explorer import compare, synthesise, synthesise_stream
from vocoder.features import MelSettings, log_mel
from vocoder.neural import MELGAN_MEL
from vocoder.neural.generator import CHUNK
from vocoder.systems import Vocoder, check_mel, load_system, system_of, systems
from vocoder.systems.neural import ROWS
from vocoder.weights import save_checkpoint

GENERATORS = ("melgan", "hifi-gan", "bigvgan")


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, Path]:
    """A small checkpoint for every row, by its name."""
    folder = tmp_path_factory.mktemp("neural")
    torch.manual_seed(1)
    for name, row in ROWS.items():
        network = MADE[row.family]()
        for parameter in network.parameters():
            torch.nn.init.normal_(parameter, std=0.15)
        save_checkpoint(network, folder / name, CARD)
    return {name: folder / name for name in ROWS}


def test_without_weights_the_rows_say_how_to_get_some():
    rows = {info.name: info for info in systems()}
    for name in GENERATORS:
        assert not rows[name].available and "python -m vocoder convert" in rows[name].reason
        with pytest.raises(SettingsError, match=f"'{name}' is not available: no weights come with it"):
            load_system(name)
    assert "that you have trained" in rows["wavenet"].reason


def test_weights_beside_the_projects_own_make_a_row_available(folders, monkeypatch):
    monkeypatch.setattr("vocoder.weights.FOLDER", folders["melgan"].parent)
    rows = {info.name: info for info in systems()}
    for name in ROWS:
        assert rows[name].available and rows[name].licence == CARD.licence
        assert load_system(name).info == rows[name]


@pytest.mark.parametrize("name", ROWS)
def test_a_checkpoint_is_the_system(name, folders):
    system = load_system(name, checkpoint=folders[name], device="cpu")
    assert isinstance(system, Vocoder) and system_of(folders[name]) == name
    assert system.info.name == name and system.info.parameters > 0 and system.info.available
    assert load_system(name, checkpoint=folders[name], device="cpu") is system
    told: list[float] = []
    mel = log_mel(torch.from_numpy(rumble(700))[None], system.info.mel)
    audio = system.synthesise(mel, seed=5, progress=told.append)
    assert torch.equal(audio, system.network.synthesise(mel, seed=5))
    assert audio.shape == (1, mel.shape[-1] * 256) and told[-1] == 1


@pytest.mark.parametrize("name", GENERATORS)
def test_a_stream_is_the_whole(name, folders):
    system = load_system(name, checkpoint=folders[name], device="cpu")
    frames = CHUNK + 40 if name == "melgan" else 60
    mel = torch.randn(2, 80, frames, generator=torch.Generator().manual_seed(0)) - 5
    whole = system.synthesise(mel)
    for size in (1, 37, 1000):
        pieces = list(system.stream(mel.split(size, -1)))
        assert torch.allclose(torch.cat(pieces, -1), whole, atol=1e-6)
    assert list(system.stream([])) == []
    assert whole.std() > 1e-3


def test_a_recording_is_heard_through_the_networks_own_mel(folders):
    system = load_system("melgan", checkpoint=folders["melgan"])
    samples = rumble(9000)
    (copy,) = compare([system], samples)
    mel = log_mel(torch.from_numpy(samples)[None], MELGAN_MEL)
    assert np.allclose(copy.samples, system.network.synthesise(mel)[0, :9000])
    streamed = np.concatenate(list(synthesise_stream(system, np.array_split(samples, 4))))
    assert np.allclose(streamed, copy.samples, atol=1e-4)


def test_a_mel_that_was_made_otherwise_is_refused_with_what_differs(folders, tmp_path):
    system = load_system("melgan", checkpoint=folders["melgan"])
    mel = log_mel(torch.from_numpy(rumble(9000))[None])[0].numpy()
    with pytest.raises(SettingsError, match="not one for the system 'melgan', which needs fmax 11025 instead of 8000;"):
        synthesise(system, mel, made=MelSettings())
    check_mel(system.info, MELGAN_MEL)
    with pytest.raises(SettingsError, match="needs sample_rate 22050 instead of 16000, hop 256 instead of 200;"):
        check_mel(load_system("spsi").info, MelSettings(sample_rate=16_000, hop=200))
    from vocoder.explorer.files import synthesise_file

    np.save(tmp_path / "mel.npy", mel)
    with pytest.raises(SettingsError, match="needs fmax 11025"):
        synthesise_file(system, tmp_path / "mel.npy", tmp_path / "out.wav")
    assert [path.name for path in tmp_path.iterdir()] == ["mel.npy"]


def test_a_wavenet_is_for_short_clips(folders):
    system = load_system("wavenet", checkpoint=folders["wavenet"])
    assert system.LONGEST == 10
    frames = 12 * 22_050 // 256
    with pytest.raises(SettingsError, match="one sample after the other, so it is limited to 10 s of sound"):
        system.synthesise(torch.zeros(1, 80, frames))
    endless = (torch.zeros(1, 80, 100) for _ in iter(int, 1))
    with pytest.raises(SettingsError, match="limited to 10 s"):
        list(system.stream(endless))
    mel = torch.randn(1, 80, 3) - 5
    (streamed,) = system.stream(mel.split(1, -1), seed=3)
    assert torch.equal(streamed, system.synthesise(mel, seed=3))
    assert not torch.equal(streamed, system.synthesise(mel, seed=4))


def test_anothers_checkpoint_is_refused(folders, tmp_path):
    with pytest.raises(WeightsError, match="it describes 'melgan' in format 1; what is wanted here is 'hifigan'"):
        load_system("hifi-gan", checkpoint=folders["melgan"])
    load_system("melgan", checkpoint=folders["melgan"])  # also while it is in memory
    with pytest.raises(WeightsError, match="what is wanted here is 'flow'"):
        load_system("flow", checkpoint=folders["melgan"])
    with pytest.raises(WeightsError, match="what is wanted here is 'phase'"):
        load_system("gradient-network", checkpoint=folders["melgan"])
    with pytest.raises(WeightsError, match="no config.json that can be read"):
        system_of(tmp_path)


def test_an_evaluations_checkpoint_goes_to_the_system_of_its_family(folders, tmp_path):
    flow = small_checkpoint(tmp_path / "flow")
    both = load_systems(["flow", f"melgan={folders['melgan']}", "spsi"], str(flow), "cpu")
    assert [system.info.name for system in both.values()] == ["flow", "melgan", "spsi"]
    assert both["flow"].info.title == "small"
    with pytest.raises(SettingsError, match="is one for 'melgan', which is not among the systems"):
        load_systems(["flow"], str(folders["melgan"]), "cpu")


def test_on_the_command_line(folders, tmp_path, capsys):
    from vocoder.cli import main

    write_wav(tmp_path / "in.wav", rumble(22_050), 22_050)
    words = ["synthesise", str(tmp_path / "in.wav"), "-o", str(tmp_path / "out.wav"), "--system", "melgan"]
    assert main([*words, "--checkpoint", str(folders["melgan"])]) == 0
    assert (tmp_path / "out.wav").stat().st_size == 44 + 2 * 22_050
    assert main(words) == 2
    assert "python -m vocoder convert" in capsys.readouterr().err
