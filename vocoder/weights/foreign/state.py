"""From what a checkpoint holds to one flat table: parameter name -> stored tensor."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from vocoder.errors import WeightsError
from vocoder.weights.foreign.values import StandIn, StoredTensor

_MODEL_KEYS = ("model", "state_dict", "model_state_dict", "waveglow", "generator")
_NAME = re.compile(r"[\w.]{1,200}")
_MOST_MODULES = 20_000
_MOST_DEPTH = 16


@dataclass(frozen=True)
class State:
    """The model in a checkpoint, still unread."""

    tensors: Mapping[str, StoredTensor]
    modules: Mapping[str, StandIn]  # by path, "" for the model itself; empty where only tensors were saved
    others: tuple[str, ...]  # what lies beside the model in the file: the optimiser and the like


def find_state(root: object) -> State:
    """The model's tensors, wherever the three usual habits put them: a module, a state dict, either under a key.

    Raises:
        WeightsError: there is no model, or it is not made of modules and tensors.
    """
    model: object = root
    others: tuple[str, ...] = ()
    if isinstance(root, dict):
        key = next((key for key in _MODEL_KEYS if isinstance(root.get(key), (dict, StandIn))), None)
        if key is not None:
            model = root[key]
            others = tuple(re.sub(r"[^\w.-]", "?", str(name))[:40] for name in root if name != key)
        elif not any(isinstance(value, StoredTensor) for value in root.values()):
            shown = ", ".join(repr(name)[:40] for name in list(root)[:4]) or "nothing"
            raise WeightsError(f"it holds no model; it has {shown}, but neither 'model' nor 'state_dict'.")
    if isinstance(model, StandIn):
        return _walk(model, others)
    if not isinstance(model, dict) or not model:
        raise WeightsError("it holds no model, only something else that was saved with torch.")
    for name, tensor in model.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name) or not isinstance(tensor, StoredTensor):
            raise WeightsError(f"its entry {str(name)[:80]!r} is not a tensor.")
    return State(model, {}, others)


def _walk(model: StandIn, others: tuple[str, ...]) -> State:
    """All parameters and buffers below a module, named as torch names them."""
    tensors: dict[str, StoredTensor] = {}
    modules: dict[str, StandIn] = {}
    waiting = [("", model, 0)]
    while waiting:
        path, module, depth = waiting.pop()
        modules[path.removesuffix(".")] = module
        if len(modules) + len(waiting) > _MOST_MODULES or depth > _MOST_DEPTH:
            raise WeightsError("its modules hold one another too deeply or too often for a vocoder.")
        for name, tensor in _table(module, "_parameters") + _table(module, "_buffers"):
            if not isinstance(tensor, StoredTensor):
                raise WeightsError(f"its parameter {path + name!r} is not a plain tensor.")
            tensors[path + name] = tensor
        for name, child in _table(module, "_modules"):
            if not isinstance(child, StandIn):
                raise WeightsError(f"its module {path + name!r} is not a module.")
            waiting.append((f"{path}{name}.", child, depth + 1))
    return State(tensors, modules, others)


def _table(module: StandIn, attribute: str) -> list[tuple[str, object]]:
    """The entries of one of a module's three tables; a bias that a layer does without is None there."""
    table = module.attributes.get(attribute, {})
    if not isinstance(table, dict):
        raise WeightsError(f"its {module.kind} has no table of {attribute.strip('_')}.")
    entries = [(str(name), value) for name, value in table.items() if value is not None]
    for name, _ in entries:
        if not _NAME.fullmatch(name):
            raise WeightsError(f"its {module.kind} has a part called {name[:80]!r}, which is no name.")
    return entries
