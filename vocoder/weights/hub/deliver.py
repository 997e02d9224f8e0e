"""Parcels in the background: one download each however many wait, and the cache's copy while the Hub is away."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from vocoder.errors import WeightsError
from vocoder.weights.hub.address import Parcel
from vocoder.weights.hub.cache import Cache
from vocoder.weights.hub.fetch import Fetched, fetch, look_up
from vocoder.weights.hub.request import HubError
from vocoder.weights.hub.run import LIMITS, Abandoned, Limits, Run

Progress = Callable[[float], None]
TICK = 0.1  # seconds between looks at the download; also about how long a visitor waits after cancelling


@dataclass
class _Job:
    """One download and everybody who waits for it."""

    run: Run
    waiting: int = 0
    ended: threading.Event = field(default_factory=threading.Event)
    folder: Path | None = None
    error: Exception | None = None

    def result(self) -> Path:
        if self.error is not None:
            raise self.error
        assert self.folder is not None
        return self.folder


_jobs: dict[tuple[str, str], _Job] = {}
_lock = threading.Lock()


def deliver(
    parcel: Parcel,
    cache: Cache,
    *,
    sha256: Mapping[str, str] | None = None,
    limits: Limits = LIMITS,
    token: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """The folder with the parcel's files, from the cache or from the Hub.

    A parcel at a commit is never asked for twice. One at a branch is looked up, and the copy in the cache serves when
    the Hub cannot be reached or has it no more. Whoever asks for what is being downloaded waits for the same download;
    it ends when the last one who waits has gone.

    Args:
        sha256: of files, by name, where known.
        progress: told the fraction done, which stays below 1; may raise, which ends the waiting.
    Raises:
        WeightsError: see `fetch`; nothing has been added to the cache then.
    """
    if parcel.pinned and (found := cache.find(parcel.key)):
        return found
    place = str(cache.folder.resolve()), parcel.key
    with _lock:
        job = _jobs.get(place)
        if job is None:
            job = _jobs[place] = _Job(Run(limits, token=token))
            threading.Thread(
                target=_work, args=(job, place, parcel, cache, dict(sha256 or {})), daemon=True, name="download"
            ).start()
        job.waiting += 1
    try:
        while not job.ended.wait(TICK):
            if progress is not None:
                progress(job.run.fraction)
        return job.result()
    finally:
        with _lock:
            job.waiting -= 1
            if job.waiting == 0 and not job.ended.is_set():
                job.run.stop.set()
                _forget(place, job)


def _forget(place: tuple[str, str], job: _Job) -> None:
    """Whoever asks from now on begins anew; called with the lock held."""
    if _jobs.get(place) is job:
        del _jobs[place]


def _work(job: _Job, place: tuple[str, str], parcel: Parcel, cache: Cache, sha256: dict[str, str]) -> None:
    try:
        with cache.lock(parcel.key):
            job.folder = _fresh_or_kept(parcel, cache, sha256, job.run)
    except Abandoned:
        job.error = HubError("The download was cancelled.")
    except OSError as error:
        job.error = WeightsError(f"The cache {cache.folder} cannot be written ({error.strerror or error}).")
    except Exception as error:  # handed to those who wait
        job.error = error
    finally:
        with _lock:
            _forget(place, job)
            job.ended.set()


def _fresh_or_kept(parcel: Parcel, cache: Cache, sha256: dict[str, str], run: Run) -> Path:
    found = cache.find(parcel.key)
    if found and (parcel.pinned or not _has_moved_on(parcel, cache, run)):
        return found
    try:
        return _download(parcel, cache, sha256, run)
    except HubError:
        if found:
            return found
        raise


def _has_moved_on(parcel: Parcel, cache: Cache, run: Run) -> bool:
    """Whether the branch has another first file than the copy in the cache; no when the Hub does not say.

    Of a checkpoint in our format that is its config.json, which names the hash of the tensors.
    """
    try:
        return look_up(parcel, parcel.files[0], run) != cache.about(parcel.key).get("tag")
    except HubError:
        return False


def _download(parcel: Parcel, cache: Cache, sha256: dict[str, str], run: Run) -> Path:
    """All files of a parcel, at the commit that the first one was found at."""
    building = cache.partial(parcel.key)
    run.make_room = partial(cache.trim, {parcel.key})
    fetched: list[Fetched] = []
    for name in parcel.files:
        commit = fetched[0].commit if fetched else ""
        run.done, run.total, run.last = 0, 0, name == parcel.files[-1]
        fetched.append(fetch(parcel, name, building, run, revision=commit, sha256=sha256.get(name, "")))
    about = {
        "repo": parcel.repo,
        "commit": fetched[0].commit,
        "tag": fetched[0].tag,
        "sha256": {name: file.sha256 for name, file in zip(parcel.files, fetched, strict=True)},
    }

    def fill(fresh: Path) -> None:
        for file in fetched:
            file.path.rename(fresh / file.path.name)

    place = cache.keep(parcel.key, about, fill)
    shutil.rmtree(building, ignore_errors=True)
    return place
