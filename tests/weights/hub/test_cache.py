"""The cache stays below its limit, and an item is there whole or not at all."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.localhub import LocalHub
from vocoder.errors import WeightsError
from vocoder.weights.hub import Cache, Limits, Parcel, deliver
from vocoder.weights.hub.cache import size_of

QUICK = Limits(seconds=20, timeout=5, tries=2, pause=0.01)


def fill(size: int):
    return lambda folder: (folder / "model").write_bytes(bytes(size))


def names(cache: Cache) -> set[str]:
    return {path.name for path in (cache.folder / "items").iterdir()}


def last_used(cache: Cache, key: str, time: float) -> None:
    os.utime(cache.item(key) / "about.json", (time, time))


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 10_000)
    for time, key in enumerate("abc"):
        cache.keep(key, {}, fill(3000))
        last_used(cache, key, 1000 + time)
    assert cache.find("a") == cache.item("a")  # which is a use
    cache.keep("d", {}, fill(3000))
    assert names(cache) == {"a", "c", "d"} and size_of(tmp_path / "items") <= 10_000
    assert cache.find("b") is None and cache.about("b") == {}


def test_what_has_broken_off_counts_and_goes_too(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 10_000)
    cache.partial("old").mkdir(parents=True)
    (cache.partial("old") / "x.part").write_bytes(bytes(6000))
    os.utime(cache.partial("old"), (1000, 1000))
    cache.keep("a", {}, fill(6000))
    assert not cache.partial("old").exists() and names(cache) == {"a"}


def test_room_is_made_before_a_download_begins(hub: LocalHub, tmp_path: Path) -> None:
    cache = Cache(tmp_path, 500_000)
    for number in range(3):
        hub.files[f"org/flows/{number}.pt"] = random.Random(number).randbytes(200_000)
        deliver(Parcel("org/flows", (f"{number}.pt",)), cache, limits=QUICK)
        last_used(cache, Parcel("org/flows", (f"{number}.pt",)).key, 1000 + number)
    assert names(cache) == {Parcel("org/flows", (f"{number}.pt",)).key for number in (1, 2)}
    hub.files["org/flows/large.pt"] = bytes(600_000)
    with pytest.raises(WeightsError, match="more than the cache may hold, 0 MB; VOCODER_CACHE_GB raises that"):
        deliver(Parcel("org/flows", ("large.pt",)), cache, limits=QUICK)
    assert len(names(cache)) == 2


def test_an_item_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 10_000)
    cache.keep("a", {"number": 1}, fill(10))

    def fail(folder: Path) -> None:
        fill(20)(folder)
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        cache.keep("a", {"number": 2}, fail)
    assert cache.about("a") == {"number": 1} and names(cache) == {"a"}
    cache.keep("a", {"number": 2}, fill(20))
    assert cache.about("a") == {"number": 2} and names(cache) == {"a"}


def test_a_pin_stays_what_it_was_first(tmp_path: Path) -> None:
    assert Cache(tmp_path).pin("x") == ("", "")
    assert Cache(tmp_path).pin("x", "1" * 64, "2" * 40) == ("1" * 64, "2" * 40)
    assert Cache(tmp_path).pin("x", "3" * 64, "4" * 40) == ("1" * 64, "2" * 40)


def test_the_environment_says_where_and_how_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOCODER_CACHE", str(tmp_path / "here"))
    monkeypatch.setenv("VOCODER_CACHE_GB", "0.5")
    assert (Cache().folder, Cache().most_bytes) == (tmp_path / "here", 500_000_000)
    monkeypatch.setenv("VOCODER_CACHE_GB", "much")
    with pytest.raises(WeightsError, match="must be a number of gigabytes above 0, not 'much'"):
        Cache()
