"""The command line's words, files and exit status; faults are in `tests/faults`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from tests.small import CARD, RATE, SETTINGS, rumble, small_checkpoint, small_flow, small_system
from vocoder.audio import read_recording, to_int16
from vocoder.cli import main
from vocoder.explorer import analyse, compare, synthesise
from vocoder.features import log_mel
from vocoder.systems import load_system, systems
from vocoder.weights import save_flow

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "assets" / "examples"


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    return small_checkpoint(tmp_path_factory.mktemp("cli") / "weights")


@pytest.fixture
def run(weights, tmp_path, monkeypatch, capfd):
    """Runs a command in an empty folder: (exit status, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run(*argv: object) -> tuple[int, str, str]:
        more = ["--checkpoint", str(weights)] if argv[0] in ("synthesise", "analyse") else []
        status = main([*map(str, argv), *more])
        return status, *capfd.readouterr()

    return run


def pcm(path: Path | str) -> np.ndarray:
    samples, rate = soundfile.read(path, dtype="int16")
    assert (rate, samples.ndim, soundfile.info(path).subtype) == (RATE, 1, "PCM_16")
    return samples


def test_systems_lists_every_row_with_its_reason(run):
    status, out, err = run("systems")
    assert (status, err) == (0, "")
    lines = out.splitlines()[1:]
    assert [line.split()[0] for line in lines] == [info.name for info in systems()]
    for line, info in zip(lines, systems(), strict=True):
        assert info.family in line and (info.source if info.available else f"no: {info.reason}") in line


def test_the_catalogue_is_listed(run):
    from vocoder.weights.catalogue import catalogue

    status, out, _ = run("catalogue")
    assert status == 0 and [line.split()[0] for line in out.splitlines()[1:]] == list(catalogue())
    status, out, _ = run("catalogue", "--json")
    assert status == 0 and [row["id"] for row in json.loads(out)] == list(catalogue())


@pytest.mark.parametrize(
    "argv",
    [
        ("synthesise", "", "-o", "out.wav"),
        ("synthesise", "in.wav", "-o", " "),
        ("analyse", "", "-o", "z.npz"),
        ("evaluate", "", "--systems", "spsi"),
        ("benchmark", "--json", ""),
        ("benchmark", "--checkpoint", ""),
        ("convert", "", "-o", "folder"),
        ("convert", "x.pt", "-o", ""),
        ("train", ""),
    ],
)
def test_an_empty_name_is_no_file(argv, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert main(argv) == 2
    out, err = capfd.readouterr()
    assert out == "" and err.count("\n") == 1 and "must not be empty" in err
    assert list(tmp_path.iterdir()) == []


def test_systems_as_json_is_the_registry(run):
    status, out, _ = run("systems", "--json")
    rows = json.loads(out)
    assert status == 0
    assert [row["name"] for row in rows] == [info.name for info in systems()]
    assert rows[0]["mel"]["hop"] == 256 and rows[0]["available"] is True and rows[0]["parameters"] > 1e6


@pytest.mark.parametrize("rate", [8000, 22_050, 48_000])
def test_synthesise_writes_what_the_explorer_synthesises(run, rate):
    soundfile.write("in.flac", rumble(2 * rate), rate)
    status, out, err = run("synthesise", "in.flac", "-o", "out.wav", "--temperature", "0.3", "--seed", "7")
    assert (status, err) == (0, "")
    recording = read_recording("in.flac").samples
    (expected,) = compare([small_system()], recording, temperature=0.3, seed=7)
    written = pcm("out.wav")
    assert len(written) == len(recording)
    assert np.abs(written - to_int16(expected.samples).astype(int)).max() <= 2
    assert out.startswith("out.wav: 2.00 s in ") and "dBFS" in out
    assert sorted(os.listdir()) == ["in.flac", "out.wav"]


def test_defaults_are_the_checkpoints_temperature_and_seed_0(run):
    soundfile.write("in.wav", rumble(RATE), RATE)
    run("synthesise", "in.wav", "-o", "a.wav")
    run("synthesise", "in.wav", "-o", "b.wav", "--temperature", SETTINGS.temperature, "--seed", 0)
    run("synthesise", "in.wav", "-o", "c.wav", "--seed", 1)
    assert Path("a.wav").read_bytes() == Path("b.wav").read_bytes() != Path("c.wav").read_bytes()


@pytest.mark.parametrize("form", ["npy", "safetensors"])
def test_a_mel_file_is_synthesised_whole(run, form):
    from safetensors.torch import save_file

    mel = log_mel(torch.from_numpy(read_recording(EXAMPLES / "arctic_a0007.flac").samples)[None])[0]
    if form == "npy":
        np.save("mel.npy", mel.numpy())
    else:
        save_file({"mel": mel}, "mel.safetensors")
    assert run("synthesise", f"mel.{form}", "-o", "out.wav", "--system", "griffin-lim")[0] == 0
    expected = synthesise(load_system("griffin-lim", device="cpu"), mel.numpy()).samples
    assert np.abs(pcm("out.wav") - to_int16(expected).astype(int)).max() <= 2
    assert len(pcm("out.wav")) == mel.shape[1] * 256


def test_true_magnitudes_take_the_mels_place_where_asked(run):
    recording = read_recording(EXAMPLES / "arctic_a0009.flac").samples[: 2 * RATE]
    soundfile.write("in.wav", recording, RATE, "FLOAT")
    words = ("synthesise", "in.wav", "-o", "out.wav", "--system", "gradient-analytic", "--from")
    assert run(*words, "magnitude")[0] == 0
    (expected,) = compare([load_system("gradient-analytic")], recording, given="magnitude")
    assert np.abs(pcm("out.wav") - to_int16(expected.samples).astype(int)).max() <= 2
    by_magnitude = Path("out.wav").read_bytes()
    assert run(*words, "mel")[0] == 0
    assert Path("out.wav").read_bytes() != by_magnitude
    np.save("mel.npy", log_mel(torch.from_numpy(recording)[None])[0].numpy())
    status, _, err = run("synthesise", "mel.npy", "-o", "m.wav", "--system", "spsi", "--from", "magnitude")
    assert (status, err.count("\n")) == (2, 1) and "A mel file no longer has the magnitudes" in err
    status, _, err = run("synthesise", "in.wav", "-o", "m.wav", "--from", "magnitude")
    assert (status, err.count("\n")) == (2, 1) and "'flow' starts from mels only" in err
    assert not Path("m.wav").exists()


def test_what_would_clip_is_turned_down_as_a_whole_and_what_would_not_keeps_its_level(run):
    soundfile.write("in.wav", rumble(RATE), RATE)
    _, out, _ = run("synthesise", "in.wav", "-o", "quiet.wav")
    (expected,) = compare([small_system()], read_recording("in.wav").samples)
    assert "turned down" not in out
    assert np.abs(pcm("quiet.wav").astype(int)).max() == pytest.approx(32768 * np.abs(expected.samples).max(), abs=1)

    flow = small_flow()
    flow.scale.net[-1].bias.data -= 3  # twenty times as loud
    save_flow(flow, "loud", CARD)
    assert main(["synthesise", "in.wav", "-o", "loud.wav", "--checkpoint", "loud"]) == 0
    (loud,) = compare([load_system("flow", checkpoint="loud")], read_recording("in.wav").samples)
    peak = np.abs(loud.samples).max()
    assert peak > 1.5  # else this would prove nothing
    assert np.allclose(pcm("loud.wav") / 32768, loud.samples * 0.99 / peak, atol=2e-4)


def test_a_folder_is_done_file_by_file_past_bad_ones(run):
    Path("in").mkdir()
    soundfile.write("in/one.wav", rumble(RATE), RATE)
    soundfile.write("in/one.flac", rumble(RATE), RATE)
    soundfile.write("in/two.ogg", rumble(RATE), RATE)
    np.save("in/three.npy", log_mel(torch.from_numpy(rumble(RATE))[None])[0].numpy())
    Path("in/bad.wav").write_text("no sound")
    Path("in/notes.txt").write_text("not looked at")
    Path("in/.hidden.wav").write_text("not looked at")
    Path("in/folder.wav").mkdir()
    status, out, err = run("synthesise", "in", "-o", "out")
    assert status == 2
    assert sorted(os.listdir("out")) == ["one.wav", "three.wav", "two.wav"]
    assert [line.split(":")[0] for line in out.splitlines()] == ["one.flac", "three.npy", "two.ogg"]
    assert [line.split(":")[2].strip() for line in err.splitlines()] == ["bad.wav", "folder.wav", "one.wav"]
    assert "rename one of them" in err.splitlines()[2]
    assert len(pcm("out/one.wav")) == RATE
    for name in ("bad.wav", "one.flac", "folder.wav"):
        path = Path("in") / name
        path.rmdir() if path.is_dir() else path.unlink()
    assert run("synthesise", "in", "-o", "out")[0] == 0


def test_analyse_writes_the_named_arrays(run):
    samples = rumble(3 * RATE)
    soundfile.write("in.wav", samples, RATE, "FLOAT")
    status, out, err = run("analyse", "in.wav", "-o", "z.npz")
    assert (status, err) == (0, "")
    with np.load("z.npz") as arrays:
        found = {name: arrays[name] for name in arrays}
    assert set(found) == {"z", "log_det", "bits_per_sample", "z_mean", "z_std", "round_trip_db"}
    expected = analyse(small_system(), samples)
    assert found["z"].dtype == np.float32
    assert np.allclose(found["z"], expected.z, atol=1e-4)
    for name in set(found) - {"z"}:
        assert found[name].shape == ()
        assert found[name] == pytest.approx(getattr(expected, name), rel=1e-4, abs=1e-5), name
    assert f"{expected.bits_per_sample:.2f} bits" in out
    assert sorted(os.listdir()) == ["in.wav", "z.npz"]


def test_the_latents_on_disk_give_the_recording_back(run):
    samples = rumble(400_000)
    soundfile.write("in.wav", samples, RATE, "FLOAT")
    assert run("analyse", "in.wav", "-o", "z.npz")[0] == 0
    z = torch.from_numpy(np.load("z.npz")["z"].copy())[None]
    back = small_flow().inverse(z, log_mel(torch.from_numpy(samples)[None]))[0, : len(samples)].numpy()
    assert np.abs(back - samples).max() < 2**-15


def test_an_output_is_replaced_by_a_new_one(run):
    soundfile.write("in.wav", rumble(RATE), RATE)
    Path("out.wav").write_text("old")
    assert run("synthesise", "in.wav", "-o", "out.wav")[0] == 0
    assert len(pcm("out.wav")) == RATE


def test_evaluate_and_benchmark_print_a_table_and_write_json(run):
    Path("in").mkdir()
    soundfile.write("in/a.wav", read_recording(EXAMPLES / "arctic_a0009.flac").samples, RATE)
    words = ("--systems", "griffin-lim", "--metrics", "m_stft", "--per-file", "--json", "report.json")
    status, out, _ = run("evaluate", "in", *words)
    assert status == 0 and "griffin-lim" in out and "a.wav" in out
    assert "griffin-lim" in Path("report.json").read_text()
    words = ("--systems", "griffin-lim", "--seconds", 0.3, "--repeats", 1, "--no-peers", "--json", "speed.json")
    status, out, _ = run("benchmark", *words)
    assert status == 0 and "griffin-lim" in out
    assert "griffin-lim" in Path("speed.json").read_text()


@pytest.mark.parametrize("argv", [["--help"], ["synthesise", "--help"]])
def test_help_is_no_error_and_does_not_wait_for_pytorch(argv):
    script = "import sys; from vocoder.cli import main\ntry: main(sys.argv[1:])\nfinally: print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script, *argv], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0
    assert done.stdout.startswith("usage: vocoder") and done.stdout.endswith("False\n")


class TestBundled:
    """The weights that come with the project, on speakers that they were not trained on."""

    @pytest.fixture(params=["arctic_a0007", "arctic_a0009"])
    def clip(self, request) -> Path:
        return EXAMPLES / f"{request.param}.flac"

    def test_analysis(self, clip, tmp_path):
        assert main(["analyse", str(clip), "-o", str(tmp_path / "z.npz")]) == 0
        arrays = np.load(tmp_path / "z.npz")
        assert arrays["round_trip_db"] < -80
        assert abs(arrays["z_mean"]) < 0.1
        assert abs(arrays["z_std"] - 1) < 0.3
        assert arrays["bits_per_sample"] < 12  # of the 16 that it is stored with

    def test_synthesis(self, clip, tmp_path):
        from pystoi import stoi

        assert main(["synthesise", str(clip), "-o", str(tmp_path / "out.wav")]) == 0
        recording, copy = read_recording(clip).samples, pcm(tmp_path / "out.wav")
        assert len(copy) == len(recording)
        assert np.abs(copy.astype(int)).max() < 32767
        assert stoi(recording, copy / 32768, RATE) > 0.85
