"""Whole evaluations: of pairs, of folders, of other people's outputs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr
import torch
from torch import Tensor

from tests.evaluation.sounds import RATE, noise, voice
from vocoder.errors import AudioError, InputError, SettingsError
from vocoder.evaluation.evaluate import copy_synthesis, evaluate_folder, evaluate_pairs
from vocoder.evaluation.intervals import bootstrap_interval
from vocoder.evaluation.metrics import log_mel_error, multi_resolution_stft
from vocoder.features import MelSettings
from vocoder.inversion import griffin_lim, mel_to_magnitude

QUICK = ["m_stft", "log_mel_l1"]


class GriffinLim:
    """A vocoder as evaluation wants it, of any mel."""

    def __init__(self, settings: MelSettings = MelSettings()) -> None:
        self.mel_settings = settings

    def synthesise(self, mel: Tensor, *, seed: int = 0, temperature: float | None = None) -> Tensor:
        return griffin_lim(mel_to_magnitude(mel, self.mel_settings), self.mel_settings, iterations=8, seed=seed)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("recordings")
    for name, pitch in (("one", 110.0), ("two", 190.0), ("three", 240.0)):
        soundfile.write(place / f"{name}.wav", voice(1.2, pitch), RATE)
    return place


def test_every_metric_of_pairs(speech: np.ndarray) -> None:
    other = voice(1.5, 200.0)
    breaks_off = other + noise(len(other))
    breaks_off[20_000:] = noise(len(other) - 20_000, 0.1)
    report = evaluate_pairs([(speech, speech), (other, breaks_off)], name="noisy")
    assert report.systems == ("recording", "noisy")
    perfect, worse = (score.figures for score in report.scores if score.system == "noisy")
    best = {"pesq_wb": 4.6439, "stoi": 1, "estoi": 1, "m_stft": 0, "mcd": 0, "log_mel_l1": 0}
    best |= {"f0_rmse": 0, "voicing_f1": 1, "periodicity_rmse": 0}
    for metric in report.metrics:
        if metric.name in report.missing or not metric.needs_recording:
            continue
        assert perfect[metric.name] == pytest.approx(best[metric.name], abs=1e-3)
        assert (worse[metric.name] < perfect[metric.name]) == (metric.better == "higher")
    assert report.interval("noisy", "m_stft") == bootstrap_interval([perfect["m_stft"], worse["m_stft"]])
    assert report.interval("recording", "m_stft") is None  # a recording is no copy of itself


def test_what_cannot_be_scored_is_said_and_the_rest_is_scored(speech: np.ndarray) -> None:
    pairs = [
        (speech, speech),
        (np.zeros_like(speech), speech),
        (speech[:2000], speech[:2000]),
        (speech, speech[: RATE // 2]),
        (speech, np.full_like(speech, np.nan)),
    ]
    report = evaluate_pairs(pairs, metrics=QUICK)
    assert report.interval("copy", "m_stft").count == 1
    assert "silent" in report.skipped["pair 2"]
    assert "0.09 s" in report.skipped["pair 3"]
    assert "1.50 s shorter" in report.skipped["pair 4"]
    table = report.table()
    assert "(1 of 2 files)" in table and "pair 5, copy: the copy holds values that are not finite" in table
    with pytest.raises(AudioError, match="Not one recording can be scored"):
        evaluate_pairs(pairs[1:3], metrics=QUICK)


def test_a_folder_by_a_system(folder: Path, tmp_path: Path) -> None:
    fractions: list[float] = []
    report = evaluate_folder(folder, {"gl": GriffinLim()}, metrics=QUICK, progress=fractions.append)
    assert fractions == sorted(fractions) and fractions[-1] == 1 and len(fractions) == 4
    figures = {score.file: score.figures for score in report.scores if score.system == "gl"}
    assert list(figures) == ["one.wav", "three.wav", "two.wav"]
    samples = soundfile.read(folder / "two.wav", dtype="float32")[0]
    copy = copy_synthesis(GriffinLim(), samples)
    assert copy.shape == samples.shape and copy.dtype == np.float32
    assert figures["two.wav"]["m_stft"] == pytest.approx(multi_resolution_stft(samples, copy), rel=1e-6)
    assert figures["two.wav"]["log_mel_l1"] == pytest.approx(log_mel_error(samples, copy), rel=1e-6)

    report.save(tmp_path / "report.json")
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    saved = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    mean = np.mean([value["m_stft"] for value in figures.values()])
    assert saved["systems"]["gl"]["m_stft"]["mean"] == pytest.approx(mean)
    assert len(saved["files"]) == 6 and saved["settings"]["mel"]["hop"] == 256
    assert "gl" in report.file_table() and "two.wav" in report.file_table()


def test_listed_files_only(folder: Path) -> None:
    report = evaluate_folder(folder, {"gl": GriffinLim()}, files=["two.wav"], metrics=QUICK)
    assert {score.file for score in report.scores} == {"two.wav"}
    assert "Mean over 1 file [" in report.table()


def test_other_peoples_outputs(folder: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    for name in ("one", "two"):
        samples = soundfile.read(folder / f"{name}.wav", dtype="float32")[0]
        soundfile.write(theirs / f"{name}.flac", 0.5 * samples[:-300], RATE, subtype="PCM_24")
    report = evaluate_folder(folder, [], {"theirs": theirs}, metrics=QUICK)
    assert report.skipped == {"three.wav": "theirs has no copy of it."}
    for score in report.scores:
        if score.system == "theirs":
            assert score.figures["log_mel_l1"] < np.log(2) + 1e-3  # half the level, less where both are at the floor


def test_a_system_of_another_sample_rate(folder: Path) -> None:
    settings = MelSettings(sample_rate=24_000, bands=100, fmax=12_000.0)
    report = evaluate_folder(folder, {"24k": GriffinLim(settings)}, files=["one.wav"], metrics=QUICK)
    samples = soundfile.read(folder / "one.wav", dtype="float32")[0]
    copy = copy_synthesis(GriffinLim(settings), soxr.resample(samples, RATE, 24_000))
    expected = log_mel_error(samples, soxr.resample(copy, 24_000, RATE)[: len(samples)])
    assert report.interval("24k", "log_mel_l1").mean == pytest.approx(expected, rel=0.05)


def test_seed_and_temperature_reach_the_system(folder: Path) -> None:
    class Echo(GriffinLim):
        def synthesise(self, mel: Tensor, **options: Any) -> Tensor:
            assert options == {"seed": 7, "temperature": 0.5}
            return torch.zeros(1, mel.shape[-1] * 256)

    evaluate_folder(folder, {"echo": Echo()}, files=["one.wav"], seed=7, temperature=0.5, metrics=QUICK)


def test_a_package_that_is_not_installed_is_a_row(speech: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pesq", None)  # Python's own way to say that it is not there
    report = evaluate_pairs([(speech, speech)], metrics=["pesq_wb", "m_stft"])
    assert report.missing == {"pesq_wb": "not installed: pip install pesq"}
    row = next(line for line in report.table().splitlines() if line.startswith("PESQ-WB"))
    assert "not installed: pip install pesq" in row
    assert report.to_dict()["systems"]["copy"]["pesq_wb"] is None


def test_mistakes_are_told_before_anything_is_computed(folder: Path) -> None:
    with pytest.raises(SettingsError, match="Unknown metric 'psq'; known are pesq_wb, "):
        evaluate_folder(folder, [], metrics=["psq"])
    with pytest.raises(SettingsError, match="give the outputs another"):
        evaluate_folder(folder, {"gl": GriffinLim()}, {"gl": folder})
    with pytest.raises(SettingsError, match="give the outputs another"):
        evaluate_folder(folder, [], {"recording": folder})
    with pytest.raises(InputError):
        evaluate_folder(folder, ["no such system"], metrics=QUICK)


def test_a_report_that_cannot_be_written_leaves_nothing(speech: np.ndarray, tmp_path: Path) -> None:
    report = evaluate_pairs([(speech, speech)], metrics=QUICK)
    (tmp_path / "out.json").mkdir()
    with pytest.raises(OSError):
        report.save(tmp_path / "out.json")
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_true_magnitudes_can_take_the_mels_place(folder: Path) -> None:
    words: dict[str, Any] = {"files": ["one.wav"], "metrics": QUICK}
    by_mel, by_magnitude = (evaluate_folder(folder, ["spsi"], given=given, **words) for given in ("mel", "magnitude"))
    assert by_magnitude.interval("spsi", "m_stft").mean < by_mel.interval("spsi", "m_stft").mean
    assert (by_mel.settings["from"], by_magnitude.settings["from"]) == ("mel", "magnitude")
    with pytest.raises(SettingsError, match="This network starts from mels only"):
        evaluate_folder(folder, {"gl": GriffinLim()}, given="magnitude", **words)
