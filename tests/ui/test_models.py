"""What a visitor does on *Models*: choosing, downloading, cancelling, failing, falling back; with a Hub at hand."""

from __future__ import annotations

import random
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Locator, Page, expect

from tests.localhub import COMMIT, Fault, LocalHub, running
from tests.served import CHECKPOINT
from tests.small import CARD, small_flow
from tests.ui.conftest import copied_link, download, heard, samples, toast, visit, wait_for_new
from vocoder.neural import HiFiGAN, HiFiGANSettings
from vocoder.ui import engine, shelf
from vocoder.ui.sounds import SETTINGS
from vocoder.ui.texts import share as words_of_links
from vocoder.weights import Card, save_checkpoint, save_flow
from vocoder.weights.catalogue import catalogue


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHub]:
    """The page runs in this process, and reads where the Hub and the cache are whenever it asks."""
    monkeypatch.setenv("VOCODER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(shelf, "LIMITS", shelf.Limits(seconds=300, timeout=300, tries=2, pause=0.05))
    with running() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        save_flow(small_flow(7), tmp_path / "other", Card("other", "CC0-1.0", "other random numbers", title="Another"))
        server.add_folder("org/other", tmp_path / "other")
        yield server


@contextmanager
def visiting(browser: Browser, address: str) -> Iterator[Page]:
    with visit(browser, address) as page:
        open_tab(page)
        yield page


def open_tab(page: Page) -> None:
    page.get_by_role("tab", name="Models", exact=True).click()
    expect(page.locator("#models-loaded li").first).to_contain_text(
        f"on {engine.device_name()}"
    )  # once it is asked for
    expect(page.locator("#strip")).to_be_hidden()


def load(page: Page, name: str) -> None:
    page.locator("#model-name").get_by_role("textbox").fill(name)
    page.locator("#load-model").click()


def load_and_listen(page: Page, name: str = "") -> None:
    """Loads what is asked for in the box, and turns to *Listen* once it is heard there."""
    before = download(page, "flow")
    assert before is not None
    if name:
        page.locator("#model-name").get_by_role("textbox").fill(name)
    page.locator("#load-model").click()
    expect(chosen(page)).not_to_have_value(CHECKPOINT)
    wait_for_new(page, "flow", before)


def message(page: Page) -> Locator:
    return page.locator("#model-message .said")


def chosen(page: Page) -> Locator:
    """The checkpoint that *Listen* uses."""
    page.get_by_role("tab", name="Listen", exact=True).click()
    return page.locator("#checkpoint input")


def numbers(page: Page) -> str:
    """What *Look inside* says of the open recording."""
    page.get_by_role("tab", name="Look inside", exact=True).click()
    return page.locator("#numbers").text_content() or ""


def test_the_list_says_what_there_is_and_nothing_is_downloaded(browser: Browser, address: str, hub: LocalHub) -> None:
    with visiting(browser, address) as page:
        expect(page.locator("#models-loaded li", has_text=CHECKPOINT).locator(".used").first).to_have_text("in use")
        rows = page.locator("#models-catalogue li")
        expect(rows).to_have_count(len(catalogue()))
        first = rows.first
        expect(first).to_contain_text("about 676 MB")
        expect(first).to_contain_text("SHA-256 7d6b3fb5e29b")
        expect(first).to_contain_text("licence: unknown")
        expect(first.get_by_role("button")).to_have_accessible_name("Load WaveGlow, 256 channels, universal v5")
        away = rows.filter(has_text="MelGAN, LJSpeech")
        expect(away).to_contain_text("Not on the Hub: get models/linda_johnson.pt")
        expect(away.get_by_role("button")).to_have_count(0)
        assert hub.bodies == []
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "a phone scrolls sideways"


def test_without_the_hub_the_list_is_grey_and_says_why(
    browser: Browser, address: str, hub: LocalHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with visiting(browser, address) as page:
        expect(page.locator("#models-catalogue .why").first).to_contain_text("The Hub cannot be reached from here: ")
        expect(page.locator("#models-catalogue").get_by_role("button")).to_have_count(0)
        load(page, "org/other")
        expect(message(page)).to_contain_text(f"tried 2 times. {CHECKPOINT} stays in use.")
        expect(message(page)).to_have_attribute("role", "alert")
        expect(chosen(page)).to_have_value(CHECKPOINT)


def test_a_flow_of_the_hub_is_heard_and_looked_into_by_this_visitor_alone(
    browser: Browser, address: str, hub: LocalHub
) -> None:
    with visit(browser, address) as page, visit(browser, address) as somebody_else:
        before, sound, latents = download(page, "flow"), samples(page, "flow"), numbers(page)
        open_tab(page)
        load(page, "org/other")
        expect(message(page)).to_have_text("Another (org/other) is loaded and in use.")
        row = page.locator("#models-loaded li", has_text="Another")
        expect(row).to_contain_text("Flow, invertible")
        expect(row).to_contain_text("licence: CC0-1.0")
        expect(row).to_contain_text("source: other random numbers")
        expect(row.locator(".used")).to_have_text("in use")
        expect(chosen(page)).to_have_value("org/other")
        expect(page.locator("#flow a[download]")).not_to_have_attribute("href", before or "")
        assert not np.array_equal(samples(page, "flow"), sound)
        numbers(page)
        expect(page.locator("#numbers")).not_to_have_text(latents)
        expect(chosen(somebody_else)).to_have_value(CHECKPOINT)
        chosen(somebody_else).click()
        expect(somebody_else.get_by_role("option").first).to_be_visible()
        assert somebody_else.get_by_role("option", name="org/other").count() == 0


def test_a_link_to_a_flow_of_the_hub_waits_for_a_click_and_sounds_the_same(
    browser: Browser, address: str, hub: LocalHub
) -> None:
    with visit(browser, f"{address}?example=impulses&temperature=0.6&seed=3") as page:
        expect(page.locator("#about")).to_contain_text("Clicks")
        open_tab(page)
        load_and_listen(page, "org/other")
        sounds = heard(page)
        page.locator("#copy-python").click()
        expect(page.locator("#shared textarea")).to_have_value(
            re.compile(rf'vocoder\.from_pretrained\("org/other@{COMMIT}"\)')
        )
        open_tab(page)
        link = copied_link(page)
    downloaded = len(hub.bodies)
    with visit(browser, link, shows="#model-name") as page:
        expect(message(page)).to_contain_text(
            "This link was made with org/other, which is downloaded only when you ask"
        )
        expect(toast(page)).to_have_text(message(page).text_content() or "")
        expect(page.locator("#model-name").get_by_role("textbox")).to_have_value(f"org/other@{COMMIT}")
        expect(chosen(page)).to_have_value(CHECKPOINT)
        expect(page.locator("#temperature input[type=number]")).to_have_value("0.6")
        first = heard(page)
        assert first["original"] == sounds["original"] and first["flow"] != sounds["flow"]
        assert len(hub.bodies) == downloaded, "nothing is downloaded before a click"
        open_tab(page)
        load_and_listen(page)
        assert heard(page) == sounds
        open_tab(page)
        assert copied_link(page) == link
        expect(page.get_by_text(words_of_links.REPLACED)).to_have_count(0)
    with visit(browser, f"{address}?checkpoint=org/other&weights={'0' * 64}") as page:
        expect(toast(page)).to_contain_text("This link was made with org/other")
        open_tab(page)
        expect(page.locator("#model-name").get_by_role("textbox")).to_have_value("org/other")
        page.locator("#load-model").click()
        expect(page.get_by_text(words_of_links.REPLACED)).to_be_visible()


def test_a_slow_download_shows_how_far_it_is_can_be_cancelled_and_goes_on(
    browser: Browser, address: str, hub: LocalHub
) -> None:
    go_on = threading.Event()
    hub.faults = [Fault(), Fault(hold=go_on)]
    with visiting(browser, address) as page:
        load(page, "org/other")
        expect(page.locator("#strip-text")).to_contain_text("Downloading org/other")
        expect(page.locator('#strip progress[value="0"]')).to_have_count(0)
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator("#strip")).to_be_hidden()
        go_on.set()
        expect(page.locator("#models-loaded")).not_to_contain_text("Another")
        load(page, "org/other")
        expect(message(page)).to_have_text("Another (org/other) is loaded and in use.")
        spans = [span for method, path, span in hub.asked if method == "GET" and path.endswith("model.safetensors")]
        assert spans.count("") == 1, "what had arrived was asked for again"


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ([Fault(status=503)] * 2, "The Hub cannot be reached (it answers with status 503); tried 2 times."),
        ([Fault(), Fault(tampered=True)], "org/other:model.safetensors is not the file that it should be"),
    ],
)
def test_when_it_fails_what_was_in_use_stays(
    browser: Browser, address: str, hub: LocalHub, faults: list[Fault], words: str
) -> None:
    hub.faults = faults
    with visiting(browser, address) as page:
        load(page, "org/other")
        expect(message(page)).to_contain_text(words)
        expect(message(page)).to_contain_text(f"{CHECKPOINT} stays in use.")
        expect(toast(page)).to_contain_text(words)
        expect(page.locator("#strip")).to_be_hidden()
        expect(chosen(page)).to_have_value(CHECKPOINT)
        open_tab(page)
        load(page, "org/other")  # the Hub is well again
        expect(message(page)).to_have_text("Another (org/other) is loaded and in use.")


def test_a_button_of_the_list_takes_only_the_file_that_is_known(browser: Browser, address: str, hub: LocalHub) -> None:
    entry = catalogue()["waveglow-universal-v5"]
    hub.files[f"{entry.repo}/{entry.file}"] = random.Random(0).randbytes(50_000)
    with visiting(browser, address) as page:
        page.get_by_role("button", name=f"Load {entry.title}", exact=True).click()
        expect(message(page)).to_contain_text(f"not {entry.sha256[:12]}. {CHECKPOINT} stays in use.")


def test_a_network_that_goes_one_way_joins_the_systems(
    browser: Browser, address: str, hub: LocalHub, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    settings = HiFiGANSettings(8, (16, 16), (32, 32), (3,), ((1, 3),), paired=False)
    save_checkpoint(HiFiGAN(settings, SETTINGS), tmp_path / "gan", Card("gan", "MIT", "random numbers"))
    hub.add_folder("org/gan", tmp_path / "gan")
    with visit(browser, address) as page:
        inside = numbers(page)
        open_tab(page)
        load(page, "org/gan")
        expect(message(page)).to_have_text("gan (org/gan) is loaded and in use.")
        expect(chosen(page)).to_have_value(CHECKPOINT)
        expect(page.locator("#measures tbody th")).to_have_text(["Flow", "Griffin-Lim", "HiFi-GAN"])
        expect(page.get_by_label("gan (org/gan)", exact=True)).to_be_checked()
        expect(page.locator("#strip")).to_be_hidden()
        assert numbers(page) == inside


def test_an_upload_is_checked_and_used(browser: Browser, address: str, hub: LocalHub, tmp_path: Path) -> None:
    save_flow(small_flow(9), tmp_path / "mine", CARD)
    with zipfile.ZipFile(tmp_path / "mine.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in (tmp_path / "mine").iterdir():
            archive.write(path, f"mine/{path.name}")
    with visiting(browser, address) as page:
        sent = page.locator("#own-model input[type=file]")
        sent.set_input_files(tmp_path / "mine" / "config.json")
        expect(message(page)).to_contain_text("There is no model.safetensors; give model.safetensors and config.json")
        page.locator("#own-model input[type=file]").set_input_files(tmp_path / "mine.zip")
        expect(message(page)).to_contain_text("is loaded and in use.")
        expect(page.locator("#models-loaded")).to_contain_text("your upload, kept for an hour")
        expect(chosen(page)).to_have_value(re.compile("^upload-[0-9a-f]{16}$"))
