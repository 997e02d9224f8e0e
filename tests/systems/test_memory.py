"""Networks stay loaded for the next who asks, within limits on how many and how large."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.small import small_checkpoint
from vocoder.systems import load_system, registry


@pytest.mark.parametrize("limit", ["_KEPT", "_KEPT_PARAMETERS"])
def test_what_was_not_asked_for_longest_is_let_go(tmp_path: Path, limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b, c = (small_checkpoint(tmp_path / name) for name in "abc")
    one = load_system("flow", checkpoint=a)
    monkeypatch.setattr(registry, limit, 2 if limit == "_KEPT" else 2 * one.info.parameters)
    other = load_system("flow", checkpoint=b)
    assert load_system("flow", checkpoint=a) is one and load_system("flow", checkpoint=b) is other
    load_system("flow", checkpoint=a)
    load_system("flow", checkpoint=c)
    assert load_system("flow", checkpoint=a) is one
    assert load_system("flow", checkpoint=b) is not other


def test_one_that_is_larger_than_all_may_be_is_loaded_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_KEPT_PARAMETERS", 10)
    folder = small_checkpoint(tmp_path / "large")
    assert load_system("flow", checkpoint=folder) is load_system("flow", checkpoint=folder)
    assert len(registry._systems) == 1
