"""A recording in pieces has the mel of the whole recording, reflected ends included."""

import numpy as np
import pytest
import torch

from tests.small import rumble
from vocoder.explorer.stream import Buffer, Recorded
from vocoder.features import MelSettings, log_mel

SETTINGS = {
    "the field's": MelSettings(),
    "small": MelSettings(n_fft=64, window=64, hop=16, bands=8),
    "hop over half a window": MelSettings(n_fft=64, window=32, hop=48, bands=8),
    "hop of a window": MelSettings(n_fft=64, window=64, hop=64, bands=8),
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_pieces_give_the_mel_of_the_whole(settings):
    n_fft = settings.n_fft
    rng = np.random.default_rng(0)
    for length in (1, 5, n_fft // 2, n_fft // 2 + 1, n_fft, n_fft + 1, 8 * settings.hop, 20_000):
        samples = rumble(length)
        expected = log_mel(torch.from_numpy(samples)[None], settings)
        cuttings = {
            "one": [samples],
            "some": np.split(samples, np.sort(rng.integers(0, length + 1, 7))),
            "sample by sample": [*samples[:2000, None], samples[2000:]],
        }
        for name, blocks in cuttings.items():
            recorded = Recorded(blocks, settings)
            audio, mel = (torch.cat(parts, -1) for parts in zip(*recorded, strict=True))
            assert recorded.samples == length
            assert mel.shape == expected.shape
            assert torch.allclose(mel, expected, atol=5e-5), (length, name)
            assert audio.shape == (1, mel.shape[-1] * settings.hop)
            assert np.array_equal(audio[0, :length].numpy(), samples), (length, name)
            assert not audio[0, length:].any()


def test_a_recording_is_not_held_back():
    """What is settled is given out at once, so that memory stays bounded."""
    read = 0

    def blocks():
        nonlocal read
        for block in np.split(rumble(100_000), 10):
            read += 1
            yield block

    given = 0
    for audio, _ in Recorded(blocks(), MelSettings()):
        given += audio.shape[-1]
        assert given > 10_000 * read - 1024 - 256


def test_no_samples_have_no_frames():
    assert list(Recorded([], MelSettings())) == []


def test_a_buffer_gives_in_other_pieces_what_it_was_given():
    buffer = Buffer()
    for piece in torch.arange(20.0).reshape(1, 20).split([3, 9, 8], -1):
        buffer.put(piece)
    taken = [buffer.take(n) for n in (5, 0, 10, 5)]
    assert torch.equal(torch.cat(taken, -1), torch.arange(20.0)[None])
    with pytest.raises(ValueError, match="1 entries asked for"):
        buffer.take(1)
