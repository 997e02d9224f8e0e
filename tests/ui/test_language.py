"""German: the dictionary is complete, and the page speaks it."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ui.conftest import visit, wait_for_new
from tests.ui.words import FIELD, TAG, data, english, german

BESIDE = {"page", "gradio"}  # what is put together in code, and Gradio's own words
ENGLISH = re.compile(r"\b(the|of|and|is|are|to|with|from|this|that|what|how|not|for)\b", re.IGNORECASE)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "color_scheme": "dark"}


@pytest.mark.parametrize("section", english())
def test_every_text_has_german_and_nothing_is_left_over(section: str) -> None:
    dictionary = german()
    known = {text for texts in dictionary.values() for text in texts}
    assert [text for text in english()[section] if text not in known] == []
    assert set(dictionary.get(section, {})) <= set(english()[section]), "the English of these is gone or another"


@pytest.mark.parametrize("section", german())
def test_fields_and_tags_are_the_same(section: str) -> None:
    assert section in BESIDE or section in english()
    for text, translated in german()[section].items():
        assert Counter(FIELD.findall(text)) == Counter(FIELD.findall(translated)), text
        assert TAG.findall(text) == TAG.findall(translated), text
        assert "&" not in TAG.sub("", text), "an entity would not be found in the page, which holds the character"
        assert translated.strip()


def test_a_text_means_one_thing() -> None:
    """The page is translated text by text, and pieces between tags by themselves: two may not be told apart."""
    pieces: dict[str, set[str]] = {}
    for texts in german().values():
        for text, translated in texts.items():
            for one, other in zip(TAG.split(text), TAG.split(translated), strict=True):
                pieces.setdefault(one.strip(), set()).add(other.strip())
    assert {one: others for one, others in pieces.items() if len(others) > 1} == {}


def test_the_page_is_german_when_asked_for_by_its_address(browser: Browser, address: str) -> None:
    with visit(browser, address + "?lang=de") as page:
        expect(page.locator("header p").first).to_contain_text("Ein Netz macht")
        expect(page.locator("html")).to_have_attribute("lang", "de")
        assert page.title() == "Sprache zu Rauschen und zurück"
        tabs = page.locator("#tabs [role=tab]")
        for tab in range(tabs.count()):
            tabs.nth(tab).click()
            page.wait_for_timeout(300)
            expect_no_english(page)


def expect_no_english(page: Page) -> None:
    """No sentence that is seen has two of English's small words in it; what is quoted may."""
    script = """(small) => {
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), seen = [];
        const attributes = ['aria-label', 'title', 'placeholder', 'alt'];
        while (walker.nextNode()) {
            const node = walker.currentNode, box = node.parentElement;
            if (box.checkVisibility() && !box.closest('script, style, code, pre')) seen.push(node.data);
        }
        for (const box of document.querySelectorAll(attributes.map((name) => `[${name}]`).join()))
            if (box.checkVisibility()) for (const name of attributes) seen.push(box.getAttribute(name) ?? '');
        const words = (text) => text.replace(/„[^“]*“/g, '').match(new RegExp(small, 'gi')) ?? [];
        return seen.filter((text) => words(text).length > 1);
    }"""
    left = None
    for _ in range(50):
        left = page.evaluate(script, ENGLISH.pattern)
        if not left:
            return
        page.wait_for_timeout(200)  # what has just come is about to be translated
    assert left == []


def test_the_switch_changes_the_page_and_its_address_and_back(page: Page) -> None:
    idea = page.locator("header p").first
    expect(page.locator("dfn[data-term]").first).to_be_visible()
    first = idea.inner_text()
    listed = page.locator("header").get_by_role("button", name="Glossary")
    page.get_by_role("button", name="Deutsch").click()
    expect(idea).to_contain_text("Ein Netz macht")
    expect(page.get_by_role("tab", name="Hören")).to_be_visible()
    expect(page.locator("header dfn").first).to_have_text(re.compile("Rauschen|Phase"))
    assert page.url.endswith("?lang=de")
    before = page.locator("#original a[download]").get_attribute("href")
    page.get_by_label("Klicks").check()  # what comes from the server later is German, too
    wait_for_new(page, "original", before)
    expect(page.locator("main, body").first).to_contain_text("Ein Klick ist alle Tonhöhen")
    page.locator("header").get_by_role("button", name="Glossar").click()
    expect(page.get_by_role("dialog").locator("dt").first).to_have_text("Abtastwert")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="English").click()
    expect(idea).to_have_text(first)
    expect(listed).to_be_visible()
    assert "lang" not in page.url
    expect(page.locator("main, body").first).to_contain_text("A click is all frequencies")


def test_the_tour_speaks_german_on_a_phone(browser: Browser, address: str) -> None:
    words, dictionary = data("tour"), german()["tour"]
    with visit(browser, address + "?lang=de", **PHONE) as page:
        page.get_by_role("button", name="Zum Rundgang").tap()
        card = page.get_by_role("dialog")
        for step in words["steps"][:2]:
            expect(card.get_by_role("heading")).to_have_text(dictionary[step["title"]])
            expect(page.locator("[data-tour-target]")).to_have_count(1)
            card.get_by_role("button", name="Weiter").tap()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
