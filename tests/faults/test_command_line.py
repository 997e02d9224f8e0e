"""Whatever a person gives the command line: exit status 2, one line on stderr, no output file, bounded memory."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from tests.small import RATE, rumble, small_checkpoint
from tests.test_audio import REFUSED as SOUNDS
from tests.test_audio import silence
from tests.test_melfile import REFUSED as MELS
from vocoder.cli import main
from vocoder.features import log_mel

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    return small_checkpoint(tmp_path_factory.mktemp("faults") / "weights")


@pytest.fixture
def refused(weights, tmp_path, monkeypatch, capsys):
    """Runs a command in `tmp_path` and proves that it is refused cleanly; returns the sentence."""
    monkeypatch.chdir(tmp_path)

    def refused(*argv: object) -> str:
        before = everything(tmp_path)
        capsys.readouterr()
        known = argv[0] in ("synthesise", "analyse") and "--checkpoint" not in argv
        status = main([*map(str, argv), *(["--checkpoint", str(weights)] if known else [])])
        out, err = capsys.readouterr()
        assert status == 2, out
        assert out == ""
        assert re.fullmatch(r"vocoder: error: [^\n]+\n", err), err
        assert everything(tmp_path) == before
        return err.removeprefix("vocoder: error: ").strip()

    return refused


def everything(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def sound(tmp_path) -> Path:
    soundfile.write(tmp_path / "in.wav", rumble(RATE), RATE)
    return tmp_path / "in.wav"


@pytest.mark.parametrize("name", SOUNDS)
def test_what_is_no_sound(refused, name):
    data, said = SOUNDS[name]
    Path("upload.wav").write_bytes(data)
    assert re.search(said, refused("synthesise", "upload.wav", "-o", "out.wav"))
    assert re.search(said, refused("analyse", "upload.wav", "-o", "z.npz"))


@pytest.mark.parametrize("name", MELS)
def test_what_is_no_mel(refused, name):
    data, said = MELS[name]
    Path(name).write_bytes(data)
    assert re.search(said, refused("synthesise", name, "-o", "out.wav"))


def test_a_mel_in_another_unit(refused):
    mel = log_mel(torch.from_numpy(rumble(RATE))[None])[0].numpy()
    np.save("decibels.npy", 20 / np.log(10) * mel)
    assert "decibels" in refused("synthesise", "decibels.npy", "-o", "out.wav")
    np.save("scaled.npy", (mel - mel.min()) / (mel.max() - mel.min()))
    assert "[0, 1]" in refused("synthesise", "scaled.npy", "-o", "out.wav")
    mel[3, 3] = np.nan
    np.save("nan.npy", mel)
    assert "NaN" in refused("synthesise", "nan.npy", "-o", "out.wav")


def test_pickles_are_refused_by_their_name(refused):
    torch.save(torch.zeros(1).expand(80, 10**9), "mel.pt")
    assert "pickle" in refused("synthesise", "mel.pt", "-o", "out.wav")
    np.savez("mel.npz", np.zeros((80, 10), "f4"))
    assert "archive" in refused("synthesise", "mel.npz", "-o", "out.wav")


def test_a_mel_has_no_latents(refused):
    np.save("mel.npy", np.full((80, 10), -5, "f4"))
    assert "name a recording" in refused("analyse", "mel.npy", "-o", "z.npz")


def test_inputs_that_are_not_there_or_are_no_files(refused):
    assert "no file 'gone.wav'" in refused("synthesise", "gone.wav", "-o", "out.wav")
    assert "no file 'gone.wav'" in refused("analyse", "gone.wav", "-o", "z.npz")
    assert "no file '/dev/zero'" in refused("synthesise", "/dev/zero", "-o", "out.wav")
    Path("empty").mkdir()
    assert "no sound or mel file" in refused("synthesise", "empty", "-o", "out")
    assert "'empty'" in refused("analyse", "empty", "-o", "z.npz")


def test_a_name_with_line_breaks_and_escapes_is_one_harmless_line(refused):
    said = refused("synthesise", "a\nb\x1b[31m\x9b.wav", "-o", "out.wav")
    assert "\x1b" not in said and "\x9b" not in said


def test_outputs_that_cannot_be_written(refused, sound):
    Path("folder").mkdir()
    for command, suffix in (("synthesise", ".wav"), ("analyse", ".npz")):
        assert "no folder 'gone'" in refused(command, sound, "-o", f"gone/out{suffix}")
        assert f"must end in {suffix}" in refused(command, sound, "-o", "out.mp3")
        assert f"must end in {suffix}" in refused(command, sound, "-o", "folder")
        Path(f"folder{suffix}").mkdir(exist_ok=True)
        assert "is a folder" in refused(command, sound, "-o", f"folder{suffix}")
        if Path("/proc/self").is_dir():  # where not even root can write
            assert f"'out{suffix}' cannot be written" in refused(command, sound, "-o", f"/proc/out{suffix}")
    Path("link.wav").symlink_to(sound)
    assert "replace the input" in refused("synthesise", sound, "-o", sound)
    assert "replace the input" in refused("synthesise", sound, "-o", "link.wav")
    assert "another folder" in refused("synthesise", ".", "-o", ".")
    assert "another folder" in refused("synthesise", ".", "-o", sound)
    assert "no folder 'gone'" in refused("synthesise", ".", "-o", "gone/out")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--temperature", "warm"], "invalid"),
        (["--temperature", "nan"], "between 0 and 2"),
        (["--temperature", "-1"], "between 0 and 2"),
        (["--temperature", "inf"], "between 0 and 2"),
        (["--seed", "-1"], "from 0 to"),
        (["--seed", "1e3"], "invalid"),
        (["--seed", str(2**63)], "from 0 to"),
        (["--device", "tpu"], "no device 'tpu'"),
        (["--device", "cuda:77"], "no device 'cuda:77'"),
        (["--system", "wavenet"], "what is wanted here is 'wavenet'"),
        (["--system", "waveglow2"], "no system 'waveglow2'"),
        (["--checkpoint", "gone"], "no checkpoint 'gone'"),
        (["--checkpoint", "."], "config.json"),
        (["--sigma", "1"], "unrecognized"),
        (["--temp", "1"], "unrecognized"),
    ],
)
def test_settings_out_of_range(refused, sound, words, said):
    assert said in refused("synthesise", sound, "-o", "out.wav", *words)


def test_words_that_are_not_understood(refused, sound):
    assert "invalid choice" in refused("sing")
    assert "required" in refused("synthesise", sound)
    assert "cannot be inverted" in refused("analyse", sound, "-o", "z.npz", "--system", "griffin-lim")
    assert "gone" in refused("evaluate", "gone")
    assert "--json" in refused("evaluate", ".", "--json", "gone/report.json")
    assert "--json" in refused("benchmark", "--json", ".")
    assert "gone.json" in refused("train", "gone.json")
    assert "in.wav" in refused("convert", sound, "-o", "weights")
    assert "--seconds" in refused("train", "gone.json", "--seconds", "nan")


def start(*argv: object, **more) -> subprocess.Popen:
    """The command line as a process of its own."""
    command = [sys.executable, "-m", "vocoder", *map(str, argv)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def test_a_fault_is_one_line_in_a_process_too_whatever_c_libraries_have_to_say(tmp_path):
    (tmp_path / "bad.mp3").write_bytes(SOUNDS["mp3 sync"][0])
    process = start("synthesise", tmp_path / "bad.mp3", "-o", tmp_path / "out.wav", "--system", "griffin-lim")
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (2, "")
    assert re.fullmatch(r"vocoder: error: [^\n]+\n", err)
    assert os.listdir(tmp_path) == ["bad.mp3"]


@pytest.mark.parametrize(
    ("sent", "status", "said"), [(signal.SIGINT, 130, "vocoder: stopped\n"), (signal.SIGTERM, 143, "")]
)
def test_stopped_in_the_middle_it_leaves_nothing_unfinished(tmp_path, sent, status, said):
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in" / "a.wav", rumble(RATE), RATE)
    soundfile.write(tmp_path / "in" / "b.wav", rumble(300 * RATE), RATE)
    words = ("synthesise", tmp_path / "in", "-o", tmp_path / "out", "--system", "griffin-lim")
    heard = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731, a suite in the background is deaf to it
    process = start(*words, preexec_fn=heard)
    for _ in range(1200):
        if (tmp_path / "out" / "a.wav").exists() or process.poll() is not None:
            break
        time.sleep(0.1)
    time.sleep(0.3)
    process.send_signal(sent)
    _, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (status, said)
    assert os.listdir(tmp_path / "out") == ["a.wav"]


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path):
    """Stood in for by a limit on the size of files, which fails a write in the same way."""
    import resource

    soundfile.write(tmp_path / "in.wav", rumble(RATE), RATE)
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))  # noqa: E731
    words = ("synthesise", tmp_path / "in.wav", "-o", tmp_path / "out.wav", "--system", "griffin-lim")
    process = start(*words, preexec_fn=limit)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (2, "")
    assert re.fullmatch(r"vocoder: error: [^\n]*too large[^\n]*\n", err), err
    assert os.listdir(tmp_path) == ["in.wav"]


def test_a_reader_that_leaves_is_no_error():
    process = start("systems", "--json")
    process.stdout.close()
    err = process.stderr.read()
    assert (process.wait(timeout=120), err) == (0, "")


def test_memory_does_not_move_for_bombs_and_stays_bounded_for_long_recordings(tmp_path, weights):
    """A first synthesis sets the mark. Bombs move the peak by less than 100 MiB, and so do ten minutes of sound."""
    soundfile.write(tmp_path / "in.wav", rumble(30 * RATE), RATE)
    silence(tmp_path / "bomb.flac", 240)
    silence(tmp_path / "untold.flac", 40, tells=False)
    (tmp_path / "lying.npy").write_bytes(MELS["lying.npy"][0])
    (tmp_path / "lying.safetensors").write_bytes(MELS["lying.safetensors"][0])
    torch.save(torch.zeros(1).expand(80, 10**9), tmp_path / "lying.pt")
    with soundfile.SoundFile(tmp_path / "long.wav", "w", 8000, 1, "PCM_16") as file:
        for minute in range(10):
            file.write(rumble(60 * 8000, seed=minute))
    script = f"""
import os, resource, sys
from vocoder.cli import main
os.chdir({str(tmp_path)!r})
words = ["--checkpoint", {str(weights)!r}]
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
assert main(["synthesise", "in.wav", "-o", "out.wav", *words]) == 0
assert main(["analyse", "in.wav", "-o", "out.npz", *words]) == 0
mark = peak()
for name in ("bomb.flac", "untold.flac", "lying.npy", "lying.safetensors", "lying.pt"):
    assert main(["synthesise", name, "-o", "bad.wav", *words]) == 2, name
    assert not os.path.exists("bad.wav")
assert peak() - mark < 100, f"bombs: {{peak() - mark}} MiB"
assert main(["synthesise", "long.wav", "-o", "long.wav.wav", *words]) == 0
assert main(["analyse", "long.wav", "-o", "long.npz", *words]) == 0
assert peak() - mark < 100, f"long: {{peak() - mark}} MiB"
print(peak(), mark)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(done.stderr.splitlines()) == 5
    assert soundfile.info(tmp_path / "long.wav.wav").frames == 10 * 60 * RATE
    assert np.load(tmp_path / "long.npz", mmap_mode="r")["z"].shape == (64, (1 + 10 * 60 * RATE // 256) * 4)
