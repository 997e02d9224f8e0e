"""Opens files as the page does, in a process with bounded memory: `python -m tests.fuzz.worker FOLDER [COUNT]`.

Every file of FOLDER is opened as it is, and then COUNT damaged copies are. Prints a JSON object: for every whole file
the sentence that refused it ("" when it was read), how many copies were read and refused, and by how many MiB the peak
of resident memory rose. Anything but a sound, a mel or an `InputError` ends the process, by a traceback or a signal.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path

import numpy as np

from vocoder.audio import read_recording
from vocoder.errors import InputError
from vocoder.melfile import is_mel_file, read_mel

HEADROOM = 512 << 20  # bytes of address space on top of what the libraries took
TELLING = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**63 - 1]


def attempt(path: Path) -> str:
    """The sentence that refuses `path`, or "" when it holds what it should."""
    try:
        values = read_mel(path, max_seconds=30) if is_mel_file(path) else read_recording(path).samples
    except InputError as error:
        sentence = str(error)
        assert sentence.endswith(".") and "\n" not in sentence, sentence
        return sentence
    assert values.dtype == np.float32
    assert values.size and np.isfinite(values).all()
    return ""


def damaged(data: bytes, random: np.random.Generator) -> bytes:
    """A copy with one to four wounds, more of them near the start, where the headers are."""
    copy = bytearray(data)
    for _ in range(random.integers(1, 5)):
        place = int(len(copy) * random.random() ** 3)
        length = int(random.integers(1, 64))
        match random.integers(6):
            case 0:
                copy[place : place + 1] = bytes([random.integers(256)])
            case 1:
                size, order = int(random.choice([1, 2, 4, 8])), ("little", "big")[random.integers(2)]
                value = TELLING[random.integers(len(TELLING))] & (256**size - 1)
                copy[place : place + size] = value.to_bytes(size, order)
            case 2:
                del copy[place : place + length]
            case 3:
                copy[place:place] = random.bytes(length)
            case 4:
                copy[place:place] = copy[place : place + length]
            case 5:
                del copy[max(place, 16) :]
    return bytes(copy)


def main(folder: Path, copies: int) -> None:
    files = sorted(folder.iterdir())
    attempt(files[0])
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * os.sysconf("SC_PAGE_SIZE") + HEADROOM
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    whole = {path.name: attempt(path) for path in files}
    random = np.random.default_rng(0)
    contents = [(path.read_bytes(), folder / f"damaged{path.suffix}") for path in files] if copies else []
    read = 0
    for index in range(copies):
        data, path = contents[index % len(contents)]
        path.write_bytes(damaged(data, random))
        read += attempt(path) == ""
    growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(json.dumps({"whole": whole, "read": read, "refused": copies - read, "growth": growth}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
