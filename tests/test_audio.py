"""Reading and writing sound files; libsndfile, SciPy, soxr in one piece and sines of known pitch are the judges."""

from __future__ import annotations

import io
import os
import struct
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.io.wavfile
import soundfile
import soxr

from vocoder.audio import COMMAND_LINE_LIMITS, PAGE_LIMITS, read_recording, stream_recording, to_int16, write_wav
from vocoder.audio import wav as wav_module
from vocoder.errors import AudioError

RATE = 22_050
WIDTHS = {"PCM_U8": 2**-7, "PCM_16": 2**-15, "PCM_24": 2**-23, "PCM_32": 2**-31, "FLOAT": 0.0, "DOUBLE": 0.0}


def noise(frames: int, channels: int = 1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.9, 0.9, (frames, channels))


def sine(rate: int, seconds: float = 1.0, hertz: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)


@pytest.mark.parametrize("container", ["WAV", "WAVEX", "RF64"])
@pytest.mark.parametrize("subtype", WIDTHS)
@pytest.mark.parametrize("channels", [1, 2, 8])
def test_every_wav_is_read_as_libsndfile_reads_it(tmp_path, container, subtype, channels):
    path = tmp_path / "noise.wav"
    soundfile.write(path, noise(3001, channels), RATE, subtype, format=container)
    expected = soundfile.read(path, dtype="float64", always_2d=True)[0].mean(1)
    recording = read_recording(path)
    assert recording.samples.dtype == np.float32
    assert recording.sample_rate == RATE
    assert recording.name == "noise.wav"
    np.testing.assert_allclose(recording.samples, expected, atol=2e-7)
    np.testing.assert_allclose(recording.samples, noise(3001, channels).mean(1), atol=WIDTHS[subtype] + 2e-7)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32, np.float64])
def test_wavs_of_scipy_are_read(tmp_path, dtype):
    samples = sine(RATE)
    if np.issubdtype(dtype, np.integer):
        middle, scale = (128, 127) if dtype == np.uint8 else (0, np.iinfo(dtype).max)
        stored = (samples * scale + middle).astype(dtype)
    else:
        stored = samples.astype(dtype)
    scipy.io.wavfile.write(tmp_path / "sine.wav", RATE, stored)
    np.testing.assert_allclose(read_recording(tmp_path / "sine.wav").samples, samples, atol=0.02)


@pytest.mark.parametrize(
    ("container", "subtype", "error"),
    [("FLAC", "PCM_S8", 0.01), ("FLAC", "PCM_16", 1e-4), ("FLAC", "PCM_24", 1e-6), ("OGG", "VORBIS", 0.02),
     ("OGG", "OPUS", 0.02), ("MP3", "MPEG_LAYER_III", 0.02)],
)  # fmt: skip
def test_compressed_files(tmp_path, container, subtype, error):
    rate = 48_000
    path = tmp_path / "sine"  # its name does not matter
    soundfile.write(path, sine(rate), rate, subtype, format=container)
    samples = read_recording(path, sample_rate=rate).samples
    assert abs(len(samples) - rate) <= 2 * 1152
    inner = slice(rate // 10, -rate // 10)
    np.testing.assert_allclose(samples[inner], sine(rate)[: len(samples)][inner], atol=error)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000])
def test_every_rate_keeps_the_pitch_the_level_and_the_length(tmp_path, rate):
    soundfile.write(tmp_path / "sine.wav", sine(rate, 1.5), rate, "FLOAT")
    samples = read_recording(tmp_path / "sine.wav").samples
    assert abs(len(samples) - 1.5 * RATE) <= 1
    np.testing.assert_allclose(samples[500:-500], sine(RATE, 1.6)[500 : len(samples) - 500], atol=2e-4)


def test_a_stream_is_the_recording_in_blocks(tmp_path):
    soundfile.write(tmp_path / "noise.flac", noise(40_000, 2), 16_000)
    whole = read_recording(tmp_path / "noise.flac", COMMAND_LINE_LIMITS).samples
    expected = soxr.resample(soundfile.read(tmp_path / "noise.flac", dtype="float32")[0].mean(1), 16_000, RATE)
    np.testing.assert_array_equal(whole, expected)
    for seconds in (1e-5, 0.013, 0.5, 100):
        blocks = list(stream_recording(tmp_path / "noise.flac", block_seconds=max(seconds, 20 / RATE)))
        np.testing.assert_array_equal(np.concatenate(blocks), whole)
        assert len({len(block) for block in blocks[:-1]}) <= 1


@pytest.mark.parametrize("value", [0.0, 0.25, -1.0, 1.0])
def test_silence_and_constants_are_sound(tmp_path, value):
    soundfile.write(tmp_path / "constant.wav", np.full(RATE, value), RATE, "FLOAT")
    np.testing.assert_array_equal(read_recording(tmp_path / "constant.wav").samples, np.float32(value))


def test_a_wav_from_a_pipe_and_one_with_other_chunks(tmp_path):
    soundfile.write(tmp_path / "plain.wav", noise(2000), RATE, "PCM_16")
    plain = (tmp_path / "plain.wav").read_bytes()
    expected = read_recording(tmp_path / "plain.wav").samples
    endless = plain[:40] + b"\xff\xff\xff\xff" + plain[44:]  # what ffmpeg writes to a pipe
    odd = plain[:12] + b"LIST\x05\0\0\0INFOx\0" + plain[12:] + b"LIST\x04\0\0\0INFO"  # an odd chunk is padded
    cut = plain[:-1000]
    for name, data, count in (("endless", endless, 2000), ("odd", odd, 2000), ("cut", cut, 1500)):
        path = tmp_path / f"{name}.wav"
        path.write_bytes(data)
        np.testing.assert_array_equal(read_recording(path).samples, expected[:count])


def test_an_mp3_behind_tags_is_read_without_a_word(tmp_path, capfd):
    soundfile.write(tmp_path / "bare.mp3", sine(RATE), RATE)
    comment = b"COMM" + struct.pack(">I", 3) + b"\0\0" + b"\1ab"  # too small a comment, of which libmpg123 complains
    body = comment + b"\0" * 300
    tag = b"ID3\x03\0\0" + bytes([0, 0, len(body) >> 7, len(body) & 127]) + body
    expected = read_recording(tmp_path / "bare.mp3").samples
    for padding in (b"", b"\0" * 50):
        (tmp_path / "tagged.mp3").write_bytes(tag + padding + (tmp_path / "bare.mp3").read_bytes())
        np.testing.assert_array_equal(read_recording(tmp_path / "tagged.mp3").samples, expected)
    assert capfd.readouterr() == ("", "")
    soundfile.write(tmp_path / "inside.wav", noise(4000), RATE, "IMA_ADPCM")
    (tmp_path / "inside.mp3").write_bytes(tag + (tmp_path / "inside.wav").read_bytes())
    with pytest.raises(AudioError, match="not a sound file"):  # libsndfile alone would open it
        read_recording(tmp_path / "inside.mp3")


def wav_bytes(tag=1, channels=1, rate=RATE, bits=16, data=b"\0\0" * 4000, row=None, claimed=None) -> bytes:
    row = channels * bits // 8 if row is None else row
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * row & 0xFFFFFFFF, row & 0xFFFF, bits)
    size = len(data) if claimed is None else claimed
    return b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + form + b"data" + struct.pack("<I", size) + data


def flac(samples: np.ndarray, rate: int = RATE) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format="FLAC")
    return buffer.getvalue()


def forged_flac(rate: int = RATE, channels: int = 1, frames: int = 0) -> bytes:
    """A FLAC whose first block claims these, before sound that does not fit."""
    data = bytearray(flac(noise(5000)))
    packed = rate << 44 | (channels - 1) << 41 | 15 << 36 | frames
    data[18:26] = packed.to_bytes(8, "big")
    return bytes(data)


def floats(*values: float) -> bytes:
    return wav_bytes(3, bits=32, data=np.resize(np.array([0.1, *values, 0.2], "<f4"), 4000).tobytes())


REFUSED = {
    "empty": (b"", "is empty"),
    "text": (b"This is a poem, and nothing to hear.\n" * 50, "not a sound file"),
    "one byte": (b"R", "not a sound file"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(500), "not a sound file"),
    "an archive": (b"PK\3\4" + bytes(500), "not a sound file"),
    "aiff": (b"FORM\0\0\1\0AIFFCOMM", "not a sound file"),
    "big-endian wav": (b"RIFX" + wav_bytes()[4:], "not a sound file"),
    "an id3 tag alone": (b"ID3\3\0\0\0\0\0\x10" + bytes(16), "not a sound file"),
    "only a header": (wav_bytes(data=b""), "holds no sound"),
    "one sample": (wav_bytes(data=b"\1\2"), "too short"),
    "no data": (wav_bytes()[:36], "leads to no samples"),
    "half a format": (wav_bytes()[:30], "too short"),
    "data before format": (b"RIFF\0\0\0\0WAVEdata\4\0\0\0\0\0\0\0", "leads to no samples"),
    "sample rate 0": (wav_bytes(rate=0), "sample rate is 0 Hz"),
    "sample rate 4 GHz": (wav_bytes(rate=0xFFFFFFFF), "8000 to 192000 Hz"),
    "sample rate 7999": (wav_bytes(rate=7999), "8000 to 192000 Hz"),
    "no channels": (wav_bytes(channels=0, row=2), "do not make rows"),
    "9 channels": (wav_bytes(channels=9), "9 channels"),
    "65535 channels": (wav_bytes(channels=65535, row=65535 * 2), "do not make rows"),
    "no bits": (wav_bytes(bits=0, row=0), "do not make rows"),
    "ima adpcm": (wav_bytes(tag=0x11), "compressed sound .*0x0011"),
    "mp3 in wav": (wav_bytes(tag=0x55), "compressed sound"),
    "half floats": (wav_bytes(tag=3), "do not make rows"),
    "nan": (floats(np.nan), "not numbers"),
    "infinity": (floats(-np.inf), "not numbers"),
    "too large for float32": (wav_bytes(3, bits=64, data=np.full(4000, 1e300, "<f8").tobytes()), "not numbers"),
    "integers as floats": (floats(12_000.0), "full scale is 1"),
    "forged flac rate": (forged_flac(rate=655_350, channels=8), "sample rate is 655350|damaged"),
    "cut flac": (flac(noise(RATE * 2))[:20_000], "damaged or cut short"),
    "flac header": (b"fLaC" + bytes(100), "damaged"),
    "ogg header": (b"OggS" + bytes(100), "damaged|not a sound file"),
    "mp3 sync": (b"\xff\xfb" + bytes(200), "damaged|no sound|too short"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("limits", [PAGE_LIMITS, COMMAND_LINE_LIMITS], ids=["page", "command line"])
def test_what_is_no_sound_is_refused_in_one_sentence(tmp_path, name, limits):
    data, expected = REFUSED[name]
    path = tmp_path / "upload.wav"
    path.write_bytes(data)
    with pytest.raises(AudioError, match=expected) as caught:
        read_recording(path, limits)
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text
    assert str(tmp_path) not in text


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    for path, expected in (("gone.wav", "no file 'gone.wav'"), (".", "not a file"), ("pipe.wav", "not a file")):
        with pytest.raises(AudioError, match=expected):
            read_recording(tmp_path / path)
    with pytest.raises(AudioError, match="cannot be opened"):
        read_recording("nul\0l.wav")
    with pytest.raises(AudioError, match="is not a file"):
        read_recording("/dev/zero")


def test_lengths_and_sizes(tmp_path):
    path = tmp_path / "sound.wav"
    limits = replace(PAGE_LIMITS, max_seconds=2)
    soundfile.write(path, noise(2 * RATE), RATE)
    assert len(read_recording(path, limits).samples) == 2 * RATE
    soundfile.write(path, noise(round(2.2 * RATE)), RATE)
    with pytest.raises(AudioError, match="lasts 2.2 s; at most 2 s"):
        read_recording(path, limits)
    with pytest.raises(AudioError, match="MiB"):
        read_recording(path, replace(PAGE_LIMITS, max_bytes=1000))
    with pytest.raises(AudioError, match="Decoded"):
        read_recording(path, replace(PAGE_LIMITS, max_decoded_bytes=2.1 * RATE * 4))
    soundfile.write(path, noise(round(0.04 * RATE)), RATE)
    with pytest.raises(AudioError, match="too short: it has 882 samples where 1102 are"):
        read_recording(path, limits)
    path.write_bytes(forged_flac(frames=0))  # a length of 0 means that the encoder did not know
    assert len(read_recording(path).samples) == 5000
    path.write_bytes(flac(noise(RATE * 3))[:18] + forged_flac(frames=0)[18:26] + flac(noise(RATE * 3))[26:])
    with pytest.raises(AudioError, match="lasts more than"):
        read_recording(path, limits)


def silence(path: Path, minutes: int, *, tells: bool = True) -> Path:
    """A FLAC of silence: four hours are 1.3 MiB that unpack to 440. Not to tell the length is to claim 0 samples."""
    with soundfile.SoundFile(path, "w", 8000, 1, "PCM_16", compression_level=0) as file:
        for _ in range(minutes):
            file.write(np.zeros(60 * 8000, np.int16))
    if not tells:
        data = bytearray(path.read_bytes())
        data[21] &= 0xF0
        data[22:26] = bytes(4)
        path.write_bytes(data)
    return path


def test_a_bomb_is_refused_whether_or_not_it_tells_its_size(tmp_path):
    told, untold = silence(tmp_path / "told.flac", 240), silence(tmp_path / "untold.flac", 40, tells=False)
    with pytest.raises(AudioError, match="lasts 4 h; at most 30 s"):
        read_recording(told)
    with pytest.raises(AudioError, match="lasts more than 3[0-9.]+ s"):
        read_recording(untold)
    with pytest.raises(AudioError, match="packs 4 h of sound into .* bomb"):
        stream_recording(told)  # before a sample is asked for
    with pytest.raises(AudioError, match="packs 35.* min of sound into .* bomb"):
        list(stream_recording(untold, sample_rate=8000))


def test_a_quarter_of_an_hour_of_silence_and_hours_of_sound_are_no_bombs(tmp_path):
    soundfile.write(tmp_path / "silence.flac", np.zeros(900 * 8000, np.int16), 8000)
    assert sum(map(len, stream_recording(tmp_path / "silence.flac", sample_rate=8000))) == 900 * 8000
    whisper = np.repeat(np.random.default_rng(0).integers(-1, 2, 300_000), 60).astype(np.int16)  # 38 min
    soundfile.write(tmp_path / "long.flac", whisper, 8000)
    assert len(whisper) * 4 > 64 << 20
    assert sum(map(len, stream_recording(tmp_path / "long.flac", sample_rate=8000))) == len(whisper)


def test_int16_rounds_clips_and_returns_16_bit_sound_unchanged(tmp_path):
    every = np.arange(-32768, 32768, dtype=np.int16)
    scipy.io.wavfile.write(tmp_path / "every.wav", RATE, every)
    np.testing.assert_array_equal(to_int16(read_recording(tmp_path / "every.wav").samples), every)
    given = np.array([0.0, 0.6, -0.6, 32766.6, 32767.9, 40000, -40000, 1e30]) / 32768
    np.testing.assert_array_equal(to_int16(given), [0, 1, -1, 32767, 32767, 32767, -32768, 32767])
    assert to_int16(np.zeros((2, 0), np.float32)).shape == (2, 0)
    for bad in (np.nan, np.inf):
        with pytest.raises(AudioError, match="not numbers"):
            to_int16(np.array([0.0, bad]))


def test_a_written_wav_is_what_others_read(tmp_path):
    samples = noise(5000)[:, 0].astype(np.float32)
    write_wav(tmp_path / "whole.wav", samples, 16_000)
    write_wav(tmp_path / "blocks.wav", iter([samples[:1], samples[1:3000], samples[3000:]]), 16_000)
    assert (tmp_path / "whole.wav").read_bytes() == (tmp_path / "blocks.wav").read_bytes()
    with wave.open(str(tmp_path / "whole.wav")) as file:
        assert file.getparams()[:4] == (1, 2, 16_000, 5000)
        stored = np.frombuffer(file.readframes(5000), "<i2")
    np.testing.assert_array_equal(stored, np.rint(samples.astype(np.float64) * 32768))
    np.testing.assert_array_equal(scipy.io.wavfile.read(tmp_path / "whole.wav")[1], stored)
    np.testing.assert_array_equal(read_recording(tmp_path / "whole.wav", sample_rate=16_000).samples, stored / 32768)
    plain = tmp_path / "plain"
    plain.touch()
    assert (tmp_path / "whole.wav").stat().st_mode == plain.stat().st_mode
    write_wav(tmp_path / "empty.wav", iter([]), RATE)
    assert scipy.io.wavfile.read(tmp_path / "empty.wav")[1].shape == (0,)


def test_a_wav_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    target = tmp_path / "out.wav"
    target.write_bytes(b"what was there")

    def failing():
        yield np.zeros(1000)
        raise KeyError("the model failed")

    with pytest.raises(KeyError):
        write_wav(target, failing(), RATE)
    with pytest.raises(AudioError, match="not numbers"):
        write_wav(target, [np.zeros(10), np.array([np.nan])], RATE)
    monkeypatch.setattr(wav_module, "MAX_DATA", 3000)
    with pytest.raises(AudioError, match="too long for one WAV"):
        write_wav(target, [np.zeros(1000)] * 2, RATE)
    assert target.read_bytes() == b"what was there"
    assert os.listdir(tmp_path) == ["out.wav"]
    with pytest.raises(AudioError, match="is a folder"):
        write_wav(tmp_path, np.zeros(10), RATE)
    with pytest.raises(AudioError, match="no folder"):
        write_wav(tmp_path / "gone" / "out.wav", np.zeros(10), RATE)
    with pytest.raises(AudioError, match="cannot be written"):
        write_wav(tmp_path / ("x" * 300 + ".wav"), np.zeros(10), RATE)
    assert os.listdir(tmp_path) == ["out.wav"]
