"""The names that a checkpoint may mention, and what each becomes."""

from __future__ import annotations

import torch

from vocoder.errors import WeightsError
from vocoder.weights.foreign.values import Name, StandIn, Storage, StoredTensor

_STORAGES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}

# Nothing below is ever imported or called: a name outside the list means that the file is no mere set of weights.
_PACKAGES = ("torch.nn.", "torch.optim.", "apex.")
_CLASSES = {"WaveGlow", "WN", "Invertible1x1Conv", "WaveGlowLoss", "SqueezeWave", "SqueezeWaveLoss", "Upsample1d"}
_MODULES = {"glow", "glow_old"}
_NAMES = {
    "collections": {"OrderedDict", "defaultdict", "Counter"},
    "builtins": {"set", "frozenset", "object", "bytearray", "complex", "dict", "list"},
    "__builtin__": {"set", "frozenset", "object", "bytearray", "complex", "dict", "list"},
    "copyreg": {"_reconstructor"},
    "copy_reg": {"_reconstructor"},
    "argparse": {"Namespace"},
    "_codecs": {"encode"},
    "numpy": {"dtype", "ndarray"},
    "numpy.core.multiarray": {"scalar", "_reconstruct"},
    "numpy._core.multiarray": {"scalar", "_reconstruct"},
    "torch": {"Size", "device", "Tensor", "float64", "float32", "float16", "bfloat16", "int64", *_STORAGES},
    "torch.cuda": set(_STORAGES),
    "torch._utils": {
        "_rebuild_tensor",
        "_rebuild_tensor_v2",
        "_rebuild_parameter",
        "_rebuild_parameter_with_state",
    },
}
_MOST_DIMENSIONS = 8
_MOST_NUMBER = 1 << 62


def checked_name(module: str, name: str) -> Name:
    """The name, when weights may mention it.

    Raises:
        WeightsError: it is none of those that flow checkpoints are made of.
    """
    known = (
        name in _NAMES.get(module, ())
        or f"{module}.".startswith(_PACKAGES)
        or name in _CLASSES
        or module.rpartition(".")[2] in _MODULES
    )
    if not known or not all(part.isidentifier() for part in (*module.split("."), name)):
        shown = f"{module[:60]}.{name[:60]}"
        raise WeightsError(f"it asks for {shown!r}, which weights do not need; nothing of it was run.")
    return Name(module, name)


def storage_dtype(name: object) -> torch.dtype | None:
    """The type of the numbers in a torch storage class; None for anything else."""
    if isinstance(name, Name) and name.module in ("torch", "torch.cuda"):
        return _STORAGES.get(name.name)
    return None


def describe_call(name: Name, arguments: tuple[object, ...]) -> object:
    """What calling `name` would have made, without calling it."""
    match (name.module, name.name):
        case ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2"):
            return _tensor(name, arguments)
        case ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state") if arguments:
            return arguments[0]
        case ("torch", "Size") if arguments:
            return arguments[0]
        case ("collections", "OrderedDict" | "defaultdict" | "Counter"):
            return {}
        case ("copyreg" | "copy_reg", "_reconstructor") if arguments and isinstance(arguments[0], Name):
            return StandIn(arguments[0])
    return StandIn(name)


def _tensor(name: Name, arguments: tuple[object, ...]) -> StoredTensor | StandIn:
    storage, offset, shape, stride = arguments[:4]
    if not isinstance(storage, Storage) or any(arguments[6:]):  # a seventh argument marks conjugated or negated views
        return StandIn(name)
    if not _natural((offset,)) or not _natural(shape) or not _natural(stride) or len(shape) != len(stride):  # type: ignore[arg-type]
        raise WeightsError("it describes a tensor whose size, stride or offset is no list of natural numbers.")
    return StoredTensor(storage, offset, shape, stride)  # type: ignore[arg-type]


def _natural(numbers: object) -> bool:
    return (
        isinstance(numbers, tuple)
        and len(numbers) <= _MOST_DIMENSIONS
        and all(type(number) is int and 0 <= number < _MOST_NUMBER for number in numbers)
    )
