"""The command line. Exit status 0, 2 for what a person can mend (one line on stderr says what), 130 after Ctrl-C."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from math import isfinite, log10
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from vocoder.errors import InputError, SettingsError

if TYPE_CHECKING:
    from vocoder.explorer.files import Written
    from vocoder.systems import Vocoder


class Parser(argparse.ArgumentParser):
    """Raises what it does not understand instead of printing its usage and leaving."""

    def error(self, message: str) -> NoReturn:
        raise SettingsError(f"{message}; see '{self.prog} --help'")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    try:
        args = _parser().parse_args(argv)
        status = args.run(args)
        sys.stdout.flush()
        return status
    except InputError as error:
        return _complain(str(error))
    except BrokenPipeError:  # whoever read our output has left; what is still buffered has nowhere to go
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _complain(f"{where}{error.strerror or error}")
    except KeyboardInterrupt:
        print("vocoder: stopped", file=sys.stderr)
        return 130


def _complain(text: str) -> int:
    """One line on stderr, whatever a file's name holds; returns the exit status that goes with it."""
    line = " ".join(text.split())
    print("vocoder: error: " + "".join(c if c.isprintable() else "?" for c in line), file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="vocoder", description="Speech to Gaussian noise and back, with an invertible vocoder.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], help: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help, description=help, allow_abbrev=False)
        added.set_defaults(run=run)
        return added

    add = command("systems", _systems, "list every system, and why some are not available").add_argument
    add("--json", action="store_true", help="as JSON")

    add = command("synthesise", _synthesise, "from a recording's mel, or a mel file, to speech").add_argument
    add("source", metavar="IN", type=Path, help="sound file, mel (.npy, .safetensors), or a folder of them")
    add("-o", dest="target", metavar="OUT.wav", type=Path, required=True, help="WAV to write; a folder if IN is one")
    add("--system", default="flow", help="which vocoder (default: flow)")
    _add_given(add)
    _add_model(add)
    _add_sampling(add)
    add("--keep-level", action="store_true", help="let what is too loud clip, as the page does, and not turn it down")

    add = command("analyse", _analyse, "from a recording to latents and exactly back").add_argument
    add("source", metavar="IN", type=Path, help="sound file")
    add("-o", dest="target", metavar="OUT.npz", type=Path, required=True, help="arrays to write")
    add("--system", default="flow", help="which invertible vocoder (default: flow)")
    _add_model(add)

    add = command("evaluate", _evaluate, "copy-synthesis of a folder's files, all metrics").add_argument
    add("folder", metavar="FOLDER", type=Path, help="of recordings")
    add("--systems", metavar="A,B", type=_names, help="which vocoders (default: flow,griffin-lim)")
    add("--outputs", metavar="NAME=FOLDER", action="append", default=[], help="someone else's copies, to score as well")
    add("--files", metavar="LIST", type=Path, help="a text file naming the files to take, one a line")
    add("--metrics", metavar="A,B", type=_names, help="which metrics (default: all)")
    add("--per-file", action="store_true", help="a line a file as well")
    _add_given(add)
    _add_model(add)
    _add_sampling(add)
    add("--json", metavar="OUT", type=Path, help="write all figures to a JSON file")

    add = command("benchmark", _benchmark, "real-time factors on this machine").add_argument
    add("--systems", metavar="A,B", type=_names, default=["flow", "griffin-lim"], help="default: flow,griffin-lim")
    add("--seconds", type=float, default=5.0, help="of sound to make (default: 5)")
    add("--repeats", type=int, default=7, help="times each (default: 7)")
    add("--threads", type=int, help="of the CPU (default: PyTorch's choice)")
    add("--no-peers", action="store_true", help="leave out other projects' networks")
    _add_model(add)
    add("--json", metavar="OUT", type=Path, help="write all figures to a JSON file")

    add = command("convert", _convert, "a foreign checkpoint to this project's format").add_argument
    add("source", metavar="FOREIGN", help="a file, org/name:file on the Hub, or its https address")
    add("-o", dest="target", metavar="FOLDER", type=Path, required=True, help="checkpoint folder to write")
    add("--licence", default="unknown", help="of the weights (default: unknown)")
    add("--revision", help="of the Hub's repository, a commit")

    add = command("train", _train, "train a system").add_argument
    add("config", metavar="CONFIG", type=Path, help="JSON file")
    add("--resume", action="store_true", help="go on from the last state")
    add("--seconds", type=float, help="stop after so long")
    return parser


def _add_given(add: Callable[..., Any]) -> None:
    add(
        "--from",
        dest="given",
        metavar="WHAT",
        default="mel",
        choices=("mel", "magnitude"),
        help="mel, or the recording's own magnitudes (signal processing only; default: mel)",
    )


def _add_model(add: Callable[..., Any]) -> None:
    add("--checkpoint", metavar="FOLDER_OR_ID", help="weights (default: the bundled ones)")
    add("--device", default="auto", help="auto, cpu or cuda (default: auto)")


def _add_sampling(add: Callable[..., Any]) -> None:
    add("--temperature", type=_temperature, help="of the noise, 0 to 2 (default: the checkpoint's); flows only")
    add("--seed", type=_seed, default=0, help="of the noise (default: 0)")


def _temperature(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 2:
        raise argparse.ArgumentTypeError("must be a number between 0 and 2")
    return value


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value < 1 << 63:
        raise argparse.ArgumentTypeError("must be a whole number from 0 to 2^63 - 1")
    return value


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _systems(args: argparse.Namespace) -> int:
    from vocoder.systems import systems

    rows = systems()
    if args.json:
        print(json.dumps([asdict(info) for info in rows], indent=2, ensure_ascii=False))
        return 0
    table = [("system", "family", "parameters", "available", "weights")]
    for info in rows:
        parameters = f"{info.parameters:,}" if info.parameters or info.available else "-"
        available = "yes" if info.available else f"no: {info.reason}"
        weights = f"{info.source}; {info.licence}" if info.parameters else info.source if info.available else ""
        table.append((info.name, info.family, parameters, available, weights))
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def _synthesise(args: argparse.Namespace) -> int:
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
            status = _complain(f"{path.name}: {result}")
        else:
            print(f"{path.name}: {_described(result)}", flush=True)
    return status


def _described(written: Written) -> str:
    length = written.samples / written.sample_rate
    level = f"peak {20 * log10(max(written.peak, 1e-10)):.1f} dBFS"
    if written.gain < 1:
        level += f", turned down by {-20 * log10(written.gain):.1f} dB so as not to clip"
    return f"{length:.2f} s in {written.seconds:.2f} s ({length / max(written.seconds, 1e-9):.3g}x real time), {level}"


def _analyse(args: argparse.Namespace) -> int:
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

    return load_system(args.system, checkpoint=args.checkpoint, device=args.device)


def _evaluate(args: argparse.Namespace) -> int:
    from vocoder.evaluation.evaluate import evaluate_folder
    from vocoder.evaluation.files import named_folders, read_list

    _check_report(args.json)
    report = evaluate_folder(
        args.folder,
        args.systems if args.systems is not None else [] if args.outputs else ["flow", "griffin-lim"],
        named_folders(args.outputs),
        files=read_list(args.files) if args.files else None,
        metrics=args.metrics,
        checkpoint=args.checkpoint,
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


def _benchmark(args: argparse.Namespace) -> int:
    from vocoder.evaluation.benchmark import benchmark

    _check_report(args.json)
    report = benchmark(
        args.systems,
        seconds=args.seconds,
        repeats=args.repeats,
        threads=args.threads,
        checkpoint=args.checkpoint,
        device=args.device,
        with_peers=not args.no_peers,
        progress=_progress(),
    )
    print(report.table())
    if args.json:
        report.save(args.json)
    return 0


def _convert(args: argparse.Namespace) -> int:
    from vocoder.weights.convert import convert

    print(convert(args.source, args.target, licence=args.licence, revision=args.revision))
    return 0


def _train(args: argparse.Namespace) -> int:
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
