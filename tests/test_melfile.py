"""Mels from files: every accepted form is the same mel, every other unit is named, and headers are not believed."""

from __future__ import annotations

import json
import math
import os
import pickle
import struct
from pathlib import Path

import librosa
import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from vocoder.audio import read_recording
from vocoder.errors import MelError
from vocoder.features import MelSettings, log_mel
from vocoder.melfile import is_mel_file, read_mel

EXAMPLES = Path(__file__).resolve().parents[1] / "assets" / "examples"
RATE = 22_050


def mel_of(samples: np.ndarray) -> np.ndarray:
    return log_mel(torch.from_numpy(samples.astype(np.float32))[None])[0].numpy()


def recording(name: str, decibels: float | None = None) -> np.ndarray:
    """An example, its peak brought to `decibels` of full scale."""
    samples = read_recording(EXAMPLES / f"{name}.flac").samples
    return samples if decibels is None else samples * 10 ** (decibels / 20) / np.abs(samples).max()


@pytest.fixture(scope="module")
def mel() -> np.ndarray:
    return mel_of(recording("arctic_a0009"))


def test_every_form_of_a_mel_is_the_same_mel(tmp_path, mel):
    forms = {
        "plain": mel,
        "batch": mel[None],
        "transposed": mel.T,
        "batch of transposed": mel.T[None],
        "fortran": np.asfortranarray(mel),
        "double": mel.astype(np.float64),
        "big-endian": mel.astype(">f4"),
    }
    for name, form in forms.items():
        np.save(tmp_path / f"{name}.npy", form)
        loaded = read_mel(tmp_path / f"{name}.npy")
        assert loaded.dtype == np.float32
        assert loaded.flags.c_contiguous
        np.testing.assert_array_equal(loaded, mel, err_msg=name)
        if name != "big-endian":
            save_file({"anything": np.ascontiguousarray(form)}, tmp_path / f"{name}.safetensors")
            np.testing.assert_array_equal(read_mel(tmp_path / f"{name}.safetensors"), mel, err_msg=name)
    np.save(tmp_path / "half.NPY", mel.astype(np.float16))
    (tmp_path / "half.NPY.npy").rename(tmp_path / "half.NPY")
    np.testing.assert_allclose(read_mel(tmp_path / "half.NPY"), mel, atol=0.005)
    save_file({"mel": mel, "other": np.zeros(3)}, tmp_path / "two.safetensors")
    np.testing.assert_array_equal(read_mel(tmp_path / "two.safetensors"), mel)


@pytest.mark.parametrize("name", ["arctic_a0007", "arctic_a0009", "sweep", "impulses", "vowels"])
@pytest.mark.parametrize("decibels", [6, 0, -10, -24, -40, -50, -70])
def test_natural_logarithms_are_taken_at_any_level(tmp_path, name, decibels):
    natural = mel_of(recording(name, decibels))
    np.save(tmp_path / "mel.npy", natural)
    np.testing.assert_array_equal(read_mel(tmp_path / "mel.npy"), natural)


def loud_sounds() -> dict[str, np.ndarray]:
    """Sounds that are loud everywhere, whose natural logarithms are small numbers as log10 ones are."""
    random, time = np.random.default_rng(0), np.arange(2 * RATE) / RATE
    white = random.standard_normal(2 * RATE)
    brown = np.convolve(white, 0.9 ** np.arange(60))[: 2 * RATE]
    sounds = {
        "white": white,
        "brown": brown,
        "square": np.sign(np.sin(2 * np.pi * 110 * time)),
        "constant": 0 * time + 1,
    }
    return {name: sound / np.abs(sound).max() for name, sound in sounds.items()}


@pytest.mark.parametrize("name", ["white", "brown", "square", "constant"])
@pytest.mark.parametrize("gain", [1.0, 0.25, 0.03])
def test_loud_noise_and_silence_are_natural_logarithms_too(tmp_path, name, gain):
    for samples in (gain * loud_sounds()[name], np.zeros(RATE)):
        np.save(tmp_path / "mel.npy", mel_of(samples))
        assert read_mel(tmp_path / "mel.npy").shape == (80, 1 + len(samples) // 256)


def decibels(mel: np.ndarray) -> np.ndarray:
    return np.maximum(20 / math.log(10) * mel, 20 / math.log(10) * mel.max() - 80)


def librosas(samples: np.ndarray) -> np.ndarray:
    return librosa.power_to_db(librosa.feature.melspectrogram(y=samples, sr=RATE, n_mels=80), ref=np.max)


OTHERS = {  # what other projects call a mel, from a sound: and what it should be recognised as
    "log10": (lambda x: mel_of(x) / math.log(10), "looks like log10 .*2.3026 times it"),
    "decibels": (lambda x: decibels(mel_of(x)), "looks like decibels .*0.1151 times"),
    "librosa's decibels": (librosas, "looks like decibels"),
    "decibels from 0 up": (lambda x: decibels(mel_of(x)) - decibels(mel_of(x)).min(), "looks like decibels"),
    "decibels over [0, 1]": (lambda x: np.clip((decibels(mel_of(x)) + 100) / 100, 0, 1), r"scaled to \[0, 1\]"),
    "decibels over [-1, 1]": (lambda x: np.clip((decibels(mel_of(x)) + 50) / 50, -1, 1), r"scaled to \[-1, 1\]"),
    "mean 0 and deviation 1": (lambda x: (mel_of(x) - mel_of(x).mean()) / mel_of(x).std(), "another range"),
    "magnitudes": (lambda x: np.exp(mel_of(x)), r"linear|scaled to \[0, 1\]"),
    "powers": (lambda x: 100 * np.exp(2 * mel_of(x)), r"linear|scaled to \[0, 1\]"),
    "log of powers": (lambda x: np.maximum(2 * mel_of(x), math.log(1e-10)), "looks like a logarithm of powers"),
    "log of 16-bit sound": (lambda x: mel_of(x * 32768), "not scaled to"),
}


@pytest.mark.parametrize("name", ["arctic_a0007", "arctic_a0009"])
@pytest.mark.parametrize("level", [0, -10, -24, -40])
@pytest.mark.parametrize("unit", OTHERS)
def test_every_other_unit_is_named(tmp_path, name, level, unit):
    convert, expected = OTHERS[unit]
    np.save(tmp_path / "mel.npy", convert(recording(name, level)).astype(np.float32))
    with pytest.raises(MelError, match=expected) as caught:
        read_mel(tmp_path / "mel.npy")
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("level", [0, -24, -40])  # in between nothing is clipped, and the values could be either
def test_decibels_over_four_are_named(tmp_path, level):
    natural = mel_of(recording("arctic_a0009", level))
    np.save(tmp_path / "mel.npy", np.clip(8 * (decibels(natural) + 80) / 100 - 4, -4, 4))
    with pytest.raises(MelError, match="another range"):
        read_mel(tmp_path / "mel.npy")


def test_log10_of_powers_with_its_own_floor_is_named(tmp_path):
    powers = np.maximum(np.exp(2 * mel_of(recording("arctic_a0009", -24))), 1e-10)
    powers[:, :20] = 1e-10  # a pause
    np.save(tmp_path / "mel.npy", np.log10(powers))
    with pytest.raises(MelError, match="log10 of powers .*1.1513"):
        read_mel(tmp_path / "mel.npy")


class Harmful:
    """Unpickled, it leaves a file behind."""

    def __reduce__(self):
        return (open, ("unpickled", "w"))


def header(text: str, version: bytes = b"\1\0", data: bytes = b"") -> bytes:
    size = struct.pack("<H", len(text)) if version == b"\1\0" else struct.pack("<I", len(text))
    return b"\x93NUMPY" + version + size + text.encode() + data


def described(shape: object, kind: str = "<f4") -> str:
    return f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}}}\n"


def stored(description: dict, data: bytes = b"") -> bytes:
    text = json.dumps(description).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(shape: list[int], end: int, kind: str = "F32") -> dict:
    return {"mel": {"dtype": kind, "shape": shape, "data_offsets": [0, end]}}


FRAMES = bytes(80 * 10 * 4)
REFUSED = {
    "empty.npy": (b"", "not a .npy"),
    "text.npy": (b"-11.5, -11.5\n" * 100, "not a .npy"),
    "archive.npy": (b"PK\3\4" + bytes(100), "not a .npy"),
    "pickle.npy": (pickle.dumps(Harmful()), "not a .npy"),
    "objects.npy": (header(described((80, 10), "|O"), data=pickle.dumps(Harmful())), "holds object"),
    "bytes.npy": (header(described((80, 10), "|V8"), data=2 * FRAMES), "floating-point"),
    "integers.npy": (header(described((80, 10), "<i4"), data=FRAMES), "holds int32"),
    "complex.npy": (header(described((80, 10), "<c8"), data=2 * FRAMES), "holds complex64"),
    "lying.npy": (header(described((80, 10**9)), data=FRAMES), "announces"),
    "short.npy": (header(described((80, 11)), data=FRAMES), "announces"),
    "long.npy": (header(described((80, 9)), data=FRAMES), "announces"),
    "negative.npy": (header(described((80, -10)), data=FRAMES), "-10 frames"),
    "flat.npy": (header(described("(800,)"), data=FRAMES), r"shape \(800,\)"),
    "deep.npy": (header(described((1, 1, 80, 10)), data=FRAMES), r"\(80, frames\)"),
    "two.npy": (header(described((2, 80, 10)), data=2 * FRAMES), r"\(80, frames\)"),
    "bands.npy": (header(described((100, 8)), data=FRAMES), r"\(80, frames\)"),
    "brief.npy": (header(described((80, 4)), data=FRAMES[: 80 * 16]), "4 frames; at least 5"),
    "code.npy": (header("__import__('os').mkdir('unpickled')"), "header is damaged"),
    "nested.npy": (header("(" * 5000), "header is damaged"),
    "version.npy": (header(described((80, 10)), b"\3\0", FRAMES), "header is damaged"),
    "vast.npy": (b"\x93NUMPY\2\0\xff\xff\xff\xff{", "header is damaged"),
    "empty.safetensors": (b"", "not a .safetensors"),
    "text.safetensors": (b"-11.5, -11.5\n" * 100, "not a .safetensors"),
    "none.safetensors": (stored({}), "with one tensor"),
    "two.safetensors": (stored({**tensor([80, 10], 3200), "a": {}, "b": {}} | {"mel": 1}, FRAMES), "with one tensor"),
    "lying.safetensors": (stored(tensor([80, 10**9], 80 * 10**9 * 4), FRAMES), "lies outside"),
    "wrong.safetensors": (stored(tensor([80, 11], len(FRAMES)), FRAMES), "announces 80 x 11"),
    "integers.safetensors": (stored(tensor([80, 10], len(FRAMES), "I32"), FRAMES), "holds I32"),
    "brain.safetensors": (stored(tensor([80, 20], len(FRAMES), "BF16"), FRAMES), "holds BF16"),
    "flat.safetensors": (stored(tensor([800], len(FRAMES)), FRAMES), r"shape \(800,\)"),
    "brief.safetensors": (stored(tensor([80, 2], 640), FRAMES[:640]), "2 frames; at least 5"),
    "vast.safetensors": (struct.pack("<Q", 1 << 60) + b"{}", "not a .safetensors"),
    "nested.safetensors": (struct.pack("<Q", 90_000) + b"[" * 90_000, "not a .safetensors"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_mel_is_refused_in_one_sentence(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    data, expected = REFUSED[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(MelError, match=expected) as caught:
        read_mel(tmp_path / name)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)
    assert os.listdir(tmp_path) == [name]


def test_values_that_are_no_numbers(tmp_path, mel):
    for value in (np.nan, np.inf, -np.inf, 1e300):
        broken = mel.astype(np.float64)
        broken[3, 7] = value
        np.save(tmp_path / "mel.npy", broken)
        with pytest.raises(MelError, match="not numbers"):
            read_mel(tmp_path / "mel.npy")


def test_the_length_is_refused_before_a_value_is_read(tmp_path):
    path = tmp_path / "long.npy"
    with path.open("wb") as file:  # a sparse file: 240 GB, all of them true
        file.write(header(described((80, 750_000_000))))
        file.truncate(file.tell() + 80 * 750_000_000 * 4)
    with pytest.raises(MelError, match="750000000 frames; at most 2584"):
        read_mel(path, max_seconds=30)
    np.save(path, np.full((80, 2585), -11.0))
    with pytest.raises(MelError, match="2585 frames; at most 2584"):
        read_mel(path, max_seconds=30)
    np.save(path, np.full((80, MelSettings().frames(30 * RATE)), -11.0))
    assert read_mel(path, max_seconds=30).shape == (80, 2584)


def test_names(tmp_path, mel):
    for name in ("a.npy", "a.NPY", "a.safetensors", "a.pt", "a.pth", "a.bin", "a.pkl", "a.npz"):
        assert is_mel_file(tmp_path / name)
    for name in ("a.wav", "a.flac", "npy", "a.npy.wav", "a"):
        assert not is_mel_file(name)
    torch.save(torch.zeros(1).expand(80, 10**9), tmp_path / "bomb.pt")
    np.savez_compressed(tmp_path / "bomb.npz", mel=np.zeros((80, 100_000), np.float32))
    for name, reason in (("bomb.pt", "a pickle"), ("bomb.npz", "an archive"), ("gone.pkl", "can run code")):
        with pytest.raises(MelError, match=f"{reason}.*save the mel as .npy or .safetensors"):
            read_mel(tmp_path / name)
    with pytest.raises(MelError, match="is read from"):
        read_mel(tmp_path / "mel.txt")
    with pytest.raises(MelError, match="no file 'gone.npy'"):
        read_mel(tmp_path / "gone.npy")
    (tmp_path / "folder.npy").mkdir()
    with pytest.raises(MelError, match="is not a file"):
        read_mel(tmp_path / "folder.npy")


def test_other_bands(tmp_path):
    settings = MelSettings(bands=100)
    natural = log_mel(torch.from_numpy(recording("vowels"))[None], settings)[0].numpy()
    np.save(tmp_path / "mel.npy", natural.T)
    np.testing.assert_array_equal(read_mel(tmp_path / "mel.npy", settings), natural)
    with pytest.raises(MelError, match=r"\(80, frames\)"):
        read_mel(tmp_path / "mel.npy")
