"""Checkpoint folders of the other families: as safe as a flow's, and never taken for another's."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from tests.small import CARD, small_flow
from tests.weights.test_format import DAMAGE, configure, rewrite
from vocoder.errors import WeightsError
from vocoder.neural import (
    MELGAN_MEL,
    BigVGAN,
    BigVGANSettings,
    HiFiGAN,
    HiFiGANSettings,
    MelGAN,
    MelGANSettings,
    WaveNet,
    WaveNetSettings,
)
from vocoder.weights import checkpoints, load_checkpoint, load_flow, read_config, save_checkpoint
from vocoder.weights.card import TAGS, read_family
from vocoder.weights.format import KINDS

MADE = {
    "hifigan": lambda: HiFiGAN(HiFiGANSettings(channels=32, rates=(16, 16), rate_kernels=(32, 32))),
    "melgan": lambda: MelGAN(MelGANSettings(channels=4, rates=(16, 16)), MELGAN_MEL),
    "bigvgan": lambda: BigVGAN(BigVGANSettings(channels=16, rates=(16, 16), rate_kernels=(32, 32))),
    "wavenet": lambda: WaveNet(WaveNetSettings(cycles=1, layers=2, channels=4, skip=4)),
}


@pytest.fixture(params=MADE)
def family(request) -> str:
    return request.param


@pytest.fixture
def folder(family, tmp_path) -> Path:
    torch.manual_seed(0)
    save_checkpoint(MADE[family](), tmp_path / "weights", CARD)
    return tmp_path / "weights"


def test_what_is_saved_comes_back(family, folder):
    torch.manual_seed(0)
    made = MADE[family]()
    loaded, card = load_checkpoint(folder)
    assert type(loaded) is type(made) and loaded.settings == made.settings and loaded.mel_settings == made.mel_settings
    for name, tensor in made.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name
    assert not loaded.training and not any(p.requires_grad for p in loaded.parameters())
    mel = torch.randn(1, 80, 3) - 5
    with torch.no_grad():
        again, first = (n.synthesise(mel, seed=3) for n in (loaded, made.eval()))
    assert torch.equal(again, first)  # buffers that are not saved are there, too
    assert card.parameters == sum(p.numel() for p in made.parameters())


def test_the_config_is_closed_and_says_the_family(family, folder):
    values = json.loads((folder / "config.json").read_text())
    assert set(values) == {"format", "family", "storage", "network", "mel", "card"}
    config = read_config(folder)
    assert (config.family, read_family(folder)) == (family, family)
    assert values["network"] == json.loads(json.dumps(config.settings.to_dict())) and values["mel"] == asdict(
        config.mel
    )
    assert f"tags: [vocoder, {TAGS[family]}, speech]" in (folder / "README.md").read_text()


def test_one_family_is_not_taken_for_another(family, folder, monkeypatch):
    with pytest.raises(WeightsError, match=f"it describes '{family}' in format 1; what is wanted here is 'flow'"):
        load_flow(folder)
    configure(folder, lambda c: c.update(family="melgan" if family != "melgan" else "hifigan"))
    with pytest.raises(WeightsError, match=r"config.json cannot be used: Unknown \w+Settings entry"):
        load_checkpoint(folder)
    configure(folder, lambda c: c.update(family="diffwave"))
    with pytest.raises(
        WeightsError, match="it describes 'diffwave' in format 1; what is wanted here is 'flow' or 'hif"
    ):
        load_checkpoint(folder)
    monkeypatch.setattr("vocoder.weights.FOLDER", folder.parent)
    assert checkpoints(family) == {}
    configure(folder, lambda c: c.update(family=family))
    assert list(checkpoints(family)) == ["weights"] and checkpoints() == {}


COMMON = [name for name in DAMAGE if not any(word in name for word in ("flow", "layers", "another", "NaN", "infin"))]


@pytest.mark.parametrize("damage", [name for name in COMMON if "tensor" not in name or "no" in name])
def test_a_damaged_checkpoint_is_refused_by_name(folder, damage):
    change, said = DAMAGE[damage]
    change(folder)
    with pytest.raises(WeightsError) as raised:
        load_checkpoint(folder)
    assert said in str(raised.value) and "\n" not in str(raised.value)


def test_weights_that_do_not_fit_or_are_not_numbers_are_refused(folder):
    first = next(iter(load_checkpoint(folder)[0].state_dict()))

    def spoil(tensors):
        tensors[first].flat[0] = float("nan")

    rewrite(folder, spoil)
    with pytest.raises(WeightsError, match=f"{first} holds numbers that are not finite"):
        load_checkpoint(folder)
    rewrite(
        folder, lambda tensors: {name: tensor[None] if name == first else tensor for name, tensor in tensors.items()}
    )
    with pytest.raises(WeightsError, match=f"does not fit its settings: {first} is 1x"):
        load_checkpoint(folder)


@pytest.mark.parametrize("size", [10**9, 4096])
def test_settings_that_ask_for_gigabytes_allocate_nothing(folder, size):
    configure(folder, lambda c: c["network"].update(channels=size))
    with pytest.raises(WeightsError, match="is refused|does not fit its settings|are too many"):
        load_checkpoint(folder)


def test_a_network_of_no_family_is_not_saved(tmp_path):
    with pytest.raises(WeightsError, match="A Linear is none of the networks that are saved: flow, hifigan"):
        save_checkpoint(torch.nn.Linear(1, 1), tmp_path / "weights", CARD)
    assert list(tmp_path.iterdir()) == []


def test_every_family_has_a_tag_and_flows_are_one_of_them(tmp_path):
    assert set(KINDS) <= set(TAGS)
    save_checkpoint(small_flow(), tmp_path / "weights", CARD)
    assert load_flow(tmp_path / "weights")[0].settings == load_checkpoint(tmp_path / "weights")[0].settings
