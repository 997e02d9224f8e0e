"""The page on a phone and in the dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.ui.conftest import visit

TABS = {  # and some words on each
    "Listen": ("h1", "header p", "#about p", "#temperature label", "#footer .prose", "#measures td"),
    "Look inside": (".idea", "#round-trip .large span", "#picture-latents .look", "dd", "#numbers td"),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_by_day_and_by_night(browser: Browser, address: str, scheme: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "color_scheme": scheme}
    with visit(browser, address, **phone) as page:
        paper = luminance(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert (paper < 0.1) == (scheme == "dark")
        for tab, words in TABS.items():
            page.get_by_role("tab", name=tab).click()
            expect(page.locator(words[-1]).first).to_be_visible()
            width, room = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
            assert width <= room, f"{tab} scrolls sideways"
            for selector in words:
                ink = luminance(page.locator(selector).first.evaluate("element => getComputedStyle(element).color"))
                light, dim = max(paper, ink), min(paper, ink)
                assert (light + 0.05) / (dim + 0.05) >= 4.5, f"{selector} is too faint"  # WCAG 2.2, AA


def luminance(colour: str) -> float:
    """Relative luminance (WCAG) of "rgb(r, g, b)"."""
    channels = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
