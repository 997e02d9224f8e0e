"""How fast the systems are on this machine, beside well-known networks of the same run."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from vocoder.errors import SettingsError
from vocoder.evaluation.evaluate import AnyPath, device_of, load_systems, mel_settings
from vocoder.evaluation.peers import peers
from vocoder.evaluation.report import aligned, save_json
from vocoder.features import log_mel


@dataclass(frozen=True)
class Speed:
    """How long one system takes; `seconds` is the median of the repeats."""

    system: str
    parameters: int
    first: float  # s, of the first call, which also warms up
    seconds: float
    fastest: float
    slowest: float
    real_time_factor: float  # seconds of sound per second of computation


@dataclass(frozen=True)
class SpeedReport:
    """The speeds, and of what machine they are."""

    rows: tuple[Speed, ...]
    machine: Mapping[str, Any]

    def table(self) -> str:
        """A row a system, in the order of the run."""
        cells = [["", "parameters", "times real time", "median", "fastest", "slowest", "first call"]]
        for row in self.rows:
            times = (row.seconds, row.fastest, row.slowest, row.first)
            cells.append([row.system, f"{row.parameters:,}", f"{row.real_time_factor:.1f}", *map(_milliseconds, times)])
        about = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in self.machine.items())
        return "\n".join([*aligned(cells), "", f"{about}."])

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"machine": dict(self.machine), "systems": [asdict(row) for row in self.rows]}

    def save(self, path: AnyPath) -> None:
        """Write `to_dict` as JSON; the file appears whole or not at all."""
        save_json(self.to_dict(), path)


def benchmark(
    systems: Sequence[str] | Mapping[str, Any] = ("flow", "griffin-lim"),
    *,
    seconds: float = 5.0,
    repeats: int = 7,
    threads: int | None = None,
    checkpoint: str | None = None,
    device: str = "auto",
    with_peers: bool = True,
    progress: Callable[[float], None] | None = None,
) -> SpeedReport:
    """Time mel -> samples for a sound of `seconds`: one call to warm up, then the systems in turn, `repeats` times.

    Taking turns spreads whatever else the machine does over all of them. The sound is noise: none of the systems is
    faster or slower on speech.

    Args:
        systems: as for `evaluate_folder`.
        seconds: of sound.
        repeats: of each system, after the warm-up.
        threads: for PyTorch; None is as many as it uses anyway. Set back afterwards.
        checkpoint, device: for `load_system`; peers run on the CPU or on CUDA, as the systems do.
        with_peers: also time Vocos' network (where `vocos` is installed) and HiFi-GAN's V1 and V3, untrained.
        progress: told the fraction done.
    Raises:
        InputError: a system is unknown, or a number out of range.
    """
    if not (0.1 <= seconds <= 600 and 1 <= repeats <= 1000 and (threads is None or 1 <= threads <= 1024)):
        raise SettingsError("A benchmark takes 0.1 to 600 seconds of sound, 1 to 1000 repeats and 1 to 1024 threads.")
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        runs = {name: _Run(system, seconds) for name, system in load_systems(systems, checkpoint, device).items()}
        if with_peers:
            place = _device(device)
            runs |= {name: _Run(make().eval().to(place), seconds) for name, make in peers().items()}
        machine = _machine(seconds, repeats, device)
        steps, done = (1 + repeats) * len(runs), 0
        for _ in range(1 + repeats):
            for run in runs.values():
                run.once()
                done += 1
                if progress is not None:
                    progress(done / steps)
    finally:
        torch.set_num_threads(before)
    return SpeedReport(tuple(run.speed(name) for name, run in runs.items()), machine)


class _Run:
    """One system with its mel, and how long its calls took."""

    def __init__(self, system: Any, seconds: float) -> None:
        settings = mel_settings(system)
        self.system, self.rate = system, settings.sample_rate
        noise = 0.1 * torch.randn(1, round(seconds * self.rate), generator=torch.Generator().manual_seed(0))
        self.mel = log_mel(noise, settings).to(device_of(system))
        self.seconds = self.mel.shape[-1] * settings.hop / self.rate
        self.times: list[float] = []

    def once(self) -> None:
        start = time.perf_counter()
        self.system.synthesise(self.mel, seed=0, temperature=None).cpu()  # waits for the device
        self.times.append(time.perf_counter() - start)

    def speed(self, name: str) -> Speed:
        first, *times = self.times
        median = statistics.median(times)
        parameters = _parameters(self.system)
        return Speed(name, parameters, first, median, min(times), max(times), self.seconds / median)


def _parameters(system: Any) -> int:
    if hasattr(system, "info"):
        return system.info.parameters
    return sum(parameter.numel() for parameter in system.parameters())


def _device(device: str) -> torch.device:
    return torch.device("cuda" if device == "auto" and torch.cuda.is_available() else device.replace("auto", "cpu"))


def _machine(seconds: float, repeats: int, device: str) -> dict[str, Any]:
    place = _device(device)
    name = torch.cuda.get_device_name(place) if place.type == "cuda" else processor()
    return {
        "device": name,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "seconds": seconds,
        "repeats": repeats,
    }


def processor() -> str:
    """What Linux calls the processor, else what Python knows of it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"
