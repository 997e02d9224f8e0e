"""The phase problem as a visitor meets it: the story is there at once, and everything that is moved is heard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ui.conftest import PATIENCE, download, samples, visit
from tests.ui.test_layout import luminance
from vocoder.audio import to_int16
from vocoder.explorer.phase import Choice, choose
from vocoder.explorer.phase_frames import Frames, frames
from vocoder.ui.sounds import examples, open_example
from vocoder.ui.texts import phase as texts

FIRST, OTHER = list(examples())[:2]
DONE = "#phase-racers tbody tr"  # the last to come


def open_tab(page: Page) -> None:
    """Opens the tab, from the menu of those that do not fit if need be, and waits until it is filled."""
    tab = page.get_by_role("tab", name=texts.TAB)
    if not tab.is_visible():
        page.locator("#tabs .overflow-menu > button").first.click()
        tab = page.locator("#tabs .overflow-dropdown button", has_text=texts.TAB)
    tab.click()
    expect(page.locator(DONE)).to_have_count(7, timeout=3 * PATIENCE)
    for player in ("phase-sounds-chosen", "phase-iterated-iterated", "phase-slopes-analytic"):
        expect(page.locator(f"#{player} a[download]")).to_have_attribute("href", re.compile("wav"))
    expect(page.locator("#strip")).to_be_hidden()


@pytest.fixture(scope="module")
def cut() -> Frames:
    sound = open_example(FIRST).samples
    assert sound is not None
    return frames(sound)


@pytest.fixture(scope="module")
def seen(browser: Browser, address: str) -> Iterator[Page]:
    """One visit for the tests of the first example."""
    with visit(browser, address) as page:
        open_tab(page)
        yield page


def wait_for_new(page: Page, player: str, before: str | None) -> None:
    """Waits until a player has another sound and the work is over: filling the tab is more work than most."""
    link = page.locator(f"#{player} a[download]")
    expect(link).not_to_have_attribute("href", before or "", timeout=3 * PATIENCE)
    expect(page.locator("#strip")).to_be_hidden(timeout=3 * PATIENCE)


def is_sound(page: Page, player: str, expected: np.ndarray) -> None:
    np.testing.assert_allclose(samples(page, player), to_int16(expected).astype(int), atol=2)


def rows(page: Page) -> list[str]:
    return page.locator("#phase-measures tbody th").all_inner_texts()


def test_the_story_is_told_without_a_touch(seen: Page, cut: Frames) -> None:
    is_sound(seen, "phase-sounds-original", cut.samples)
    is_sound(seen, "phase-sounds-chosen", cut.sound(choose(cut)))
    assert rows(seen) == ["True", "Random"]
    expect(seen.locator("#phase-measures tbody tr").first).to_contain_text(texts.EXACT)
    assert seen.locator("#phase .far").count() == 3 and seen.locator("#phase-maps .near").count() in (4, 6)
    assert seen.locator("#phase-film button").count() == 9
    is_sound(seen, "phase-slopes-noisy", cut.sound(choose(cut, Choice("noisy", noise=0))))
    is_sound(seen, "phase-slopes-analytic", cut.sound(choose(cut, Choice("analytic"))))
    expect(seen.locator("#phase-map-analytic")).to_contain_text("Off by 0.0")
    expect(seen.locator("#phase-race svg polyline.ours")).to_have_count(1)
    expect(seen.locator("#phase-iterations")).to_be_hidden()


def test_pointing_reads_the_same_place_in_every_picture(seen: Page, cut: Frames) -> None:
    picture = seen.locator("#phase-picture-magnitude .readable")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box is not None
    seen.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.9 * box["height"])
    shown = [seen.locator(f"#phase-picture-{name} output") for name in ("magnitude", "phase")]
    expect(shown[0]).to_be_visible()
    texts_shown = [output.inner_text() for output in shown]
    column, row = int(0.4 * cut.kept.shape[1]), int(0.1 * 186)
    assert texts_shown[0].split(":")[0] == f"{column * 256 / 22_050:.2f} s, {row * 22_050 / 1024:.0f} Hz"
    values = [float(re.sub(" (dB|rad)$", "", text.split(": ")[1]).replace("−", "-")) for text in texts_shown]
    assert values[0] == pytest.approx(20 * np.log10(cut.magnitude[row, column] / 256), abs=0.7)
    assert values[1] == pytest.approx(cut.phase[row, column], abs=0.02)
    picture.focus()
    seen.keyboard.press("ArrowRight")
    expect(shown[0]).to_contain_text(f"{(column + 1) * 256 / 22_050:.2f} s")


def test_another_phase_is_another_sound_and_a_row(seen: Page, cut: Frames) -> None:
    before = download(seen, "phase-sounds-chosen")
    seen.locator("#phase-which").get_by_label("Griffin-Lim").check()
    expect(seen.locator("#phase-iterations")).to_be_visible()
    wait_for_new(seen, "phase-sounds-chosen", before)
    is_sound(seen, "phase-sounds-chosen", cut.sound(choose(cut, Choice("griffin-lim"))))
    assert rows(seen) == ["True", "Random", "Griffin-Lim, 32"]
    before = download(seen, "phase-sounds-chosen")
    seen.locator("#phase-which").get_by_label("Another").check()
    wait_for_new(seen, "phase-sounds-chosen", before)
    other = open_example(OTHER).samples
    is_sound(seen, "phase-sounds-chosen", cut.sound(choose(cut, Choice("other"), other=other)))
    assert rows(seen)[-1] == "Another's"


def test_any_iteration_can_be_heard_and_the_marker_follows(seen: Page, cut: Frames) -> None:
    before = download(seen, "phase-iterated-iterated")
    box = seen.locator("#phase-iteration input[type=number]")
    box.fill("13")
    expect(seen.locator("#phase-curve .here")).to_have_text(re.compile(r"^Iteration 13: −\d+\.\d dB$"))
    assert seen.locator("#phase-curve .marker").get_attribute("d") == "M130,0V1000"
    box.press("Tab")
    wait_for_new(seen, "phase-iterated-iterated", before)
    is_sound(seen, "phase-iterated-iterated", cut.sound(choose(cut, Choice("griffin-lim", iterations=13))))
    before = download(seen, "phase-iterated-iterated")
    seen.locator("#phase-film button[data-iteration='2']").click()
    wait_for_new(seen, "phase-iterated-iterated", before)
    is_sound(seen, "phase-iterated-iterated", cut.sound(choose(cut, Choice("griffin-lim", iterations=2))))
    expect(seen.locator("#phase-film button[aria-pressed=true]")).to_have_text("2")


def test_noise_on_the_slopes_and_a_frame_ahead(seen: Page, cut: Frames) -> None:
    before = download(seen, "phase-slopes-noisy")
    box = seen.locator("#phase-map-noise input[type=number]")
    box.fill("0.5")
    box.press("Tab")
    wait_for_new(seen, "phase-slopes-noisy", before)
    is_sound(seen, "phase-slopes-noisy", cut.sound(choose(cut, Choice("noisy", noise=0.5))))
    expect(seen.locator("#phase-map-noisy")).to_contain_text(re.compile(r"Off by 0\.[34]"))
    before = download(seen, "phase-slopes-analytic")
    seen.locator("#phase-ahead input").check()
    wait_for_new(seen, "phase-slopes-analytic", before)
    is_sound(seen, "phase-slopes-analytic", cut.sound(choose(cut, Choice("analytic", look_ahead=1))))


def test_the_mel_is_a_loss_of_its_own_and_another_sound_is_followed(seen: Page, tmp_path: Path) -> None:
    """The last of the visit: another sound is open after it."""
    before = download(seen, "phase-slopes-noisy")
    seen.locator("#phase-which").get_by_label("Random").check()
    seen.get_by_label(texts.SOURCES["mel"]).check()
    wait_for_new(seen, "phase-slopes-noisy", before)
    expect(seen.get_by_text("Two losses")).to_be_visible()
    sound = open_example("vowels").samples
    assert sound is not None
    before = download(seen, "phase-slopes-noisy")
    seen.get_by_label("Three vowels").check()
    wait_for_new(seen, "phase-slopes-noisy", before)
    poor = frames(sound, from_mel=True)
    is_sound(seen, "phase-sounds-chosen", poor.sound(choose(poor)))
    np.save(tmp_path / "mel.npy", open_example("vowels").mel)
    seen.locator("#own-mel input[type=file]").set_input_files(tmp_path / "mel.npy")
    expect(seen.get_by_text(texts.NO_RECORDING)).to_be_visible(timeout=3 * PATIENCE)
    expect(seen.locator("#phase-which")).to_be_hidden()


def test_a_phone_by_night(browser: Browser, address: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "color_scheme": "dark"}
    with visit(browser, address, **phone) as page:
        open_tab(page)
        width, room = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width <= room
        paper = luminance(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        for words in (".idea", "#phase-picture-phase .look", "#phase-curve .here", ".direction", "#phase-measures td"):
            ink = luminance(page.locator(words).first.evaluate("element => getComputedStyle(element).color"))
            light, dim = max(paper, ink), min(paper, ink)
            assert (light + 0.05) / (dim + 0.05) >= 4.5, f"{words} is too faint"  # WCAG 2.2, AA
