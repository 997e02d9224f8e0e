"""Where a foreign checkpoint comes from: a local file, or one on the Hugging Face Hub."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from vocoder.errors import WeightsError

_SHORT = re.compile(r"([\w.-]+/[\w.-]+):([^:]+)")
_ADDRESS = re.compile(r"/([^/]+/[^/]+)/(?:resolve|blob|raw)/([^/]+)/(.+)")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Source:
    """A checkpoint file on this machine, and the words that say where it is from."""

    path: Path
    origin: str


def locate(source: str | os.PathLike[str], revision: str | None = None) -> Source:
    """Finds, and downloads where it must, the file that a person named.

    Args:
        source: a path, `org/name:file` on the Hub, or the https address of a file of the Hub.
        revision: of the repository; its default branch where None.
    Raises:
        WeightsError: there is no such file, or it cannot be had.
    """
    text = os.fspath(source)
    path = Path(text)
    if path.is_file():
        return Source(path, path.name)
    if path.exists():
        raise WeightsError(f"{text} is not a file; name the foreign checkpoint itself.")
    if re.match(r"https?://", text):
        repository, revision, name = _parse_address(text)
        return _download(repository, name, revision)
    match = _SHORT.fullmatch(text)
    if match is None:
        raise WeightsError(
            f"There is no file {text}; name a file, org/name:file on the Hugging Face Hub, or its https address."
        )
    return _download(match[1], match[2], revision)


def _parse_address(address: str) -> tuple[str, str, str]:
    """Repository, revision and file in an address such as https://huggingface.co/org/name/resolve/main/file.pt."""
    from huggingface_hub import constants

    parts = urlsplit(address)
    if parts.netloc not in ("huggingface.co", "hf.co", urlsplit(constants.ENDPOINT).netloc):
        raise WeightsError(f"{address} is not on the Hugging Face Hub; download the file yourself and name it.")
    match = _ADDRESS.fullmatch(unquote(parts.path))
    if match is None:
        raise WeightsError(
            f"{address} names no file; a file's address is https://huggingface.co/org/name/resolve/main/file."
        )
    return match[1], match[2], match[3]


def _download(repository: str, name: str, revision: str | None) -> Source:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        path = Path(hf_hub_download(repository, name, revision=revision))
    except GatedRepoError as error:
        raise WeightsError(
            f"{repository} is gated: accept its terms on the Hub and log in with `hf auth login`."
        ) from error
    except RepositoryNotFoundError as error:
        raise WeightsError(f"The Hub has no public repository {repository}.") from error
    except RevisionNotFoundError as error:
        raise WeightsError(f"{repository} has no revision {revision!r}.") from error
    except LocalEntryNotFoundError as error:
        raise WeightsError(f"The Hub cannot be reached, and {repository}:{name} was not downloaded before.") from error
    except EntryNotFoundError as error:
        raise WeightsError(f"{repository} has no file {name!r} at revision {revision or 'main'!r}.") from error
    except HFValidationError as error:
        raise WeightsError(f"{repository!r} is not the name of a repository; that would be org/name.") from error
    except (OSError, ValueError) as error:  # the network, the disk, or an answer that is none of the Hub's
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise WeightsError(f"{repository}:{name} could not be downloaded ({reason[0][:200]}).") from error
    commit = next((part for part in path.parts if _COMMIT.fullmatch(part)), revision or "main")
    return Source(path, f"https://huggingface.co/{repository}/blob/{commit}/{name}")
