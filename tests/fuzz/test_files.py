"""Damaged files and bombs: each is read or refused in a sentence, and the memory of the process hardly moves."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile
import torch
from safetensors.numpy import save_file

from vocoder.features import log_mel

ROOT = Path(__file__).resolve().parents[2]
RATE = 16_000


def opened(folder: Path, copies: int = 0) -> dict:
    """What the worker found in `folder`."""
    command = [sys.executable, "-m", "tests.fuzz.worker", str(folder), str(copies)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_damaged_files(tmp_path):
    time = np.arange(RATE // 4) / RATE
    sound = 0.3 * np.sin(2 * np.pi * 300 * time) + np.random.default_rng(0).normal(0, 0.01, len(time))
    both = np.stack([sound, -sound], 1)
    for subtype in ("PCM_U8", "PCM_16", "PCM_24", "FLOAT", "DOUBLE"):
        soundfile.write(tmp_path / f"{subtype}.wav", sound, RATE, subtype)
    soundfile.write(tmp_path / "long.wav", both, RATE, "PCM_16", format="RF64")
    soundfile.write(tmp_path / "extended.wav", both, RATE, "PCM_24", format="WAVEX")
    soundfile.write(tmp_path / "mono.flac", sound, RATE)
    soundfile.write(tmp_path / "stereo.flac", both, RATE, "PCM_24")
    soundfile.write(tmp_path / "vorbis.ogg", sound, RATE)
    soundfile.write(tmp_path / "opus.ogg", both, RATE, "OPUS", format="OGG")
    soundfile.write(tmp_path / "layer3.mp3", sound, RATE)
    mel = log_mel(torch.from_numpy(sound.astype(np.float32))[None])[0].numpy()
    np.save(tmp_path / "half.npy", mel[None].astype(np.float16))
    np.save(tmp_path / "fortran.npy", np.asfortranarray(mel.astype(np.float64)))
    save_file({"mel": mel, "length": np.zeros(1)}, tmp_path / "mel.safetensors")
    found = opened(tmp_path, 1500)
    assert set(found["whole"].values()) == {""}
    assert found["read"] > 300
    assert found["refused"] > 300
    assert found["growth"] < 100


def test_bombs(tmp_path):
    silence = np.zeros(60 * 8000, np.int16)
    for name, subtype in (("flac.flac", "PCM_16"), ("vorbis.ogg", "VORBIS"), ("opus.ogg", "OPUS")):
        minutes = 100 if subtype == "PCM_16" else 1
        with soundfile.SoundFile(tmp_path / name, "w", 8000, 1, subtype, format=name.split(".")[1]) as file:
            for _ in range(minutes):
                file.write(silence)
    data = bytearray((tmp_path / "flac.flac").read_bytes())
    data[18:26] = (655_350 << 44 | 7 << 41 | 15 << 36 | 20 * 655_350).to_bytes(8, "big")
    (tmp_path / "forged.flac").write_bytes(data)  # 20 s by its own account, of 8 channels
    data[18:26] = (8000 << 44 | 15 << 36).to_bytes(8, "big")
    (tmp_path / "untold.flac").write_bytes(data)  # no length at all
    soundfile.write(tmp_path / "wav.wav", silence, 8000)
    wav = (tmp_path / "wav.wav").read_bytes()
    (tmp_path / "wav.wav").write_bytes(wav[:40] + b"\xfe\xff\xff\xff" + wav[44:])  # 4 GiB by its own account
    np.savez_compressed(tmp_path / "archive.npz", mel=np.zeros((80, 200_000), np.float32))
    torch.save(torch.zeros(1).expand(80, 10**9), tmp_path / "expanded.pt")
    with (tmp_path / "sparse.npy").open("wb") as sparse:
        np.lib.format.write_array_header_1_0(sparse, {"descr": "<f4", "fortran_order": False, "shape": (80, 10**9)})
        sparse.truncate(sparse.tell() + 80 * 10**9 * 4)
    header = json.dumps({"mel": {"dtype": "F32", "shape": [80, 10**9], "data_offsets": [0, 320 * 10**9]}}).encode()
    with (tmp_path / "sparse.safetensors").open("wb") as sparse:
        sparse.write(struct.pack("<Q", len(header)) + header)
        sparse.truncate(sparse.tell() + 320 * 10**9)
    found = opened(tmp_path)
    assert all(found["whole"].values()), found["whole"]
    assert len(found["whole"]) == 10
    assert found["growth"] < 100
