"""Terms explain themselves, by pointing, by keyboard and by touch; the whole list opens."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.ui.conftest import visit, wait_for_new
from tests.ui.words import data

TERMS = {term["id"]: term for term in data("glossary")["terms"]}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "color_scheme": "dark"}


def test_terms_are_whole() -> None:
    for term in TERMS.values():
        assert set(term) - {"source"} == {"id", "name", "meaning", "forms"}
        assert set(term["forms"]) == {"en", "de"} and all(term["forms"].values())
        meaning = term["meaning"]
        assert meaning[0].isupper() and meaning.endswith(".") and len(meaning.split()) <= 40
        assert meaning.count(". ") <= 1, "one sentence, or two short ones"
        assert "source" not in term or term["source"]["url"].startswith("https://")


def test_no_form_belongs_to_two_terms() -> None:
    for language in ("en", "de"):
        forms = [form for term in TERMS.values() for form in {form.lower() for form in term["forms"][language]}]
        assert len(forms) == len(set(forms))


def test_pointing_at_a_term_explains_it_and_escape_takes_it_away(page: Page) -> None:
    term = page.locator("dfn[data-term]").first
    tip = page.get_by_role("tooltip")
    term.hover()
    meaning = TERMS[term.get_attribute("data-term")]["meaning"]
    expect(tip).to_contain_text(meaning)
    expect(term).to_have_attribute("aria-describedby", tip.get_attribute("id"))
    expect(term).to_have_accessible_description(re.compile(re.escape(meaning)))
    tip.hover()  # it can be pointed at itself
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    term.focus()
    expect(tip).to_contain_text(meaning)
    page.keyboard.press("Tab")
    expect(tip.get_by_text(meaning)).to_be_hidden()
    expect(term).not_to_have_attribute("aria-describedby", re.compile("."))


def test_terms_are_marked_once_a_card_and_nowhere_in_controls(page: Page) -> None:
    expect(page.locator("dfn[data-term]").first).to_be_visible()
    cards = page.locator(".card").evaluate_all(
        "cards => cards.map(card => [...card.querySelectorAll('dfn')].map(term => term.dataset.term))"
    )
    assert any(cards) and all(len(terms) == len(set(terms)) for terms in cards)
    expect(page.locator(":is(button, a, label, summary, h1, h2, h3) dfn")).to_have_count(0)


def test_a_tap_explains_and_another_ends_it(browser: Browser, address: str) -> None:
    with visit(browser, address, **PHONE) as page:
        page.locator("#footer dfn[data-term], header dfn[data-term]").first.tap()
        tip = page.get_by_role("tooltip")
        tapped = page.locator("dfn[aria-describedby]")  # others may have been marked meanwhile
        expect(tip).to_contain_text(TERMS[tapped.get_attribute("data-term")]["meaning"])
        box = tip.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.locator("h1").tap()
        expect(tip).to_be_hidden()


def test_what_changes_is_still_what_the_server_says(page: Page) -> None:
    """Marked text is replaced when the page's own text is, not mixed with it."""
    from vocoder.ui.sounds import examples

    before = page.locator("#original a[download]").get_attribute("href")
    other = examples()["impulses"]
    page.get_by_label(other.title).check()
    wait_for_new(page, "original", before)
    expect(page.locator("#about, #compare").first).to_contain_text(other.title)
    page.wait_for_function("text => document.body.innerText.includes(text)", arg=other.note)


def test_the_list_opens_and_closes(page: Page) -> None:
    expect(page.locator("dfn[data-term]").first).to_be_visible()
    button = page.locator("header").get_by_role("button", name="Glossary")
    button.click()
    listed = page.get_by_role("dialog")
    expect(listed.locator("dt")).to_have_count(len(TERMS))
    names = listed.locator("dt").all_inner_texts()
    assert set(names) == {term["name"] for term in TERMS.values()} and names == sorted(names, key=str.casefold)
    page.keyboard.press("Escape")
    expect(listed).to_be_hidden()
    expect(button).to_be_focused()
