"""The names that `import vocoder` gives."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

import vocoder

ROOT = Path(__file__).resolve().parents[1]


def test_every_public_name_is_there_and_no_other():
    for name in vocoder.__all__:
        assert getattr(vocoder, name).__module__.startswith("vocoder.")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = vocoder.nothing


def test_the_four_lines_of_the_docstring():
    recording = vocoder.read_recording(ROOT / "assets" / "examples" / "arctic_a0009.flac").samples
    flow = vocoder.load_system("flow")
    mel = vocoder.log_mel(torch.from_numpy(recording)[None])
    audio = flow.synthesise(mel, seed=0, temperature=0.8)
    assert mel.shape == (1, 80, 1 + len(recording) // 256)
    assert audio.shape == (1, mel.shape[-1] * 256) and torch.isfinite(audio).all()


def test_importing_it_does_not_wait_for_pytorch():
    script = "import sys, vocoder; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT).returncode == 0
