"""The catalogue is closed, and says nothing that is not known."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vocoder.errors import WeightsError
from vocoder.melsettings import MelSettings
from vocoder.weights.catalogue import CATALOGUE, catalogue, read_catalogue
from vocoder.weights.hub import wanted

VALUES = json.loads(CATALOGUE.read_text("utf-8"))


def test_every_entry_can_be_asked_for_or_says_why_not() -> None:
    entries = catalogue()
    assert next(iter(entries)) == "waveglow-universal-v5"
    assert entries["waveglow-universal-v5"].sha256.startswith("7d6b3fb5") and len(entries) == len(VALUES)
    for entry in entries.values():
        assert bool(entry.reference) != bool(entry.elsewhere)
        if entry.reference:
            thing = wanted(entry.reference)
            assert thing is not None and thing.parcel == wanted(entry.id).parcel  # type: ignore[union-attr]
        assert ("pinned on first use" in entry.trust) == (bool(entry.repo) and not entry.sha256)
        assert entry.mel.sample_rate == 22_050 and entry.mel.bands == 80 and entry.mel.hop == 256
    assert entries["melgan-multi-speaker"].mel == MelSettings(fmax=11025.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sha256": "7d6b"}, "sha256 should look like"),
        ({"revision": "main"}, "revision should look like"),
        ({"repo": "https://example.org"}, "repo should look like"),
        ({"reader": "pickle"}, "reader should look like"),
        ({"megabytes": -1}, "megabytes should be a number above 0"),
        ({"mel": {"bandz": 80}}, "Unknown mel setting 'bandz'"),
        ({"licence": ""}, "licence should look like"),
        ({"url": "https://example.org"}, r"unknown or missing: \['url'\]"),
    ],
)
def test_what_it_does_not_know_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(WeightsError, match=f"^Entry 2 of the catalogue cannot be used: .*{words}"):
        read_catalogue([VALUES[0], VALUES[1] | change])


def test_an_id_is_named_once() -> None:
    with pytest.raises(WeightsError, match="names 'waveglow-universal-v5' twice"):
        read_catalogue([VALUES[0], VALUES[0]])
