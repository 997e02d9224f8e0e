"""The coupling that asks Griffin-Lim, held against its formulas written down again and against recorded speech."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch import Tensor

from vocoder.errors import SettingsError
from vocoder.features import MelSettings, log_mel
from vocoder.flow import Flow, FlowSettings, forward_in_chunks, inverse_in_chunks
from vocoder.flow.consistency import GENTLE, MOMENTUM, ConsistencyCoupling, LowBand
from vocoder.flow.magnitudes import Magnitudes
from vocoder.flow.squeeze import LappedTransform

MEL = MelSettings()
SPEECH = Path(__file__).parents[2] / "assets/examples/arctic_a0009.flac"


@pytest.fixture(scope="module")
def speech() -> tuple[Tensor, Tensor]:
    """A recording (1, T * hop) in float64 and its mel (1, 80, T)."""
    samples, rate = soundfile.read(SPEECH, dtype="float64")
    assert rate == MEL.sample_rate
    audio = torch.from_numpy(samples[: 256 * 170])[None]
    return audio, log_mel(audio)[..., :170]


def told_by(mel: Tensor, band: LowBand) -> Tensor:
    """Magnitudes from a log-mel before anything is learned."""
    with torch.no_grad():
        return Magnitudes(MEL, band.bins, band.gain)(mel)


def carried(spectrum: np.ndarray, target: np.ndarray, held: np.ndarray, n_fft: int, low: int) -> np.ndarray:
    """Every bin's phase turns from the last held column on as fast as the nearest peak, the lower one of two."""
    bins, frames = target.shape
    out, angles = np.zeros_like(spectrum), np.zeros(bins)
    for t in range(frames):
        m = np.concatenate([[0], target[:, t], [0]])
        peaks = [k for k in range(bins) if m[k] < m[k + 1] >= m[k + 2] and m[k + 1] > 1e-4 * m.max()]
        first = held[held <= min(t, frames - 2)].max()
        for k in range(bins):
            peak = min(peaks, key=lambda p: (abs(p - k), p))
            a, b, c = m[peak : peak + 3]
            turn = 2 * math.pi * (peak + np.clip(0.5 * (a - c) / (a - 2 * b + c), -0.5, 0.5)) / n_fft * low
            angles[k] = 0 if t == first else angles[k] + turn
        out[:, t] = spectrum[:, first] * np.exp(1j * angles)
    return out


def fast_griffin_lim(
    x: np.ndarray, magnitudes: np.ndarray, moved: np.ndarray, n_fft: int, iterations: int
) -> np.ndarray:
    """The same in loops over columns (L, G) and frames (bins, G): the MDCT of the textbook, and sums over overlaps."""
    low, columns = x.shape
    length = columns * low
    n, k = np.arange(2 * low)[:, None] + 0.5, np.arange(low) + 0.5
    basis = math.sqrt(2 / low) * np.sin(math.pi * n / (2 * low)) * np.cos(math.pi / low * (n - low / 2) * k)
    hann = 0.5 - 0.5 * np.cos(2 * math.pi * np.arange(n_fft) / n_fft)
    room = 2 * n_fft  # zeros on both sides
    before = None
    target = np.concatenate([magnitudes, magnitudes[:, -1:]], 1)
    sound = np.zeros(length + 2 * room)
    windows = [slice(room + t * low - low // 2, room + t * low + 3 * low // 2) for t in range(columns)]
    for turn in range(1 + iterations):
        for t in np.flatnonzero(~moved):  # an orthogonal projection: columns are orthonormal, so their order is nothing
            sound[windows[t]] += basis @ (x[:, t] - basis.T @ sound[windows[t]])
        sound[:room] = sound[room + length :] = 0
        frames = range(columns + 1)
        starts = [room + t * low - n_fft // 2 for t in frames]
        spectrum = np.stack([np.fft.rfft(hann * sound[s : s + n_fft]) for s in starts], 1)
        if turn == 0:
            ahead = carried(spectrum, target, np.flatnonzero(~moved), n_fft, low)
        else:
            ahead = spectrum if before is None else spectrum + MOMENTUM * (spectrum - before)
            before = spectrum
        wanted = target * ahead / np.maximum(np.maximum(np.abs(ahead), GENTLE * target), 1e-12)
        total, weight = np.zeros_like(sound), np.zeros_like(sound)
        for t, start in zip(frames, starts, strict=True):
            total[start : start + n_fft] += hann * np.fft.irfft(wanted[:, t], n_fft)
        for start in range(starts[0] - 4 * n_fft, starts[-1] + 4 * n_fft, low):  # as if frames went on
            if start >= 0 and start + n_fft <= weight.size:
                weight[start : start + n_fft] += hann**2
        sound = np.divide(total, weight, out=np.zeros_like(total), where=weight > 1e-9)
        sound[:room] = sound[room + length :] = 0
    back = np.stack([basis.T @ sound[window] for window in windows], 1)
    return np.where(moved, back, x)


@pytest.mark.parametrize("iterations", [1, 2, 5])
def test_it_is_fast_griffin_lim_with_the_known_columns_put_back(iterations: int) -> None:
    band = LowBand(16, 64, MelSettings(n_fft=256, hop=64, window=256))
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1, 16, 20, generator=generator, dtype=torch.float64)
    magnitudes = torch.rand(1, band.bins, 20, generator=generator, dtype=torch.float64)
    moved = torch.arange(20) % 3 != 0
    found = band.consistent(magnitudes, x, 3, iterations)[0]
    expected = fast_griffin_lim(x[0].numpy(), magnitudes[0].numpy(), moved.numpy(), band.n_fft, iterations)
    np.testing.assert_allclose(found.numpy(), expected, rtol=0, atol=1e-8)


def test_the_lowest_channels_are_the_sound_sampled_more_slowly(speech: tuple[Tensor, Tensor]) -> None:
    """Their short-time spectrum is the sound's own, below its highest bins, where the next channels are missing."""
    audio, _ = speech
    band = LowBand(64, 256, MEL)
    columns = LappedTransform(256)(audio)[:, :64]
    slow = LappedTransform(64).inverse(columns)
    hann = lambda n: torch.hann_window(n, dtype=torch.float64)  # noqa: E731
    own = torch.stft(slow, band.n_fft, 64, window=hann(band.n_fft), return_complex=True).abs()
    whole = torch.stft(audio, 1024, 256, window=hann(1024), return_complex=True).abs() * band.gain
    below = slice(0, 116)
    error = (own[:, below] - whole[:, below])[..., 4:-4].norm() / whole[:, below, 4:-4].norm()
    assert error < 0.02
    torch.testing.assert_close(band.magnitudes(columns), own[..., :-1])


def test_speech_is_foretold_from_every_second_column(speech: tuple[Tensor, Tensor]) -> None:
    """What is left of the columns between is 9 dB or more below them up to 1 kHz; zeros would leave 0 dB."""
    audio, mel = speech
    band = LowBand(64, 256, MEL)
    coupling = ConsistencyCoupling(band, 2, 8).double()
    x, told = LappedTransform(256)(audio)[:, :64], told_by(mel, band)
    with torch.no_grad():
        log_scales = coupling.log_scales(told)
        left = x - coupling.foretold(x * log_scales.exp(), log_scales, told)
    between = ~coupling.anchors(x.shape[-1], x.device)
    after, before = (v[0, :23, between].square().sum() for v in (left, x))
    assert 10 * math.log10(before / after) > 9
    torch.testing.assert_close(left[..., ~between], x[..., ~between])


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-6)])
def test_the_way_back_is_exact_though_griffin_lim_enlarges_differences(
    speech: tuple[Tensor, Tensor], dtype: torch.dtype, tolerance: float
) -> None:
    audio, mel = speech
    band = LowBand(64, 256, MEL)
    coupling = ConsistencyCoupling(band, 64, 32).to(dtype)
    torch.nn.init.normal_(coupling.constants, std=0.3)
    x, told = LappedTransform(256)(audio)[:, :64].to(dtype), told_by(mel, band)
    with torch.no_grad():
        y, log_det = coupling(x, told)
        back, undone = coupling.inverse(y, told)
        scaled = (x * coupling.log_scales(told).exp()).to(dtype)
    anchors = torch.arange(170) % 64 == 0
    assert torch.equal(y[..., anchors], scaled[..., anchors])
    assert not torch.isclose(y[..., ~anchors], scaled[..., ~anchors]).all()
    torch.testing.assert_close(back, x, rtol=0, atol=tolerance)
    torch.testing.assert_close(log_det, coupling.log_scales(told).sum(1).to(dtype))
    torch.testing.assert_close(undone, -log_det)


def test_the_log_determinant_is_that_of_the_jacobian_by_differences() -> None:
    band = LowBand(4, 16, MelSettings(n_fft=64, hop=16, window=64))
    coupling = ConsistencyCoupling(band, 3, 4).double()
    torch.nn.init.normal_(coupling.constants)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1, 4, 7, generator=generator, dtype=torch.float64)
    told = torch.rand(1, band.bins, 7, generator=generator, dtype=torch.float64)
    numeric = torch.stack([  # by differences, since no gradient passes through the iterations
        (coupling(x + h.view_as(x), told)[0] - coupling(x - h.view_as(x), told)[0]).flatten() / 2e-5
        for h in 1e-5 * torch.eye(28, dtype=torch.float64)
    ], 1).detach()  # fmt: skip
    torch.testing.assert_close(torch.linalg.slogdet(numeric)[1], coupling(x, told)[1].sum(), rtol=0, atol=1e-4)


def test_speech_comes_out_gaussian_once_the_constants_fit(speech: tuple[Tensor, Tensor]) -> None:
    """One number a channel is enough, since the level is told: no column is far out, not even in a pause."""
    audio, mel = speech
    band = LowBand(64, 256, MEL)
    coupling = ConsistencyCoupling(band, 64, 32).double()
    x, told = LappedTransform(256)(audio)[:, :64], told_by(mel, band)
    with torch.no_grad():
        y, _ = coupling(x, told)
        between = y[0, :, ~coupling.anchors(170, x.device)]
        coupling.constants[1] -= between.square().mean(1).log() / 2
        y = coupling(x, told)[0][0, :, ~coupling.anchors(170, x.device)]
    assert abs(y.mean()) < 0.1
    assert y.std() == pytest.approx(1, abs=0.01)
    assert 2 < y.pow(4).mean() / y.square().mean() ** 2 < 8
    assert y.square().mean(0).max() < 16


def test_what_is_moved_is_not_asked(speech: tuple[Tensor, Tensor]) -> None:
    audio, mel = speech
    band = LowBand(32, 256, MEL)
    coupling = ConsistencyCoupling(band, 8, 6).double()
    y, told = LappedTransform(256)(audio)[:, :32], told_by(mel, band)
    log_scales = coupling.log_scales(told)
    other = torch.where(coupling.anchors(170, y.device), y, torch.randn_like(y))
    assert torch.equal(coupling.foretold(y, log_scales, told), coupling.foretold(other, log_scales, told))


def test_it_reaches_as_far_as_it_says() -> None:
    band = LowBand(16, 64, MelSettings(n_fft=256, hop=64, window=256))
    coupling = ConsistencyCoupling(band, 4, 3).double()
    generator = torch.Generator().manual_seed(0)
    y = torch.randn(1, 16, 101, generator=generator, dtype=torch.float64)
    magnitudes = torch.rand(1, band.bins, 101, generator=generator, dtype=torch.float64)
    changed = magnitudes.clone()
    changed[..., 50] *= 2
    change = coupling.inverse(y, magnitudes)[0] - coupling.inverse(y, changed)[0]
    reached = change[0].abs().amax(0).nonzero().flatten()
    assert 50 - coupling.reach <= int(reached.min()) < 48
    assert 52 < int(reached.max()) <= 50 + coupling.reach


def test_noise_is_drawn_at_the_anchors_alone() -> None:
    flow = Flow(FlowSettings(low=32, anchors=8, flows=1, layers=1, channels=2, encoder=2))
    z = flow.noise(100, seed=4, start=13)
    anchor = torch.arange(13, 113) % 8 == 0
    assert (z[0, :32, ~anchor] == 0).all()
    assert 0.8 < z[0, :32, anchor].std() < 1.2
    assert 0.95 < z[0, 32:].std() < 1.05
    assert torch.equal(flow.noise(113, seed=4)[..., 13:], z)


def test_long_recordings_in_chunks_have_the_same_anchors() -> None:
    torch.manual_seed(0)
    flow = Flow(FlowSettings(low=64, anchors=16, iterations=4, flows=1, layers=1, channels=4, encoder=4)).double()
    assert flow.context < 100  # far less than the sound, or nothing would be proven
    generator = torch.Generator().manual_seed(0)
    audio = 0.1 * torch.randn(1, 256 * 500, generator=generator, dtype=torch.float64)
    mel = log_mel(audio)[..., :500]
    with torch.no_grad():
        z, log_det = flow.encode(audio, mel)
        whole = flow.inverse(0.8 * flow.noise(500, seed=1), mel)
        pieces = forward_in_chunks(flow, zip(audio.split(256 * 50, -1), mel.split(50, -1), strict=True), chunk=70)
        parts = list(pieces)
        sound = torch.cat(list(inverse_in_chunks(flow, mel.split(50, -1), seed=1, temperature=0.8, chunk=70)), -1)
    torch.testing.assert_close(torch.cat([p for p, _ in parts], -1), z, rtol=0, atol=1e-8)
    torch.testing.assert_close(torch.cat([d for _, d in parts], -1), log_det, rtol=0, atol=1e-8)
    torch.testing.assert_close(sound, whole, rtol=0, atol=1e-8)


def test_rounding_elsewhere_does_not_change_the_bass(speech: tuple[Tensor, Tensor]) -> None:
    """Another chunking, as another machine, adds up in another order: in float32 that is less than a 16-bit step."""
    _, mel = speech
    torch.manual_seed(0)
    flow = Flow(FlowSettings(low=64, flows=1, layers=1, channels=4, encoder=4))
    mel = torch.cat([mel, mel, mel, mel], -1).float()
    noise = flow.noise(mel.shape[-1], seed=1)
    with torch.no_grad():
        whole = flow.inverse(noise, mel)
        pieces = torch.cat(list(inverse_in_chunks(flow, [mel], seed=1, temperature=1.0, chunk=128)), -1)
        one = flow.inverse(torch.cat([noise, noise]), torch.cat([mel, mel]))[1:]
    assert whole.abs().max() > 0.01
    torch.testing.assert_close(pieces, whole, rtol=0, atol=1e-5)
    torch.testing.assert_close(one, whole, rtol=0, atol=1e-5)


def test_a_band_that_is_no_whole_transform_is_refused() -> None:
    with pytest.raises(SettingsError, match="low"):
        Flow(FlowSettings(group=128, low=32))
