"""Reads every file of a folder in a process of limited memory; prints what was said, and how the memory grew.

Run as a program: `python read_hostile.py FOLDER GOOD_FILE`.
"""

import json
import resource
import sys
from pathlib import Path

from vocoder.errors import WeightsError
from vocoder.features import MelSettings
from vocoder.weights.foreign import read_foreign

SMALL = MelSettings(bands=4, n_fft=64, hop=16, window=64)
ROOM = 400 << 20  # bytes that all the reading may take beyond what the imports have


def said(path: Path) -> str:
    try:
        with path.open("rb") as file:
            read_foreign(file, SMALL)
    except WeightsError as error:
        return str(error)
    return "converted"


def main(folder: Path, good: Path) -> None:
    assert said(good) == "converted"
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answers = {path.name: said(path) for path in sorted(folder.iterdir())}
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"answers": answers, "grown_mib": grown / 1024}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
