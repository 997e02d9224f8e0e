"""One file of the Hub: asked for again from where it broke off, and believed only when its hash is right.

The Hub's own client compares sizes and no hashes, so that a body that was tampered with is taken for the file; here
every file is hashed, and compared with what is known of it: the catalogue's SHA-256, or the Hub's ETag, which is the
SHA-256 of large files and git's hash of small ones.
"""

from __future__ import annotations

import errno
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from vocoder.errors import WeightsError
from vocoder.weights.hub.address import Parcel, address
from vocoder.weights.hub.request import BROKEN, Answer, HubError, NoSuchFile, ask, is_offline, reason
from vocoder.weights.hub.run import Abandoned, Limits, Run

_BLOCK = 1 << 18
_BUSY = {408, 425, 429, 500, 502, 503, 504}


class _Again(Exception):
    """What may go better in a while."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


@dataclass(frozen=True)
class Fetched:
    """A file that is here and is what it should be."""

    path: Path
    commit: str  # the Hub's, "" where it did not say
    tag: str  # its ETag
    sha256: str


def fetch(parcel: Parcel, name: str, folder: Path, run: Run, *, revision: str = "", sha256: str = "") -> Fetched:
    """Downloads a file of a parcel into `folder`, where an earlier download of it may have broken off.

    Args:
        revision: a commit to take it from, where the parcel's own revision has been looked up already.
        sha256: what the file must be, where that is known.
    Raises:
        HubError: the Hub cannot be reached, or does not have it.
        WeightsError: it is too large for the limits or the disk, or not what it should be.
        Abandoned: `run.stop` was set.
    """
    partial = folder / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.part"
    where = address(parcel, name, revision)
    tries, furthest = 0, _length(partial)
    while True:
        try:
            run.check()
            answer = _ask(where, _length(partial), run)
            with answer.body:
                return _receive(parcel, name, answer, partial, run, sha256)
        except _Again as again:
            tries = 1 if _length(partial) > furthest else tries + 1
            furthest = max(furthest, _length(partial))
            if tries >= run.limits.tries:
                raise HubError(f"The Hub cannot be reached ({again}); tried {tries} times.") from again
            pause = again.after if again.after is not None else run.limits.pause * 2 ** (tries - 1)
            run.check(pause)
            if run.stop.wait(pause):
                raise Abandoned from again


def look_up(parcel: Parcel, name: str, run: Run) -> str:
    """A file's ETag now, without the file; asks once and raises `HubError`."""
    try:
        answer = _ask(address(parcel, name), 0, run, method="HEAD")
    except _Again as again:
        raise HubError(f"The Hub cannot be reached ({again}).") from again
    answer.body.close()
    if answer.status >= 400:
        raise _refusal(parcel, name, answer)
    return answer.tag


def _ask(where: str, start: int, run: Run, method: str = "GET") -> Answer:
    if is_offline():
        raise HubError("The Hub cannot be reached (HF_HUB_OFFLINE is set on this machine).")
    try:
        timeout = max(0.05, min(run.limits.timeout, run.left))
        answer = ask(where, method=method, start=start, token=run.token, timeout=timeout)
    except WeightsError:
        raise
    except BROKEN as error:
        raise _Again(reason(error)) from error
    if answer.status in _BUSY:
        answer.body.close()
        raise _Again(f"it answers with status {answer.status}", answer.retry_after)
    return answer


def _refusal(parcel: Parcel, name: str, answer: Answer) -> HubError:
    """The sentence for an answer that will not change by asking again."""
    code, repo = answer.told.get("x-error-code", ""), parcel.repo
    if code == "GatedRepo" or answer.status == 403:
        return HubError(f"{repo} is gated: accept its terms on the Hub and log in with `hf auth login`.")
    if code == "RevisionNotFound":
        return HubError(f"{repo} has no revision {parcel.revision!r}.")
    if code == "RepoNotFound" or answer.status == 401:
        return HubError(f"The Hub has no public repository {repo}.")
    if answer.status == 404:
        return NoSuchFile(f"{repo} has no file {name!r} at revision {parcel.revision!r}.")
    return HubError(f"{repo}:{name} cannot be had: the Hub answers with status {answer.status}.")


def _receive(parcel: Parcel, name: str, answer: Answer, partial: Path, run: Run, sha256: str) -> Fetched:
    """Takes an answer's body to its end, appending to what is there where the server goes on from it."""
    start, stamp = _length(partial), partial.with_suffix(".tag")
    if answer.status == 416 or (start and (not stamp.is_file() or stamp.read_text("utf-8") != answer.tag)):
        partial.unlink(missing_ok=True)  # of another version of the file, or as long as it and not asked to be longer
        if answer.status in (206, 416):
            raise _Again("the file has changed", 0.0)
    if answer.status not in (200, 206):
        raise _refusal(parcel, name, answer)
    if answer.status == 200:
        start = 0
    partial.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(answer.tag, "utf-8")
    total = _total(parcel, name, answer, start)
    _check_room(parcel, name, (total or 0) - start, total or 0, partial.parent, run)
    run.total, run.done = total or 0, start
    try:
        with partial.open("ab" if start else "wb") as file:
            while block := _next(answer):
                run.check()
                file.write(block)
                run.done += len(block)
                if run.done > run.limits.most_bytes:
                    raise _too_large(parcel, name, run.done, run.limits)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise WeightsError("The disk is full; make room and ask again.") from error
    if total is not None and run.done != total:
        raise _Again(f"it broke off after {run.done} of {total} bytes")
    return _believe(parcel, name, answer, partial, sha256)


def _next(answer: Answer) -> bytes:
    try:
        return answer.body.read1(_BLOCK)
    except BROKEN as error:
        raise _Again(reason(error)) from error


def _total(parcel: Parcel, name: str, answer: Answer, start: int) -> int | None:
    """Bytes of the whole file; None where nobody says. Two answers that differ are a reason to refuse it."""
    length = answer.body.headers.get("Content-Length", "")
    found = int(length) + start if length.isdecimal() else None
    if answer.status == 206:
        match = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.body.headers.get("Content-Range", ""))
        if match is None or int(match[1]) != start:
            raise WeightsError(f"{parcel.repo}:{name}: the server goes on from another place than it was asked for.")
        found = int(match[2])
    if None not in (found, answer.size) and found != answer.size:
        raise WeightsError(
            f"{parcel.repo}:{name} is refused: the Hub says that it has {answer.size} bytes, and {found} are sent."
        )
    return found if found is not None else answer.size


def _check_room(parcel: Parcel, name: str, more: int, total: int, folder: Path, run: Run) -> None:
    """Before the first byte is written."""
    limits = run.limits
    if total > limits.most_bytes:
        raise _too_large(parcel, name, total, limits)
    run.make_room(more)
    free = limits.free(folder) - limits.reserve
    if more > free:
        raise WeightsError(
            f"{parcel.repo}:{name} needs {more / 1e6:.0f} MB more of the disk, and only {max(free, 0) / 1e6:.0f} MB "
            "may be used; make room and ask again."
        )


def _too_large(parcel: Parcel, name: str, size: int, limits: Limits) -> WeightsError:
    return WeightsError(
        f"{parcel.repo}:{name} has {size / 1e6:.0f} MB or more; more than {limits.most_bytes / 1e6:.0f} MB are refused."
    )


def _believe(parcel: Parcel, name: str, answer: Answer, partial: Path, sha256: str) -> Fetched:
    """The finished file, once its hash is what it should be; else it is deleted."""
    content, blob = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % _length(partial), usedforsecurity=False)
    with partial.open("rb") as file:
        while block := file.read(1 << 20):
            content.update(block)
            blob.update(block)
    found = content.hexdigest()
    large = re.fullmatch("[0-9a-f]{64}", answer.tag)
    small = re.fullmatch("[0-9a-f]{40}", answer.tag)
    expected = sha256 or (answer.tag if large else "")
    if (expected and found != expected) or (small and blob.hexdigest() != answer.tag):
        partial.unlink()
        raise WeightsError(
            f"{parcel.repo}:{name} is not the file that it should be and was deleted: its SHA-256 begins {found[:12]}"
            + (f", not {expected[:12]}." if expected else ", and the Hub's own hash of it differs.")
        )
    path = partial.with_name(name.rsplit("/", 1)[-1])
    partial.rename(path)
    partial.with_suffix(".tag").unlink()
    return Fetched(path, answer.commit, answer.tag, found)


def _length(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
