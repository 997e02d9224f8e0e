"""Every tab can be used by everybody, as far as axe-core can tell: no serious finding, by day and by night."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.ui.conftest import visit

SERIOUS = ("serious", "critical")
RULES = {  # WCAG's; the rest is good practice
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations"],
}
COMPUTED = 300_000  # ms in which what a tab shows has been computed, on a machine that has other work


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_tab_has_a_serious_barrier(browser: Browser, address: str, scheme: str) -> None:
    with visit(browser, address, color_scheme=scheme) as page:
        found = []
        for tab in page.locator("#tabs [role=tab]").all():
            tab.dispatch_event("click")  # other tests have clicked with a mouse
            expect(tab).to_have_attribute("aria-selected", "true")
            expect(page.locator("#strip")).to_be_hidden(timeout=COMPUTED)
            for finding in Axe().run(page, options=RULES).response["violations"]:
                places = [", ".join(map(str, node["target"])) for node in finding["nodes"]]
                if finding["impact"] in SERIOUS:
                    found.append((tab.inner_text(), finding["id"], places))
        assert found == []
