"""The command line. Exit status 0, 2 for what a person can mend (one line on stderr says what), 130 after Ctrl-C."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from vocoder import commands
from vocoder.errors import InputError, SettingsError


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
        return commands.complain(str(error))
    except BrokenPipeError:  # whoever read our output has left; what is still buffered has nowhere to go
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return commands.complain(f"{where}{error.strerror or error}")
    except KeyboardInterrupt:
        print("vocoder: stopped", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="vocoder", description="Speech to Gaussian noise and back, with an invertible vocoder.")
    known = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], help: str) -> argparse.ArgumentParser:
        added = known.add_parser(name, help=help, description=help, allow_abbrev=False)
        added.set_defaults(run=run)
        return added

    add = command("systems", commands.systems, "list every system, and why some are not available").add_argument
    add("--json", action="store_true", help="as JSON")

    add = command("synthesise", commands.synthesise, "from a recording's mel, or a mel file, to speech").add_argument
    add("source", metavar="IN", type=_path, help="sound file, mel (.npy, .safetensors), or a folder of them")
    add("-o", dest="target", metavar="OUT.wav", type=_path, required=True, help="WAV to write; a folder if IN is one")
    add("--system", default="flow", help="which vocoder (default: flow)")
    _add_given(add)
    _add_model(add)
    _add_sampling(add)
    add("--keep-level", action="store_true", help="let what is too loud clip, as the page does, and not turn it down")

    add = command("analyse", commands.analyse, "from a recording to latents and exactly back").add_argument
    add("source", metavar="IN", type=_path, help="sound file")
    add("-o", dest="target", metavar="OUT.npz", type=_path, required=True, help="arrays to write")
    add("--system", default="flow", help="which invertible vocoder (default: flow)")
    _add_model(add)

    add = command("evaluate", commands.evaluate, "copy-synthesis of a folder's files, all metrics").add_argument
    add("folder", metavar="FOLDER", type=_path, help="of recordings")
    add(
        "--systems",
        metavar="A,B=CHECKPOINT",
        type=_names,
        help="which vocoders, with weights of their own where they need them (default: flow,griffin-lim)",
    )
    add("--outputs", metavar="NAME=FOLDER", action="append", default=[], help="someone else's copies, to score as well")
    add("--files", metavar="LIST", type=_path, help="a text file naming the files to take, one a line")
    add("--metrics", metavar="A,B", type=_names, help="which metrics (default: all)")
    add("--per-file", action="store_true", help="a line a file as well")
    _add_given(add)
    _add_model(add)
    _add_sampling(add)
    add("--json", metavar="OUT", type=_path, help="write all figures to a JSON file")

    add = command("benchmark", commands.benchmark, "real-time factors on this machine").add_argument
    add("--systems", metavar="A,B=CHECKPOINT", type=_names, help="which (default: flow,griffin-lim)")
    add("--seconds", type=float, default=5.0, help="of sound to make (default: 5)")
    add("--repeats", type=int, default=7, help="times each (default: 7)")
    add("--threads", type=int, help="of the CPU (default: PyTorch's choice)")
    add("--no-peers", action="store_true", help="leave out other projects' networks")
    add("--solvers", action="store_true", help="instead: a race of solvers for one frame's phases, by number of bins")
    _add_model(add)
    add("--json", metavar="OUT", type=_path, help="write all figures to a JSON file")

    add = command("convert", commands.convert, "a foreign checkpoint to this project's format").add_argument
    add("source", metavar="FOREIGN", type=_text, help="file, id of the catalogue, org/name:file or address on the Hub")
    add("-o", dest="target", metavar="FOLDER", type=_path, required=True, help="checkpoint folder to write")
    add("--licence", default="unknown", help="of the weights (default: the catalogue's, or unknown)")
    add("--config", metavar="JSON", type=_path, help="of HiFi-GAN or BigVGAN (default: a config.json beside FOREIGN)")
    add("--revision", help="of the Hub's repository, a commit")

    add = command("catalogue", commands.catalogue, "list other people's checkpoints that are known").add_argument
    add("--json", action="store_true", help="as JSON, with everything known")

    add = command("train", commands.train, "train a system").add_argument
    add("config", metavar="CONFIG", type=_path, help="JSON file")
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
    add(
        "--checkpoint",
        metavar="FOLDER_OR_ID",
        type=_text,
        help="weights: a folder, or an id of the project, the catalogue or the Hub (default: the bundled ones)",
    )
    add("--device", default="auto", help="auto, cpu or cuda (default: auto)")


def _add_sampling(add: Callable[..., Any]) -> None:
    add("--temperature", type=_temperature, help="of the noise, 0 to 2 (default: the checkpoint's); flows only")
    add("--seed", type=_seed, default=0, help="of the noise (default: 0)")


def _text(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("must not be empty")
    return text


def _path(text: str) -> Path:
    return Path(_text(text))


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
