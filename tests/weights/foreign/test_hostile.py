"""Damaged, useless and malicious files: one sentence each, nothing run, no memory taken."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.weights.foreign import hostile

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def readings(checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("hostile")
    wanted = hostile.write(folder, checkpoints)
    cellar = tmp_path_factory.mktemp("cellar")  # where a command that ran would leave its mark
    program = [sys.executable, Path(__file__).parent / "read_hostile.py", folder, checkpoints / "plain.pt"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(program, check=True, capture_output=True, text=True, cwd=cellar, env=environment)
    return json.loads(done.stdout) | {"wanted": wanted, "left": os.listdir(cellar), "noise": done.stderr}


def test_every_file_is_refused_for_its_own_reason(readings: dict[str, Any]) -> None:
    answers = readings["answers"]
    assert set(answers) == set(readings["wanted"])
    wrong = {name: answers[name] for name, words in readings["wanted"].items() if words not in answers[name]}
    assert not wrong


def test_a_refusal_is_one_sentence(readings: dict[str, Any]) -> None:
    for answer in readings["answers"].values():
        assert answer.endswith(".") and answer.isprintable() and len(answer) < 400
        assert ". " not in answer


def test_nothing_of_a_file_is_run(readings: dict[str, Any]) -> None:
    assert readings["left"] == [] and readings["noise"] == ""


def test_the_malicious_files_would_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pickle.loads(hostile.pickled(hostile.Call(os.system, hostile.COMMAND)))
    assert os.listdir(tmp_path) == [hostile.MARKER]


def test_memory_stays_flat(readings: dict[str, Any]) -> None:
    assert readings["grown_mib"] < 200
