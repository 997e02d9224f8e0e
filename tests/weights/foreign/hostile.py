"""Files that are no checkpoints, or worse: each is written here and has to be refused with the sentence beside it."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

State = dict[str, Tensor]
MARKER = "it-ran"
COMMAND = f"touch {MARKER}"
MAGIC = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}]
FIRST = "convinv.0.conv.weight"


class Call:
    """Pickles as a call."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.call


class Claim:
    """Pickles as a storage that says it has so many numbers."""

    def __init__(self, numel: int, key: str = "0") -> None:
        self.identity = ("storage", torch.FloatStorage, key, "cpu", numel)


class _Pickler(pickle.Pickler):
    def persistent_id(self, obj: object) -> object:
        return obj.identity if isinstance(obj, Claim) else None


def pickled(value: object) -> bytes:
    stream = io.BytesIO()
    _Pickler(stream, protocol=2).dump(value)
    return stream.getvalue()


def claimed(shape: tuple[int, ...], stride: tuple[int, ...], numel: int) -> Call:
    return Call(torch._utils._rebuild_tensor_v2, Claim(numel), 0, shape, stride, False, OrderedDict())


def archive(path: Path, data: bytes, storages: dict[str, bytes] | None = None, compression: int = 0) -> None:
    with zipfile.ZipFile(path, "w", compression) as file:
        file.writestr("archive/data.pkl", data)
        for key, content in (storages or {}).items():
            file.writestr(f"archive/data/{key}", content)


def legacy(path: Path, *parts: object) -> None:
    path.write_bytes(b"".join(part if isinstance(part, bytes) else pickled(part) for part in parts))


def module(children: bytes) -> bytes:
    """The opcodes of a WaveGlow whose children are the dict that these opcodes leave."""
    return b"cglow\nWaveGlow\n)\x81}(X\x08\x00\x00\x00_modules" + children + b"ub"


def _raw() -> Iterator[tuple[str, bytes, str]]:
    """Pickles written opcode by opcode."""
    yield "call of a result", b"\x80\x02cglow\nWaveGlow\n)R)R.", "not a plain name"
    yield "call of a text", b"\x80\x02X\x02\x00\x00\x00os)R.", "not a plain name"
    yield "object of a result", b"\x80\x02cglow\nWaveGlow\n)R)\x81.", "not a plain name"
    yield "path in a name", b"\x80\x04\x8c\x04glow\x8c\x09os.system\x93.", "'glow.os.system'"
    yield "change of a class", b"\x80\x02cglow\nWaveGlow\n}b.", "tries to change glow.WaveGlow"
    yield "instance", f"(S'{COMMAND}'\nios\nsystem\n.".encode(), "uses INST"
    yield "object", f"(cos\nsystem\nS'{COMMAND}'\no.".encode(), "'os.system'"
    yield "extension", b"\x80\x02\x82\x01.", "uses EXT1"
    yield "persistent name", b"Pstorage\n.", "uses PERSID"
    yield "stack underflow", b"\x80\x02a.", "cut off or damaged"
    yield "no stop", b"\x80\x02}", "cut off or damaged"
    yield "huge memo", b"\x80\x02}r\xf0\xff\xff\xff.", "holds no model"
    yield "huge text", b"\x80\x02X\xf0\xff\xff\x7fa.", "cut off or damaged"
    yield "huge number", b"\x80\x02\x8b\xf0\xff\xff\x7fa.", "cut off or damaged"
    yield "many steps", b"\x80\x02" + b"}" * 1_100_000 + b".", "more than 1,000,000 steps"
    yield "deep key", b"\x80\x02}" + b")" + b"\x85" * 100_000 + b"Ns.", "keys are neither texts nor numbers"
    yield "deep list", b"\x80\x02" + b"](" * 100_000 + b"]" + b"e" * 100_000 + b".", "holds no model"
    deep = b"cglow\nWN\n)\x81}X\x08\x00\x00\x00_modules}X\x01\x00\x00\x00a"
    yield "deep modules", b"\x80\x02" + deep * 5_000 + b"N" + b"ssb" * 5_000 + b".", "hold one another"
    cycle = module(b"}q\x01X\x01\x00\x00\x00a").replace(b")\x81", b")\x81q\x02").replace(b"ub", b"h\x02sub")
    yield "module in itself", b"\x80\x02" + cycle + b".", "hold one another"
    yield "doubling", b"\x80\x02" + _doubling(15) + b".", "hold one another"
    pairs = b"(]q\x01(" + b"h\x02" * 100_000 + b"e" + b"0ccollections\nOrderedDict\nh\x01\x85R" * 0
    yield (
        "copies",
        b"\x80\x02NN\x86q\x02" + pairs + b"0" + b"ccollections\nOrderedDict\nh\x01\x85R" * 50 + b".",
        "over and over",
    )
    collide = b"".join(b"\x8a\x0a" + (k * (2**61 - 1)).to_bytes(10, "little") + b"N" for k in range(9, 100_000))
    yield "colliding keys", b"\x80\x02}(" + collide + b"u.", "keys are neither texts nor numbers"


def _doubling(levels: int) -> bytes:
    """A module that holds one module twice, which holds one module twice, ..."""
    leaf = b"cglow\nWN\n)\x81q\x00"
    for level in range(levels):
        twice = b"}(X\x01\x00\x00\x00ah" + bytes([level]) + b"X\x01\x00\x00\x00bh" + bytes([level]) + b"u"
        leaf += b"0" + module(twice) + b"q" + bytes([level + 1])
    return leaf


def _calls() -> Iterator[tuple[str, Any, str]]:
    yield "system", Call(os.system, COMMAND), "system', which weights do not need"
    yield "eval", Call(eval, f"__import__('os').system({COMMAND!r})"), "eval', which weights do not need"
    yield "getattr", Call(getattr, "", "format"), "getattr', which"
    yield (
        "torch load",
        Call(torch.storage._load_from_bytes, pickle.dumps(Call(os.system, COMMAND))),
        "_load_from_bytes'",
    )
    yield (
        "in a parameter",
        {FIRST: Call(torch._utils._rebuild_parameter, Call(os.system, COMMAND), True, None)},
        "system'",
    )


def _states(good: State) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Checkpoints of torch.save whose weights cannot be used."""
    wide = torch.nn.Parameter(torch.zeros(4, 4, 64))
    yield (
        "wrong shape",
        {**good, "upsample.weight": wide[:, :, :32].clone()},
        "upsample.weight is 4x4x32, should be 4x4x64",
    )
    yield "missing", {name: t for name, t in good.items() if name != "WN.1.end.bias"}, "WN.1.end.bias is missing"
    yield "unknown", {**good, "postnet.weight": torch.ones(3)}, "postnet.weight is unknown"
    yield "odd name", {**good, "\x1b[31mred": torch.ones(3)}, r"'\x1b[31mred' is not a tensor"
    yield "number", {**good, "WN.1.end.bias": 3}, "'WN.1.end.bias' is not a tensor"
    yield "integers", {**good, "WN.1.end.bias": torch.ones(8).int()}, "torch.int32 and not floating-point"
    yield (
        "NaN",
        {**good, "WN.1.end.bias": good["WN.1.end.bias"] / 0 * 0},
        "WN.1.end.bias holds numbers that are not finite",
    )
    yield "infinite", {**good, "WN.1.end.bias": good["WN.1.end.bias"].abs() / 0}, "not finite"
    yield "singular", {**good, FIRST: torch.ones(8, 8, 1)}, "cannot be inverted"
    normed = {name: t for name, t in good.items() if name != "WN.0.start.weight"}
    gain, direction = torch.ones(6, 1, 1), torch.zeros(6, 4, 1)
    yield "no direction", {**normed, "WN.0.start.weight_g": gain, "WN.0.start.weight_v": direction}, "length zero"
    yield "no gains", {**normed, "WN.0.start.weight_g": gain[:1], "WN.0.start.weight_v": direction}, "1x1x1 gains"
    yield "half a norm", {**normed, "WN.0.start.weight_g": gain}, "but not WN.0.start.weight_v"
    yield "expanded", {**good, FIRST: torch.zeros(1).expand(80, 10**9)}, "claims 80x1000000000 numbers"
    yield "expanded module", {"model": {FIRST: torch.zeros(1).expand(10**6, 10**6)}}, "claims 1000000x1000000 numbers"
    one = torch.rand(max(t.numel() for t in good.values()))
    yield "one storage", {n: one[: t.numel()].view(t.shape) for n, t in good.items()}, "more bytes than the file holds"
    yield (
        "too many layers",
        {"WN.0.start.weight": good["WN.0.start.weight"], FIRST: good[FIRST]}
        | {f"WN.0.in_layers.{i}.weight": torch.ones(12, 6, 3) for i in range(40)},
        "40 layers; more than 16 is refused",
    )
    yield "another model", {"generator": {"encoder.weight": torch.ones(3, 3, 3)}}, "it holds no WaveGlow"
    yield "a shred of HiFi-GAN", {"generator": {"conv_pre.weight": torch.ones(3, 3, 3)}}, "should be conv_pre, ups and"
    yield "a shred of MelGAN", {"model.3.shortcut.weight": torch.ones(3, 3, 1)}, "should be model.1, upsamplings"
    alpha = {"activation_post.act.alpha": torch.ones(8), "conv_pre.weight": torch.ones(8, 4, 7)}
    yield "a shred of BigVGAN", {"generator": alpha}, "These are not BigVGAN weights"
    expanded = {"conv_pre.weight": torch.zeros(1).expand(8, 4, 7), "conv_pre.bias": torch.ones(8)}
    yield "expanded HiFi-GAN", {"generator": expanded}, "claims 8x4x7 numbers without holding"
    yield "endless HiFi-GAN", {"conv_pre.weight": torch.zeros(1).expand(80, 10**9)}, "80,000,000,000 numbers, more than"
    yield "NaN in HiFi-GAN", {"conv_pre.weight": torch.full((8, 4, 7), torch.nan)}, "not finite"
    separable = {"WN.0.in_layers.0.1.weight": torch.ones(6, 1, 3), FIRST: good[FIRST]}
    yield "a shred of SqueezeWave", {"state_dict": separable}, "it holds no WaveGlow"
    torn = {"WN.0.in_layers.0.0.running_mean": torch.ones(6), FIRST: good[FIRST]}
    yield "half a batch norm", {"state_dict": torn}, "WN.0.in_layers.0.0.weight is missing"
    yield "nothing", {"epoch": 3}, "neither 'model' nor 'state_dict'"
    yield "a number", {"model": 3}, "it holds no model"


def _cut(folder: Path, good: bytes, old: bytes) -> Iterator[tuple[str, str]]:
    for kind, content in (("zip", good), ("legacy", old)):
        for share in (0.02, 0.3, 0.6, 0.98):
            name = f"{kind} cut at {share:.0%}"
            (folder / name).write_bytes(content[: int(len(content) * share)])
            yield name, "cut off"


def write(folder: Path, checkpoints: Path) -> dict[str, str]:
    """Writes every file into `folder`; returns what its refusal has to say, by file name."""
    good: State = torch.load(checkpoints / "plain.pt", weights_only=True)
    content = (checkpoints / "plain.pt").read_bytes()
    wanted = dict(_cut(folder, content, (checkpoints / "module_legacy.pt").read_bytes()))
    for name, data, words in _raw():
        archive(folder / name, data)
        wanted[name] = words
    for name, value, words in _calls():
        torch.save({"model": value}, folder / name)
        torch.save({"model": value}, folder / f"{name}, legacy", _use_new_zipfile_serialization=False)
        legacy(folder / f"{name}, machine", *MAGIC[:2], value)
        legacy(folder / f"{name}, keys", *MAGIC, {"model": {}}, value)
        wanted |= {f"{name}{where}": words for where in ("", ", legacy", ", machine", ", keys")}
    for name, state, words in _states(good):
        torch.save(state, folder / name)
        wanted[name] = words

    huge = {FIRST: claimed((75, 10**9), (10**9, 1), 75 * 10**9)}
    archive(folder / "huge storage", pickled(huge), {"0": bytes(4)})
    legacy(folder / "huge storage, legacy", *MAGIC, huge, ["0"], struct.pack("<q", 75 * 10**9), bytes(4))
    archive(folder / "no storage", pickled(huge))
    legacy(folder / "negative", *MAGIC, {FIRST: claimed((-1,), (1,), 1)}, ["0"], struct.pack("<q", 1), bytes(4))
    legacy(folder / "strange key", *MAGIC, {"model": {}}, ["../../etc"], struct.pack("<q", 1), bytes(4))
    legacy(folder / "big-endian", *MAGIC[:2], {"little_endian": False}, {})
    archive(folder / "bomb", bytes(1 << 26), compression=zipfile.ZIP_DEFLATED)
    archive(folder / "bomb in storage", pickled(huge), {"0": bytes(1 << 26)}, zipfile.ZIP_DEFLATED)
    entries = bytearray(content)
    position = entries.rindex(b"PK\x06\x06") + 32
    entries[position : position + 16] = struct.pack("<QQ", 1 << 40, 1 << 50)
    (folder / "endless directory").write_bytes(entries)
    flipped = bytearray(content)
    flipped[content.index(good[FIRST].numpy().tobytes()) + 5] ^= 1
    (folder / "flipped bit").write_bytes(flipped)
    with zipfile.ZipFile(folder / "script", "w") as file:
        for part in ("data.pkl", "constants.pkl"):
            file.writestr(f"archive/{part}", pickled({}))
    (folder / "plain pickle").write_bytes(pickle.dumps({"model": 1}))
    (folder / "empty").write_bytes(b"")
    (folder / "text").write_text("weights")
    return wanted | {
        "huge storage": "claims 300,000,000,000 bytes, where the file holds 4",
        "huge storage, legacy": "it is cut off: it should have 300,000,000,000 more bytes, where 4 follow",
        "no storage": "where the file holds 0",
        "negative": "no list of natural numbers",
        "strange key": "does not fit its pickle",
        "big-endian": "big-endian",
        "bomb": "is compressed or locked",
        "bomb in storage": "is compressed or locked",
        "endless directory": "1,099,511,627,776 parts in",
        "flipped bit": "checksum",
        "script": "TorchScript",
        "plain pickle": "a pickle, but not of torch.save",
        "empty": "not a file of torch.save",
        "text": "not a file of torch.save",
    }
