"""The benchmark runs what it says it runs; how fast that is, is no test's business."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from vocoder.errors import SettingsError
from vocoder.evaluation import optional
from vocoder.evaluation.benchmark import benchmark
from vocoder.evaluation.peers import V1, V3, VOCOS_WITHOUT, HiFiGAN, HiFiGANSizes, Vocos
from vocoder.flow import Flow, FlowSettings


def parameters(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_hifi_gans_are_as_large_as_published() -> None:
    assert parameters(HiFiGAN(V1)) // 10_000 == 1392  # "13.92M" and "1.46M" in the paper's table 1, cut and not rounded
    assert parameters(HiFiGAN(V3)) // 10_000 == 146


@pytest.mark.skipif(optional.missing("vocos", VOCOS_WITHOUT), reason="pip install --no-deps vocos")
def test_vocos_is_as_large_as_published_and_as_long_as_its_mel() -> None:
    vocos = Vocos().eval()
    assert round(parameters(vocos) / 1e6, 1) == 13.5
    assert vocos.synthesise(torch.randn(1, 100, 9)).shape == (1, 8 * 256)


@pytest.mark.parametrize("sizes", [V1, V3])
def test_hifi_gans_raise_a_frame_to_a_hop(sizes: HiFiGANSizes) -> None:
    assert HiFiGAN(sizes).synthesise(torch.randn(2, 80, 3)).shape == (2, 3 * 256)


def test_a_benchmark_of_a_flow(tmp_path: Path) -> None:
    flow = Flow(FlowSettings(flows=2, layers=2, channels=8, encoder=8)).eval()
    before = torch.get_num_threads()
    fractions: list[float] = []
    report = benchmark(
        {"small": flow}, seconds=0.5, repeats=3, threads=1, with_peers=False, device="cpu", progress=fractions.append
    )
    assert torch.get_num_threads() == before
    assert report.machine["threads"] == 1 and fractions[-1] == 1 and len(fractions) == 4
    (row,) = report.rows
    assert row.system == "small" and row.parameters == parameters(flow)
    assert 0 < row.fastest <= row.seconds <= row.slowest
    sound = (1 + 11_025 // 256) * 256 / 22_050  # seconds: as many whole frames as the mel has
    assert row.real_time_factor == pytest.approx(sound / row.seconds)
    assert "small" in report.table() and "threads 1" in report.table()
    report.save(tmp_path / "speed.json")
    assert json.loads((tmp_path / "speed.json").read_text(encoding="utf-8")) == report.to_dict()


def test_peers_take_part() -> None:
    rows = benchmark({}, seconds=0.1, repeats=1, device="cpu").rows
    assert {"HiFi-GAN V1", "HiFi-GAN V3"} <= {row.system for row in rows}


@pytest.mark.parametrize("wrong", [{"seconds": 0}, {"repeats": 0}, {"threads": 0}])
def test_numbers_out_of_range_are_refused(wrong: dict) -> None:
    with pytest.raises(SettingsError, match="A benchmark takes"):
        benchmark({}, with_peers=False, **wrong)
