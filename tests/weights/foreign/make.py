"""Writes small checkpoints in every spelling and container, and what the network they hold really computes.

Run as a program: `python make.py FOLDER`. All files but `half.pt` hold the same function.
"""

import re
import sys
import warnings
from argparse import Namespace
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parent / "standins"))
import glow
import glow_old

SHAPE = dict(bands=4, n_fft=64, hop=16, flows=5, group=8, early_every=2, early_size=2, channels=6, layers=3, kernel=3)
State = dict[str, Tensor]


def fuse(state: State, layout: str) -> State:
    """The "split" weights in another spelling; weight norm is by output channel, so its parts stack like weights."""
    fused = OrderedDict((n, t) for n, t in state.items() if not re.search("res_layers|skip_layers|cond_layers", n))
    for k in range(SHAPE["flows"]):
        for part in ("bias", "weight_g", "weight_v"):
            res, skip, cond = (
                [t for n, t in state.items() if n.startswith(f"WN.{k}.{w}_layers.") and n.endswith(part)]
                for w in ("res", "skip", "cond")
            )
            for i, tensor in enumerate(skip):
                fused[f"WN.{k}.res_skip_layers.{i}.{part}"] = torch.cat([*res[i : i + 1], tensor])
            if layout == "fused":
                fused[f"WN.{k}.cond_layer.{part}"] = torch.cat(cond)
            else:
                fused |= {f"WN.{k}.cond_layers.{i}.{part}": tensor for i, tensor in enumerate(cond)}
    return fused


def build(layout: str, state: State) -> glow.WaveGlow:
    model = glow.WaveGlow(**SHAPE, layout=layout)
    model.load_state_dict(state)
    return model


def without_norms(model: glow.WaveGlow) -> glow.WaveGlow:
    model = build("fused", model.state_dict())
    for module in model.modules():
        if hasattr(module, "weight_g"):
            torch.nn.utils.remove_weight_norm(module)
    return model


def main(folder: Path) -> None:
    torch.manual_seed(0)
    split = glow.WaveGlow(**SHAPE, layout="split")
    with torch.no_grad():
        for name, parameter in split.named_parameters():
            if name.endswith("weight_g"):
                parameter.mul_(torch.rand_like(parameter) + 0.5)
    mel, audio = torch.randn(1, 4, 9), torch.randn(1, 9 * 16)
    with torch.no_grad():
        np.savez(folder / "truth.npz", mel=mel, audio=audio, z=split(mel, audio))

    fused = build("fused", fuse(split.state_dict(), "fused"))
    unfused = fuse(split.state_dict(), "unfused")
    optimiser = torch.optim.Adam(fused.parameters())
    sum(parameter.sum() for parameter in fused.parameters()).mul(0).backward()
    optimiser.step()
    beside = {"iteration": 7, "learning_rate": 1e-4, "optimizer": optimiser.state_dict()}

    torch.save({"model": fused, **beside}, folder / "module.pt")
    torch.save({"model": fused, **beside}, folder / "module_legacy.pt", _use_new_zipfile_serialization=False)
    torch.save({"model": split}, folder / "oldest.pt", _use_new_zipfile_serialization=False)
    torch.save({"model": build("unfused", unfused)}, folder / "unfused.pt")
    torch.save({"model": torch.nn.DataParallel(fused)}, folder / "parallel.pt")
    torch.save(without_norms(fused), folder / "bare.pt", pickle_protocol=4)
    prefixed = {f"module.1.{name}": tensor for name, tensor in unfused.items()}
    random_state = {
        "cuda_rng_state_all": torch.get_rng_state(),
        "epoch": 3,
        "loss": np.float64(-5.5),
        "args": Namespace(),
    }
    torch.save({"state_dict": prefixed, **beside, **random_state}, folder / "examples.pt")
    plain = without_norms(fused).state_dict()
    torch.save(plain, folder / "plain.pt")
    turned = {n: t[..., 0].T.contiguous().T[..., None] if "convinv" in n else t for n, t in plain.items()}  # by columns
    torch.save(turned, folder / "turned.pt")
    ends = {"weight_g": "parametrizations.weight.original0", "weight_v": "parametrizations.weight.original1"}
    renamed = {".".join(ends.get(word, word) for word in n.split(".")): t for n, t in fused.state_dict().items()}
    torch.save({"state_dict": renamed}, folder / "parametrized.pt")
    torch.save({"model": build("fused", fused.state_dict()).half()}, folder / "half.pt")
    torch.save({"model": glow_old.WaveGlow(**SHAPE, layout="split")}, folder / "glow_old.pt")


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # the old weight norm is deprecated, which is why it is here
    main(Path(sys.argv[1]))
