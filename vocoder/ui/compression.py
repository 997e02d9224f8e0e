"""Gradio compresses files by the ending of their name; the page itself has none, and would be most of what is sent."""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

PAGES = ("/", "/config")


class CompressedPage:
    """Middleware that compresses the page and what it is built from, and passes everything else on."""

    def __init__(self, app: ASGIApp) -> None:
        self._plain, self._compressed = app, GZipMiddleware(app, minimum_size=1000)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = scope["type"] == "http" and scope["path"] in PAGES
        await (self._compressed if page else self._plain)(scope, receive, send)
