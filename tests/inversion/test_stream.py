"""Streams: the same samples however the frames come, when they were promised, in constant memory."""

import gc
import tracemalloc

import numpy as np
import pytest
import torch

from vocoder.errors import SettingsError
from vocoder.features import MelSettings
from vocoder.inversion import (
    DerivativeNetwork,
    NetworkSettings,
    OnlinePhase,
    SoundStream,
    centred_stft,
    online_method,
    online_phase,
    online_samples,
    to_samples,
)


def _network(**settings: int) -> DerivativeNetwork:
    torch.manual_seed(0)
    network = DerivativeNetwork(NetworkSettings(**settings))
    torch.nn.init.normal_(network.leave.weight, std=0.1)
    return network


MAKERS = {
    "spsi": lambda: online_method("spsi"),
    "rtisi-la": lambda: online_method("rtisi-la"),
    "rtpghi": lambda: online_method("rtpghi"),
    "rtpghi +1": lambda: online_method("rtpghi", look_ahead=1),
    "gradient-analytic": lambda: online_method("gradient-analytic"),
    "gradient-analytic +1": lambda: online_method("gradient-analytic", look_ahead=1),
    "gradient-network": lambda: online_method("gradient-network", network=_network()),
    "gradient-network strided": lambda: online_method("gradient-network", network=_network(look_ahead=1, stride=2)),
}


@pytest.fixture(params=MAKERS)
def method(request: pytest.FixtureRequest) -> OnlinePhase:
    return MAKERS[request.param]()


def _magnitude(voice: np.ndarray) -> torch.Tensor:
    return centred_stft(torch.from_numpy(voice)[None]).abs()[..., 10:50]


def test_any_chunks_give_the_bits_of_the_batch(voice, method):
    magnitude = _magnitude(voice)
    batch = online_samples(method, magnitude)[0].numpy()
    stream, rng, start, pieces = SoundStream(method), np.random.default_rng(1), 0, []
    while start < magnitude.shape[-1]:
        size = int(rng.integers(0, 9))
        pieces.append(stream.push(magnitude[0, :, start : start + size].numpy()))
        start += size
    pieces.append(stream.finish())
    sound = np.concatenate(pieces)
    assert sound.dtype == np.float32 and sound.shape == (magnitude.shape[-1] * 256,)
    assert np.array_equal(sound, batch)


def test_the_sound_is_that_of_the_phases(voice, method):
    magnitude = _magnitude(voice)
    expected = to_samples(magnitude, online_phase(method, magnitude))
    torch.testing.assert_close(online_samples(method, magnitude), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", ["spsi", "rtpghi +1", "rtisi-la"])
def test_samples_come_when_they_were_promised(voice, name):
    method = MAKERS[name]()
    magnitude = _magnitude(voice)[0].numpy()
    whole = online_samples(method, torch.from_numpy(magnitude)[None])[0].numpy()
    stream, given = SoundStream(method), 0
    for t in range(30):
        samples = stream.push(magnitude[:, t : t + 1])
        assert np.array_equal(samples, whole[given : given + len(samples)].astype(np.float32))
        given += len(samples)
        assert given == max(0, t * 256 - stream.delay)
    assert stream.frames == 30
    assert 0 < stream.slowest <= stream.seconds
    assert stream.real_time_factor == pytest.approx(stream.seconds / (30 * 256 / 22_050))


def test_the_past_is_final(voice):
    magnitude = _magnitude(voice)[0].numpy()
    changed = magnitude.copy()
    changed[:, 30:] = changed[:, 30:][:, ::-1]
    first, second = (SoundStream(MAKERS["gradient-network"]()) for _ in range(2))
    assert np.array_equal(first.push(magnitude[:, :30]), second.push(changed[:, :30]))
    assert not np.array_equal(first.push(magnitude[:, 30:]), second.push(changed[:, 30:]))


@pytest.mark.parametrize("name", ["spsi", "rtpghi", "gradient-network", "rtisi-la"])
def test_memory_does_not_grow_with_time(name):
    settings = MelSettings(n_fft=128, hop=32, window=128)
    network = _network(n_fft=128, hop=32, window=128)
    magnitude = np.random.default_rng(0).random((65, 200))
    stream = SoundStream(online_method(name, settings, network=network), settings)
    stream.push(magnitude[:, :20])
    tracemalloc.start()
    stream.push(magnitude[:, :5])
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    for t in range(200):
        stream.push(magnitude[:, t, None])
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert after - before < 30_000  # one forgotten frame a push would be 104 kB


@pytest.mark.parametrize("frames", [0, 1, 2, 3])
def test_even_the_shortest_gives_its_hops(frames, method):
    stream = SoundStream(method)
    sound = np.concatenate([stream.push(np.ones((513, frames))), stream.finish()])
    assert sound.shape == (256 * frames,) and np.isfinite(sound).all()


@pytest.mark.parametrize("settings", [MelSettings(n_fft=512, hop=100, window=400), MelSettings(hop=300)])
def test_odd_hops_stream_too(voice, settings):
    magnitude = centred_stft(torch.from_numpy(voice)[None], settings).abs()
    method = online_method("gradient-analytic", settings)
    expected = to_samples(magnitude, online_phase(method, magnitude), settings)
    torch.testing.assert_close(online_samples(method, magnitude, settings), expected, atol=1e-6, rtol=0)


def test_progress_counts_up_to_one(voice):
    seen: list[float] = []
    magnitude = _magnitude(voice)
    online_samples(online_method("spsi"), magnitude, progress=seen.append)
    online_phase(online_method("spsi"), magnitude, progress=seen.append)
    assert seen[-1] == 1.0 and len(seen) == 80 and seen[:40] == sorted(seen[:40])


@pytest.mark.parametrize("frame", [np.ones(512), np.full(513, np.nan), -np.ones(513)])
def test_what_is_no_frame_is_refused(frame):
    with pytest.raises(SettingsError, match="513|finite"):
        SoundStream(online_method("spsi")).push(frame[:, None])
