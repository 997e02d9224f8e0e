"""Packages that may be absent, tried with ones made on the spot."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from vocoder.evaluation import optional


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    source = "import heavy_absent\nfrom heavy_absent.deep import thing\n\ndef answer():\n    return 42\n"
    (tmp_path / "light_present.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "light_present", raising=False)
    return "light_present"


def test_a_package_is_missing_when_it_or_what_it_needs_is(package: str) -> None:
    assert optional.missing("no_such_package_at_all")
    assert optional.missing(package)
    assert not optional.missing("json")


def test_what_it_does_not_use_can_be_stood_in_for(package: str) -> None:
    assert optional.load(package, ("heavy_absent", "heavy_absent.deep")).answer() == 42
    assert not any(name.startswith("heavy_absent") for name in sys.modules)


def test_what_is_installed_is_not_replaced(package: str, tmp_path: Path) -> None:
    (tmp_path / "heavy_absent").mkdir()
    (tmp_path / "heavy_absent" / "__init__.py").write_text("real = True\n", encoding="utf-8")
    (tmp_path / "heavy_absent" / "deep.py").write_text("thing = 1\n", encoding="utf-8")
    module = optional.load(package, ("heavy_absent", "heavy_absent.deep"))
    assert module.heavy_absent.real and module.thing == 1
    for name in ("heavy_absent.deep", "heavy_absent"):
        del sys.modules[name]
