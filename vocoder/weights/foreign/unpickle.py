"""A pickle machine that has no way to run anything.

`pickle.Unpickler` with a careful `find_class` is safe against the usual attack, but its C core still hashes whatever is
used as a key (tuples nested deeply enough overflow the stack) and grows its memo to any index that it is told (one
opcode fills the memory). Checkpoints use a small part of the language, so this machine speaks that part only: names
stay names, calls become descriptions (`names.describe_call`), keys are texts and numbers, and the work is counted.
The opcodes are decoded by the standard library's `pickletools.genops`, which documents each of them.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from typing import Any, BinaryIO

from vocoder.errors import WeightsError
from vocoder.weights.foreign.names import checked_name, describe_call
from vocoder.weights.foreign.values import Name, StandIn

MOST_BYTES = 32 << 20  # of a pickle; WaveGlow with its optimiser has a tenth of one MiB for every flow
MOST_STEPS = 1_000_000  # opcodes; the same has about 150 000
_VALUES = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "SHORT_BINSTRING", "BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE"),
    *("SHORT_BINBYTES", "BINBYTES"),
}
_ORDERED = Name("collections", "OrderedDict")
_CONSTANTS: dict[str, object] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}


def unpickle(stream: BinaryIO, persistent: Callable[[object], object] | None = None) -> object:
    """What the pickle at the stream's position describes; leaves the stream behind it.

    Args:
        persistent: gives the meaning of a persistent id (torch writes its storages so); without it none is allowed.
    Returns:
        None, numbers, texts, bytes, lists, tuples, dicts, and the descriptions of `values`. Sets come as lists.
    Raises:
        WeightsError: the pickle is damaged, asks for something that weights do not need, or is too large.
    """
    machine = _Machine(persistent)
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
            if count >= MOST_STEPS:
                raise WeightsError(f"its pickle takes more than {MOST_STEPS:,} steps, which no set of weights needs.")
            if opcode.name == "STOP":
                return machine.stack.pop()
            machine.step(opcode.name, argument)
    except WeightsError:
        raise
    except (ValueError, TypeError, LookupError, OverflowError, AssertionError) as error:
        raise WeightsError("its pickle is cut off or damaged.") from error
    raise WeightsError("its pickle is cut off or damaged.")


class _Machine:
    def __init__(self, persistent: Callable[[object], object] | None) -> None:
        self.persistent = persistent
        self.stack: list[object] = []
        self.marks: list[int] = []
        self.memo: dict[int, object] = {}
        self.copied = 0

    def step(self, opcode: str, argument: Any) -> None:
        stack = self.stack
        if opcode in _VALUES:
            stack.append(argument)
        elif opcode in _CONSTANTS:
            stack.append(_CONSTANTS[opcode])
        else:
            self._step(opcode, argument)

    def _step(self, opcode: str, argument: Any) -> None:
        stack = self.stack
        match opcode:
            case "BINPUT" | "LONG_BINPUT" | "PUT":
                self.memo[argument] = stack[-1]
            case "MEMOIZE":
                self.memo[len(self.memo)] = stack[-1]
            case "BINGET" | "LONG_BINGET" | "GET":
                stack.append(self.memo[argument])
            case "MARK":
                self.marks.append(len(stack))
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                self._tuple(int(opcode[-1]))
            case "TUPLE" | "FROZENSET":
                stack.append(tuple(self._to_mark()))
            case "LIST":
                stack.append(self._to_mark())
            case "EMPTY_LIST" | "EMPTY_SET":
                stack.append([])
            case "EMPTY_DICT":
                stack.append({})
            case "DICT":
                items = self._to_mark()
                stack.append({})
                self._set_items(items)
            case "APPEND":
                self._extend([stack.pop()])
            case "APPENDS" | "ADDITEMS":
                self._extend(self._to_mark())
            case "SETITEM":
                value, key = stack.pop(), stack.pop()
                self._set_items([key, value])
            case "SETITEMS":
                self._set_items(self._to_mark())
            case "GLOBAL":
                module, _, name = str(argument).partition(" ")
                stack.append(checked_name(module, name))
            case "STACK_GLOBAL":
                name, module = str(stack.pop()), str(stack.pop())
                stack.append(checked_name(module, name))
            case "REDUCE":
                arguments, callee = stack.pop(), stack.pop()
                self._call(_name(callee), arguments)
            case "NEWOBJ":
                stack.pop()
                stack.append(StandIn(_name(stack.pop())))
            case "BUILD":
                self._build(stack.pop())
            case "BINPERSID" if self.persistent is not None:
                stack.append(self.persistent(stack.pop()))
            case "POP":
                stack.pop()
            case "PROTO" | "FRAME":
                pass
            case _:
                raise WeightsError(f"its pickle uses {opcode}, which weights do not need; nothing of it was run.")

    def _to_mark(self) -> list[object]:
        mark = self.marks.pop()
        items = self.stack[mark:]
        del self.stack[mark:]
        return items

    def _tuple(self, count: int) -> None:
        if len(self.stack) < count:
            raise IndexError
        self.stack[-count:] = [tuple(self.stack[-count:])]

    def _extend(self, items: list[object]) -> None:
        target = self.stack[-1]
        if isinstance(target, list):
            target.extend(items)
        elif not isinstance(target, StandIn):
            raise TypeError

    def _set_items(self, items: list[object]) -> None:
        target = self.stack[-1]
        if isinstance(target, StandIn):
            return
        if not isinstance(target, dict) or len(items) % 2:
            raise TypeError
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not (key is None or type(key) in (str, bytes) or (type(key) is int and abs(key) < 1 << 63)):
                raise WeightsError("its pickle has a table whose keys are neither texts nor numbers.")
            target[key] = value

    def _call(self, callee: Name, arguments: object) -> None:
        if not isinstance(arguments, tuple):
            raise TypeError
        self.stack.append(describe_call(callee, arguments))
        if callee == _ORDERED and arguments:  # Python 2 gives the pairs here, Python 3 sets them one by one
            pairs = list(arguments[0])
            self.copied += len(pairs)
            if self.copied > MOST_STEPS:
                raise WeightsError("its pickle copies one list over and over, which no set of weights needs.")
            self._set_items([part for key, value in pairs for part in (key, value)])

    def _build(self, state: object) -> None:
        target = self.stack[-1]
        if isinstance(target, Name):
            raise WeightsError(f"its pickle tries to change {target} itself; nothing of it was run.")
        if isinstance(target, StandIn):
            attributes = state[0] if isinstance(state, tuple) and len(state) == 2 else state
            target.attributes = attributes if isinstance(attributes, dict) else {}


def _name(callee: object) -> Name:
    if not isinstance(callee, Name):
        raise WeightsError("its pickle calls something that is not a plain name; nothing of it was run.")
    return callee
