"""What each command of the command line does; `vocoder.cli` says what they are called and what they take."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from math import isfinite, log10
from pathlib import Path
from typing import TYPE_CHECKING

from vocoder.errors import InputError, SettingsError

if TYPE_CHECKING:
    from vocoder.explorer.files import Written
    from vocoder.systems import Vocoder


def complain(text: str) -> int:
    """One line on stderr, whatever a file's name holds; returns the exit status that goes with it."""
    line = " ".join(text.split())
    print("vocoder: error: " + "".join(c if c.isprintable() else "?" for c in line), file=sys.stderr)
    return 2


def systems(args: argparse.Namespace) -> int:
    from vocoder.systems import systems

    rows = systems()
    if args.json:
        print(json.dumps([asdict(info) for info in rows], indent=2, ensure_ascii=False))
        return 0
    table = [("system", "family", "parameters", "available, with which weights")]
    for info in rows:
        parameters = f"{info.parameters:,}" if info.parameters or info.available else "-"
        weights = f"{info.source}; {info.licence}" if info.parameters else info.source
        available = f"yes: {weights}" if info.available else f"no: {info.reason}"
        table.append((info.name, info.family, parameters, available))
    _print_table(table)
    return 0


def catalogue(args: argparse.Namespace) -> int:
    from vocoder.weights.catalogue import catalogue

    entries = catalogue().values()
    if args.json:
        print(json.dumps([entry.to_dict() for entry in entries], indent=2, ensure_ascii=False))
        return 0
    table = [("id", "family", "megabytes", "licence", "known by", "where")]
    for entry in entries:
        size = "?" if entry.megabytes is None else f"{entry.megabytes:g}"
        where = entry.reference or entry.elsewhere
        table.append((entry.id, entry.family, size, entry.licence, entry.trust, where))
    _print_table(table)
    return 0


def _print_table(table: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def synthesise(args: argparse.Namespace) -> int:
    from vocoder.explorer.files import check_target, synthesise_file, synthesise_folder

    sampling = {name: getattr(args, name) for name in ("given", "seed", "temperature", "keep_level")}
    if not args.source.is_dir():
        _check_source(args.source)
        check_target(args.source, args.target, ".wav")
        print(f"{args.target}: {_described(synthesise_file(_load(args), args.source, args.target, **sampling))}")
        return 0
    status = 0
    for path, result in synthesise_folder(_load(args), args.source, args.target, **sampling):
        if isinstance(result, InputError):
            status = complain(f"{path.name}: {result}")
        else:
            print(f"{path.name}: {_described(result)}", flush=True)
    return status


def _described(written: Written) -> str:
    length = written.samples / written.sample_rate
    level = f"peak {20 * log10(max(written.peak, 1e-10)):.1f} dBFS"
    if written.gain < 1:
        level += f", turned down by {-20 * log10(written.gain):.1f} dB so as not to clip"
    return f"{length:.2f} s in {written.seconds:.2f} s ({length / max(written.seconds, 1e-9):.3g}x real time), {level}"


def analyse(args: argparse.Namespace) -> int:
    from vocoder.explorer.files import analyse_file, check_target
    from vocoder.systems import InvertibleVocoder

    _check_source(args.source)
    check_target(args.source, args.target, ".npz")
    flow = _load(args)
    if not isinstance(flow, InvertibleVocoder):
        raise SettingsError(f"The system {args.system!r} cannot be inverted, so it has no latents; flow can.")
    balance = analyse_file(flow, args.source, args.target)
    print(
        f"{args.target}: {balance.bits_per_sample:.2f} bits a sample, z has mean {balance.z_mean:.3f} and "
        f"std {balance.z_std:.3f}, round trip {balance.round_trip_db:.0f} dB"
    )
    return 0


def _check_source(source: Path) -> None:
    """Said before PyTorch and the weights are loaded, not after."""
    if not source.is_file():
        raise SettingsError(f"There is no file {str(source)!r}.")


def _load(args: argparse.Namespace) -> Vocoder:
    from vocoder.systems import load_system

    return load_system(args.system, checkpoint=_obtained(args.checkpoint), device=args.device)


def _obtained(checkpoint: str | None) -> str | None:
    """The name of a checkpoint that is here: one of the catalogue or of the Hub is downloaded first."""
    from vocoder.errors import WeightsError
    from vocoder.weights import find_checkpoint
    from vocoder.weights.hub.obtain import obtain, wanted

    if checkpoint is None:
        return None
    try:
        return str(find_checkpoint(checkpoint))
    except WeightsError:
        if Path(checkpoint).is_absolute() or wanted(checkpoint) is None:
            raise
    from huggingface_hub import get_token

    return str(obtain(checkpoint, token=get_token(), progress=_progress()))


def evaluate(args: argparse.Namespace) -> int:
    from vocoder.evaluation.evaluate import evaluate_folder
    from vocoder.evaluation.files import named_folders, read_list

    _check_report(args.json)
    report = evaluate_folder(
        args.folder,
        args.systems if args.systems is not None else [] if args.outputs else ["flow", "griffin-lim"],
        named_folders(args.outputs),
        files=read_list(args.files) if args.files else None,
        metrics=args.metrics,
        checkpoint=_obtained(args.checkpoint),
        device=args.device,
        given=args.given,
        seed=args.seed,
        temperature=args.temperature,
        progress=_progress(),
    )
    if args.per_file:
        print(report.file_table(), end="\n\n")
    print(report.table())
    if args.json:
        report.save(args.json)
    return 0


def benchmark(args: argparse.Namespace) -> int:
    from vocoder.evaluation.benchmark import benchmark

    _check_report(args.json)
    if args.solvers:
        return _race(args)
    report = benchmark(
        args.systems or ["flow", "griffin-lim"],
        seconds=args.seconds,
        repeats=args.repeats,
        threads=args.threads,
        checkpoint=_obtained(args.checkpoint),
        device=args.device,
        with_peers=not args.no_peers,
        progress=_progress(),
    )
    print(report.table())
    if args.json:
        report.save(args.json)
    return 0


def _race(args: argparse.Namespace) -> int:
    from vocoder.evaluation.solvers import race

    report = race(progress=_progress())
    print(report.table())
    if args.json:
        report.save(args.json)
    return 0


def convert(args: argparse.Namespace) -> int:
    from vocoder.weights.convert import convert

    print(convert(args.source, args.target, licence=args.licence, revision=args.revision, config=args.config))
    return 0


def train(args: argparse.Namespace) -> int:
    from vocoder.training import train

    if args.seconds is not None and not (isfinite(args.seconds) and args.seconds > 0):
        raise SettingsError("--seconds must be a positive number.")
    train(args.config, resume=args.resume, seconds=args.seconds)
    return 0


def _check_report(target: Path | None) -> None:
    """A report takes minutes to make: where it cannot be written, that is said first."""
    if target is not None and (target.is_dir() or not target.parent.is_dir()):
        raise SettingsError(f"--json {str(target)!r} is a folder, or lies in one that does not exist.")


def _progress() -> Callable[[float], None] | None:
    """A percentage on the terminal, where there is one."""
    if not sys.stderr.isatty():
        return None
    return lambda done: print(f"\r{done:4.0%}", end="\r" if done < 1 else "\r    \r", file=sys.stderr, flush=True)
