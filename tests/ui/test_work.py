"""Work that can be watched and stopped, errors that become sentences, files that stay where they belong."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import soundfile

from vocoder.errors import AudioError
from vocoder.ui.files import KEEP_SECONDS, prepare_cache, wav_for_page
from vocoder.ui.work import Working, in_sentences, last, watched


def test_work_is_watched_to_its_end() -> None:
    def work(progress: Callable[[float], None]) -> str:
        for step in range(1, 6):
            progress(step / 10)
            time.sleep(0.1)
        return "done"

    def steps() -> Iterator[Working | str]:
        yield (yield from watched("Counting", work))

    seen = list(steps())
    fractions = [step.fraction for step in seen if isinstance(step, Working)]
    assert seen[-1] == "done" and last(steps()) == "done"
    assert len(fractions) > 1 and fractions == sorted(fractions) and fractions[-1] <= 0.5


def test_closing_ends_the_work_at_its_next_step() -> None:
    steps: list[int] = []

    def work(progress: Callable[[float], None]) -> None:
        for step in range(1000):
            progress(step / 1000)
            steps.append(step)
            time.sleep(0.01)

    running = watched("Counting", work)
    next(running)
    running.close()  # returns when the work has ended
    done = len(steps)
    time.sleep(0.1)
    assert 0 < done == len(steps) < 1000


def failing(error: Exception) -> Callable[[], Iterator[str]]:
    @in_sentences
    def listener() -> Iterator[str]:
        yield "begun"
        raise error

    return listener


def test_a_mistake_of_the_visitor_is_told_as_it_stands() -> None:
    with pytest.raises(gr.Error) as shown:
        list(failing(AudioError("The file is empty; give one with sound."))())
    assert shown.value.message == "The file is empty; give one with sound."


def test_a_name_cannot_bring_html_into_the_page() -> None:
    with pytest.raises(gr.Error) as shown:
        list(failing(AudioError("<img src=x>.wav is empty."))())
    assert "<" not in shown.value.message and "img src=x" in shown.value.message


def test_a_fault_of_ours_has_a_number_and_no_details(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(gr.Error) as shown:
        list(failing(KeyError("/tmp/my private recording.wav"))())
    number = shown.value.message.split("fault ")[1].split(")")[0]
    assert number in caplog.text and "KeyError" in caplog.text and __file__ in caplog.text
    assert "private" not in caplog.text and "private" not in shown.value.message


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_an_earlier_server_left_is_deleted(cache: Path) -> None:
    for name, age in (("old", KEEP_SECONDS + 60), ("new", 60)):
        (cache / name).mkdir(parents=True)
        (cache / name / "sound.wav").write_bytes(b"")
        os.utime(cache / name / "sound.wav", (time.time() - age,) * 2)
    assert prepare_cache() == cache
    assert not (cache / "old").exists() and (cache / "new" / "sound.wav").exists()


def test_links_out_of_the_cache_are_not_followed(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("words")
    os.utime(tmp_path / "mine" / "thesis.txt", (0, 0))
    cache.mkdir()
    (cache / "link").symlink_to(tmp_path / "mine", target_is_directory=True)
    prepare_cache()
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_a_quiet_sound_stays_quiet(cache: Path) -> None:
    prepare_cache()
    sound = np.linspace(-0.01, 0.01, 500, dtype=np.float32)
    saved, rate = soundfile.read(wav_for_page(sound, 22_050, "quiet"), dtype="float32")
    assert rate == 22_050
    np.testing.assert_allclose(saved, sound, atol=2**-16 + 1e-7)
