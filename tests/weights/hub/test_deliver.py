"""Downloads from a Hub that is slow, down, busy, breaks off, lies, or has the file no more."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.localhub import COMMIT, Fault, LocalHub
from vocoder.errors import WeightsError
from vocoder.weights.hub import Cache, HubError, Limits, Parcel, deliver

QUICK = Limits(seconds=60, timeout=30, tries=3, pause=0.01)
CONTENT = random.Random(0).randbytes(300_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()
PARCEL = Parcel("org/flows", ("deep/flow.pt",))
PINNED = replace(PARCEL, revision=COMMIT)


@pytest.fixture(autouse=True)
def _one_file(hub: LocalHub) -> None:
    hub.files["org/flows/deep/flow.pt"] = CONTENT


def contents(cache: Cache) -> list[Path]:
    """Every file of the cache that somebody could take for something complete."""
    return [path for path in (cache.folder / "items").rglob("*") if path.is_file()]


def test_a_file_arrives_once_and_serves_for_ever(hub: LocalHub, cache: Cache) -> None:
    seen: list[float] = []
    folder = deliver(PINNED, cache, limits=QUICK, progress=seen.append)
    assert (folder / "flow.pt").read_bytes() == CONTENT
    assert cache.about(PINNED.key)["sha256"] == {"deep/flow.pt": DIGEST}
    asked = len(hub.asked)
    assert deliver(PINNED, cache, limits=QUICK) == folder
    assert len(hub.asked) == asked, "what is at a commit never changes"
    assert not list((cache.folder / "partial").iterdir())
    assert seen == sorted(seen) and all(0 <= fraction < 1 for fraction in seen)


def test_a_branch_is_looked_up_and_followed(hub: LocalHub, cache: Cache) -> None:
    deliver(PARCEL, cache, limits=QUICK)
    deliver(PARCEL, cache, limits=QUICK)
    assert [method for method, *_ in hub.asked] == ["GET", "HEAD"]
    hub.files["org/flows/deep/flow.pt"] = CONTENT[::-1]
    assert (deliver(PARCEL, cache, limits=QUICK) / "flow.pt").read_bytes() == CONTENT[::-1]


def test_a_slow_download_tells_how_far_it_is(hub: LocalHub, cache: Cache) -> None:
    go_on = threading.Event()
    hub.faults = [Fault(hold=go_on)]
    seen: list[float] = []

    def watch(fraction: float) -> None:
        seen.append(fraction)
        if fraction > 0:
            go_on.set()

    deliver(PARCEL, cache, limits=QUICK, progress=watch)
    assert seen == sorted(seen) and any(0 < fraction < 1 for fraction in seen)


def test_it_goes_on_from_where_it_broke_off(hub: LocalHub, cache: Cache) -> None:
    hub.faults = [Fault(cut_after=100_000), Fault(cut_after=50_000)]
    assert (deliver(PARCEL, cache, limits=QUICK) / "flow.pt").read_bytes() == CONTENT
    assert hub.bodies == ["", "bytes=100000-", "bytes=150000-"]
    assert hub.sent == len(CONTENT)


def test_breaking_off_after_new_bytes_is_forgiven_more_often_than_standing_still(hub: LocalHub, cache: Cache) -> None:
    hub.faults = [Fault(cut_after=30_000)] * 8
    assert (deliver(PARCEL, cache, limits=QUICK) / "flow.pt").read_bytes() == CONTENT


def test_a_later_download_goes_on_too_unless_the_file_has_changed(hub: LocalHub, cache: Cache) -> None:
    hub.faults = [Fault(cut_after=100_000), *[Fault(status=503)] * 2]
    with pytest.raises(HubError, match="cannot be reached \\(it answers with status 503\\); tried 3 times"):
        deliver(PARCEL, cache, limits=QUICK)
    hub.asked.clear()
    assert (deliver(PARCEL, cache, limits=QUICK) / "flow.pt").read_bytes() == CONTENT
    assert hub.bodies == ["bytes=100000-"]
    cache.drop(PARCEL.key)
    hub.faults = [Fault(cut_after=100_000), *[Fault(status=503)] * 2]
    with pytest.raises(HubError):
        deliver(PARCEL, cache, limits=QUICK)
    hub.files["org/flows/deep/flow.pt"] = CONTENT[::-1]
    assert (deliver(PARCEL, cache, limits=QUICK) / "flow.pt").read_bytes() == CONTENT[::-1]


def test_a_server_without_ranges_sends_it_all_again(hub: LocalHub, cache: Cache) -> None:
    hub.faults = [Fault(cut_after=100_000), Fault(ignores_range=True)]
    assert (deliver(PARCEL, cache, limits=QUICK) / "flow.pt").read_bytes() == CONTENT


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_hub_is_asked_again(hub: LocalHub, cache: Cache, status: int) -> None:
    hub.faults = [Fault(status=status), Fault(status=status)]
    assert (deliver(PARCEL, cache, limits=QUICK) / "flow.pt").read_bytes() == CONTENT
    assert len(hub.bodies) == 3


def test_the_pause_that_it_asks_for_is_kept(hub: LocalHub, cache: Cache) -> None:
    hub.faults = [Fault(status=429, headers={"Retry-After": "1"})]
    began = time.monotonic()
    deliver(PARCEL, cache, limits=QUICK)
    assert time.monotonic() - began >= 1


def test_a_pause_beyond_the_deadline_is_not_waited_for(hub: LocalHub, cache: Cache) -> None:
    hub.faults = [Fault(status=429, headers={"Retry-After": "3600"})]
    with pytest.raises(HubError, match="longer than 60 s; what has arrived is kept"):
        deliver(PARCEL, cache, limits=QUICK)
    assert len(hub.bodies) == 1


@pytest.mark.parametrize(
    ("parcel", "words"),
    [
        (Parcel("org/flows", ("other.pt",)), "org/flows has no file 'other.pt' at revision 'main'."),
        (Parcel("org/flows", ("deep/flow.pt",), "v9"), "org/flows has no revision 'v9'."),
        (Parcel("org/nothing", ("flow.pt",)), "The Hub has no public repository org/nothing."),
    ],
)
def test_what_is_not_there_is_said_at_once(hub: LocalHub, cache: Cache, parcel: Parcel, words: str) -> None:
    with pytest.raises(HubError) as refused:
        deliver(parcel, cache, limits=QUICK)
    assert str(refused.value) == words and len(hub.bodies) == 1 and contents(cache) == []


def test_a_gated_repository_is_not_ours_to_take(hub: LocalHub, cache: Cache) -> None:
    hub.faults = [Fault(status=403, headers={"X-Error-Code": "GatedRepo"})]
    with pytest.raises(HubError, match="is gated: accept its terms"):
        deliver(PARCEL, cache, limits=QUICK)


@pytest.mark.parametrize("tags", [True, False])
def test_a_body_that_was_tampered_with_is_refused(hub: LocalHub, cache: Cache, tags: bool) -> None:
    hub.faults, hub.tags = [Fault(tampered=True)], tags
    with pytest.raises(WeightsError, match=f"is not the file that it should be and was deleted.*not {DIGEST[:12]}"):
        deliver(PARCEL, cache, limits=QUICK, sha256={} if tags else {"deep/flow.pt": DIGEST})
    assert contents(cache) == [] and not list((cache.folder / "partial").rglob("*.p*"))
    assert (deliver(PARCEL, cache, limits=QUICK) / "flow.pt").read_bytes() == CONTENT


def test_a_small_file_is_compared_with_gits_hash_of_it(hub: LocalHub, cache: Cache) -> None:
    hub.files["org/flows/config.json"] = b"{}" * 100
    hub.faults = [Fault(tampered=True)]
    with pytest.raises(WeightsError, match="the Hub's own hash of it differs"):
        deliver(Parcel("org/flows", ("config.json",)), cache, limits=QUICK)


def test_two_lengths_for_one_file_are_refused(hub: LocalHub, cache: Cache) -> None:
    hub.faults = [Fault(claim=10)]
    with pytest.raises(WeightsError, match="the Hub says that it has 300000 bytes, and 300010 are sent"):
        deliver(PARCEL, cache, limits=QUICK)
    assert contents(cache) == []


def test_a_length_that_is_never_reached_is_given_up(hub: LocalHub, cache: Cache) -> None:
    hub.tags, hub.always = False, Fault(claim=10)
    with pytest.raises(HubError, match=r"^The Hub cannot be reached \(.*\); tried 3 times.$"):
        deliver(PARCEL, cache, limits=QUICK)
    assert contents(cache) == []


def test_what_has_gone_is_served_from_the_cache(hub: LocalHub, cache: Cache) -> None:
    folder = deliver(PARCEL, cache, limits=QUICK)
    hub.files.clear()
    assert deliver(PARCEL, cache, limits=QUICK) == folder
    hub.always = Fault(status=503)
    assert deliver(PARCEL, cache, limits=QUICK) == folder
    assert (folder / "flow.pt").read_bytes() == CONTENT


def test_a_hub_that_is_down_is_said_to_be(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(HubError, match=r"^The Hub cannot be reached \(.*refused.*\); tried 3 times.$"):
        deliver(PARCEL, cache, limits=QUICK)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(HubError, match="HF_HUB_OFFLINE"):
        deliver(PARCEL, cache, limits=QUICK)


class Enough(Exception):
    """A visitor cancels."""


def test_cancelling_ends_the_download_and_keeps_what_has_arrived(hub: LocalHub, cache: Cache) -> None:
    go_on = threading.Event()
    hub.faults = [Fault(hold=go_on)]

    def cancel(fraction: float) -> None:
        if fraction > 0:
            raise Enough

    with pytest.raises(Enough):
        deliver(PARCEL, cache, limits=QUICK, progress=cancel)
    go_on.set()
    folder = deliver(PARCEL, cache, limits=QUICK)  # waits for the first one's end
    assert (folder / "flow.pt").read_bytes() == CONTENT
    assert len(hub.bodies) == 2 and hub.bodies[1].startswith("bytes=")


def test_the_deadline_counts_for_slow_bodies_too(hub: LocalHub, cache: Cache) -> None:
    hub.faults = [Fault(pause=0.2)]
    with pytest.raises(HubError, match="took longer than 0.5 s"):
        deliver(PARCEL, cache, limits=replace(QUICK, seconds=0.5))
    hub.faults = [Fault(pause=60)]
    with pytest.raises(HubError, match="took longer than 0.5 s"):
        deliver(PARCEL, cache, limits=replace(QUICK, seconds=0.5))


def test_a_full_disk_is_seen_before_the_first_byte(hub: LocalHub, cache: Cache) -> None:
    limits = replace(QUICK, reserve=1_000_000, free=lambda folder: 1_200_000)
    with pytest.raises(WeightsError, match="needs 0 MB more of the disk, and only 0 MB may be used"):
        deliver(PARCEL, cache, limits=limits)
    assert contents(cache) == []
    deliver(PARCEL, cache, limits=replace(limits, free=lambda folder: 1_300_000))


@pytest.mark.parametrize("tags", [True, False])
def test_what_is_too_large_is_refused(hub: LocalHub, cache: Cache, tags: bool) -> None:
    hub.tags = tags
    with pytest.raises(WeightsError, match="0 MB or more; more than 0 MB are refused"):
        deliver(PARCEL, cache, limits=replace(QUICK, most_bytes=200_000))
    assert contents(cache) == []
