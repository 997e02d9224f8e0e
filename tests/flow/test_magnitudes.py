"""What a mel tells of the bass's magnitudes, held against its formula in plain NumPy and against recorded speech."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch import Tensor

from vocoder.errors import SettingsError
from vocoder.features import MelSettings, log_mel, mel_filterbank
from vocoder.flow import Flow, FlowSettings
from vocoder.flow.consistency import LowBand
from vocoder.flow.magnitudes import ROUNDS, Magnitudes
from vocoder.flow.squeeze import LappedTransform
from vocoder.inversion import mel_to_magnitude
from vocoder.weights import load_flow

MEL = MelSettings()
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def speech() -> tuple[Tensor, Tensor]:
    """The lowest 64 channels of a recording (1, 64, T) and its mel (1, 80, T)."""
    samples, _ = soundfile.read(ROOT / "assets/examples/arctic_a0009.flac", dtype="float64")
    audio = torch.from_numpy(samples[: 256 * 170])[None]
    return LappedTransform(256)(audio)[:, :64], log_mel(audio)[..., :170]


def shaken(strength: float) -> Magnitudes:
    """With a network that says something: its last weights are random."""
    torch.manual_seed(0)
    magnitudes = Magnitudes(MEL, 129, 0.5)
    torch.nn.init.normal_(magnitudes.network[1].weight, std=strength)
    return magnitudes


def richardson_lucy(mel: np.ndarray, log_scale: np.ndarray, bins: int) -> np.ndarray:
    """Bin after bin, from a log-mel (bands, T) and what a network adds to the logarithms (bins, T)."""
    bank = mel_filterbank(MEL).astype(np.float64)
    bank = np.stack([band for band in bank if band[bins:].sum() < 1e-3 * band.sum()])[:, :bins]
    heard = np.exp(mel[: len(bank)])
    reached = [k for k in range(bins) if bank[:, k].any()]

    def corrected(x: np.ndarray) -> np.ndarray:
        ratio = heard / (bank @ x)
        out = np.empty_like(x)
        for k in range(bins):
            weights = bank[:, min(reached, key=lambda r: abs(r - k))]
            out[k] = x[k] * (weights[:, None] * ratio).sum(0) / weights.sum()
        return out

    x = corrected(np.ones((bins, mel.shape[1]))) * np.exp(log_scale)
    for _ in range(ROUNDS):
        x = corrected(x)
    return x


def test_it_is_richardson_and_lucys_iteration_from_where_the_network_begins(speech: tuple[Tensor, Tensor]) -> None:
    _, mel = speech
    magnitudes = shaken(0.05)
    with torch.no_grad():
        found = magnitudes(mel[..., :20])[0].numpy()
        log_scale = magnitudes.network.double()(mel[..., :20])[0].numpy()
    assert log_scale.std() > 0.05
    np.testing.assert_allclose(found, 0.5 * richardson_lucy(mel[0, :, :20].numpy(), log_scale, 129), rtol=1e-9)


@pytest.mark.parametrize("strength", [0.0, 0.05])
def test_what_the_mel_says_is_kept_whatever_the_network_says(speech: tuple[Tensor, Tensor], strength: float) -> None:
    _, mel = speech
    magnitudes = shaken(strength)
    with torch.no_grad():
        again = (magnitudes.bank @ magnitudes(mel) / 0.5).log()
    assert (again - mel[:, : magnitudes.bands]).abs().mean() < 0.03  # nats; a decibel is 0.115


def test_the_bundled_network_knows_more_than_the_mel_says(speech: tuple[Tensor, Tensor]) -> None:
    """Half the error of non-negative least squares below 1 kHz, for a voice that it was not trained on."""
    columns, mel = speech
    flow, _ = load_flow(ROOT / "checkpoints/flow-small")
    assert flow.band is not None
    wanted = flow.band.magnitudes(columns)
    with torch.no_grad():
        told = flow.magnitudes(mel)
    plain = 0.5 * mel_to_magnitude(mel)[:, :129]
    for part, gain in ((slice(0, 46), 0.6), (slice(46, 93), 0.9)):  # up to 1 kHz, from 1 to 2
        errors = [float((x - wanted)[:, part].norm() / wanted[:, part].norm()) for x in (told, plain)]
        assert errors[0] < gain * errors[1]


def test_rounding_of_the_mel_alone_is_all_that_single_precision_changes(speech: tuple[Tensor, Tensor]) -> None:
    """Griffin-Lim goes on from here: pieces, batches and the whole must agree as float64 does."""
    _, mel = speech
    magnitudes = shaken(0.05)
    mel = mel.float()
    with torch.no_grad():
        whole = magnitudes(mel)
        piece = magnitudes(mel[..., 50:120])[..., magnitudes.reach : -magnitudes.reach]
        both = magnitudes(torch.cat([mel.flip(-1), mel]))[1:]
    assert whole.dtype == torch.float64
    torch.testing.assert_close(piece, whole[..., 50 + magnitudes.reach : 120 - magnitudes.reach], rtol=1e-12, atol=0)
    torch.testing.assert_close(both, whole, rtol=1e-12, atol=0)


def test_the_likelihood_does_not_teach_it(speech: tuple[Tensor, Tensor]) -> None:
    """Or what it tells would become whatever level suits the latents."""
    _, mel = speech
    flow = Flow(FlowSettings(low=64, anchors=16, iterations=2, flows=1, layers=1, channels=4, encoder=4))
    z, log_det = flow.encode(0.1 * torch.randn(1, 256 * 40), mel[..., :40].float())
    (z.square().sum() - log_det.sum()).backward()
    assert all(weight.grad is None for weight in flow.magnitudes.parameters())
    assert flow.fill.constants.grad is not None


def test_bins_that_hold_no_band_are_refused() -> None:
    with pytest.raises(SettingsError, match="low"):
        Magnitudes(MEL, 2, 0.5)
    assert LowBand(4, 256, MEL).bins == 9  # 160 Hz: four bands
    assert Magnitudes(MEL, 9, 0.5).bands == 4
