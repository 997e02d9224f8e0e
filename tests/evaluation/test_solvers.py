"""The race's report: every solver at every size that it can do, all with the same answer, and honest fits."""

import json
from pathlib import Path

import pytest

from vocoder.cli import main
from vocoder.errors import SettingsError
from vocoder.evaluation.solvers import LARGEST, Race, race
from vocoder.inversion.solvers import OURS, SOLVERS, Timing


@pytest.fixture(scope="module")
def report() -> Race:
    return race((9, 33), seconds=0.0)


def test_every_solver_runs_and_all_agree(report):
    assert [(t.solver, t.bins) for t in report.timings] == [(name, size) for size in (9, 33) for name in SOLVERS]
    assert all(t.microseconds > 0 and t.error < 1e-6 for t in report.timings)


def test_the_table_has_a_row_a_solver_twice(report):
    times, ratios, about = report.table().split("\n\n")
    for block in (times, ratios):
        head, *rows = block.splitlines()
        assert "9 bins" in head and "33 bins" in head
        assert len(rows) == len(SOLVERS) and all(r.startswith(name) for r, name in zip(rows, SOLVERS, strict=True))
    assert ratios.splitlines()[-1].split()[-2:] == ["1", "1"]
    assert "numpy" in about


def test_ratios_and_growth_are_those_of_the_times():
    times = [Timing("cubic", k, 1e-6 * k**3, 0.0) for k in (129, 513, 2049)]
    times += [Timing(OURS, k, 20 + 0.02 * k, 0.0) for k in (129, 513, 2049)]
    made = Race(tuple(times), {})
    assert made.growth("cubic") == pytest.approx(3) == made.growth("cubic", 513)
    assert 0 < made.growth(OURS) < made.growth(OURS, 513) < 1
    assert made.ratio("cubic", 513) == pytest.approx(1e-6 * 513**3 / (20 + 0.02 * 513))
    assert made.ratio("cubic", 1025) is None and made.growth("cubic", 2049) is None
    assert made.to_dict()["timings"][1]["times_ours"] == made.ratio("cubic", 513)


def test_what_would_take_minutes_is_left_out(monkeypatch):
    monkeypatch.setitem(LARGEST, "dense least squares", 16)
    made = race((9, 17), seconds=0.0)
    assert made.microseconds("dense least squares", 9) and made.microseconds("dense least squares", 17) is None
    assert "-" in made.table().splitlines()[1]


@pytest.mark.parametrize("bins", [(), (1,), (1 << 15,)])
def test_sizes_out_of_range_are_refused(bins):
    with pytest.raises(SettingsError, match="2 to 16384 bins"):
        race(bins)


def test_the_command_prints_the_table_and_writes_json(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("vocoder.evaluation.solvers.race", lambda **_: race((9,), seconds=0.0))
    assert main(["benchmark", "--solvers", "--json", str(tmp_path / "race.json")]) == 0
    assert OURS in capsys.readouterr().out
    rows = json.loads(Path(tmp_path / "race.json").read_text())["timings"]
    assert [row["solver"] for row in rows] == list(SOLVERS)
