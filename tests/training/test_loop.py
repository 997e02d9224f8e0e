"""The loop: learns, resumes exactly after a kill, skips what is not finite, and shares a batch between processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from vocoder.errors import SettingsError
from vocoder.training import train
from vocoder.training.data import Batch, Segments
from vocoder.training.loop import Trainer, corpora, learning_rate, sampled
from vocoder.training.settings import Stage, TrainSettings
from vocoder.weights import load_flow

ROOT = Path(__file__).parents[2]
MODEL = {"group": 64, "flows": 2, "layers": 1, "channels": 4, "encoder": 4}
MEL = {"n_fft": 256, "hop": 64, "window": 256, "bands": 8}
ALL_LOSSES = {"likelihood": 0.5, "spectral": 1.0, "mel": 1.0, "adversarial": 1.0, "matching": 1.0, "critic_frames": 16}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As in the processes that the tests start: sums over several threads round differently, and Adam amplifies it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two short recordings: a buzz that glides, as 16-bit sound."""
    path = tmp_path_factory.mktemp("sounds")
    time_axis = np.arange(22_050) / 22_050
    for index, pitch in enumerate((110, 170)):
        phase = 2 * np.pi * pitch * (time_axis + 0.1 * time_axis**2)
        buzz = sum(np.sin(k * phase) / k for k in range(1, 20)) * 0.05
        soundfile.write(path / f"{index}.wav", buzz, 22_050)
    rows = "file,split\n0.wav,train\n1.wav,val\n"
    (path / "manifest.csv").write_text(rows)
    return path


def config(folder: Path, out: Path, stages: list[dict], **more: object) -> Path:
    values = {
        "out": str(out),
        "model": MODEL,
        "mel": MEL,
        "data": {"folder": str(folder), "frames": 32},
        "stages": stages,
        "save_every": 2,
        "watch_every": 1000,
    } | more
    path = out.with_suffix(".json")
    path.write_text(json.dumps(values))
    return path


def weights(out: Path) -> dict[str, torch.Tensor]:
    state = torch.load(out / "state.pt", weights_only=True)
    return {f"{part}.{k}": v for part in ("flow", "average") for k, v in state[part].items()}


def assert_same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> None:
    assert a.keys() == b.keys()
    for name in a:
        assert torch.equal(a[name], b[name]), name


def test_the_likelihood_rises(folder: Path, tmp_path: Path) -> None:
    train(config(folder, tmp_path / "run", [{"steps": 60, "batch": 4, "warm_up": 5}]))
    rows = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    untrained = 0.5 * np.log(2 * np.pi)  # an identity flow calls everything a standard Gaussian, and this is quiet
    assert rows[-1]["likelihood"] < untrained - 0.3
    assert rows[-1]["step"] == 60
    assert "val_z_std" in rows[-1]


def test_stopping_and_resuming_gives_the_unbroken_runs_weights(folder: Path, tmp_path: Path) -> None:
    stages = [{"steps": 3, "batch": 2}, {"steps": 4, "batch": 2, **ALL_LOSSES}]
    train(config(folder, tmp_path / "whole", stages))
    broken = config(folder, tmp_path / "broken", stages)
    train(broken, seconds=0.0)
    for _ in range(6):
        train(broken, resume=True, seconds=0.0)
    assert torch.load(tmp_path / "broken" / "state.pt", weights_only=True)["step"] == 7
    assert_same(weights(tmp_path / "broken"), weights(tmp_path / "whole"))


def environment() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def command(path: Path, *more: str) -> list[str]:
    code = "import sys; from vocoder.training import train; train(sys.argv[1], resume='resume' in sys.argv)"
    return [sys.executable, "-c", code, str(path), *more]


def test_a_kill_at_any_moment_loses_nothing_but_time(folder: Path, tmp_path: Path) -> None:
    stages = [{"steps": 16, "batch": 2, **ALL_LOSSES}]
    train(config(folder, tmp_path / "whole", stages))
    path, state = config(folder, tmp_path / "killed", stages), tmp_path / "killed" / "state.pt"
    process = subprocess.Popen(command(path), env=environment(), stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not state.is_file() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    reached = torch.load(state, weights_only=True)["step"]
    assert 0 < reached < 16
    subprocess.run(command(path, "resume"), env=environment(), check=True, stderr=subprocess.DEVNULL)
    for name, value in weights(tmp_path / "killed").items():
        torch.testing.assert_close(value, weights(tmp_path / "whole")[name], rtol=1e-4, atol=1e-6)


def gradients(out: Path) -> list[torch.Tensor]:
    """What Adam remembers of the first step: a tenth of its gradients."""
    state = torch.load(out / "state.pt", weights_only=True)["optimiser"]["state"]
    return [state[index]["exp_avg"] for index in sorted(state)]


def test_two_processes_find_the_gradients_of_one(folder: Path, tmp_path: Path) -> None:
    stages = [{"steps": 1, "batch": 4, "warm_up": 1, "likelihood": 0.5, "spectral": 1.0, "mel": 1.0}]
    train(config(folder, tmp_path / "one", stages))
    path = config(folder, tmp_path / "two", stages)
    train(path, seconds=0.0)  # packs the recordings once; its state is removed, so that both processes begin anew
    (tmp_path / "two" / "state.pt").unlink()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = environment() | {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    processes = [
        subprocess.Popen(command(path), env=shared | {"RANK": str(rank)}, stderr=subprocess.DEVNULL) for rank in (0, 1)
    ]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    alone, together = gradients(tmp_path / "one"), gradients(tmp_path / "two")
    assert max(float(gradient.abs().max()) for gradient in alone) > 1e-3
    for a, b in zip(alone, together, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-6)


def test_a_gradient_that_is_not_finite_is_skipped_and_counted(folder: Path, tmp_path: Path) -> None:
    settings = TrainSettings.read(config(folder, tmp_path / "run", [{"steps": 5, "batch": 2}]))
    train(tmp_path / "run.json")
    from vocoder.training.data import Corpus, Segments

    device = torch.device("cpu")
    segments = Segments(Corpus.load(tmp_path / "run" / "train.npz"), settings.data, settings.mel, device)
    trainer = Trainer(settings, segments, segments, device)
    trainer.advance()
    before = {name: value.clone() for name, value in trainer.flow.state_dict().items()}
    hook = trainer.flow.encoder.register_forward_hook(lambda *_: torch.tensor(float("nan")) * _[2])
    trainer.advance()
    hook.remove()
    assert (trainer.skipped, trainer.step) == (1, 2)
    for name, value in trainer.flow.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_a_run_can_begin_with_another_runs_weights(folder: Path, tmp_path: Path) -> None:
    train(config(folder, tmp_path / "first", [{"steps": 2, "batch": 2}]))
    exported = tmp_path / "first" / "weights"
    again = config(folder, tmp_path / "again", [{"steps": 1, "batch": 2, "rate": 0.0}], start=str(exported))
    train(again)
    expected = load_flow(exported)[0].state_dict()
    for name, value in weights(tmp_path / "again").items():
        torch.testing.assert_close(value, expected[name.split(".", 1)[1]])
    wrong = config(folder, tmp_path / "wrong", [{"steps": 1}], start=str(exported), model=MODEL | {"channels": 5})
    with pytest.raises(SettingsError, match="other model"):
        train(wrong)


def test_the_bass_of_a_sample_is_the_recordings_own_where_it_is_filled_in(folder: Path, tmp_path: Path) -> None:
    """Exactly, for the flow as it is, and so neither losses nor gradients have anything to do with it."""
    shape = MODEL | {"low": 16, "anchors": 4, "iterations": 3}
    settings = TrainSettings.from_dict(
        json.loads(config(folder, tmp_path / "run", [ALL_LOSSES | {"batch": 2}], model=shape).read_text())
    )
    corpus, val = corpora(settings)
    device = torch.device("cpu")
    sets = [Segments(x, settings.data, settings.mel, device) for x in (corpus, val)]
    trainer = Trainer(settings, sets[0], sets[1], device)
    for parameter in trainer.flow.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    batch, noise = trainer._draw(sets[0], 2, trainer.generator)
    trainer.flow.double()  # such weights make a treble so loud that the bass beside it is rounded in single precision
    batch, noise = Batch(batch.audio.double(), batch.mel.double()), noise.double()
    made = trainer.flow.squeeze(sampled(trainer.flow, batch, noise))
    spoken = trainer.flow.squeeze(batch.audio)
    torch.testing.assert_close(made[:, :16], spoken[:, :16], rtol=0, atol=1e-5)
    assert not torch.isclose(made[:, 16:], spoken[:, 16:], atol=1e-2).all()
    made[:, :16].square().sum().backward()
    for name, parameter in trainer.flow.named_parameters():
        if parameter.grad is not None and name.startswith(("fill", "scale", "encoder")):
            assert parameter.grad.abs().max() < 1e-3, name
    trainer.flow.float()
    assert trainer.advance()["norm"] > 0


def test_the_magnitudes_of_the_bass_are_learned_from_the_recordings(folder: Path, tmp_path: Path) -> None:
    """From what the loss says of them and nothing else: a chirp's are told better after a few steps."""
    shape = MODEL | {"low": 16, "anchors": 4, "iterations": 1}
    stage = {"batch": 2, "steps": 40, "rate": 3e-3, "likelihood": 0.1, "warm_up": 1}

    def errors(magnitudes: float) -> tuple[float, float]:
        run = config(folder, tmp_path / f"run {magnitudes}", [stage | {"magnitudes": magnitudes}], model=shape)
        settings = TrainSettings.from_dict(json.loads(run.read_text()))
        corpus, val = corpora(settings)
        sets = [Segments(x, settings.data, settings.mel, torch.device("cpu")) for x in (corpus, val)]
        trainer = Trainer(settings, sets[0], sets[1], torch.device("cpu"))
        batch, _ = trainer._draw(sets[1], 8, torch.Generator().manual_seed(0))
        wanted = trainer.flow.band.magnitudes(trainer.flow.squeeze(batch.audio)[:, :16])

        def error() -> float:
            with torch.no_grad():
                return float((trainer.flow.magnitudes(batch.mel) - wanted)[..., 2:-2].norm() / wanted.norm())

        before = error()
        for _ in range(40):
            trainer.advance()
        return before, error()

    before, after = errors(1.0)
    assert after < 0.9 * before
    assert errors(0.0) == (before, before)


def test_the_schedule_warms_up_and_ends_where_it_says() -> None:
    stage = Stage(steps=100, warm_up=10, rate=1e-3, last_rate=1e-5)
    rates = [learning_rate(stage, step) for step in range(101)]
    assert rates[0] == pytest.approx(1e-4)
    assert max(rates) == rates[10] == pytest.approx(1e-3)
    assert rates[100] == pytest.approx(1e-5)
    assert rates[55] == pytest.approx((1e-3 + 1e-5) / 2)


def test_a_finished_run_is_not_overwritten_without_resume(folder: Path, tmp_path: Path) -> None:
    path = config(folder, tmp_path / "run", [{"steps": 1, "batch": 1}])
    train(path)
    with pytest.raises(SettingsError, match="--resume"):
        train(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not a readable JSON"),
        ('{"colour": 1}', "Unknown setting 'colour'"),
        ('{"stages": [{"step": 3}]}', "Unknown setting 'step'"),
        ('{"data": {"folder": "/nowhere/at/all"}, "out": "OUT"}', "does not exist"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text.replace("OUT", str(tmp_path / "out")))
    with pytest.raises(SettingsError, match=message):
        train(path)


def test_a_missing_configuration_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no training configuration"):
        train(tmp_path / "none.json")
