"""A checkpoint is a folder: `model.safetensors`, a closed `config.json`, and a `README.md` for people.

Nothing in it is ever unpickled. `config.json` names the SHA-256 of the tensors, and loading trusts neither: the file is
hashed, its names and shapes are compared with what the settings ask for before anything is allocated, and numbers that
are not finite are refused. This is what the folders of every family of networks share.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from vocoder.errors import InputError, SettingsError, WeightsError
from vocoder.weights.card import MOST_BYTES, Card

FORMAT = 1
TENSORS, CONFIG, README = "model.safetensors", "config.json", "README.md"
Storage = Literal["float32", "float16"]  # of the file; networks always compute in float32
DTYPES: dict[Storage, tuple[torch.dtype, str]] = {"float32": (torch.float32, "F32"), "float16": (torch.float16, "F16")}
MOST_TENSORS = 4096
Made = TypeVar("Made")


def write_folder(
    folder: Path, model: nn.Module, card: Card, family: str, parts: Mapping[str, Any], storage: Storage
) -> Card:
    """Writes a checkpoint folder all at once: it is whole or, after a failure, as it was before.

    Args:
        parts: what `config.json` says besides format, family, storage and card: the settings that make the model.
    Returns:
        The card with the figures that only saving knows: the SHA-256 and the number of parameters.
    Raises:
        WeightsError: the weights are not finite (in `storage`), or the folder holds something else than a checkpoint.
    """
    dtype = DTYPES[storage][0]
    tensors = {name: tensor.detach().to("cpu", dtype).contiguous() for name, tensor in model.state_dict().items()}
    _check_finite(tensors, f"Not saved to {folder}")
    if folder.exists() and not (folder.is_dir() and {p.name for p in folder.iterdir()} <= {TENSORS, CONFIG, README}):
        raise WeightsError(f"{folder} holds other things than a checkpoint; name a new or empty folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        save_file(tensors, fresh / TENSORS)
        card = replace(card, sha256=_sha256(fresh / TENSORS), parameters=sum(p.numel() for p in model.parameters()))
        config = {"format": FORMAT, "family": family, "storage": storage, **parts, "card": card.to_dict()}
        (fresh / CONFIG).write_text(json.dumps(config, indent=2, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")
        (fresh / README).write_text(card.readme(family), "utf-8")
        fresh.chmod(0o755)  # mkdtemp's folders and safetensors' files are for their owner alone
        (fresh / TENSORS).chmod(0o644)
        _replace_folder(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return card


def read_folder(folder: Path, families: Mapping[str, set[str]], parse: Callable[[dict[str, Any]], Made]) -> Made:
    """What `parse` makes of the closed `config.json` of a folder, without touching its tensors.

    Args:
        families: those that will do, each with the objects that it holds besides format, family, storage and card.
    Raises:
        WeightsError: it is missing, or says something else; also for any `InputError` that `parse` raises.
    """
    path = folder / CONFIG
    if not path.is_file():
        what = "has no config.json" if folder.is_dir() else "does not exist"
        raise WeightsError(f"{folder} {what}; a checkpoint is a folder with {TENSORS} and {CONFIG}.")
    with _usable(path):
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise WeightsError(f"it is longer than {MOST_BYTES >> 20} MiB.")
        return parse(_closed(json.loads(text), families))


@contextmanager
def _usable(path: Path) -> Iterator[None]:
    """Names the `config.json` in everything that is wrong with its contents."""
    try:
        yield
    except (InputError, ValueError, RecursionError) as error:
        raise WeightsError(f"{path} cannot be used: {error}") from error


def _closed(values: Any, families: Mapping[str, set[str]]) -> dict[str, Any]:
    family = values.get("family") if isinstance(values, dict) else None
    if isinstance(family, str) and (family not in families or values.get("format") != FORMAT):
        found, read = f"{family!r:.80} in format {values.get('format')!r:.80}", " or ".join(map(repr, families))
        raise WeightsError(f"it describes {found}; what is wanted here is {read} in format {FORMAT}.")
    parts = families[family] if isinstance(family, str) else next(iter(families.values()))
    wanted = {"format", "family", "storage", "card", *parts}
    if not isinstance(values, dict) or set(values) != wanted:
        differing = sorted(set(values) ^ wanted) if isinstance(values, dict) else []
        named = f"; unknown or missing: {', '.join(map(repr, differing))}" if differing else ""
        raise WeightsError(f"it should be an object with exactly {', '.join(sorted(wanted))}{named}.")
    if not isinstance(family, str):
        raise WeightsError(f"family is a name such as {next(iter(families))!r}, not {family!r:.80}.")
    if values["storage"] not in DTYPES:
        raise WeightsError(f"storage is 'float32' or 'float16', not {values['storage']!r}.")
    for part in sorted({"card", *parts}):
        if not isinstance(values[part], dict):
            raise WeightsError(f"{part} should be an object.")
    return values


def check_numbers(part: str, values: Mapping[str, Any], most: int) -> None:
    """Refuses a number beyond `most` before the settings look at it: it is an attempt to fill the memory."""
    for name, value in values.items():
        if isinstance(value, (int, float)) and not value <= most:
            raise SettingsError(f"{part} setting {name} is {value}; more than {most} is refused.")


def read_tensors(folder: Path, card: Card, storage: Storage, build: Callable[[int], nn.Module]) -> dict[str, Tensor]:
    """The tensors of a folder in float32 on the CPU, after they have been compared with the model's.

    Args:
        build: the model, given the number of tensors found; called where nothing is allocated (torch's meta device).
    Raises:
        WeightsError: the file is missing, damaged, of another shape, or not finite.
    """
    path = folder / TENSORS
    if not path.is_file():
        raise WeightsError(f"{folder} has no {TENSORS}; a checkpoint holds {TENSORS} and {CONFIG}.")
    digest = _sha256(path)
    if digest != card.sha256:
        raise WeightsError(
            f"{path} is damaged or was exchanged: its SHA-256 begins {digest[:12]}, "
            f"{CONFIG} says {card.sha256[:12] or 'nothing'}."
        )
    try:
        with safe_open(path, framework="pt") as file:
            found = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118, not a dict
            if len(found) > MOST_TENSORS:
                raise WeightsError(f"{path} holds {len(found)} tensors; more than {MOST_TENSORS} are refused.")
            with _usable(folder / CONFIG), torch.device("meta"):
                model = build(len(found))
            _check_shapes(found, model, DTYPES[storage][1], path)
            # Copies: what safetensors gives is a view of the file, which somebody may cut off while it is used.
            state = {name: file.get_tensor(name).to(torch.float32, copy=True) for name in found}
    except SafetensorError as error:
        raise WeightsError(f"{path} is not a safetensors file ({error}).") from error
    parameters = sum(parameter.numel() for parameter in model.parameters())
    if parameters != card.parameters:
        raise WeightsError(f"{path} has {parameters} parameters; its card says {card.parameters}.")
    _check_finite(state, str(path))
    return state


def _check_shapes(found: Mapping[str, Any], model: nn.Module, dtype: str, path: Path) -> None:
    """Compares the file's table with the model that the settings describe; neither has been allocated yet."""
    wanted = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
    differing = [f"{name} is missing" for name in wanted if name not in found]
    differing += [f"{name} is unknown" for name in found if name not in wanted]
    differing += [
        f"{name} is {_product(found[name].get_shape())}, should be {_product(shape)}"
        for name, shape in wanted.items()
        if name in found and found[name].get_shape() != shape
    ]
    differing += [
        f"{name} is {slice_.get_dtype()}, should be {dtype}"
        for name, slice_ in found.items()
        if slice_.get_dtype() != dtype
    ]
    if differing:
        shown = "; ".join(differing[:3]) + (f"; and {len(differing) - 3} more" if len(differing) > 3 else "")
        raise WeightsError(f"{path} does not fit its settings: {shown}.")


def _product(shape: list[int]) -> str:
    return "x".join(map(str, shape)) or "a single number"


def _check_finite(tensors: Mapping[str, Tensor], where: str) -> None:
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise WeightsError(f"{where}: {name} holds numbers that are not finite; the weights are unusable.")


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _replace_folder(fresh: Path, folder: Path) -> None:
    """Puts `fresh` in the place of `folder`. One step cannot replace a full folder, so the old one steps aside."""
    if not folder.exists():
        fresh.rename(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.old.", dir=folder.parent))
    folder.rename(old / folder.name)
    try:
        fresh.rename(folder)
    except OSError:
        (old / folder.name).rename(folder)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
