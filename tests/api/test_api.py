"""The page as an API: its names are a promise, its answers are the explorer's, its refusals are sentences."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from tests.served import CHECKPOINT, tone
from vocoder.audio import read_recording, to_int16
from vocoder.errors import AudioError
from vocoder.explorer import analyse
from vocoder.systems import load_system
from vocoder.ui import engine
from vocoder.ui.sounds import examples, open_example, open_recording

PROMISED = Path(__file__).parent / "api.json"


def listen(client: Client, path: Path | str, **settings: object) -> tuple:
    settings = {"temperature": 0.8, "seed": 0, "checkpoint": CHECKPOINT} | settings
    return client.predict(handle_file(str(path)), **settings, api_name="/listen_to_recording")


def file(compared: dict, track: str) -> str:
    """Where the client put a track's WAV."""
    return next(entry["file"] for entry in compared["tracks"] if entry["id"] == track)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "tone.wav", tone(), 22_050, "FLOAT")
    return tmp_path / "tone.wav"


def test_the_names_are_those_that_were_promised(client: Client) -> None:
    offered = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    names = {
        name: {side: [entry["parameter_name" if side == "parameters" else "label"] for entry in endpoint[side]]
               for side in ("parameters", "returns")}
        for name, endpoint in offered.items()
    }  # fmt: skip
    assert names == json.loads(PROMISED.read_text("utf-8"))


def test_every_listener_is_promised_or_the_pages_own(client: Client) -> None:
    """What the page asks for itself (what a link says, which sliders an operation has) is no promise to anybody."""
    listeners = [event for event in client.config["dependencies"] if event["backend_fn"] and not event["cancels"]]
    promised = {name.strip("/") for name in json.loads(PROMISED.read_text("utf-8"))}
    own = {re.sub(r"_\d+$", "", event["api_name"]) for event in listeners if event["api_visibility"] != "public"}
    assert {event["api_name"] for event in listeners if event["api_visibility"] == "public"} == promised
    assert own - promised == {"_show_controls", "check_weights", "follow_link", "read_link", "what_is_open"}


def test_a_recording_comes_back_three_times_with_its_measures(client: Client, recording: Path) -> None:
    compared, measures = listen(client, recording)
    assert [track["id"] for track in compared["tracks"]] == ["original", "flow", "griffin-lim"]
    given = read_recording(recording).samples
    for track in compared["tracks"]:
        samples, rate = soundfile.read(track["file"], dtype="int16")
        assert rate == 22_050 and len(samples) == len(given)
    np.testing.assert_array_equal(soundfile.read(file(compared, "original"), dtype="int16")[0], to_int16(given))
    assert [row["name"] for row in measures["rows"]] == ["Flow", "Griffin-Lim"]
    assert all(cell["value"] > 0 for row in measures["rows"] for cell in row["cells"])


def test_other_systems_are_had_for_what_is_open(client: Client, recording: Path) -> None:
    before, _ = listen(client, recording, systems=["flow"])
    settings = {"temperature": 0.3, "seed": 9, "checkpoint": CHECKPOINT, "api_name": "/choose_systems"}
    compared, measures = client.predict(systems=["spsi", "flow"], **settings)
    assert [row["name"] for row in measures["rows"]] == ["SPSI", "Flow"]
    same = [soundfile.read(file(there, "flow"), dtype="int16")[0] for there in (before, compared)]
    np.testing.assert_array_equal(*same)  # what was there is kept, whatever the settings are by now
    assert client.predict(api_name="/what_is_open") == (None, ["spsi", "flow"], 0.8, 0, CHECKPOINT)
    for wrong, sentence in (([], "one to 5"), (["flow", "no such"], "no such")):
        with pytest.raises(AppError, match=sentence):
            client.predict(systems=wrong, **settings)


def test_a_session_goes_on_with_what_it_opened(client: Client, recording: Path) -> None:
    listen(client, recording)
    numbers = client.predict(temperature=0.5, seed=1, api_name="/look_inside")[0]
    found = {row["name"]: row["cells"][0]["value"] for row in numbers["rows"]}
    sound = open_recording(str(recording))
    assert sound.samples is not None
    expected = analyse(load_system("flow", checkpoint=engine.checkpoints()[CHECKPOINT]), sound.samples)
    assert found["Mean of z"] == pytest.approx(expected.z_mean, abs=1e-5)
    assert found["Log-determinant"] == pytest.approx(expected.log_det, rel=1e-4)
    assert found["Bits per sample"] == pytest.approx(expected.bits_per_sample, rel=1e-4)
    assert found["Round-trip error"] < -80
    compared, _ = client.predict(temperature=0.0, seed=0, checkpoint=CHECKPOINT, api_name="/hear_flow")
    assert len(soundfile.read(file(compared, "flow"))[0]) == len(sound.samples)


def test_sessions_do_not_see_each_other(client: Client, recording: Path) -> None:
    listen(client, recording)
    stranger = Client(client.src, verbose=False)
    settings = {"temperature": 0.8, "seed": 0, "checkpoint": CHECKPOINT, "api_name": "/hear_flow"}
    with pytest.raises(AppError, match="forgotten"):
        stranger.predict(example="vowels", **settings)  # which it never opened
    compared, _ = stranger.predict(**settings)
    assert len(soundfile.read(file(compared, "flow"))[0]) == open_example(next(iter(examples()))).length


@pytest.mark.parametrize("content", [b"", b"This is a text.", b"RIFF\x24\x00\x00\x00WAVEfmt "])
def test_a_file_that_is_no_sound_gets_the_decoders_sentence(client: Client, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.wav").write_bytes(content)
    with pytest.raises(AudioError) as expected:
        read_recording(tmp_path / "broken.wav")
    with pytest.raises(AppError) as refused:
        listen(client, tmp_path / "broken.wav")
    assert refused.value.message == str(expected.value)


def test_a_recording_that_is_too_long_is_refused(client: Client, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "hour.flac", np.zeros(3600 * 8000, np.int16), 8000)
    with pytest.raises(AppError, match="30 s"):
        listen(client, tmp_path / "hour.flac")


def test_settings_that_cannot_be_are_refused_in_a_sentence(client: Client, recording: Path) -> None:
    for wrong in ({"temperature": 3.0}, {"seed": -1}, {"seed": 2**32}, {"checkpoint": "../../etc"}):
        with pytest.raises(AppError) as refused:
            listen(client, recording, **wrong)
        assert refused.value.message and "Traceback" not in refused.value.message


def test_a_file_of_the_server_is_not_read(client: Client) -> None:
    given = {"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}}
    with pytest.raises(AppError) as refused:
        client.predict(given, 0.8, 0, CHECKPOINT, api_name="/listen_to_recording")
    assert "hostname" not in str(refused.value)
