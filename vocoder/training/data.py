"""Recordings as one long int16 array, and random segments of it."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vocoder.audio import stream_recording, to_int16
from vocoder.errors import AudioError, SettingsError
from vocoder.features import MelSettings, log_mel
from vocoder.training.settings import DataSettings

SOUND = {".flac", ".wav", ".ogg", ".mp3"}


@dataclass(frozen=True)
class Corpus:
    """All recordings end to end: int16 samples (N,), and where each begins and ends (files, 2)."""

    samples: np.ndarray
    spans: np.ndarray

    @property
    def hours(self) -> float:
        return float(self.samples.size / 22_050 / 3600)

    def save(self, path: Path) -> None:
        """One `.npz`, so that a machine without a sound-file library can train."""
        np.savez(path, samples=self.samples, spans=self.spans)

    @classmethod
    def load(cls, path: Path) -> Corpus:
        with np.load(path, allow_pickle=False) as stored:
            return cls(stored["samples"], stored["spans"])


def list_files(folder: Path, split: str, *, val: bool) -> list[Path]:
    """The sound files of one split: by manifest.csv, else by metadata.csv or plain search with every 50th for val."""
    manifest = folder / "manifest.csv"
    if manifest.is_file():
        with manifest.open(newline="", encoding="utf-8") as rows:
            return [folder / row["file"] for row in csv.DictReader(rows) if row["split"] == split]
    metadata = folder / "metadata.csv"
    if metadata.is_file():
        names = [line.split("|", 1)[0] for line in metadata.read_text(encoding="utf-8").splitlines() if line]
        files = [folder / "wavs" / f"{name}.wav" for name in names]
    else:
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SOUND)
    return [path for index, path in enumerate(files) if (index % 50 == 0) == val]


def read_corpus(files: Iterable[Path], sample_rate: int, speeds: Iterable[float] = (1.0,)) -> Corpus:
    """Decodes, resamples and packs; every speed other than 1 adds a copy played at that speed.

    Raises:
        SettingsError: there is no file, or one that is not sound.
    """
    import soxr

    pieces: list[np.ndarray] = []
    for path in files:
        try:
            sound = np.concatenate(list(stream_recording(path, sample_rate=sample_rate)))
        except AudioError as error:
            raise SettingsError(f"{path.name} cannot be trained on: {error}") from error
        pieces += [to_int16(sound if speed == 1 else soxr.resample(sound, speed, 1)) for speed in speeds]
    if not pieces:
        raise SettingsError("There is no sound file to train on; check the data folder and its manifest.")
    ends = np.cumsum([piece.size for piece in pieces])
    return Corpus(np.concatenate(pieces), np.stack([ends - [piece.size for piece in pieces], ends], 1))


def packed(out: str, data: DataSettings, sample_rate: int) -> tuple[Corpus, Corpus]:
    """The training and validation recordings, packed once into the folder `out`; raises `SettingsError`."""
    Path(out).mkdir(parents=True, exist_ok=True)
    packs = []
    for name, split, speeds in (("train", data.split, data.speeds), ("val", data.val_split, (1.0,))):
        path = Path(out) / f"{name}.npz"
        if not path.is_file():
            folder = Path(data.folder)
            if not folder.is_dir():
                raise SettingsError(f"The data folder {folder} does not exist; name a folder of sound files.")
            read_corpus(list_files(folder, split, val=name == "val"), sample_rate, speeds).save(path)
        packs.append(Corpus.load(path))
    return packs[0], packs[1]


@dataclass(frozen=True)
class Batch:
    """Segments of speech: audio (B, (frames + 2 margins) * hop) and its mel (B, bands, frames + 2 margins)."""

    audio: Tensor
    mel: Tensor


MARGIN = 1  # frames on either side that take part in the network but not in the losses


class Segments:
    """Random segments with augmentation; every draw comes from the one generator that is passed in.

    The corpus lies on the device as int16; a segment is cut, levelled, possibly turned upside down, dequantised by half
    a step of 16 bits, and its mel is taken with real neighbours on both sides.
    """

    def __init__(self, corpus: Corpus, data: DataSettings, mel: MelSettings, device: torch.device) -> None:
        self.data, self.mel, self.device = data, mel, device
        self.samples = torch.from_numpy(corpus.samples).to(device)
        self.length = (data.frames + 2 * MARGIN) * mel.hop
        self.reach = mel.n_fft // 2
        needed = self.length + 2 * self.reach
        spans = torch.from_numpy(corpus.spans)
        lengths = spans[:, 1] - spans[:, 0]
        usable = lengths >= needed
        if not bool(usable.any()):
            raise SettingsError(f"No recording is as long as a segment ({needed / mel.sample_rate:.2f} s).")
        self.starts = spans[usable, 0]
        self.room = lengths[usable] - needed + 1
        self.chances = self.room.double()

    def draw(self, batch: int, generator: torch.Generator) -> Batch:
        """`batch` segments; the generator lives on the CPU, so that a run does not depend on the device."""
        files = torch.multinomial(self.chances, batch, replacement=True, generator=generator)
        chance = torch.rand(3, batch, generator=generator, dtype=torch.float64)
        starts = self.starts[files] + (chance[0] * self.room[files]).long()
        index = starts[:, None] + torch.arange(self.length + 2 * self.reach)
        audio = self.samples[index.to(self.device)].float() / 32768
        low, high = self.data.gain_db
        gain = 10 ** ((low + (high - low) * chance[1]) / 20) * torch.where(chance[2] < 0.5, -1.0, 1.0)
        gain = gain.float().to(self.device)[:, None]
        peak = audio.abs().amax(1, keepdim=True).clamp_min(1e-4)
        audio = audio * gain.sign() * torch.minimum(gain.abs(), 0.98 / peak)
        step = torch.rand(audio.shape, generator=generator).to(self.device) - 0.5
        audio = audio + step / 32768
        mel = log_mel(audio, self.mel, padded=True)[..., : self.length // self.mel.hop]
        return Batch(audio[:, self.reach : -self.reach], mel)
