"""Step by step as a visitor meets it: the slider, the pictures and the sounds, held against the explorer's journeys."""

from __future__ import annotations

import base64
import io
import json
import re
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Request, expect

from tests.ui.conftest import set_temperature, visit
from tests.ui.test_layout import luminance
from vocoder.audio import to_int16
from vocoder.explorer import synthesise, watch_back, watch_forward
from vocoder.explorer.steps import Journey, Station, receptive_field
from vocoder.systems import InvertibleVocoder, load_system
from vocoder.ui import engine
from vocoder.ui.sounds import examples, open_example
from vocoder.ui.steps_drawing import draw
from vocoder.ui.steps_payload import SHADES, WIDEST, payload, picture
from vocoder.ui.texts import steps as texts

FIRST, OTHER = list(examples())[:2]
SHOWN = "#steps section:not([hidden])"
STEPS = "[...document.querySelectorAll('#steps-drawing, #steps-drawing *')].find((element) => element.steps).steps"


def open_tab(page: Page) -> None:
    """Opens the tab, from the menu of those that do not fit if need be, and waits until it is filled."""
    tab = page.get_by_role("tab", name=texts.TAB)
    if not tab.is_visible():
        page.locator("#tabs .overflow-menu > button").first.click()
        tab = page.locator("#tabs .overflow-dropdown button", has_text=texts.TAB)
    tab.click()
    expect(page.locator(".steps[data-ready]")).to_be_visible()
    expect(page.locator("#strip")).to_be_hidden()


def heard(page: Page, way: str, step: int) -> np.ndarray:
    """The WAV of a step, as 16-bit samples."""
    address = page.locator(f".steps-boxes[data-body={way}] button").nth(step).get_attribute("data-sound")
    with wave.open(io.BytesIO(page.request.get(f"{page.url.split('?')[0]}{address}").body())) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 22_050)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def drawn(source: str | None) -> np.ndarray:
    """The palette indices of a picture, row 0 at the bottom."""
    assert source is not None
    image = Image.open(io.BytesIO(base64.b64decode(source.split(",")[-1])))
    assert image.mode == "P"
    return np.asarray(image, int)[::-1]


def figure(page: Page, row: int) -> float:
    text = page.locator(f"{SHOWN} .steps-figures dd").nth(row).inner_text()
    return float(text.split()[0].replace("−", "-").replace(",", ""))


@pytest.fixture(scope="module")
def flow(address: str) -> InvertibleVocoder:
    return load_system("flow", checkpoint=engine.checkpoints()[engine.first_checkpoint()])


@pytest.fixture(scope="module")
def there(flow: InvertibleVocoder) -> Journey:
    sound = open_example(FIRST).samples
    assert sound is not None
    return watch_forward(flow, sound)


@pytest.fixture(scope="module")
def seen(browser: Browser, address: str) -> Iterator[Page]:
    """One visit for the tests of the first example."""
    with visit(browser, address) as page:
        open_tab(page)
        yield page


def is_station(page: Page, station: Station) -> None:
    """What is shown is this station."""
    assert figure(page, 0) == pytest.approx(station.distance, abs=2e-3)
    assert figure(page, 1) == pytest.approx(station.gaussian.std, abs=0.011)
    assert figure(page, 2) == pytest.approx(station.log_det, rel=1e-3, abs=1)
    assert figure(page, 3) == pytest.approx(station.bits_per_sample, abs=0.02)
    shades = drawn(page.locator(f"{SHOWN} .steps-picture img").get_attribute("src")) - SHADES - 1
    each = -(-station.columns.shape[1] // WIDEST)
    columns = station.columns[:, ::each]
    assert shades.shape == columns.shape
    large = np.abs(columns) > np.quantile(np.abs(columns), 0.9)
    assert (np.sign(shades) == np.sign(columns))[large].mean() > 0.99
    expect(page.locator(f"{SHOWN} .steps-histogram svg")).to_have_count(1)


def test_the_slider_walks_from_the_recording_to_noise(seen: Page, there: Journey) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":  # how Gradio's listeners are called
            asked.append(request.url)

    slider = seen.locator("#steps-slider")
    expect(slider).to_have_attribute("max", str(len(there.stations) - 1))
    np.testing.assert_allclose(heard(seen, "there", 0), to_int16(there.stations[0].sound), atol=1)
    slider.focus()
    seen.on("request", note)
    pictures = set()
    for place, station in enumerate(there.stations):
        expect(seen.locator(SHOWN)).to_have_attribute("data-step", str(place))
        expect(seen.locator(".steps-boxes:not([hidden]) [aria-current=step]")).to_have_attribute(
            "data-step", str(place)
        )
        is_station(seen, station)
        pictures.add(seen.locator(f"{SHOWN} .steps-picture img").get_attribute("src"))
        slider.press("ArrowRight")
    seen.remove_listener("request", note)
    assert len(pictures) == len(there.stations)
    assert asked == []
    for place, station in enumerate(there.stations):
        np.testing.assert_allclose(heard(seen, "there", place), to_int16(station.gain * station.sound), atol=2)


def test_what_plays_goes_on_as_another_step(seen: Page) -> None:
    seen.locator(".steps-boxes:not([hidden]) button").first.click()
    seen.locator("#steps-play").click()
    expect(seen.locator("#steps-play")).to_have_text(texts.PAUSE)
    seen.wait_for_function(f"{STEPS}.clock.heard[0] > 0.99 && {STEPS}.clock.position > 0.05")
    seen.locator(".steps-boxes:not([hidden]) button").last.click()
    last = seen.locator(".steps-boxes:not([hidden]) button").count() - 1
    seen.wait_for_function(f"{STEPS}.clock.heard[{last}] > 0.99 && {STEPS}.clock.heard[0] < 0.01")
    assert seen.evaluate(f"{STEPS}.clock.playing")
    seen.locator("#steps-play").click()
    expect(seen.locator("#steps-play")).to_have_text(texts.PLAY)


def test_it_goes_by_itself_and_stops_at_the_end(seen: Page) -> None:
    seen.locator(".steps-boxes:not([hidden]) button").first.click()
    seen.locator("#steps-watch").click()
    expect(seen.locator(SHOWN)).to_have_attribute("data-step", "1")
    last = seen.locator(".steps-boxes:not([hidden]) button").count() - 1
    expect(seen.locator(SHOWN)).to_have_attribute("data-step", str(last))
    expect(seen.locator("#steps-watch")).to_have_text(texts.WATCH)
    seen.locator("#steps-play").click()


def test_a_flow_opens_and_says_what_its_convolutions_see(seen: Page, flow: InvertibleVocoder) -> None:
    for number in range(1, flow.settings.flows + 1):
        field = receptive_field(flow, number)
        seen.locator(f".steps-boxes:not([hidden]) button[data-kind=flow] >> nth={number - 1}").click()
        inside = seen.locator(f"{SHOWN} .steps-inside")
        expect(inside.locator("figure")).to_have_count(5)
        expect(inside).to_contain_text(f"{field.reach} columns to either side")
        first, stop = field.samples(0)
        expect(inside).to_contain_text(f"Light: {(stop - first) / 22_050:.2f} s")
        dots = inside.locator("svg.thumb .dots").get_attribute("d")
        assert dots is not None
        assert dots.count("M") == 1 + 3 + 7  # two layers of three taps with dilations 2 and 1


def test_noise_comes_back_as_sound_at_the_temperature_that_is_set(seen: Page, flow: InvertibleVocoder) -> None:
    sound = open_example(FIRST)
    seen.get_by_role("button", name=texts.WAYS["back"]).click()
    count = seen.locator(".steps-boxes:not([hidden]) button").count()
    expect(seen.locator(SHOWN)).to_have_attribute("data-step", str(count - 1))  # it begins at the noise
    expected = synthesise(flow, sound.mel, length=sound.length, seed=0, temperature=0.8).samples
    np.testing.assert_allclose(heard(seen, "back", 0), np.clip(to_int16(expected).astype(int), -32768, 32767), atol=2)
    before = seen.locator(".steps-boxes[data-body=back] button").first.get_attribute("data-sound")
    set_temperature(seen, "steps-temperature", 0.3)
    first = seen.locator(".steps-boxes[data-body=back] button").first
    expect(first).not_to_have_attribute("data-sound", before or "")
    expect(seen.locator("#strip")).to_be_hidden()
    back = watch_back(flow, sound.mel, length=sound.length, seed=0, temperature=0.3)
    expect(seen.locator(SHOWN)).to_have_attribute("data-step", str(count - 1))  # where the visitor was
    is_station(seen, back.stations[-1])
    seen.locator(".steps-boxes:not([hidden]) button").first.click()
    is_station(seen, back.stations[0])
    seen.get_by_role("button", name=texts.WAYS["there"]).click()


def test_another_sound_is_followed_and_a_mel_has_the_way_back_only(page: Page, tmp_path: Path) -> None:
    open_tab(page)
    before = page.locator(".steps-boxes button").first.get_attribute("data-sound")
    page.get_by_label(examples()[OTHER].title).first.check()
    expect(page.locator(".steps-boxes button").first).not_to_have_attribute("data-sound", before or "")
    other = open_example(OTHER).samples
    assert other is not None
    np.testing.assert_allclose(heard(page, "there", 0), to_int16(other), atol=1)
    expect(page.locator("#strip")).to_be_hidden()
    np.save(tmp_path / "mel.npy", open_example("vowels").mel)
    page.locator("#own-mel input[type=file]").set_input_files(tmp_path / "mel.npy")
    expect(page.get_by_text(texts.NO_RECORDING)).to_be_visible()
    expect(page.get_by_role("button", name=texts.WAYS["there"])).to_have_count(0)
    expect(page.locator(SHOWN)).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_by_day_and_by_night(browser: Browser, address: str, scheme: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "color_scheme": scheme}
    with visit(browser, address, **phone) as page:
        paper = luminance(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        open_tab(page)
        for place in range(page.locator(".steps-boxes:not([hidden]) button").count()):
            page.locator(".steps-boxes:not([hidden]) button").nth(place).tap()
            width, room = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
            assert width <= room, "it scrolls sideways"
        for words in ("h3", ".look", "dd", "dt", "figcaption"):
            ink = luminance(page.locator(f"{SHOWN} {words}").first.evaluate("e => getComputedStyle(e).color"))
            light, dim = max(paper, ink), min(paper, ink)
            assert (light + 0.05) / (dim + 0.05) >= 4.5, f"{words} is too faint"  # WCAG 2.2, AA


def test_a_picture_is_of_the_values() -> None:
    values = np.random.default_rng(0).standard_normal((20, 700))
    shades = drawn(picture(values, 2.0, 256)) - SHADES - 1
    shown = values[:, ::3]
    assert shades.shape == shown.shape
    np.testing.assert_array_equal(shades, np.clip(np.round(shown / 2 * SHADES), -SHADES, SHADES))
    assert drawn(picture(values, 2.0, 96, 10)).shape == (10, 88)


def test_what_is_stored_is_json_and_old_data_is_refused(flow: InvertibleVocoder, there: Journey) -> None:
    written: dict[str, np.ndarray] = {}

    def write(samples: Any, name: str) -> str:
        written[name] = samples
        return f"/{name}.wav"

    back = watch_back(flow, there.mel, length=there.heard)
    fields = tuple(receptive_field(flow, number) for number in range(1, flow.settings.flows + 1))
    data = payload(there, back, fields, 22_050, write)
    html = draw(json.loads(json.dumps(data)))
    assert html == draw(data)
    assert len(written) == len(re.findall(r'data-sound="/[a-z]+-\d+\.wav"', html)) == 2 * len(there.stations)
    assert max(np.abs(samples).max() for samples in written.values()) <= 1 + 1e-6
    with pytest.raises(ValueError, match="version 1"):
        draw(data | {"version": 2})
