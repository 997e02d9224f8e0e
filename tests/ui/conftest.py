"""A real browser, and the page served to it."""

from __future__ import annotations

import hashlib
import io
import re
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.browser import find
from tests.served import served

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--mute-audio", "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
]  # fmt: skip
PATIENCE = 60_000  # ms, for a machine that has other work

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def address() -> str:
    return served()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=find(), headless=True, args=FLAGS)
        yield running
        running.close()


@contextmanager
def visit(browser: Browser, address: str, shows: str = "#flow a[download]", **how: Any) -> Iterator[Page]:
    """The page as a newcomer finds it, once it `shows` this, at a desktop's width unless told otherwise.

    At the end of the visit no script may have failed.
    """
    context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | how))
    context.set_default_timeout(PATIENCE)
    page, failed = context.new_page(), []
    page.on("pageerror", lambda error: failed.append(error.stack or error.message))
    page.goto(address)
    expect(page.locator(shows)).to_be_visible()
    yield page
    context.close()
    assert failed == []


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A visit for one test."""
    with visit(browser, address) as opened:
        yield opened


def download(page: Page, player: str) -> str | None:
    """The address of what a player plays; changes whenever its sound does."""
    link = page.locator(f"#{player} a[download]")
    return link.get_attribute("href") if link.count() else None


def samples(page: Page, player: str) -> np.ndarray:
    """What a player plays, as 16-bit samples; checks that it is a mono WAV at 22 050 Hz."""
    address = download(page, player)
    assert address is not None
    with wave.open(io.BytesIO(page.request.get(address).body())) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 22_050)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def heard(page: Page) -> dict[str, str]:
    """The SHA-256 of the 16-bit samples on the page, by player."""
    players = ("original", "flow", "griffin-lim")
    return {player: hashlib.sha256(samples(page, player).tobytes()).hexdigest() for player in players}


def copied_link(page: Page) -> str:
    """The link to what is open."""
    page.locator("#copy-link").click()
    expect(page.locator("#shared textarea")).to_have_value(re.compile("^http"))
    return page.locator("#shared textarea").input_value()


def toast(page: Page) -> Locator:
    """The sentence that the page shows when something cannot be used."""
    return page.get_by_test_id("toast-text")


def wait_for_new(page: Page, player: str, before: str | None) -> None:
    """Waits until a player has another sound and the work is over."""
    expect(page.locator(f"#{player} a[download]")).not_to_have_attribute("href", before or "")
    expect(page.locator("#strip")).to_be_hidden()


def set_temperature(page: Page, slider: str, value: float) -> None:
    """Types a temperature and leaves the box."""
    box = page.locator(f"#{slider} input[type=number]")
    box.fill(str(value))
    box.press("Tab")
