"""A checkpoint is a folder: `model.safetensors`, a closed `config.json`, and a `README.md` for people.

Nothing in it is ever unpickled. `config.json` names the SHA-256 of the tensors, and loading trusts neither: the file is
hashed, its names and shapes are compared with what the settings ask for before anything is allocated, and numbers that
are not finite are refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from vocoder.errors import InputError, SettingsError, WeightsError
from vocoder.features import MelSettings
from vocoder.flow import Flow, FlowSettings
from vocoder.weights.card import Card

FORMAT = 1
TENSORS, CONFIG, README = "model.safetensors", "config.json", "README.md"
Storage = Literal["float32", "float16"]  # of the file; the network always computes in float32
_DTYPES: dict[Storage, tuple[torch.dtype, str]] = {"float32": (torch.float32, "F32"), "float16": (torch.float16, "F16")}
_MOST_CONFIG_BYTES = 1 << 20
_MOST_TENSORS = 4096
_MOST_MEL = 1 << 18  # of any one mel setting: beyond it a config is an attempt to fill the memory


@dataclass(frozen=True)
class Config:
    """The contents of a `config.json`."""

    flow: FlowSettings
    mel: MelSettings
    storage: Storage
    card: Card


def save_flow(flow: Flow, folder: str | os.PathLike[str], card: Card, *, storage: Storage = "float32") -> Card:
    """Writes a checkpoint folder all at once: it is whole or, after a failure, as it was before.

    Returns:
        The card with the figures that only saving knows: the SHA-256 and the number of parameters.
    Raises:
        WeightsError: the weights are not finite (in `storage`), or the folder holds something else than a checkpoint.
    """
    folder = Path(folder)
    dtype = _DTYPES[storage][0]
    tensors = {name: tensor.detach().to("cpu", dtype).contiguous() for name, tensor in flow.state_dict().items()}
    _check_finite(tensors, f"Not saved to {folder}")
    if folder.exists() and not (folder.is_dir() and {p.name for p in folder.iterdir()} <= {TENSORS, CONFIG, README}):
        raise WeightsError(f"{folder} holds other things than a checkpoint; name a new or empty folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        save_file(tensors, fresh / TENSORS)
        card = replace(card, sha256=_sha256(fresh / TENSORS), parameters=sum(p.numel() for p in flow.parameters()))
        config = {
            "format": FORMAT,
            "family": "flow",
            "storage": storage,
            "flow": flow.settings.to_dict(),
            "mel": asdict(flow.mel_settings),
            "card": card.to_dict(),
        }
        (fresh / CONFIG).write_text(json.dumps(config, indent=2, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")
        (fresh / README).write_text(card.readme(), "utf-8")
        fresh.chmod(0o755)  # mkdtemp's folders and safetensors' files are for their owner alone
        (fresh / TENSORS).chmod(0o644)
        _replace_folder(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return card


def load_flow(folder: str | os.PathLike[str]) -> tuple[Flow, Card]:
    """The flow of a checkpoint folder, in float32 on the CPU, ready to use and without gradients.

    Raises:
        WeightsError: something is missing, damaged, unknown, of another shape, or not finite.
    """
    folder = Path(folder)
    config = read_config(folder)
    path = folder / TENSORS
    if not path.is_file():
        raise WeightsError(f"{folder} has no {TENSORS}; a checkpoint holds {TENSORS} and {CONFIG}.")
    digest = _sha256(path)
    if digest != config.card.sha256:
        raise WeightsError(
            f"{path} is damaged or was exchanged: its SHA-256 begins {digest[:12]}, "
            f"{CONFIG} says {config.card.sha256[:12] or 'nothing'}."
        )
    try:
        with safe_open(path, framework="pt") as file:
            found = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118, not a dict
            _check_shapes(found, config, path)
            state = {name: file.get_tensor(name).float() for name in found}
    except SafetensorError as error:
        raise WeightsError(f"{path} is not a safetensors file ({error}).") from error
    _check_finite(state, str(path))
    flow = Flow(config.flow, config.mel)
    flow.load_state_dict(state, strict=True)
    return flow.eval().requires_grad_(False), config.card


def read_config(folder: str | os.PathLike[str]) -> Config:
    """What a checkpoint folder says about itself, without touching its tensors; raises `WeightsError`."""
    folder = Path(folder)
    path = folder / CONFIG
    if not path.is_file():
        what = "has no config.json" if folder.is_dir() else "does not exist"
        raise WeightsError(f"{folder} {what}; a checkpoint is a folder with {TENSORS} and {CONFIG}.")
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_CONFIG_BYTES + 1)
        if len(text) > _MOST_CONFIG_BYTES:
            raise WeightsError(f"it is longer than {_MOST_CONFIG_BYTES >> 20} MiB.")
        return _parse(json.loads(text))
    except (InputError, ValueError, RecursionError) as error:
        raise WeightsError(f"{path} cannot be used: {error}") from error


def _parse(values: Any) -> Config:
    wanted = {"format", "family", "storage", "flow", "mel", "card"}
    if not isinstance(values, dict) or set(values) != wanted:
        differing = sorted(set(values) ^ wanted) if isinstance(values, dict) else []
        named = f"; unknown or missing: {', '.join(map(repr, differing))}" if differing else ""
        raise WeightsError(f"it should be an object with exactly {', '.join(sorted(wanted))}{named}.")
    if values["format"] != FORMAT or values["family"] != "flow":
        found = f"{values['family']!r} in format {values['format']!r}"
        raise WeightsError(f"it describes {found}; this program reads 'flow' in format {FORMAT}.")
    if values["storage"] not in _DTYPES:
        raise WeightsError(f"storage is 'float32' or 'float16', not {values['storage']!r}.")
    for part in ("flow", "mel", "card"):
        if not isinstance(values[part], dict):
            raise WeightsError(f"{part} should be an object.")
    return Config(_flow(values["flow"]), _mel(values["mel"]), values["storage"], Card.from_dict(values["card"]))


def _flow(values: dict[str, Any]) -> FlowSettings:
    for name, value in values.items():  # before the settings look at them: their own checks take time with the flows
        if isinstance(value, int) and value > _MOST_TENSORS:
            raise SettingsError(f"flow setting {name} is {value}; more than {_MOST_TENSORS} is refused.")
    return FlowSettings.from_dict(values)


def _mel(values: dict[str, Any]) -> MelSettings:
    for field in fields(MelSettings):
        value = values.get(field.name, field.default)
        if type(value) not in (int, float) or (type(field.default) is int and type(value) is not int):
            raise SettingsError(f"mel setting {field.name} must be a number like {field.default}, not {value!r}.")
        if not value <= _MOST_MEL:
            raise SettingsError(f"mel setting {field.name} is {value}; more than {_MOST_MEL} is refused.")
    return MelSettings.from_dict(values)


def _check_shapes(found: Mapping[str, Any], config: Config, path: Path) -> None:
    """Compares the file's table with the model that the settings describe; neither has been allocated yet."""
    if max(config.flow.flows, config.flow.layers) > len(found) or len(found) > _MOST_TENSORS:
        raise WeightsError(f"{path} holds {len(found)} tensors, which does not fit {config.flow.flows} flows.")
    try:
        with torch.device("meta"):
            model = Flow(config.flow, config.mel)
    except SettingsError as error:
        raise WeightsError(f"{path.parent / CONFIG} cannot be used: {error}") from error
    wanted = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
    differing = [f"{name} is missing" for name in wanted if name not in found]
    differing += [f"{name} is unknown" for name in found if name not in wanted]
    differing += [
        f"{name} is {_product(found[name].get_shape())}, should be {_product(shape)}"
        for name, shape in wanted.items()
        if name in found and found[name].get_shape() != shape
    ]
    dtype = _DTYPES[config.storage][1]
    differing += [
        f"{name} is {slice_.get_dtype()}, should be {dtype}"
        for name, slice_ in found.items()
        if slice_.get_dtype() != dtype
    ]
    if differing:
        shown = "; ".join(differing[:3]) + (f"; and {len(differing) - 3} more" if len(differing) > 3 else "")
        raise WeightsError(f"{path} does not fit its settings: {shown}.")
    parameters = sum(parameter.numel() for parameter in model.parameters())
    if parameters != config.card.parameters:
        raise WeightsError(f"{path} has {parameters} parameters; its card says {config.card.parameters}.")


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
