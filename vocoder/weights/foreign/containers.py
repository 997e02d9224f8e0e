"""The two containers that `torch.save` has written, opened without reading a single weight.

zip (torch 1.6 and later): `NAME/data.pkl`, the pickle, and one record `NAME/data/KEY` for every storage, all of them
stored without compression, which is why nothing in an honest file can be larger than the file.

legacy (before): five pickles one after the other (a magic number, the version 1001, the machine's byte order, the
object, the keys of its storages), then for every key the count as 64 bits and the numbers.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from vocoder.errors import WeightsError
from vocoder.weights.foreign.names import storage_dtype
from vocoder.weights.foreign.unpickle import MOST_BYTES, unpickle
from vocoder.weights.foreign.values import Name, Storage

_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001
_MOST_RECORDS = 100_000
_MOST_DIRECTORY = 16 << 20  # bytes of a zip's table of contents


@dataclass(frozen=True, slots=True)
class _Record:
    """Where in the file the bytes of one storage lie."""

    offset: int
    size: int
    checksum: int | None  # CRC-32, where the container has one


@dataclass
class Container:
    """An open checkpoint: its object, described, and the way to the numbers."""

    kind: str  # "zip" or "legacy"
    root: object
    size: int  # bytes of the file
    _file: BinaryIO
    _records: Mapping[str, _Record]
    _left: int = field(init=False)

    def __post_init__(self) -> None:
        self._left = self.size

    def held(self, storage: Storage) -> int:
        """How many numbers of the storage the file really has, whatever its pickle says."""
        record = self._records.get(storage.key)
        there = 0 if record is None else record.size // storage.dtype.itemsize - storage.start
        return max(0, min(there, storage.numel))

    def read(self, storage: Storage, first: int, count: int) -> bytearray:
        """The bytes of `count` numbers of the storage from the one called `first`.

        Raises:
            WeightsError: they are missing or damaged, or more was read by now than the file has.
        """
        record, wide = self._records[storage.key], storage.dtype.itemsize
        self._left -= count * wide
        if self._left < 0:
            raise WeightsError("its tensors together claim more bytes than the file holds.")
        data = bytearray(count * wide)
        self._file.seek(record.offset + (storage.start + first) * wide)
        if self._file.readinto(data) != len(data):  # type: ignore[attr-defined]
            raise WeightsError("it is cut off: the file ends within its weights.")
        if record.checksum is not None and len(data) == record.size and zlib.crc32(data) != record.checksum:
            raise WeightsError(
                f"it is damaged: its record {storage.key[:40]!r} does not have the checksum that it says."
            )
        return data


def open_container(file: BinaryIO) -> Container:
    """Reads the description of what `file` holds.

    Raises:
        WeightsError: it is neither container, is damaged, or is not mere weights; the text completes "FILE cannot be
            converted: ".
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    start = file.read(8)
    file.seek(0)
    if start.startswith(b"PK\x03\x04"):
        return _open_zip(file, size)
    if start.startswith(b"\x80"):
        return _open_legacy(file, size)
    raise WeightsError("it is not a file of torch.save, neither the zip kind nor the older one.")


def _open_zip(file: BinaryIO, size: int) -> Container:
    _check_directory(file, size)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
        raise WeightsError("it is a zip archive that is cut off or damaged.") from error
    for entry in entries:
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size or entry.flag_bits & 1:
            unpacked = f"{entry.compress_size:,} bytes that would become {entry.file_size:,}"
            raise WeightsError(
                f"its part {entry.filename[:80]!r} is compressed or locked ({unpacked}); torch never does that."
            )
    if len({entry.filename for entry in entries}) < len(entries) or sum(e.file_size for e in entries) > size:
        raise WeightsError("it is a zip archive whose parts overlap.")
    pickles = [entry for entry in entries if entry.filename.rpartition("/")[2] == "data.pkl"]
    if len(pickles) != 1:
        raise WeightsError("it is a zip archive, but not of torch.save: it should have one data.pkl.")
    prefix = pickles[0].filename.removesuffix("data.pkl")
    by_name = {entry.filename: _locate(file, entry, size) for entry in entries if entry.filename.startswith(prefix)}
    if f"{prefix}constants.pkl" in by_name:
        raise WeightsError("it is a TorchScript program, not a checkpoint of weights.")
    order = by_name.get(f"{prefix}byteorder")
    if order is not None and _bytes(file, order) != b"little":
        raise WeightsError("its numbers are in big-endian order; save it again on an ordinary machine.")
    records = {
        name.removeprefix(f"{prefix}data/"): place
        for name, place in by_name.items()
        if name.startswith(f"{prefix}data/")
    }
    root = unpickle(io.BytesIO(_bytes(file, by_name[pickles[0].filename])), _persistent)
    return Container("zip", root, size, file, records)


def _check_directory(file: BinaryIO, size: int) -> None:
    """Refuses a table of contents that is too long to be read, before `zipfile` reads it all.

    The end record is the file's last 22 bytes (torch adds no comment). A zip64 file's true figures are in a record of
    56 bytes and a locator of 20 just before (APPNOTE.TXT 4.3.14 to 4.3.16).
    """
    file.seek(max(0, size - 98))
    tail = file.read(98).rjust(98, b"\0")
    record, locator, end = tail[:56], tail[56:76], tail[76:]
    if end[:4] != b"PK\x05\x06":
        raise WeightsError("it is a zip archive that is cut off or damaged: its end is missing.")
    count, length = struct.unpack_from("<HI", end, 10)
    if locator[:4] == b"PK\x06\x07":
        if record[:4] != b"PK\x06\x06" or struct.unpack_from("<Q", locator, 8) != (size - 98,):
            raise WeightsError("it is a zip archive that is cut off or damaged: its end is not in one piece.")
        count, length = struct.unpack_from("<QQ", record, 32)
    if count > _MOST_RECORDS or length > _MOST_DIRECTORY:
        raise WeightsError(f"it is a zip archive with {count:,} parts in {length:,} bytes, more than weights need.")
    file.seek(0)


def _locate(file: BinaryIO, entry: zipfile.ZipInfo, size: int) -> _Record:
    """The bytes of a stored entry, by its local header (APPNOTE.TXT 4.3.7)."""
    file.seek(max(0, entry.header_offset))
    header = file.read(30)
    if entry.header_offset < 0 or len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise WeightsError("it is a zip archive that is cut off or damaged.")
    name_length, extra_length = struct.unpack_from("<HH", header, 26)
    offset = entry.header_offset + 30 + name_length + extra_length
    if offset + entry.file_size > size:
        raise WeightsError("it is cut off: the file ends within its weights.")
    return _Record(offset, entry.file_size, entry.CRC)


def _bytes(file: BinaryIO, record: _Record) -> bytes:
    if record.size > MOST_BYTES:
        raise WeightsError(f"its pickle has {record.size:,} bytes, which no set of weights needs.")
    file.seek(record.offset)
    data = file.read(record.size)
    if zlib.crc32(data) != record.checksum:
        raise WeightsError("it is damaged: its pickle does not have the checksum that the archive says.")
    return data


def _open_legacy(file: BinaryIO, size: int) -> Container:
    stream = io.BytesIO(file.read(MOST_BYTES))
    if unpickle(stream) != _MAGIC:
        raise WeightsError("it is a pickle, but not of torch.save.")
    version, machine = unpickle(stream), unpickle(stream)
    if version != _VERSION:
        raise WeightsError(f"its format version is not {_VERSION}, the only one of the older torch.save.")
    if not isinstance(machine, dict) or machine.get("little_endian") is not True:
        raise WeightsError("its numbers are in big-endian order; save it again on an ordinary machine.")
    declared: dict[str, Storage] = {}
    root = unpickle(stream, lambda identity: _persistent(identity, declared))
    keys = unpickle(stream)
    if not isinstance(keys, list):
        raise WeightsError("its pickle is cut off or damaged.")
    return Container("legacy", root, size, file, _scan(file, size, stream.tell(), keys, declared))


def _scan(
    file: BinaryIO, size: int, position: int, keys: list[object], declared: Mapping[str, Storage]
) -> dict[str, _Record]:
    """The places of the storages that follow each other from `position` on."""
    records: dict[str, _Record] = {}
    for key in map(str, keys):
        file.seek(position)
        count = int.from_bytes(file.read(8), "little")
        if key not in declared or key in records:
            raise WeightsError("its list of storages does not fit its pickle.")
        length = count * declared[key].dtype.itemsize
        if position + 8 + length > size:
            raise WeightsError(
                f"it is cut off: it should have {length:,} more bytes, where {size - position - 8:,} follow."
            )
        records[key] = _Record(position + 8, length, None)
        position += 8 + length
    return records


def _persistent(identity: object, declared: dict[str, Storage] | None = None) -> object:
    """What torch's persistent ids mean: a storage, or (legacy) a class with its source text, which is dropped.

    `declared` takes every storage as a whole, which tells the legacy container how long its records are.
    """
    match identity:
        case ("module", Name() as name, *_):
            return name
        case ("storage", kind, str() | int() as key, _, int() as numel, *view) if storage_dtype(kind) is not None:
            dtype = storage_dtype(kind)
            assert dtype is not None
            whole = Storage(str(key), dtype, numel)
            if declared is not None and declared.setdefault(whole.key, whole).dtype != dtype:
                raise WeightsError("it declares one storage with two types of number.")
            match view:
                case [(_, int() as start, int() as length)] if start >= 0 and 0 <= length <= numel - start:
                    return Storage(whole.key, dtype, length, start)
                case [] | [None]:
                    return whole
    raise WeightsError("it holds numbers of a kind that weights do not need.")
