"""The player in a browser, one story a test: heard, seen, by keys, by touch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ui.conftest import PATIENCE, samples, visit
from vocoder.explorer.loudness import loudness
from vocoder.explorer.spectrogram import spectrogram
from vocoder.ui.sounds import examples, open_example

STATE = "document.querySelector('#compare .ab').player.state"


def state(page: Page) -> Any:
    """What the player says of itself."""
    return page.evaluate(STATE)


def wait_until(page: Page, condition: str) -> None:
    """Waits for a condition on the player's state `s`, in JavaScript."""
    page.wait_for_function(f"(() => {{ const s = {STATE}; return {condition}; }})()", timeout=PATIENCE)


@pytest.fixture(scope="module")
def visited(browser: Browser, address: str) -> Iterator[Page]:
    with visit(browser, address) as opened:
        ready(opened)
        yield opened


@pytest.fixture
def page(visited: Page) -> Page:
    """One visit for all stories, at rest: the first recording, at its beginning, whole."""
    visited.evaluate(
        """() => {
          const { player } = document.querySelector('#compare .ab');
          player.clock.pause();
          player.choosePart(null);
          player.clock.seek(0);
          player.choose(0);
          player.look({ start: 0, end: player.seconds });
          document.activeElement.blur();
        }"""
    )
    visited.mouse.move(0, 0)
    return visited


def ready(page: Page) -> None:
    """Waits until the sounds are decoded."""
    expect(page.locator("#compare .ab[data-ready]")).to_have_count(1)


def choice(page: Page, name: str) -> Any:
    return page.get_by_role("group", name="Which recording is heard").get_by_role("button", name=name)


def spot(page: Page, selector: str, across: float, up: float = 0.5) -> tuple[float, float]:
    """Page coordinates of a place in a picture, as fractions of its size."""
    page.locator(selector).scroll_into_view_if_needed()
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + across * box["width"], box["y"] + (1 - up) * box["height"]


def test_switching_while_it_plays_keeps_the_moment(page: Page) -> None:
    page.get_by_role("button", name="Loop", exact=True).click()  # so that a slow machine does not reach the end
    page.locator("#compare .ab-play").click()
    wait_until(page, "s.playing && s.position > 0.05 && s.heard[0] === 1")
    expect(page.locator("#compare .ab-play")).to_have_text("Pause")
    assert state(page)["heard"] == [1, 0, 0]
    jump = page.evaluate(
        """() => {
          const { player } = document.querySelector('#compare .ab');
          const before = player.clock.position;
          player.choose(1);
          return player.clock.position - before;
        }"""
    )
    assert 0 <= jump < 0.1
    wait_until(page, "s.heard[1] === 1 && s.heard[0] === 0 && s.playing")
    expect(choice(page, "Flow")).to_have_attribute("aria-pressed", "true")
    before = state(page)["position"]
    wait_until(page, f"s.position !== {before}")  # the playhead goes on
    page.locator("#compare .ab-play").click()
    wait_until(page, "!s.playing")


def test_all_sounds_run_on_one_clock_to_the_sample(page: Page) -> None:
    """Every sound is given the same start by the same context: their sum, gains one, is the sum of the files."""
    page.evaluate(
        """async () => {
          const { clock } = document.querySelector('#compare .ab').player;
          const audio = new OfflineAudioContext(1, 4096, 22050);
          for (const buffer of clock.buffers) {
            const source = new AudioBufferSourceNode(audio, { buffer });
            source.connect(audio.destination);
            source.start(0, 0.5);
          }
          const rendered = await audio.startRendering();
          window.rendered = Array.from(rendered.getChannelData(0));
        }"""
    )
    total = sum(samples(page, player).astype(float) for player in ("original", "flow", "griffin-lim")) / 32768
    np.testing.assert_allclose(page.evaluate("window.rendered"), total[11_025 : 11_025 + 4096], atol=1e-6)


def test_everything_by_keyboard(page: Page) -> None:
    page.locator("#compare .ab-play").focus()
    page.keyboard.press("Enter")
    wait_until(page, "s.playing")
    page.keyboard.press("Space")  # the button's own key
    wait_until(page, "!s.playing")
    for key, system in (("3", "griffin-lim"), ("2", "flow"), ("1", "original")):
        page.keyboard.press(key)
        assert state(page)["chosen"] == system
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowRight")
    assert state(page)["position"] == pytest.approx(0.6, abs=1e-6)
    page.keyboard.press("+")
    view = state(page)["view"]
    assert view["end"] - view["start"] == pytest.approx(state(page)["seconds"] / 2)
    page.keyboard.press("0")
    assert state(page)["view"] == {"start": 0, "end": state(page)["seconds"]}
    page.keyboard.press("l")
    assert state(page)["loop"] == {"start": 0, "end": state(page)["seconds"]}


def test_keys_are_not_taken_from_others(page: Page) -> None:
    page.locator("#seed input").focus()
    page.keyboard.press("ArrowRight")
    page.locator("#temperature input[type=range]").focus()
    page.keyboard.press("Space")
    after = state(page)
    assert (after["chosen"], after["position"], after["playing"]) == ("original", 0, False)
    page.locator("#temperature input[type=range]").evaluate("element => element.blur()")
    page.keyboard.press("2")  # now nobody has the focus
    assert state(page)["chosen"] == "flow"


def test_a_part_is_dragged_looped_and_enlarged(page: Page) -> None:
    stage = "#flow .ab-levels .ab-stage"
    page.mouse.move(*spot(page, stage, 0.25))
    page.mouse.down()
    page.mouse.move(*spot(page, stage, 0.5), steps=4)
    page.mouse.up()
    seconds = state(page)["seconds"]
    part = state(page)["part"]
    assert [part["start"], part["end"]] == pytest.approx([0.25 * seconds, 0.5 * seconds], abs=0.02 * seconds)
    assert state(page)["loop"] == part
    page.locator("#compare .ab-play").click()
    wait_until(page, "s.playing && s.position > s.part.start + 0.1")
    page.evaluate("window.furthest = 0, window.turned = false")
    page.evaluate(
        """() => {
          const { clock } = document.querySelector('#compare .ab').player;
          const old = clock.onTime;
          clock.onTime = (time) => {
            if (time < window.furthest - 0.2) window.turned = true;
            window.furthest = Math.max(window.furthest, time);
            old(time);
          };
        }"""
    )
    page.wait_for_function("window.turned", timeout=PATIENCE)
    assert page.evaluate("window.furthest") < part["end"] and state(page)["playing"]
    page.get_by_role("button", name="Zoom to region").click()
    assert state(page)["view"] == part
    page.get_by_role("button", name="Clear region").click()
    assert state(page)["part"] is None and state(page)["loop"] is None
    page.get_by_role("button", name="Whole").click()
    assert state(page)["view"] == {"start": 0, "end": seconds}


def test_the_pointer_reads_the_spectrograms(page: Page) -> None:
    sound = open_example(next(iter(examples()))).samples
    assert sound is not None
    drawn = spectrogram(sound, 22_050)
    page.mouse.move(*spot(page, "#original .ab-levels .ab-stage", 0.4, 0.1))
    reading = page.locator("#original .ab-levels .ab-reading")
    expect(reading).to_contain_text("Hz")
    when, pitch, level = reading.inner_text().split(", ")
    time = float(when.removesuffix(" s"))
    amount, unit = pitch.split()
    hertz = float(amount) * (1000 if unit == "kHz" else 1)
    column = int(time / drawn.seconds * drawn.levels.shape[1])
    row = int(hertz / drawn.hertz * drawn.levels.shape[0])
    near = drawn.levels[row - 1 : row + 2, column - 1 : column + 2]  # the text is rounded
    assert near.min() - 0.2 <= float(level.removesuffix(" dB").replace("−", "-").lstrip("≤ ")) <= near.max() + 0.2
    expect(page.locator("#flow .ab-levels .ab-reading")).to_contain_text(when)  # the same moment of all


def test_the_difference_of_two(page: Page) -> None:
    page.get_by_role("switch", name="Difference").click()
    canvas = page.locator("#compare .ab-contrast canvas")
    expect(canvas).to_have_attribute("aria-label", "Spectrogram of Original minus spectrogram of Flow, in decibels")
    painted = (
        "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(byte => byte)"
    )
    page.wait_for_function(f"({painted})(document.querySelector('#compare .ab-contrast canvas'))", timeout=PATIENCE)
    page.mouse.move(*spot(page, "#compare .ab-contrast .ab-stage", 0.4, 0.1))
    expect(page.locator("#compare .ab-contrast .ab-reading")).to_contain_text("dB")
    page.get_by_label("Difference: B").select_option("original")  # minus itself
    page.wait_for_function(f"!({painted})(document.querySelector('#compare .ab-contrast canvas'))", timeout=PATIENCE)
    page.get_by_role("switch", name="Difference").click()
    expect(canvas).to_be_hidden()


def test_matching_loudness_is_off_and_says_what_it_does(page: Page) -> None:
    assert state(page)["gains"] == [1, 1, 1]
    shown = page.locator("#compare .ab-gain")
    expect(shown).to_have_text(["", "", ""])
    page.get_by_role("switch", name="Match loudness").click()
    levels = [loudness(samples(page, player) / 32768, 22_050) for player in ("original", "flow", "griffin-lim")]
    known = [level for level in levels if level is not None]
    assert len(known) == 3
    expected = [min(known) - level for level in known]
    found = [float(text.removesuffix(" dB").replace("−", "-")) for text in shown.all_inner_texts()]
    assert found == pytest.approx(expected, abs=0.06)
    assert state(page)["gains"] == pytest.approx([10 ** (gain / 20) for gain in expected], rel=1e-3)
    page.get_by_role("switch", name="Match loudness").click()
    assert state(page)["gains"] == [1, 1, 1]


def test_a_finger_is_enough(browser: Browser, address: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "color_scheme": "dark"}
    with visit(browser, address, **phone) as page:
        ready(page)
        page.touchscreen.tap(*spot(page, "#flow .ab-levels .ab-stage", 0.5))
        wait_until(page, "Math.abs(s.position / s.seconds - 0.5) < 0.02")
        expect(page.locator("#flow .ab-levels .ab-reading")).to_contain_text("kHz")
        choice(page, "Griffin-Lim").tap()
        assert state(page)["chosen"] == "griffin-lim"
        page.get_by_role("button", name="From here").tap()
        part = state(page)["part"]
        assert part["start"] == pytest.approx(part["end"] / 2, rel=0.05)
        page.get_by_role("switch", name="Difference").tap()
        page.locator("#compare .ab-play").tap()
        wait_until(page, "s.playing")
        width, room = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width <= room
        bar = page.locator("#compare .ab-bar").bounding_box()
        assert bar is not None and bar["height"] < 844 / 4  # it stays in sight, and leaves the rest


def test_who_wants_less_motion_gets_less(browser: Browser, address: str) -> None:
    with visit(browser, address, reduced_motion="reduce") as page:
        ready(page)
        page.locator("#compare .ab-play").click()
        wait_until(page, "s.playing && s.position > 0.3")
        shown = float(page.locator("#compare .ab-time").inner_text().split(" / ")[0])
        assert shown % 0.25 == pytest.approx(0, abs=1e-9)


def test_the_first_sound_is_soon_there(page: Page) -> None:
    """The files are asked for and decoded when results arrive, not when Play is pressed."""
    assert page.evaluate(f"{STATE}.seconds") == pytest.approx(len(samples(page, "original")) / 22_050)
    page.context.set_offline(True)
    page.locator("#compare .ab-play").click()
    wait_until(page, "s.playing")
    page.context.set_offline(False)
