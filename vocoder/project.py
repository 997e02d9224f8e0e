"""Which code this is, and with which libraries it runs: what a result has to say of where it comes from."""

from __future__ import annotations

import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version

ROOT = Path(__file__).resolve().parents[1]


def commit() -> str:
    """The commit of this code, empty outside a repository."""
    try:
        found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return found.stdout.strip()


def versions(*packages: str) -> dict[str, str]:
    """The versions of Python and of these packages, those that are installed."""
    found = {"python": python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
