"""One question to the Hub: only ever to the Hub itself, and to the stores that it sends us on to.

Redirects are followed by hand, because where they lead is for us to decide: to the Hub's own address, or by https to
a host of `huggingface.co` or `hf.co`, where its large files lie. A visitor names a repository and never an address.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from time import time
from urllib.error import URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPErrorProcessor, Request, build_opener

from vocoder.errors import WeightsError
from vocoder.weights.hub.address import endpoint

_STORES = ("huggingface.co", "hf.co")  # and what ends in a dot and one of them
_MOST_REDIRECTS = 5
_TELLING = ("x-repo-commit", "x-linked-etag", "x-linked-size", "x-error-code", "etag")  # only the first answer counts
BROKEN = (URLError, HTTPException, OSError)  # what a connection can end in; ValueError would be our fault


class HubError(WeightsError):
    """The Hub does not give what was asked for: it is down, or has it not. A copy in the cache may serve."""


class NoSuchFile(HubError):
    """The repository is there, and the file is not in it."""


class _AsItIs(HTTPErrorProcessor):
    """Hands every answer over as it is, errors and redirects too."""

    def http_response(self, request: Request, response: HTTPResponse) -> HTTPResponse:
        return response

    https_response = http_response


_opener = build_opener(_AsItIs)


@dataclass(frozen=True)
class Answer:
    """What came back. The caller closes the body."""

    status: int
    told: dict[str, str]  # what the Hub said of the file before it sent us on, names in lower case
    body: HTTPResponse

    @property
    def commit(self) -> str:
        """The commit that the revision is at; empty where the server does not say."""
        found = self.told.get("x-repo-commit", "")
        return found if re.fullmatch("[0-9a-f]{40}", found) else ""

    @property
    def tag(self) -> str:
        """The file's ETag: of the Hub's large files their SHA-256, of others the hash that git has of them."""
        tag = self.told.get("x-linked-etag") or self.told.get("etag", "")
        return tag.removeprefix("W/").strip('"')

    @property
    def size(self) -> int | None:
        """Bytes of the whole file as the Hub knows it, apart from what the store is about to send."""
        size = self.told.get("x-linked-size", "")
        return int(size) if size.isdecimal() else None

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asks us to wait: a number, or a date."""
        text = self.body.headers.get("Retry-After", "")
        if text.isdecimal():
            return float(text)
        try:
            return max(0.0, parsedate_to_datetime(text).timestamp() - time())
        except ValueError:
            return None


def ask(address: str, *, method: str = "GET", start: int = 0, token: str | None = None, timeout: float = 20) -> Answer:
    """Asks for a file, from byte `start` on.

    Args:
        token: for repositories that are not public; only the Hub itself is shown it, never its stores.
        timeout: seconds without a byte.
    Raises:
        WeightsError: we were sent to a host that is not the Hub's.
        OSError, HTTPException: the connection failed.
    """
    told: dict[str, str] = {}
    for _ in range(_MOST_REDIRECTS + 1):
        if not is_allowed(address):
            raise WeightsError(f"The Hub sent us to {urlsplit(address).hostname}, which is none of its hosts.")
        request = Request(address, method=method, headers={"User-Agent": "vocoder", "Accept-Encoding": "identity"})
        if start:
            request.add_header("Range", f"bytes={start}-")
        if token and address.startswith(f"{endpoint()}/"):
            request.add_unredirected_header("Authorization", f"Bearer {token}")
        body = _opener.open(request, timeout=timeout)
        told = {name: body.headers[name] for name in _TELLING if name in body.headers} | told
        onward = body.headers.get("Location")
        if body.status not in (301, 302, 303, 307, 308) or not onward:
            return Answer(body.status, told, body)
        body.close()
        if method == "HEAD" and urlsplit(onward).netloc:
            return Answer(200, told, body)  # the Hub has said it all; its stores' addresses are good for GET alone
        address = urljoin(address, onward)
    raise HubError("The Hub sends us round in circles.")


def is_allowed(address: str) -> bool:
    """Whether an address is the Hub's, or one of its stores'."""
    parts, hub = urlsplit(address), urlsplit(endpoint())
    if (parts.scheme, parts.netloc) == (hub.scheme, hub.netloc):
        return True
    host = parts.netloc.lower()  # with a port or a user's name in it, it is none of these
    return parts.scheme == "https" and any(host == store or host.endswith(f".{store}") for store in _STORES)


def is_offline() -> bool:
    """Whether the owner of this machine has told the Hub's programs to stay off the network."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "TRUE", "YES", "ON")


def why_unreachable(timeout: float = 4) -> str:
    """A short reason why the Hub cannot be reached now; empty where it answers."""
    if is_offline():
        return "HF_HUB_OFFLINE is set on this server"
    try:
        answer = ask(f"{endpoint()}/", method="HEAD", timeout=timeout)
    except WeightsError as error:
        return str(error)
    except BROKEN as error:
        return reason(error)
    answer.body.close()
    return f"it answers with status {answer.status}" if answer.status >= 500 or answer.status == 429 else ""


def reason(error: BaseException) -> str:
    """What went wrong with a connection, in a few words."""
    cause = error.reason if isinstance(error, URLError) else error
    text = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return text.splitlines()[0][:120]
