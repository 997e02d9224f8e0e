"""The guided tour: its steps are whole, every one points at something real, and it is taken by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.ui.conftest import visit
from tests.ui.words import data

STEPS = data("tour")["steps"]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "color_scheme": "dark"}
WORDS = ("id", "tab", "target", "title", "text", "look", "try", "question", "answer")


def test_steps_are_whole() -> None:
    assert 7 <= len(STEPS) <= 9
    assert len({step["id"] for step in STEPS}) == len(STEPS)
    for step in STEPS:
        assert set(step) == {*WORDS, "set", "sources"}
        assert all(isinstance(step[name], str) and step[name].strip() == step[name] != "" for name in WORDS)
        assert step["question"].endswith("?") and len(step["text"].split()) <= 85
        assert step["sources"] and all(source["url"].startswith("https://") for source in step["sources"])
        assert all(set(setting) == {"control", "value"} for setting in step["set"])


@pytest.mark.parametrize("how", [{}, PHONE], ids=["desk", "phone"])
def test_it_is_taken_to_its_end_by_keyboard(browser: Browser, address: str, how: dict) -> None:
    with visit(browser, address, reduced_motion="reduce", **how) as page:
        start = page.locator("[data-learn=tour]")
        start.press("Enter")
        card = page.get_by_role("dialog")
        for number, step in enumerate(STEPS):
            expect(card.get_by_role("heading")).to_have_text(step["title"])
            expect(card.get_by_role("heading")).to_be_focused()
            expect(page.locator("#tour-said")).to_have_text(f"Step {number + 1} of {len(STEPS)}")
            pointed_at = page.locator("[data-tour-target]")
            expect(pointed_at).to_have_count(1)
            assert pointed_at.evaluate("(element, selector) => element.matches(selector)", step["target"])
            expect(pointed_at).to_be_in_viewport()
            expect_to_be_seen(page, pointed_at)
            assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
            if number < len(STEPS) - 1:
                page.keyboard.press("ArrowRight")
        last = card.get_by_role("button", name="Finish")
        last.focus()
        page.keyboard.press("Enter")
        expect(card).to_have_count(0)
        expect(page.locator("[data-tour-target]")).to_have_count(0)
        expect(start).to_be_focused()


def test_it_sets_what_it_speaks_of_and_escape_ends_it(page: Page) -> None:
    step = next(step for step in STEPS if step["id"] == "temperature")
    page.route("**/learn/tour.json", lambda route: route.fulfill(json=data("tour") | {"steps": [step]}))
    page.locator("[data-learn=tour]").click()
    card = page.get_by_role("dialog")
    expect(card.get_by_role("heading")).to_have_text(step["title"])
    before = page.locator("#flow a[download]").get_attribute("href")
    card.get_by_role("button", name="Do it for me").click()
    expect(page.locator("#temperature input[type=number]")).to_have_value("0")
    expect(page.locator("#flow a[download]")).not_to_have_attribute("href", before)
    assert "temperature-0-" in page.locator("#flow a[download]").get_attribute("download")
    answer = card.get_by_text(step["answer"][:40])
    expect(answer).to_be_hidden()
    card.locator("summary").press("Enter")
    expect(answer).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)


def test_every_setting_is_one_that_the_page_has(page: Page) -> None:
    for step in STEPS:
        for setting in step["set"]:
            control = page.locator(setting["control"])
            radios = control.locator(f"input[type=radio][value='{setting['value']}']")
            expect(radios.or_(control.locator("input[type=number]"))).to_have_count(1)


def expect_to_be_seen(page: Page, element: Locator) -> None:
    """The card leaves a good part of what is pointed at to be seen."""
    free = """(element) => {
        const seen = element.getBoundingClientRect();
        const card = document.getElementById('tour-card').getBoundingClientRect();
        const within = (low, high, end) => Math.max(0, Math.min(high, end) - Math.max(low, 0));
        const shared = (a, b, c, d) => Math.max(0, Math.min(b, d) - Math.max(a, c));
        const all = within(seen.left, seen.right, innerWidth) * within(seen.top, seen.bottom, innerHeight);
        const under = shared(Math.max(seen.left, 0), Math.min(seen.right, innerWidth), card.left, card.right)
            * shared(Math.max(seen.top, 0), Math.min(seen.bottom, innerHeight), card.top, card.bottom);
        return (all - under) / Math.min(seen.width * seen.height, innerWidth * innerHeight);
    }"""
    page.wait_for_function(f"element => ({free})(element) > 0.4", arg=element.element_handle())
