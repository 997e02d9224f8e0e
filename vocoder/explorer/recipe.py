"""What is heard, as a few words: enough for a link, for four lines of Python, and for a command, to make it again."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import urlencode

from vocoder.errors import SettingsError
from vocoder.explorer.examples import examples

SYSTEMS = ("flow", "griffin-lim")  # that the page compares first
MOST_SYSTEMS = 5
OWN_RECORDING, OWN_MEL = "recording.wav", "mel.npy"  # what a visitor's own file is called in a recipe
MOST_TEMPERATURE, LARGEST_SEED, LONGEST = 2.0, 2**32 - 1, 60.0
MOST_CHARACTERS = 200  # of any one value in a link

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_PART = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,95}"
_CHECKPOINT = re.compile(  # an id, org/name, or org/name:file with folders of that repository
    rf"(?!.*\.\.)({_NAME.pattern}|{_PART}/{_PART}(:{_PART}(/{_PART})*)?)"
)
_SYSTEM = re.compile(r"[a-z][a-z0-9-]{0,39}")
_HASH, _COMMIT = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{40}")
_NUMBER, _WHOLE = re.compile(r"\d{1,4}(\.\d{1,20})?(e-\d\d)?", re.ASCII), re.compile(r"\d{1,10}", re.ASCII)


@dataclass(frozen=True)
class Recipe:
    """Everything that two pages have to agree about to sound alike. Equal recipes give equal samples."""

    example: str = ""  # its id; "" for a visitor's own sound
    upload: str = ""  # SHA-256 of that sound: of its 16-bit samples, or of the float32 mel
    given: str = "recording"  # or "mel": what was uploaded
    systems: tuple[str, ...] = SYSTEMS
    checkpoint: str = ""  # the flow's: an id, or its name on the Hub, `org/name` or `org/name:file`
    weights: str = ""  # SHA-256 of its tensors
    revision: str = ""  # commit of the Hub's repository that it came from, 40 hexadecimal digits; "" for others
    temperature: float = 0.8
    seed: int = 0
    region: tuple[float, float] | None = None  # seconds, that the player loops
    tab: str = "listen"

    def to_query(self) -> str:
        """For a link, without the question mark; what is as it would be anyway is left out."""
        return urlencode({name: text for name, text in self._texts().items() if text}, safe=",")

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self) | {"systems": list(self.systems), "region": self.region and list(self.region)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """What `to_dict` gave; raises `SettingsError` for anything else."""
        known = {field.name for field in fields(cls)}
        if set(values) != known:
            raise SettingsError(f"A recipe has exactly the entries {', '.join(sorted(known))}.")
        region = values["region"]
        recipe = cls(
            **{**values, "systems": tuple(values["systems"]), "region": None if region is None else tuple(region)}
        )
        read, ignored = from_query(recipe._texts())
        if ignored or read != recipe:
            raise SettingsError(f"A recipe's {', '.join(ignored) or 'numbers'} cannot be what it says.")
        return recipe

    def to_python(self) -> str:
        """A program for this project's folder that writes the very samples as WAV files."""
        lines = ["import vocoder", ""]
        if self.given == "mel":
            lines.append(f'mel = vocoder.read_mel("{self.source}")')
        else:
            lines.append(f'recording = vocoder.read_recording("{self.source}").samples')
        sound = "mel=mel" if self.given == "mel" else "recording"
        for system in self.systems:
            loaded = f'vocoder.load_system("{system}")'
            settings = "seed=0"
            if system == "flow":
                loaded = f'vocoder.from_pretrained("{self.reference}")'
                settings = f"seed={self.seed}, temperature={self.temperature!r}"
            lines += [
                f"(copy,) = vocoder.compare([{loaded}], {sound}, {settings})",
                f'vocoder.write_wav("{system}.wav", copy.samples, 22_050)',
            ]
        return "\n".join([*self._remarks(), *lines]) + "\n"

    def to_command(self) -> str:
        """Commands, one a line, that write the very samples as WAV files."""
        lines = []
        for system in self.systems:
            words = ["python", "-m", "vocoder", "synthesise", self.source, "-o", f"{system}.wav", "--system", system]
            if system == "flow":
                words += ["--checkpoint", self.reference, "--temperature", repr(self.temperature)]
                words += ["--seed", str(self.seed)]
            lines.append(shlex.join([*words, "--keep-level"]))
        return "\n".join([*self._remarks(), *lines]) + "\n"

    @property
    def reference(self) -> str:
        """The checkpoint as one asks for it: of the Hub, with its commit."""
        return f"{self.checkpoint}@{self.revision}" if self.revision else self.checkpoint

    @property
    def source(self) -> str:
        """The file that it starts from."""
        if self.example:
            return f"assets/examples/{examples()[self.example].file}"
        return OWN_MEL if self.given == "mel" else OWN_RECORDING

    def _remarks(self) -> list[str]:
        remarks = [f"# {self.reference}: model.safetensors has SHA-256 {self.weights}"] if self.weights else []
        if not self.example:
            what = "the mel" if self.given == "mel" else "the recording's 16-bit samples"
            remarks.append(f"# {self.source} is your own file; {what} had SHA-256 {self.upload}")
        return remarks

    def _texts(self) -> dict[str, str]:
        """Every entry as a link says it; "" where it says nothing."""
        return {
            "example": self.example,
            "upload": self.upload,
            "given": self.given if self.upload else "",
            "systems": ",".join(self.systems),
            "checkpoint": self.checkpoint,
            "weights": self.weights,
            "revision": self.revision,
            "temperature": repr(self.temperature),
            "seed": str(self.seed),
            "region": "" if self.region is None else "{!r}_{!r}".format(*self.region),
            "tab": self.tab,
        }


def from_query(query: Mapping[str, str]) -> tuple[Recipe, tuple[str, ...]]:
    """The recipe in a link, and the names in it that are unknown or whose value cannot be: those are ignored.

    Nothing in a link is a path or is run: a value is one of a list, a number in its range, hex digits, or a plain name
    that whoever follows the link looks up.
    """
    found: dict[str, Any] = {}
    ignored = []
    for name, text in query.items():
        parse = _PARSERS.get(name)
        if not text and parse:
            continue
        value = parse(text) if parse and len(text) <= MOST_CHARACTERS else None
        if value is None:
            ignored.append(name)
        else:
            found[name] = value
    return Recipe(**found), tuple(ignored)


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str | None]:
    return lambda text: text if pattern.fullmatch(text) else None


def _one_of(names: Callable[[], Collection[str]]) -> Callable[[str], str | None]:
    return lambda text: text if text in names() else None


def _temperature(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) and float(text) <= MOST_TEMPERATURE else None


def _seed(text: str) -> int | None:
    return int(text) if _WHOLE.fullmatch(text) and int(text) <= LARGEST_SEED else None


def _systems(text: str) -> tuple[str, ...] | None:
    names = tuple(text.split(","))
    plain = len(set(names)) == len(names) <= MOST_SYSTEMS and all(_SYSTEM.fullmatch(name) for name in names)
    return names if plain else None


def _region(text: str) -> tuple[float, float] | None:
    start, _, end = text.partition("_")
    if not (_NUMBER.fullmatch(start) and _NUMBER.fullmatch(end)):
        return None
    return (float(start), float(end)) if float(start) < float(end) <= LONGEST else None


_PARSERS: dict[str, Callable[[str], Any]] = {
    "example": _one_of(examples),
    "upload": _matching(_HASH),
    "given": _one_of(lambda: ("recording", "mel")),
    "systems": _systems,
    "checkpoint": _matching(_CHECKPOINT),
    "weights": _matching(_HASH),
    "revision": _matching(_COMMIT),
    "temperature": _temperature,
    "seed": _seed,
    "region": _region,
    "tab": _matching(_NAME),
}
