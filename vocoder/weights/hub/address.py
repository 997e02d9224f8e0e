"""Names of things on the Hub: `org/name`, `org/name:file`, either with `@revision`."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from urllib.parse import quote

from vocoder.errors import WeightsError

OURS = ("config.json", "model.safetensors")  # the files of a checkpoint in our format
_REFERENCE = re.compile(r"(?P<repo>[^:@\s/]+/[^:@\s/]+)(?::(?P<file>[^@]+))?(?:@(?P<revision>\S+))?")
_NAME = re.compile(r"(?!.*(--|\.\.))[A-Za-z0-9_](?:[\w.-]{0,94}[A-Za-z0-9_])?", re.ASCII)  # the Hub's own rule
_REVISION = re.compile(r"(?!.*\.\.)[\w][\w./-]{0,99}", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Parcel:
    """Files of one repository that belong together, at one revision."""

    repo: str
    files: tuple[str, ...]
    revision: str = "main"

    def __post_init__(self) -> None:
        if not all(map(_NAME.fullmatch, self.repo.split("/"))) or self.repo.count("/") != 1:
            raise WeightsError(f"{self.repo!r} is not the name of a repository; that would be org/name.")
        if not _REVISION.fullmatch(self.revision):
            raise WeightsError(f"{self.revision!r} is no revision; name a branch, a tag, or a commit of 40 digits.")
        for name in self.files:
            parts = name.split("/")
            if len(name) > 200 or not name.isprintable() or "\\" in name or {"", ".", ".."} & set(parts):
                raise WeightsError(f"{name!r} is not the name of a file in a repository; that would be folder/file.pt.")

    @property
    def pinned(self) -> bool:
        """Whether the revision is a commit, so that what it names never changes."""
        return _COMMIT.fullmatch(self.revision) is not None

    @property
    def key(self) -> str:
        """What the cache files it under."""
        return hashlib.sha256("\n".join((self.repo, self.revision, *self.files)).encode()).hexdigest()[:32]

    def __str__(self) -> str:
        name = "" if self.files == OURS else f":{self.files[0]}"
        return f"{self.repo}{name}" + ("" if self.revision == "main" else f"@{self.revision}")


def parse_reference(text: str, revision: str | None = None) -> Parcel | None:
    """What `org/name[:file][@revision]` names; None for a text that is nothing of the kind.

    Raises:
        WeightsError: it is, and one of its parts cannot be.
    """
    match = _REFERENCE.fullmatch(text.strip())
    if match is None:
        return None
    files = (match["file"],) if match["file"] else OURS
    return Parcel(match["repo"], files, match["revision"] or revision or "main")


def endpoint() -> str:
    """The Hub's address; `HF_ENDPOINT` names a mirror, as for all of the Hub's own programs."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"


def address(parcel: Parcel, name: str, revision: str | None = None) -> str:
    """Where a file of a parcel is asked for."""
    return f"{endpoint()}/{parcel.repo}/resolve/{quote(revision or parcel.revision, safe='')}/{quote(name)}"
