"""`python -m vocoder.explorer.precompute` makes the results that come with the examples, in a minute or two.

To be run whenever the bundled checkpoint or a system has changed; a test says when that was forgotten.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import cast, get_args

from vocoder.audio import PAGE_LIMITS, read_recording
from vocoder.explorer.analysis import analyse
from vocoder.explorer.examples import EXAMPLES, Example, examples
from vocoder.explorer.precomputed import RESULTS, Made, Results, save, save_made
from vocoder.explorer.results import Mode, Synthesis
from vocoder.explorer.synthesis import compare, sample_again
from vocoder.melsettings import MelSettings
from vocoder.project import versions
from vocoder.systems import InvertibleVocoder, Vocoder, load_system, systems
from vocoder.systems.signal import NETWORK
from vocoder.weights import find_checkpoint
from vocoder.weights.card import read_card
from vocoder.weights.phase import find_network

PACKAGES = ("numpy", "scipy", "soxr", "torch")  # that the sounds depend on


def bundled() -> Made:
    """What results for the bundled checkpoints depend on."""
    network = find_network(MelSettings())
    networks = {NETWORK: {network.name: read_card(network, "phase").sha256}}
    return Made(read_card(find_checkpoint(), "flow").sha256, networks)


def compute(example: Example, how: Made, flow: InvertibleVocoder, others: list[Vocoder]) -> Results:
    """What the page shows of an example, as it would compute it itself."""
    recording = read_recording(EXAMPLES / example.file, PAGE_LIMITS, flow.info.mel.sample_rate).samples
    copies = compare([flow], recording, seed=how.seed, temperature=how.temperature) + compare(others, recording)
    analysis = analyse(flow, recording)
    settings = {"same": (1.0, 0), "scaled": (how.scaled, 0), "fresh": (1.0, how.fresh)}
    again: dict[str, Synthesis] = {}
    for mode in get_args(Mode):
        temperature, seed = settings[mode]
        again[mode] = sample_again(flow, analysis, mode=mode, temperature=temperature, seed=seed)
    return Results({copy.system: copy for copy in copies}, analysis, again)


def main(folder: Path = RESULTS) -> int:
    """Computes everything on the CPU, then replaces the folder."""
    flow = cast(InvertibleVocoder, load_system("flow", device="cpu"))
    others = [load_system(row.name, device="cpu") for row in systems() if row.available and row.name != "flow"]
    how = bundled()
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        fresh = Path(place) / folder.name
        fresh.mkdir()
        for example in examples().values():
            save(example.id, compute(example, how, flow, others), fresh)
            print(f"{example.id} is done", flush=True)
        save_made(how, versions(*PACKAGES), fresh)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*.*"))
    print(f"{folder}: {size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
