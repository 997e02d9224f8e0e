"""The examples' stored results: they belong to the bundled weights, and are what is computed now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vocoder.audio import read_recording, to_int16
from vocoder.explorer import Synthesis, analyse, precomputed, sample_again, summarise, synthesise
from vocoder.explorer.examples import EXAMPLES, examples
from vocoder.explorer.precompute import bundled
from vocoder.explorer.precomputed import RESULTS, Results
from vocoder.systems import load_system

EXAMPLE = "impulses"  # the shortest


@pytest.fixture(scope="module")
def stored() -> Results:
    found = precomputed.load(EXAMPLE)
    assert found is not None
    return found


def test_they_belong_to_the_bundled_weights() -> None:
    assert precomputed.made() == bundled(), "run python -m vocoder.explorer.precompute"


def test_every_example_has_every_system_that_comes_along() -> None:
    from vocoder.systems import systems

    names = {row.name for row in systems() if row.available}
    for example in examples():
        found = precomputed.load(example)
        assert found is not None and set(found.copies) == names, example
        assert {len(sound.samples) for sound in found.copies.values()} == {len(found.analysis.samples)}
    assert sum(path.stat().st_size for path in RESULTS.rglob("*") if path.is_file()) < 6_000_000


def test_the_sounds_are_those_that_are_computed(stored: Results) -> None:
    """Bit for bit where they were made; another processor adds up in another order, and a sample may move by a step."""
    how = bundled()
    recording = read_recording(EXAMPLES / examples()[EXAMPLE].file).samples
    flow, griffin_lim = load_system("flow", device="cpu"), load_system("griffin-lim", device="cpu")
    analysis = analyse(flow, recording)
    settings = {"seed": how.seed, "temperature": how.temperature, "reference": recording}
    copy = synthesise(flow, analysis.mel, **settings)
    fresh = sample_again(flow, analysis, mode="fresh", temperature=1.0, seed=how.fresh)
    guessed = synthesise(griffin_lim, analysis.mel, reference=recording)
    pairs = ((copy, stored.copies["flow"]), (fresh, stored.again["fresh"]), (guessed, stored.copies["griffin-lim"]))
    for made, kept in pairs:
        assert np.abs(to_int16(made.samples).astype(int) - to_int16(kept.samples)).max() <= 1
        assert kept.spectral_distance == pytest.approx(made.spectral_distance, rel=1e-3)
    np.testing.assert_allclose(stored.analysis.z, analysis.z, atol=1e-3)
    np.testing.assert_array_equal(stored.analysis.samples, recording)
    for name in ("log_det", "bits_per_sample", "z_mean", "z_std", "z_kurtosis"):
        assert getattr(stored.analysis, name) == pytest.approx(getattr(analysis, name), rel=1e-3, abs=1e-4)


def test_what_is_saved_is_read_again(tmp_path: Path, stored: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    loud = replace(stored.copies["flow"], samples=np.array([0.5, -2.0, 2**-16, 1 / 3], np.float32), log_mel_error=None)
    analysis = replace(stored.analysis, z=np.random.default_rng(0).normal(size=(4, 9)).astype(np.float32), log_det=-3.5)
    results = Results({"flow": loud}, analysis, stored.again)
    precomputed.save(EXAMPLE, results, tmp_path)
    assert precomputed.load(EXAMPLE, tmp_path) is None  # nobody has said yet what it depends on
    precomputed.save_made(bundled(), {"python": "3"}, tmp_path)
    read = precomputed.load(EXAMPLE, tmp_path)
    assert read is not None and precomputed.made(tmp_path) == bundled()
    assert precomputed.load("vowels", tmp_path) is None
    np.testing.assert_array_equal(read.copies["flow"].samples, np.array([0.5, -1, 0, 10923 / 32768], np.float32))
    assert (read.copies["flow"].log_mel_error, read.analysis.log_det) == (None, -3.5)
    np.testing.assert_array_equal(read.analysis.z, analysis.z)
    assert read.analysis.z_kurtosis == summarise(analysis.z).kurtosis


def test_copies_by_a_network_that_has_been_replaced_are_left_out(tmp_path: Path, stored: Results) -> None:
    precomputed.save(EXAMPLE, stored, tmp_path)
    others: Mapping[str, Synthesis] = {name: copy for name, copy in stored.copies.items() if name != "gradient-network"}
    networks = {"gradient-network": {"phase-1024-256": "0" * 64}}
    precomputed.save_made(replace(bundled(), networks=networks), {}, tmp_path)
    found = precomputed.load(EXAMPLE, tmp_path)
    assert found is not None and set(found.copies) == set(others)
