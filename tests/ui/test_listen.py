"""What a visitor does on *Listen*, one story a test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, Page, expect

from tests.served import tone
from tests.ui.conftest import download, samples, set_temperature, toast, visit, wait_for_new
from vocoder.audio import read_recording, to_int16
from vocoder.explorer import synthesise
from vocoder.systems import load_system
from vocoder.ui.sounds import EXAMPLES, examples, open_example, open_recording


def upload(page: Page, path: Path) -> None:
    page.locator("#own-recording input[type=file]").set_input_files(path)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "tone.wav", tone(), 22_050, "PCM_24")
    return tmp_path / "tone.wav"


def test_it_opens_with_an_example_and_asks_nobody_else(browser: Browser, address: str) -> None:
    context = browser.new_context()
    elsewhere = []
    context.on("request", lambda request: None if request.url.startswith((address, "data:", "blob:")) else
               elsewhere.append(request.url))  # fmt: skip
    page = context.new_page()
    page.goto(address)
    first = next(iter(examples().values()))
    expected = to_int16(read_recording(EXAMPLES / first.file).samples)
    expect(page.locator("#flow a[download]")).to_be_visible()
    np.testing.assert_array_equal(samples(page, "original"), expected)
    assert len(samples(page, "flow")) == len(samples(page, "griffin-lim")) == len(expected)
    expect(page.locator("#measures tbody tr")).to_have_count(2)
    expect(page.locator("#about")).to_contain_text(first.title)
    page.wait_for_load_state("load")
    assert elsewhere == []
    context.close()


def test_levels_and_lengths_of_an_upload_survive_the_page(page: Page, recording: Path) -> None:
    before = download(page, "original")
    upload(page, recording)
    wait_for_new(page, "original", before)
    given = read_recording(recording).samples
    np.testing.assert_array_equal(samples(page, "original"), to_int16(given))
    assert np.abs(samples(page, "original")).max() == round(0.1 * 32768)
    sound = open_recording(str(recording))
    for player, system in (("flow", load_system("flow", checkpoint=_checkpoint())), ("griffin-lim", None)):
        made = synthesise(
            system or load_system("griffin-lim"), sound.mel, length=sound.length, seed=0, temperature=0.8
        ).samples
        heard = samples(page, player)
        assert len(heard) == len(given)
        np.testing.assert_allclose(heard, to_int16(made).astype(int), atol=1)
    expect(page.locator("#about")).to_contain_text("tone, 1.5 s")
    expect(page.locator("#example input:checked")).to_have_count(0)


def test_temperature_and_seed_change_the_flow_alone(page: Page) -> None:
    others = download(page, "original"), download(page, "griffin-lim")
    warm, first = samples(page, "flow"), download(page, "flow")
    set_temperature(page, "temperature", 0.2)
    wait_for_new(page, "flow", first)
    cool, second = samples(page, "flow"), download(page, "flow")
    page.locator("#temperature input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    wait_for_new(page, "flow", second)
    third = download(page, "flow")
    page.locator("#seed input").fill("5")
    wait_for_new(page, "flow", third)
    reseeded = samples(page, "flow")
    assert not np.array_equal(warm, cool) and not np.array_equal(cool, reseeded)
    assert (download(page, "original"), download(page, "griffin-lim")) == others


def test_a_download_is_the_sound_that_is_heard(page: Page, tmp_path: Path) -> None:
    with page.expect_download() as started:
        page.locator("#flow a[download]").click()
    started.value.save_as(tmp_path / "flow.wav")
    assert started.value.suggested_filename == "flow-temperature-0.8-seed-0.wav"
    saved, rate = soundfile.read(tmp_path / "flow.wav", dtype="int16")
    assert rate == 22_050 and soundfile.info(tmp_path / "flow.wav").subtype == "PCM_16"
    np.testing.assert_array_equal(saved, samples(page, "flow"))


def test_a_recording_by_microphone_is_taken(page: Page) -> None:
    before = download(page, "original")
    page.get_by_label("Record audio").click()
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_timeout(700)
    page.get_by_role("button", name="Stop", exact=True).click()
    wait_for_new(page, "original", before)
    assert len(samples(page, "original")) == len(samples(page, "flow"))


def test_a_mel_is_heard_without_an_original(page: Page, tmp_path: Path) -> None:
    mel = open_recording(str(EXAMPLES / "vowels.flac")).mel
    np.save(tmp_path / "mel.npy", mel)
    before = download(page, "flow")
    page.locator("#own-mel input[type=file]").set_input_files(tmp_path / "mel.npy")
    wait_for_new(page, "flow", before)
    assert len(samples(page, "flow")) == mel.shape[1] * 256
    expect(page.locator("#original a[download]")).to_have_count(0)
    expect(page.locator("#measures tbody td").nth(1)).to_have_text("–")


def test_what_is_no_sound_gets_one_sentence_and_the_page_goes_on(page: Page, tmp_path: Path, recording: Path) -> None:
    (tmp_path / "song<b>.wav").write_text("This is a text.")
    before = download(page, "original")
    upload(page, tmp_path / "song<b>.wav")
    expect(toast(page)).to_have_text(
        "This is not a sound file that can be read here: WAV, FLAC, Ogg (Vorbis or Opus) and MP3 are."
    )
    assert download(page, "original") == before
    expect(page.locator("#strip")).to_be_hidden()
    upload(page, recording)
    wait_for_new(page, "original", before)


def test_cancel_stops_the_work_and_keeps_what_was_open(page: Page, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 29 * 22_050)
    soundfile.write(tmp_path / "long.wav", noise, 22_050)
    before = download(page, "original")
    upload(page, tmp_path / "long.wav")
    expect(page.locator("#strip")).to_be_visible()
    expect(page.locator("#strip progress")).to_have_count(1)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#strip")).to_be_hidden()
    expect(page.locator("#example input:checked")).to_have_value(next(iter(examples())))
    page.get_by_label("Clicks").check()
    wait_for_new(page, "original", before)
    expect(page.locator("#about")).to_contain_text("Clicks")
    expect(page.locator("#about")).not_to_contain_text("long")


def test_an_example_that_is_cancelled_is_not_the_one_that_is_chosen(
    page: Page, browser: Browser, address: str, tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "long.wav", np.random.default_rng(0).normal(0, 0.1, 29 * 22_050), 22_050)
    with visit(browser, address) as somebody_else:  # whose work comes first
        upload(somebody_else, tmp_path / "long.wav")
        expect(somebody_else.locator("#strip progress")).to_be_visible()
        page.get_by_label("Clicks").check()
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator("#strip")).to_be_hidden()
        expect(page.locator("#example input:checked")).to_have_value(next(iter(examples())))
        somebody_else.get_by_role("button", name="Cancel").click()
        expect(somebody_else.locator("#strip")).to_be_hidden()


def test_another_system_joins_and_the_others_stay(page: Page) -> None:
    others = [download(page, player) for player in ("original", "flow", "griffin-lim")]
    page.get_by_label("SPSI", exact=True).check()
    expect(page.locator("#spsi a[download]")).to_have_count(1)
    expect(page.locator("#strip")).to_be_hidden()
    assert [download(page, player) for player in ("original", "flow", "griffin-lim")] == others
    expect(page.locator("#measures tbody th")).to_have_text(["Flow", "Griffin-Lim", "SPSI"])
    first = open_example(next(iter(examples())))
    made = synthesise(load_system("spsi"), first.mel, length=first.length).samples
    np.testing.assert_allclose(samples(page, "spsi"), to_int16(made).astype(int), atol=1)
    page.get_by_label("Griffin-Lim", exact=True).uncheck()
    expect(page.locator("#griffin-lim")).to_have_count(0)
    expect(page.locator("#measures tbody th")).to_have_text(["Flow", "SPSI"])


def test_no_system_at_all_is_refused_in_a_sentence(page: Page) -> None:
    page.get_by_label("Griffin-Lim", exact=True).uncheck()
    expect(page.locator("#griffin-lim")).to_have_count(0)
    page.get_by_label("Flow", exact=True).uncheck()
    expect(toast(page)).to_have_text("Choose one to 5 systems to compare.")
    expect(page.get_by_label("Flow", exact=True)).to_be_checked()  # as before


def test_what_is_not_here_says_why(page: Page) -> None:
    page.locator("#missing summary").click()
    expect(page.locator("#missing li").first).to_contain_text(": ")


def _checkpoint() -> str:
    from vocoder.ui import engine

    return str(engine.checkpoints()[engine.first_checkpoint()])
