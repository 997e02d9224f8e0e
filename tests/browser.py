"""The browser that drives the page's tests: `find` says where it is, `python -m tests.browser` sees to it that one is.

An installed Chromium or Chrome comes first, then Debian's package where we may install it, then Playwright's download.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
HELP = (
    "make test drives the page with a real browser and found none: install Chromium or Google Chrome so that "
    "`chromium` or `google-chrome` is on the path, or run `.venv/bin/python -m playwright install chromium`."
)


def find() -> str | None:
    """The path of a Chromium that starts, or None."""
    installed = (shutil.which(name) for name in NAMES)
    return next((path for path in chain(installed, APPLICATIONS, _playwrights_own()) if path and _starts(path)), None)


def _playwrights_own() -> Iterator[str]:
    """Asked last and only when needed: a test that drives Playwright already cannot start it a second time."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.executable_path


def _starts(path: str) -> bool:
    """Ubuntu's `chromium` may be a script that only asks for a snap, so being there is not enough."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def install() -> None:
    """Tries Debian's package, then Playwright's own download."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", *arguments], env=quiet, stdout=subprocess.DEVNULL, check=False)
    if find() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def main() -> int:
    path = find()
    if path is None:
        print("No browser yet; installing one.", flush=True)
        install()
        path = find()
    print(f"Browser: {path}" if path else HELP, flush=True)
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(main())
