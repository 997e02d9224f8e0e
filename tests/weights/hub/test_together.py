"""Many who want the same file, in one server or in several: it is downloaded once."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.localhub import COMMIT, Fault, LocalHub
from vocoder.weights.hub import Cache, Limits, Parcel, deliver

ROOT = Path(__file__).parents[3]
QUICK = Limits(seconds=60, timeout=30, tries=3, pause=0.01)
CONTENT = random.Random(0).randbytes(300_000)
PARCEL = Parcel("org/flows", ("deep/flow.pt",))


class Enough(Exception):
    """A visitor cancels."""


@pytest.fixture(autouse=True)
def _one_file(hub: LocalHub) -> None:
    hub.files["org/flows/deep/flow.pt"] = CONTENT


def test_two_who_ask_at_once_share_one_download(hub: LocalHub, cache: Cache) -> None:
    hub.faults = [Fault(pause=0.03)]
    with ThreadPoolExecutor(4) as visitors:
        folders = set(visitors.map(lambda _: deliver(PARCEL, cache, limits=QUICK), range(4)))
    assert len(folders) == 1 and len(hub.bodies) == 1 and hub.sent == len(CONTENT)


def test_two_servers_on_one_cache_share_one_download(hub: LocalHub, cache: Cache) -> None:
    hub.faults = [Fault(pause=0.1)]
    program = (
        "import sys; from pathlib import Path; from vocoder.weights.hub import Cache, Parcel, deliver;"
        "deliver(Parcel('org/flows', ('deep/flow.pt',), sys.argv[2]), Cache(Path(sys.argv[1]), 10**7))"
    )
    command = [sys.executable, "-c", program, str(cache.folder), COMMIT]
    running = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    assert len(hub.bodies) == 1 and cache.find(Parcel(PARCEL.repo, PARCEL.files, COMMIT).key) is not None


def test_the_download_goes_on_for_the_others_when_one_cancels(hub: LocalHub, cache: Cache) -> None:
    go_on, joined = threading.Event(), threading.Event()
    hub.faults = [Fault(hold=go_on)]

    def cancel(fraction: float) -> None:
        if fraction > 0 and joined.is_set():
            raise Enough

    with ThreadPoolExecutor(2) as visitors:
        first = visitors.submit(deliver, PARCEL, cache, limits=QUICK, progress=cancel)
        second = visitors.submit(deliver, PARCEL, cache, limits=QUICK, progress=lambda fraction: joined.set())
        assert isinstance(first.exception(), Enough)
        go_on.set()
        assert (second.result() / "flow.pt").read_bytes() == CONTENT
    assert len(hub.bodies) == 1
