"""What a visitor sees on *Look inside*, held against the explorer's own answers."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.ui.conftest import download, samples, set_temperature, visit, wait_for_new
from vocoder.audio import to_int16
from vocoder.explorer import Analysis, analyse, sample_again
from vocoder.systems import InvertibleVocoder, load_system
from vocoder.ui import engine
from vocoder.ui.sounds import examples, open_example

STATE = "document.querySelector('#again .ab').player.state"


@pytest.fixture(scope="module")
def flow(address: str) -> InvertibleVocoder:
    return load_system("flow", checkpoint=engine.checkpoints()[engine.first_checkpoint()])


@pytest.fixture(scope="module")
def analysis(flow: InvertibleVocoder) -> Analysis:
    samples = open_example(next(iter(examples()))).samples
    assert samples is not None
    return analyse(flow, samples)


@pytest.fixture(scope="module")
def inside(browser: Browser, address: str) -> Iterator[Page]:
    """One visit for all tests that look at the first example."""
    with visit(browser, address) as page:
        page.get_by_role("tab", name="Look inside").click()
        expect(page.locator("#numbers tbody tr")).to_have_count(8)
        yield page


def number(page: Page, row: int) -> float:
    text = page.locator("#numbers tbody tr").nth(row).locator("td").first.inner_text()
    return float(text.split()[0].replace("−", "-").replace(",", ""))


def test_the_numbers_are_the_explorers(inside: Page, analysis: Analysis) -> None:
    shown = [number(inside, row) for row in range(6)]
    found = [analysis.z_mean, analysis.z_std, analysis.z_kurtosis, analysis.log_det, analysis.bits_per_sample]
    assert shown == pytest.approx([*found, analysis.z.size], abs=0.5, rel=2e-3)
    assert shown[:3] == pytest.approx(found[:3], abs=1e-3)
    assert number(inside, 6) == pytest.approx(analysis.round_trip_db, abs=1.5)
    assert number(inside, 6) < -80
    expect(inside.locator("#round-trip")).to_contain_text("dB")


def test_the_latents_are_drawn_as_they_are(inside: Page, analysis: Analysis) -> None:
    source = inside.locator("#picture-latents img").get_attribute("src")
    assert source is not None
    image = Image.open(io.BytesIO(base64.b64decode(source.split(",")[1])))
    drawn = np.asarray(image, int)[::-1]
    shown = analysis.z[:, :: -(-analysis.z.shape[1] // image.width)]  # wide ones leave columns out
    assert image.mode == "P" and drawn.shape == shown.shape and image.width > 500
    np.testing.assert_allclose((drawn - 128) * 3 / 127, np.clip(shown, -3, 3), atol=0.02)
    expect(inside.locator("#picture-histogram svg")).to_have_count(1)
    expect(inside.locator("#picture-quantiles svg")).to_have_count(1)


def test_the_same_z_is_the_recording_again(inside: Page, analysis: Analysis) -> None:
    np.testing.assert_allclose(samples(inside, "again-same"), to_int16(analysis.samples).astype(int), atol=1)
    expect(inside.locator("#again")).to_contain_text("Spectral distance to the recording: 0.00")


def test_the_recording_and_its_ways_back_are_heard_on_one_clock(inside: Page, analysis: Analysis) -> None:
    np.testing.assert_array_equal(samples(inside, "again-original"), to_int16(analysis.samples))
    titles = inside.locator("#again .ab-choices button span").all_inner_texts()
    assert titles == ["Original", "With this z", "With scaled z", "With fresh z"]
    loop = inside.locator("#again").get_by_role("button", name="Loop", exact=True)
    loop.click()  # so that a slow machine does not reach the end
    inside.locator("#again .ab-play").click()
    inside.wait_for_function(f"(() => {{ const s = {STATE}; return s.playing && s.heard[0] === 1; }})()")
    inside.keyboard.press("2")
    inside.wait_for_function(f"(() => {{ const s = {STATE}; return s.heard[1] === 1 && s.heard[0] === 0; }})()")
    after = inside.evaluate(STATE)
    assert after["playing"] and after["chosen"] == "same"
    inside.locator("#again .ab-play").click()
    loop.click()


def test_scaled_and_fresh_z_are_sampled_again(inside: Page, flow: InvertibleVocoder, analysis: Analysis) -> None:
    before = download(inside, "again-scaled"), download(inside, "again-fresh")
    others = [download(inside, f"again-{name}") for name in ("original", "same")]
    turns = inside.evaluate("""() => {
      const { root, clock } = document.querySelector('#again .ab').player;
      window.kept = clock.buffers;
      return root.dataset.ready;
    }""")
    set_temperature(inside, "z-temperature", 0.25)
    wait_for_new(inside, "again-scaled", before[0])
    assert download(inside, "again-fresh") == before[1]  # the others stay what they are, and are not fetched again
    expect(inside.locator("#again .ab")).not_to_have_attribute("data-ready", turns)
    same = "document.querySelector('#again .ab').player.clock.buffers.map((buffer, k) => buffer === window.kept[k])"
    assert inside.evaluate(same) == [True, True, False, True]
    expected = sample_again(flow, analysis, mode="scaled", temperature=0.25).samples
    np.testing.assert_allclose(samples(inside, "again-scaled"), to_int16(expected).astype(int), atol=1)
    inside.locator("#z-seed input").fill("11")
    wait_for_new(inside, "again-fresh", before[1])
    expected = sample_again(flow, analysis, mode="fresh", temperature=1.0, seed=11).samples
    np.testing.assert_allclose(samples(inside, "again-fresh"), to_int16(expected).astype(int), atol=1)
    assert [download(inside, f"again-{name}") for name in ("original", "same")] == others


def test_other_sounds_are_looked_into_at_once_and_mels_cannot_be(page: Page, tmp_path: Path) -> None:
    page.get_by_role("tab", name="Look inside").click()
    before = download(page, "again-same")
    page.get_by_label("Clicks").check()
    wait_for_new(page, "again-same", before)
    clicks = open_example("impulses").samples
    assert clicks is not None
    np.testing.assert_allclose(samples(page, "again-same"), to_int16(clicks).astype(int), atol=1)
    np.save(tmp_path / "mel.npy", open_example("vowels").mel)
    page.locator("#own-mel input[type=file]").set_input_files(tmp_path / "mel.npy")
    expect(page.get_by_text("A mel-spectrogram has no samples")).to_be_visible()
    expect(page.locator("#numbers")).to_be_hidden()
