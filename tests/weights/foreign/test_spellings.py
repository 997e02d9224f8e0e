"""One network in every spelling and container; the truth is what the pickled classes themselves computed."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from vocoder.errors import WeightsError
from vocoder.features import MelSettings
from vocoder.weights.foreign import ForeignFlow, read_flow

SMALL = MelSettings(bands=4, n_fft=64, hop=16, window=64)
WORDS = {
    "module.pt": ["pickled glow.WaveGlow in the zip", "folded in 40 layers", "iteration, learning_rate, optimizer"],
    "module_legacy.pt": ["pickled glow.WaveGlow in the legacy", "weight norm folded", "left unread"],
    "oldest.pt": ["legacy", "weight norm folded", "conditioning layers stacked", "residual and skip layers stacked"],
    "unfused.pt": ["conditioning layers stacked"],
    "parallel.pt": ["prefix 'module.' dropped"],
    "bare.pt": ["pickled glow.WaveGlow"],
    "examples.pt": ["state dict", "prefix 'module.1.' dropped", "conditioning layers stacked", "cuda_rng_state_all"],
    "plain.pt": ["state dict"],
    "turned.pt": ["state dict"],
    "parametrized.pt": ["weight norm folded in 40 layers"],
}  # fmt: skip


def read(path: Path) -> ForeignFlow:
    with path.open("rb") as file:
        return read_flow(file, SMALL)


@pytest.mark.parametrize("name", WORDS)
def test_the_same_latents_and_sound_as_the_pickled_network(name: str, checkpoints: Path) -> None:
    foreign = read(checkpoints / name)
    assert "glow" not in sys.modules
    truth = {key: torch.from_numpy(value) for key, value in np.load(checkpoints / "truth.npz").items()}
    z, _ = foreign.flow(truth["audio"], truth["mel"])
    torch.testing.assert_close(z, truth["z"], rtol=0, atol=2e-6)
    torch.testing.assert_close(foreign.flow.inverse(truth["z"], truth["mel"]), truth["audio"], rtol=0, atol=1e-5)
    for words in WORDS[name]:
        assert any(words in note for note in foreign.notes), (words, foreign.notes)


def test_the_shape_is_told_by_the_tensors(checkpoints: Path) -> None:
    settings = read(checkpoints / "plain.pt").flow.settings
    shape = (settings.flows, settings.group, settings.early_every, settings.early_size)
    assert (*shape, settings.channels, settings.layers, settings.kernel) == (5, 8, 2, 2, 6, 3, 3)
    assert settings.widths() == [8, 8, 6, 6, 4]


def test_half_precision_weights_are_what_they_say(checkpoints: Path) -> None:
    flow, exact = read(checkpoints / "half.pt").flow, read(checkpoints / "module.pt").flow
    assert all(tensor.dtype == torch.float32 for tensor in flow.state_dict().values())
    for rounded, weight in zip(flow.parameters(), exact.parameters(), strict=True):
        torch.testing.assert_close(rounded, weight, rtol=2e-3, atol=1e-6)


def test_the_optimiser_is_never_read(checkpoints: Path, tmp_path: Path) -> None:
    """NVIDIA's files carry twice the model's size of it; this one could not be read, and nobody notices."""
    state = torch.load(checkpoints / "plain.pt", weights_only=True)
    moments = {"exp_avg": torch.full((3,), torch.nan), "exp_avg_sq": torch.zeros(1).expand(10**6, 10**6)}
    torch.save(
        {"state_dict": state, "optimizer": {"state": {0: moments}, "param_groups": [{"lr": 1e-4}]}}, tmp_path / "m.pt"
    )
    expected = read(checkpoints / "plain.pt").flow.state_dict()
    for name, tensor in read(tmp_path / "m.pt").flow.state_dict().items():
        assert torch.equal(tensor, expected[name])


def test_the_first_waveglow_is_told_apart(checkpoints: Path) -> None:
    with pytest.raises(WeightsError, match="glow_old.py, which moves the other half"):
        read(checkpoints / "glow_old.pt")


def test_a_pickled_dilation_that_is_not_waveglows_is_refused(checkpoints: Path, tmp_path: Path) -> None:
    """Shapes do not tell a dilation; a pickled module does."""
    content = (checkpoints / "module_legacy.pt").read_bytes()
    told = content.index(b"K\x02\x85", content.index(b"in_layers"))  # (2,), of the second layer
    (tmp_path / "changed.pt").write_bytes(content[: told + 1] + b"\x03" + content[told + 2 :])
    with pytest.raises(WeightsError, match=r"in_layers\.1 has \(3,\) for its \w+, where WaveGlow has \(2,\)"):
        read(tmp_path / "changed.pt")


@pytest.mark.parametrize("wrong", [dict(hop=32), dict(bands=8), dict(n_fft=128)])
def test_another_mel_is_refused(wrong: dict[str, int], checkpoints: Path) -> None:
    settings = MelSettings(**{**dict(bands=4, n_fft=64, hop=16, window=64), **wrong})
    with (checkpoints / "module.pt").open("rb") as file, pytest.raises(WeightsError, match="upsample"):
        read_flow(file, settings)
