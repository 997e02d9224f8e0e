"""Files of HiFi-GAN, MelGAN and BigVGAN: through the safe unpickler to the sound of the published computation."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.neural.published import (
    bigvgan,
    bigvgan_shapes,
    double,
    hifigan,
    hifigan_shapes,
    melgan,
    melgan_shapes,
    random_mel,
    random_state,
)
from vocoder.errors import WeightsError
from vocoder.features import MelSettings
from vocoder.neural import MELGAN_MEL
from vocoder.systems import load_system
from vocoder.weights.convert import convert
from vocoder.weights.foreign import read_foreign

RATES, KERNELS, THREE = [8, 8, 2, 2], [3, 7, 11], [[1, 3, 5]] * 3
HIFIGAN = random_state(hifigan_shapes(32, RATES, KERNELS, 3, paired=True))
MELGAN = random_state(melgan_shapes(4, RATES, 3), seed=1)
BIGVGAN = random_state(bigvgan_shapes(16, RATES, KERNELS, 3, beta=True, bias=False), seed=2)

CASES: dict[str, tuple[dict[str, Tensor], str, MelSettings, Callable[..., Tensor]]] = {
    "hifi-gan": (HIFIGAN, "HiFi-GAN", MelSettings(), lambda s, mel: hifigan(s, mel, RATES, THREE, True)),
    "melgan": (MELGAN, "MelGAN", MELGAN_MEL, lambda s, mel: melgan(s, mel, RATES, 3)),
    "bigvgan": (
        BIGVGAN,
        "BigVGAN",
        MelSettings(),
        lambda s, mel: bigvgan(s, mel, RATES, THREE, logarithmic=True, tanh=False),
    ),
}


def normed(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """As the authors' training writes it, with weight norm; every gain is the weight's own norm."""
    written = {}
    for name, tensor in state.items():
        if name.endswith(".weight"):
            written[f"{name}_g"] = tensor.flatten(1).norm(dim=1).reshape(-1, 1, 1)
            written[f"{name}_v"] = 3 * tensor
        else:
            written[name] = tensor
    return written


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("row", CASES)
def test_a_converted_file_speaks_as_the_published_computation(row, zipped, tmp_path):
    state, title, mel, computed = CASES[row]
    wrapped = normed(state) if row == "melgan" else {"generator": normed(state)}
    torch.save(wrapped, tmp_path / "their.pt", _use_new_zipfile_serialization=zipped)
    conversion = convert(tmp_path / "their.pt", tmp_path / "ours", licence="MIT")
    container = "zip" if zipped else "legacy"
    assert conversion.notes[0] == f"{title}, a state dict in the {container} container of torch.save"
    assert conversion.card.licence == "MIT" and conversion.card.source.startswith("their.pt (SHA-256 ")
    system = load_system(row, checkpoint=tmp_path / "ours", device="cpu")
    assert system.info.mel == mel and system.info.parameters == sum(t.numel() for t in state.values())
    frames = random_mel(6).double()
    expected = computed(double(state), frames)
    assert expected.std() > 0.02
    torch.testing.assert_close(
        system.network.double()(frames), expected, rtol=0, atol=1e-4 if row == "bigvgan" else 1e-6
    )
    system.network.float()


def config(**changes: Any) -> dict[str, Any]:
    """As jik876's `config_v1.json`, with what only training needs."""
    return {
        "resblock": "1", "num_gpus": 0, "upsample_rates": RATES, "upsample_kernel_sizes": [16, 16, 4, 4],
        "upsample_initial_channel": 32, "resblock_kernel_sizes": KERNELS, "resblock_dilation_sizes": THREE,
        "num_mels": 80, "n_fft": 1024, "hop_size": 256, "win_size": 1024, "sampling_rate": 22050, "fmin": 0,
        "fmax": 8000, **changes,
    }  # fmt: skip


def test_the_config_beside_the_file_says_what_shapes_cannot(tmp_path):
    """Dilations and the mel's range leave no trace in the weights."""
    torch.save({"generator": HIFIGAN}, tmp_path / "g_02500000")
    unusual = [[1, 2, 4]] * 3
    (tmp_path / "config.json").write_text(json.dumps(config(resblock_dilation_sizes=unusual, fmax=7600)))
    conversion = convert(tmp_path / "g_02500000", tmp_path / "ours")
    assert "shape and mel as its config.json says" in conversion.notes
    network = load_system("hifi-gan", checkpoint=tmp_path / "ours", device="cpu").network
    assert network.mel_settings.fmax == 7600
    mel = random_mel(5).double()
    torch.testing.assert_close(network.double()(mel), hifigan(double(HIFIGAN), mel, RATES, unusual, True))


def test_a_config_may_be_named_and_another_beside_it_is_passed_over(tmp_path):
    torch.save(HIFIGAN, tmp_path / "their.pt")
    (tmp_path / "config.json").write_text('{"model_type": "something else"}')
    assert len(convert(tmp_path / "their.pt", tmp_path / "one").notes) == 2
    (tmp_path / "mine.json").write_text(json.dumps(config(fmax=None)))
    convert(tmp_path / "their.pt", tmp_path / "two", config=tmp_path / "mine.json")
    assert load_system("hifi-gan", checkpoint=tmp_path / "two").info.mel.fmax == 11_025


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "the config mine.json cannot be read"),
        ("[]", "the config mine.json is not an object"),
        ("{}", "The config's resblock should be '1' or '2'"),
        (json.dumps(config(num_mels=-3)), "bands must be at least 1"),
        (json.dumps(config(upsample_initial_channel=10**9)), "between 1 and"),
        (json.dumps(config(upsample_rates=[8, 8, 2])), "as many"),
        (json.dumps(config(upsample_initial_channel=64)), "should be 64x80x7"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(text, words, tmp_path):
    torch.save(HIFIGAN, tmp_path / "their.pt")
    (tmp_path / "mine.json").write_text(text)
    with pytest.raises(WeightsError) as refusal:
        convert(tmp_path / "their.pt", tmp_path / "ours", config=tmp_path / "mine.json")
    assert words in str(refusal.value) and "\n" not in str(refusal.value)
    assert not Path(tmp_path / "ours").exists()


def test_what_lies_beside_the_generator_is_not_read(tmp_path):
    file = io.BytesIO()
    torch.save({"generator": HIFIGAN, "steps": 7, "optimiser": {"state": torch.full((9,), torch.nan)}}, file)
    foreign = read_foreign(file)
    assert foreign.notes[-1] == "left unread: steps, optimiser"
