"""`python -m tests.picture` takes the README's picture of the page, with the bundled checkpoint: assets/page.png."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import find
from vocoder.ui import build_app, launch_settings

PICTURE = Path(__file__).resolve().parents[1] / "assets" / "page.png"
WIDTH, BOTTOM = 1280, 24  # pixels, of the page and of paper under the table


def main() -> None:
    os.environ["GRADIO_TEMP_DIR"] = tempfile.mkdtemp()
    app = build_app()
    _, url, _ = app.launch(prevent_thread_lock=True, **(launch_settings() | {"quiet": True}))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 1600})
        page.goto(url)
        page.locator("#compare .ab[data-ready]").wait_for()
        page.get_by_label("SPSI", exact=True).wait_for()  # the list of systems is complete
        table = page.locator("#measures").bounding_box()
        assert table is not None
        page.screenshot(
            path=PICTURE, clip={"x": 0, "y": 0, "width": WIDTH, "height": table["y"] + table["height"] + BOTTOM}
        )
        browser.close()
    app.close()
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
