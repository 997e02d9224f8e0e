"""A Hub of our own on this machine, that can be made to misbehave."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_BLOCK = 1 << 14


@dataclass(frozen=True)
class Fault:
    """What happens to one request for a body; the next one fares as the next fault says, or well."""

    status: int = 0  # answered instead
    headers: dict[str, str] = field(default_factory=dict)  # added to the answer's
    cut_after: int | None = None  # bytes, then the connection is closed
    pause: float = 0  # seconds before every 16 KiB
    hold: threading.Event | None = None  # waited for after the first 16 KiB
    tampered: bool = False  # the first byte is another
    claim: int = 0  # bytes that Content-Length claims beyond the truth
    ignores_range: bool = False
    sends_to: str = ""  # where it redirects


class LocalHub(ThreadingHTTPServer):
    """Files by "org/name/file". ETags are what the Hub's are: SHA-256 for large files, git's hash for small ones."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.commit = COMMIT
        self.faults: list[Fault] = []
        self.always: Fault | None = None
        self.asked: list[tuple[str, str, str]] = []  # method, path, range
        self.sent = 0  # bytes of bodies
        self.tags = True
        self.needs_token = False

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def bodies(self) -> list[str]:
        """The ranges of all requests for bodies, in order."""
        return [span for method, _, span in self.asked if method == "GET"]

    def add_folder(self, repo: str, folder: Path) -> None:
        """Everything in a folder, as the files of a repository."""
        self.files |= {f"{repo}/{path.name}": path.read_bytes() for path in folder.iterdir()}


@contextmanager
def running() -> Iterator[LocalHub]:
    hub = LocalHub()
    thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: LocalHub

    def do_HEAD(self) -> None:
        self._serve(with_body=False)

    def do_GET(self) -> None:
        self._serve(with_body=True)

    def do_POST(self) -> None:
        """What pushing a folder asks for: a repository, is the card well-formed, which files are large, a commit."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = unquote(self.path)
        self.server.asked.append(("POST", path, ""))
        if path == "/api/repos/create":
            wanted = json.loads(body)
            repo = "/".join(filter(None, (wanted.get("organization"), wanted["name"])))
            return self._tell({"url": f"{self.server.address}/{repo}", "name": repo})
        if path == "/api/validate-yaml":
            return self._tell({"warnings": [], "errors": []})
        repo = path.removeprefix("/api/models/").rpartition("/")[0].rpartition("/")[0]
        if path.endswith("/preupload/main"):
            small = {"uploadMode": "regular", "shouldIgnore": False}
            return self._tell({"files": [{"path": file["path"], **small} for file in json.loads(body)["files"]]})
        for line in map(json.loads, body.splitlines()):
            if line["key"] == "file":
                self.server.files[f"{repo}/{line['value']['path']}"] = base64.b64decode(line["value"]["content"])
        address = f"{self.server.address}/{repo}/commit/{self.server.commit}"
        return self._tell({"commitUrl": address, "commitOid": self.server.commit, "success": True})

    def _tell(self, values: dict[str, Any]) -> None:
        content = json.dumps(values).encode()
        self._answer(200, {"Content-Length": str(len(content)), "Content-Type": "application/json"})
        self.wfile.write(content)

    def _serve(self, with_body: bool) -> None:
        hub = self.server
        hub.asked.append((self.command, self.path, self.headers.get("Range", "")))
        fault = hub.always or (hub.faults.pop(0) if with_body and hub.faults else Fault())
        if fault.sends_to:
            return self._answer(302, fault.headers | {"Location": fault.sends_to})
        if fault.status:
            return self._answer(fault.status, fault.headers)
        match = re.fullmatch(r"/([\w.-]+/[\w.-]+)/resolve/([^/]+)/(.+)", unquote(self.path))
        if match is None:
            return self._answer(200, {})
        repo, revision, name = match.groups()
        shut = hub.needs_token and "Authorization" not in self.headers
        if shut or not any(file.startswith(f"{repo}/") for file in hub.files):
            return self._answer(401, {"X-Error-Code": "RepoNotFound"})
        if revision not in ("main", hub.commit):
            return self._answer(404, {"X-Error-Code": "RevisionNotFound"})
        content = hub.files.get(f"{repo}/{name}")
        if content is None:
            return self._answer(404, {"X-Error-Code": "EntryNotFound"})
        self._send(content, fault, with_body)

    def _send(self, content: bytes, fault: Fault, with_body: bool) -> None:
        hub, start, status = self.server, 0, 200
        headers = {"X-Repo-Commit": hub.commit, **_tags(content, hub.tags)}
        span = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if span and not fault.ignores_range:
            start, status = int(span[1]), 206
            if start >= len(content):
                return self._answer(416, headers)
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        headers["Content-Length"] = str(len(content) - start + fault.claim)
        self._answer(status, headers | fault.headers)
        if not with_body:
            return
        if fault.tampered:
            content = bytes([content[0] ^ 1]) + content[1:]
        content = content[start : None if fault.cut_after is None else start + fault.cut_after]
        for at in range(0, len(content), _BLOCK):
            time.sleep(fault.pause)
            try:
                self.wfile.write(content[at : at + _BLOCK])
            except OSError:  # whoever asked has gone
                return
            hub.sent += len(content[at : at + _BLOCK])
            if fault.hold is not None:
                fault.hold.wait(300)

    def _answer(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": "0"} | headers).items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Keeps quiet."""


def _tags(content: bytes, tags: bool) -> dict[str, str]:
    if not tags:
        return {"ETag": '"1"'}
    if len(content) < 10_000:
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
        return {"ETag": f'"{blob.hexdigest()}"'}
    digest = hashlib.sha256(content).hexdigest()
    return {"ETag": f'"{digest}"', "X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(content))}
