"""Latent surgery as a visitor meets it: whose z and whose mel, six temperatures, and operations done and undone."""

from __future__ import annotations

import hashlib
import io
import wave
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ui.conftest import download, samples, toast, visit, wait_for_new
from tests.ui.test_layout import luminance
from vocoder.audio import to_int16
from vocoder.explorer import analyse, synthesise
from vocoder.explorer.mel_operations import DelayMel, OtherMel, PitchMel
from vocoder.explorer.operation import Latents, Operation
from vocoder.explorer.surgery import OPERATIONS, perform
from vocoder.explorer.z_operations import (
    Blend,
    MuteChannels,
    MuteTime,
    Quantise,
    Redraw,
    Shuffle,
    Temper,
    Transplant,
)
from vocoder.systems import InvertibleVocoder, load_system
from vocoder.ui import engine
from vocoder.ui.sounds import examples, open_example
from vocoder.ui.surgery import CONTROLS
from vocoder.ui.surgery_drawing import said
from vocoder.ui.surgery_work import TEMPERATURES
from vocoder.ui.texts import surgery as texts

FIRST, OTHER = list(examples())[:2]
RESULT = "surgery-result-operated"
FRAMES = open_example(FIRST).mel.shape[1]


def open_tab(page: Page) -> None:
    """Opens the tab, from the menu of those that do not fit if need be, and waits until it is filled."""
    tab = page.get_by_role("tab", name=texts.TAB)
    if not tab.is_visible():
        page.locator("#tabs .overflow-menu > button").first.click()
        tab = page.locator("#tabs .overflow-dropdown button", has_text=texts.TAB)
    tab.click()
    expect(page.locator("#surgery-measures tbody tr")).to_have_count(1)
    expect(page.locator("#strip")).to_be_hidden()


def choose(page: Page, kind: str) -> None:
    """Picks an operation from the list and waits for its controls."""
    page.locator("#surgery-kind input").click()
    page.get_by_role("option", name=texts.KINDS[kind]).click()
    expect(page.get_by_text(texts.ABOUT[kind])).to_be_visible()


def press(page: Page, button: str) -> None:
    """Presses a button that changes the result, and waits for the new one."""
    before = download(page, RESULT)
    page.locator(f"#surgery-{button}").click()
    wait_for_new(page, RESULT, before)


def fingerprint(page: Page) -> str:
    return hashlib.sha256(samples(page, RESULT).tobytes()).hexdigest()


def cell(page: Page, row: int, column: int) -> str:
    return page.locator("#surgery-measures tbody tr").nth(row).locator("td").nth(column).inner_text()


@pytest.fixture(scope="module")
def flow(address: str) -> InvertibleVocoder:
    return load_system("flow", checkpoint=engine.checkpoints()[engine.first_checkpoint()])


@pytest.fixture(scope="module")
def known(flow: InvertibleVocoder) -> dict[str, tuple[Latents, np.ndarray]]:
    """Both recordings with their latents, by the names that operations use."""
    found = {}
    for key, name in (("a", FIRST), ("b", OTHER)):
        sound = open_example(name).samples
        assert sound is not None
        analysis = analyse(flow, sound)
        found[key] = Latents(analysis.z, analysis.mel), sound
    return found


@pytest.fixture(scope="module")
def seen(browser: Browser, address: str) -> Iterator[Page]:
    """One visit for the tests of the first example."""
    with visit(browser, address) as page:
        open_tab(page)
        yield page


def after(flow: InvertibleVocoder, known: dict[str, tuple[Latents, np.ndarray]], *operations: Operation) -> np.ndarray:
    """What operations on the first example give, as 16-bit samples."""
    others = {"b": known["b"][0]}
    return to_int16(perform(flow, known["a"][0], operations, others, known["a"][1]).samples).astype(int)


def test_each_has_its_own_words_and_the_others_z(seen: Page, flow: InvertibleVocoder, known: dict) -> None:
    others = {key: latents for key, (latents, _) in known.items()}
    for z in "ab":
        for mel in "ab":
            button = seen.locator(f"#exchange-{z}-{mel}")
            address = seen.url.split("?")[0] + (button.get_attribute("data-sound") or "")
            with wave.open(io.BytesIO(seen.request.get(address).body())) as file:
                shown = np.frombuffer(file.readframes(file.getnframes()), "<i2")
            expected = perform(flow, others[z], [OtherMel(mel)] if z != mel else [], others).samples
            np.testing.assert_allclose(shown, to_int16(expected), atol=2)
            caption = seen.locator(f"figure.z-{z}.mel-{mel} figcaption").inner_text()
            assert (texts.RETURNS in caption) == (z == mel)
    expect(seen.locator(".exchange-mel img, .exchange-z img")).to_have_count(4)


def test_pressing_another_picture_goes_on_at_the_same_moment(seen: Page) -> None:
    clock = (
        "[...document.querySelectorAll('#exchange, #exchange *')].find((element) => element.exchange).exchange.clock"
    )
    seen.locator("#exchange-a-a").click()
    seen.wait_for_function(f"{clock}.heard[0] > 0.99 && {clock}.position > 0.05")
    seen.locator("#exchange-b-a").click()
    expect(seen.locator("#exchange-b-a")).to_have_attribute("aria-pressed", "true")
    expect(seen.locator("#exchange-a-a")).to_have_attribute("aria-pressed", "false")
    seen.wait_for_function(f"{clock}.heard[2] > 0.99 && {clock}.heard[0] < 0.01 && {clock}.position > 0.05")
    seen.locator("#exchange-b-a").click()
    expect(seen.locator("#exchange [aria-pressed=true]")).to_have_count(0)


def test_six_temperatures_lie_side_by_side(seen: Page, flow: InvertibleVocoder) -> None:
    sound = open_example(FIRST)
    expect(seen.locator("#surgery-temperatures a[download]")).to_have_count(len(TEMPERATURES))
    for temperature in TEMPERATURES:
        expected = synthesise(flow, sound.mel, length=sound.length, seed=0, temperature=temperature).samples
        shown = samples(seen, f"surgery-temperatures-t{round(10 * temperature)}")
        np.testing.assert_allclose(shown, to_int16(expected).astype(int), atol=2)
    before = download(seen, "surgery-temperatures-t10")
    seen.locator("#strip-seed input").fill("7")
    wait_for_new(seen, "surgery-temperatures-t10", before)
    expected = synthesise(flow, sound.mel, length=sound.length, seed=7, temperature=1.0).samples
    np.testing.assert_allclose(samples(seen, "surgery-temperatures-t10"), to_int16(expected).astype(int), atol=2)


def test_what_is_undone_sounds_as_it_did_before(seen: Page, flow: InvertibleVocoder, known: dict) -> None:
    untouched = fingerprint(seen)
    np.testing.assert_allclose(samples(seen, RESULT), to_int16(known["a"][1]).astype(int), atol=1)
    for button in ("undo", "redo", "clear"):
        expect(seen.locator(f"#surgery-{button}")).to_be_disabled()

    seen.locator("#surgery-bits input[type=number]").fill("3")
    seen.locator("#surgery-bits input[type=number]").press("Tab")
    press(seen, "do")
    rounded = fingerprint(seen)
    np.testing.assert_allclose(samples(seen, RESULT), after(flow, known, Quantise(3)), atol=2)
    others = {"b": known["b"][0]}
    effect = perform(flow, known["a"][0], [Quantise(3)], others, known["a"][1])
    assert cell(seen, 1, 1).startswith(f"{effect.signal_to_noise:.1f}".replace("-", "−")[:3])
    assert cell(seen, 1, 4) == f"{effect.bits:.2f} ({effect.kilobits(22_050):.0f} kbit/s)"

    choose(seen, "mute_channels")
    expect(seen.locator("#surgery-bits")).to_be_hidden()
    press(seen, "do")  # from 30 to 60 per cent of 64 channels
    both = fingerprint(seen)
    np.testing.assert_allclose(samples(seen, RESULT), after(flow, known, Quantise(3), MuteChannels(19, 38)), atol=2)
    expect(seen.locator("#surgery-done li")).to_have_count(2)
    assert len({untouched, rounded, both}) == 3

    press(seen, "undo")
    assert fingerprint(seen) == rounded
    press(seen, "undo")
    assert fingerprint(seen) == untouched
    expect(seen.locator("#surgery-undo")).to_be_disabled()
    expect(seen.locator("#surgery-measures tbody tr")).to_have_count(1)
    press(seen, "redo")
    press(seen, "redo")
    assert fingerprint(seen) == both
    expect(seen.locator("#surgery-measures tbody tr")).to_have_count(3)
    press(seen, "clear")
    assert fingerprint(seen) == untouched


def test_every_operation_can_be_done_from_the_page(seen: Page, flow: InvertibleVocoder, known: dict) -> None:
    for done, kind in enumerate(OPERATIONS, 1):
        choose(seen, kind)
        for name in CONTROLS[kind]:
            expect(seen.locator(f"#surgery-{name}")).to_be_visible()
        press(seen, "do")
        expect(seen.locator("#surgery-done li")).to_have_count(done)
    as_the_controls_say = [  # parts in per cent of 64 channels and of all frames, seconds as frames
        Temper(0.5), Redraw("laplace", 0), MuteChannels(19, 38),
        *(made(start=round(0.3 * FRAMES), stop=round(0.6 * FRAMES)) for made in (MuteTime, partial(Transplant, "b"))),
        Blend("b", 0.5), Shuffle(1, 0), Quantise(3), OtherMel("b", 0), PitchMel(4.0), DelayMel(22),
    ]  # fmt: skip
    assert [operation.kind for operation in as_the_controls_say] == list(OPERATIONS)
    np.testing.assert_allclose(samples(seen, RESULT), after(flow, known, *as_the_controls_say), atol=2)
    press(seen, "clear")


def test_a_stretch_of_nothing_is_refused_and_nothing_is_lost(seen: Page) -> None:
    choose(seen, "mute_time")
    seen.locator("#surgery-start input[type=number]").fill("80")
    seen.locator("#surgery-start input[type=number]").press("Tab")
    before = fingerprint(seen)
    seen.locator("#surgery-do").click()
    expect(toast(seen).last).to_contain_text("must go from a start")
    expect(seen.locator("#strip")).to_be_hidden()
    assert fingerprint(seen) == before


def test_another_sound_begins_anew_and_a_mel_has_noise_for_latents(page: Page, tmp_path: Path) -> None:
    open_tab(page)
    press(page, "do")
    before = download(page, RESULT)
    page.locator("#example").get_by_label(examples()[OTHER].title).check()  # which is the other recording so far
    wait_for_new(page, RESULT, before)
    expect(page.locator("#surgery-done li")).to_have_count(0)
    expect(page.locator("#surgery-other").get_by_label(examples()[FIRST].title)).to_be_checked()
    other = open_example(OTHER).samples
    assert other is not None
    np.testing.assert_allclose(samples(page, RESULT), to_int16(other).astype(int), atol=1)
    np.save(tmp_path / "mel.npy", open_example("vowels").mel)
    before = download(page, RESULT)
    page.locator("#own-mel input[type=file]").set_input_files(tmp_path / "mel.npy")
    wait_for_new(page, RESULT, before)
    expect(page.locator("#surgery-result a[download]")).to_have_count(1)  # there is no recording beside it
    expect(page.get_by_text(texts.UNTOUCHED_MEL)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_by_day_and_by_night(browser: Browser, address: str, scheme: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "color_scheme": scheme}
    with visit(browser, address, **phone) as page:
        paper = luminance(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        open_tab(page)
        width, room = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width <= room, "it scrolls sideways"
        for words in (".exchange figcaption", ".exchange small", ".exchange b", "#surgery h3", "#surgery-measures td"):
            ink = luminance(page.locator(words).first.evaluate("e => getComputedStyle(e).color"))
            light, dim = max(paper, ink), min(paper, ink)
            assert (light + 0.05) / (dim + 0.05) >= 4.5, f"{words} is too faint"  # WCAG 2.2, AA


def test_every_operation_has_words() -> None:
    assert set(texts.KINDS) == set(texts.ABOUT) == set(texts.DONE) == set(CONTROLS) == set(OPERATIONS)
    for made in OPERATIONS.values():
        operation = made(other="b") if "other" in made.__dataclass_fields__ else made()
        assert "{" not in said(operation, "A man reads")
