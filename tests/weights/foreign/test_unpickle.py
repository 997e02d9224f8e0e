"""The pickle machine beside Python's own, on data that both may read; and on bytes that nobody meant."""

from __future__ import annotations

import io
import pickle
import random
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytest

from tests.weights.foreign import hostile
from vocoder.errors import WeightsError
from vocoder.features import MelSettings
from vocoder.weights.foreign import read_flow
from vocoder.weights.foreign.unpickle import unpickle

SMALL = MelSettings(bands=4, n_fft=64, hop=16, window=64)
SHARED = ["one list", "twice"]
VALUES: list[object] = [
    None, True, False, 0, -1, 255, 256, 65_536, -(2**31), 2**40, 2**62, 3.25, -0.0, "", "WN.0", "ö" * 300,
    (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], [1, [2, [3]]], {}, {"a": 1, 2: "b", None: []}, [SHARED, SHARED],
]  # fmt: skip


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_data_is_read_as_python_reads_it(protocol: int) -> None:
    for value in VALUES + [b"", b"raw" * 100] * (protocol >= 3):  # bytes have no opcode of their own before
        stream = io.BytesIO(pickle.dumps(value, protocol) + b"behind")
        assert unpickle(stream) == value
        assert stream.read() == b"behind"


def test_ordered_tables_of_both_pythons() -> None:
    assert unpickle(io.BytesIO(pickle.dumps(OrderedDict(a=1, b=2), 2))) == {"a": 1, "b": 2}
    assert unpickle(
        io.BytesIO(b"\x80\x02ccollections\nOrderedDict\n](]q\x00(U\x01aK\x01e]q\x01(U\x01bK\x02ee\x85R.")
    ) == {
        "a": 1,
        "b": 2,
    }


def test_a_shared_value_stays_shared() -> None:
    first, second = unpickle(io.BytesIO(pickle.dumps([SHARED, SHARED])))  # type: ignore[misc]
    assert first is second


@pytest.mark.parametrize("name", ["oldest.pt", "plain.pt"])
def test_changed_bytes_are_read_or_refused(name: str, checkpoints: Path) -> None:
    """Seeded noise over the parts that are parsed: anything but a flow or one sentence is a fault of ours."""
    content = (checkpoints / name).read_bytes()
    generator = random.Random(0)
    refused = 0
    for _ in range(40):
        changed = bytearray(content)
        for _ in range(generator.randint(1, 4)):
            start = generator.choice([0, len(content) - 10_000])  # the pickle, or the zip's table of contents
            changed[start + generator.randrange(10_000)] = generator.randrange(256)
        try:
            read_flow(io.BytesIO(changed), SMALL)
        except WeightsError as error:
            refused += 1
            assert str(error).isprintable()
    assert refused > 10


def test_a_pickle_with_changed_bytes_in_a_sound_archive_is_read_or_refused(checkpoints: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(checkpoints / "plain.pt") as archive:
        parts = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    storages = {name.removeprefix("data/"): part for name, part in parts.items() if name.startswith("data/")}
    generator = random.Random(1)
    refused = 0
    for _ in range(40):
        changed = bytearray(parts["data.pkl"])
        for _ in range(generator.randint(1, 4)):
            changed[generator.randrange(len(changed))] = generator.randrange(256)
        hostile.archive(tmp_path / "changed.pt", bytes(changed), storages)
        try:
            read_flow(io.BytesIO((tmp_path / "changed.pt").read_bytes()), SMALL)
        except WeightsError as error:
            refused += 1
            assert str(error).isprintable()
    assert refused > 10
