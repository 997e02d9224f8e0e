"""The comparison of designs: each row is trained and measured, what is there is kept, and costs are counted right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile
import torch

from tests.evaluation.sounds import RATE, voice
from vocoder.errors import SettingsError
from vocoder.features import MelSettings
from vocoder.flow import Flow, FlowSettings
from vocoder.training import compare
from vocoder.training.compare import Comparison, multiplications, table

ROWS = {"narrow": {"model": {"channels": 4}}, "wide": {"model": {"channels": 8}, "stages": {"rate": 2e-3}}}


@pytest.fixture
def comparison(tmp_path: Path) -> Path:
    (tmp_path / "speech").mkdir()
    for index, pitch in enumerate((110, 150, 190)):
        soundfile.write(tmp_path / "speech" / f"{index}.wav", voice(1.5, pitch), RATE)
    base = {
        "out": str(tmp_path / "out"),
        "model": {"flows": 2, "layers": 1, "encoder": 4},
        "data": {"folder": str(tmp_path / "speech"), "frames": 32},
        "stages": [{"batch": 2, "steps": 4}, {"batch": 2, "steps": 3, "likelihood": 0.2, "spectral": 1.0}],
    }
    path = tmp_path / "designs.json"
    path.write_text(json.dumps({"base": base, "rows": ROWS, "clips": 1, "clip_seconds": 1.2}))
    return path


def test_every_row_is_trained_measured_and_kept(
    comparison: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["compare", str(comparison)])
    assert compare.main() == 0
    printed = capsys.readouterr().out
    results = json.loads((comparison.parent / "out" / "results.json").read_text())
    assert list(results) == list(ROWS) and printed.strip() == table(results)
    assert all(row["steps"] >= 2 and 1 <= row["pesq_wb"] <= 4.65 and row["m_stft"] > 0 for row in results.values())
    shapes = [Comparison.read(comparison).settings(name) for name in ROWS]
    expected = [sum(p.numel() for p in Flow(shape.model, shape.mel).parameters()) for shape in shapes]
    assert [row["parameters"] for row in results.values()] == expected
    assert compare.main() == 0
    assert json.loads((comparison.parent / "out" / "results.json").read_text()) == results


def test_multiplications_are_those_of_its_matrices() -> None:
    """Counted by hand from the shapes: every convolution's weights once a column, and the MDCT's folded N x N."""
    flow = Flow(FlowSettings(flows=2, layers=2, channels=8, encoder=8), MelSettings())
    weights = sum(m.weight.numel() for m in flow.modules() if isinstance(m, torch.nn.Conv1d))
    mixing = sum(p.numel() for p in flow.mixings.parameters() if p.ndim == 2)
    columns = round(22_050 / 256)
    by_hand = (weights + mixing) * columns / 1e9
    assert by_hand <= multiplications(flow) <= by_hand + 2 * 256 * 512 * (columns + 1) / 1e9


@pytest.mark.parametrize(
    "change",
    [{"rows": {"a": {"colour": 1}}}, {"base": {"stages": [{"colour": 1}]}}, {"rows": {"a": {"model": {"x": 1}}}}],
)
def test_a_comparison_that_cannot_be_is_refused(comparison: Path, change: dict) -> None:
    comparison.write_text(json.dumps(json.loads(comparison.read_text()) | change))
    with pytest.raises(SettingsError):
        Comparison.read(comparison)
