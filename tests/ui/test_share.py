"""Taking it along, one story a test: a link, the download, a link that is none; and what a cold visit costs."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import soundfile
from playwright.sync_api import Browser, Page, expect

from tests.ui.conftest import PATIENCE, copied_link, download, heard, samples, toast, visit, wait_for_new
from vocoder.explorer import precomputed
from vocoder.explorer.bundle import Settings
from vocoder.explorer.recipe import from_query

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 1_500_000  # that a cold visit may transfer before the first click


def settled(page: Page, title: str) -> None:
    """Waits until a link has been followed."""
    expect(page.locator("#about")).to_contain_text(title)
    expect(page.locator("#strip")).to_be_hidden()


def test_a_link_followed_in_a_fresh_profile_sounds_the_same(browser: Browser, address: str) -> None:
    settings = "?example=impulses&temperature=0.6&seed=3&region=0.5_1.25&tab=listen"
    with visit(browser, address + settings) as page:
        settled(page, "Clicks")
        expect(page.locator("#temperature input[type=number]")).to_have_value("0.6")
        first, passed_on = heard(page), copied_link(page)
    recipe, ignored = from_query(dict(parse_qsl(urlsplit(passed_on).query)))
    assert not ignored and (recipe.example, recipe.temperature, recipe.seed) == ("impulses", 0.6, 3)
    assert recipe.region == (0.5, 1.25) and len(recipe.weights) == 64
    with visit(browser, passed_on) as page:
        settled(page, "Clicks")
        assert heard(page) == first
        assert page.evaluate("window.explorer.share.place()") == ["listen", "0.5_1.25"]
        expect(page.locator("#seed input")).to_have_value("3")
        expect(toast(page)).to_have_count(0)


def test_a_link_turns_to_its_tab_and_looks_into_its_sound(browser: Browser, address: str) -> None:
    with visit(browser, f"{address}?example=vowels&checkpoint=flow-small&tab=inside", shows="#numbers") as page:
        expect(page.locator("#example input:checked")).to_have_value("vowels")
        stored = precomputed.load("vowels")
        assert stored is not None
        expect(page.locator("#numbers")).to_contain_text(f"{stored.analysis.z_std:.4f}")
        kept = np.round(stored.again["fresh"].samples * 32768).astype(int)
        np.testing.assert_array_equal(samples(page, "again-fresh"), kept)


def test_the_download_can_be_opened_again(browser: Browser, address: str, tmp_path: Path) -> None:
    with visit(browser, address) as page:
        before = download(page, "original")
        page.get_by_label("Clicks").check()
        wait_for_new(page, "original", before)
        with page.expect_download(timeout=3 * PATIENCE) as started:
            page.locator("#download-everything").click()
        started.value.save_as(tmp_path / "all.zip")
        assert started.value.suggested_filename == "vocoder-impulses.zip"
        shown, expected = {name: samples(page, name) for name in ("original", "flow", "griffin-lim")}, heard(page)
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        settings = Settings.from_json(archive.read("settings.json").decode())
        for name, wanted in shown.items():
            found = soundfile.read(io.BytesIO(archive.read(f"{name}.wav")), dtype="int16")[0]
            np.testing.assert_array_equal(found, wanted)
            assert settings.sounds[f"{name}.wav"] == expected[name]
        assert np.load(io.BytesIO(archive.read("mel.npy"))).shape[0] == 80
    with visit(browser, f"{address}?{settings.recipe.to_query()}") as page:
        settled(page, "Clicks")
        assert heard(page) == expected


def test_a_link_that_says_nonsense_says_so_and_the_page_opens(browser: Browser, address: str) -> None:
    with visit(browser, f"{address}?example=../../etc/passwd&seed=-1&colour=<b>red</b>&lang=en") as page:
        expect(toast(page)).to_have_text(
            "This link says things that this page cannot follow, so they were left out: colour, example, seed."
        )
        settled(page, "A woman reads")
        page.locator("#copy-python").click()
        expect(page.locator("#shared textarea")).to_have_value(re.compile("import vocoder"))


def test_a_cold_visit_is_small(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, sizes = context.new_page(), []
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address)
    expect(page.locator("#griffin-lim a[download]")).to_be_visible(timeout=PATIENCE)
    page.wait_for_function("[...document.querySelectorAll('#compare .ab')].every((root) => root.player.seconds > 0)")
    page.wait_for_timeout(3000)
    context.close()
    assert 300_000 < sum(sizes) <= MOST_BYTES


def test_the_page_is_built_without_waiting_for_pytorch(tmp_path: Path) -> None:
    heavy = ["torch", "scipy", "librosa", "matplotlib"]
    program = f"import sys, vocoder.ui; vocoder.ui.build_app(); print([m for m in {heavy} if m in sys.modules])"
    environment = os.environ | {"GRADIO_TEMP_DIR": str(tmp_path), "GRADIO_ANALYTICS_ENABLED": "False"}
    environment.pop("VOCODER_CHECKPOINT", None)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
