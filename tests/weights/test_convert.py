"""From a foreign file, here or on a Hub, to a checkpoint folder of ours with its provenance."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open

from vocoder.errors import WeightsError
from vocoder.features import MelSettings
from vocoder.flow import WAVEGLOW
from vocoder.weights.convert import convert
from vocoder.weights.format import load_flow

ROOT = Path(__file__).parents[2]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
MEL = MelSettings(bands=4, n_fft=32, hop=16, window=32)


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state dict with a name and a shape for everything that one narrow flow needs."""
    torch.manual_seed(0)
    shapes = {
        "upsample.weight": (4, 4, 32), "upsample.bias": (4,), "convinv.0.conv.weight": (4, 4, 1),
        "WN.0.start.weight": (2, 2, 1), "WN.0.start.bias": (2,), "WN.0.end.weight": (4, 2, 1), "WN.0.end.bias": (4,),
        "WN.0.cond_layer.weight": (4, 16, 1), "WN.0.cond_layer.bias": (4,), "WN.0.in_layers.0.weight": (4, 2, 3),
        "WN.0.in_layers.0.bias": (4,), "WN.0.res_skip_layers.0.weight": (2, 2, 1), "WN.0.res_skip_layers.0.bias": (2,),
    }  # fmt: skip
    path = tmp_path_factory.mktemp("foreign") / "small.pt"
    torch.save({"state_dict": {name: torch.randn(shape) for name, shape in shapes.items()}, "epoch": 3}, path)
    return path


def test_a_folder_of_ours_with_its_provenance(foreign: Path, tmp_path: Path) -> None:
    conversion = convert(foreign, tmp_path / "mine", licence="BSD-3-Clause", mel=MEL)
    digest = hashlib.sha256(foreign.read_bytes()).hexdigest()
    flow, card = load_flow(tmp_path / "mine")
    assert (card.name, card.licence, card.source) == ("mine", "BSD-3-Clause", f"small.pt (SHA-256 {digest})")
    assert card == conversion.card and conversion.sha256 == digest and flow.mel_settings == MEL
    assert (flow.settings.flows, flow.settings.temperature) == (1, WAVEGLOW.temperature)
    with safe_open(tmp_path / "mine" / "model.safetensors", framework="pt") as file:
        saved = file.get_tensor("couplings.0.conditioner.condition.weight")
    assert torch.equal(saved, torch.load(foreign, weights_only=True)["state_dict"]["WN.0.cond_layer.weight"])


def test_what_was_found_is_said(foreign: Path, tmp_path: Path) -> None:
    lines = str(convert(foreign, tmp_path / "mine", mel=MEL)).splitlines()
    assert lines[0].startswith("small.pt, 0.0 MB, SHA-256 ")
    assert lines[2] == "flows: 1, layers: 1, channels: 2, kernel: 3, group: 4 (none early), parameters: 652"
    assert "left unread: epoch" in lines
    assert lines[-1].endswith("mine, licence of the weights: unknown")


def test_a_refusal_names_the_file_and_writes_nothing(foreign: Path, tmp_path: Path) -> None:
    with pytest.raises(
        WeightsError, match=r"^\S*small.pt cannot be converted: it is no WaveGlow that fits together: ups"
    ):
        convert(foreign, tmp_path / "mine")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nowhere.pt", "There is no file nowhere.pt; name a file, org/name:file"),
        (".", "is not a file"),
        ("https://example.org/model.pt", "is not on the Hugging Face Hub"),
        ("https://huggingface.co/org/name", "names no file"),
        ("org/na--me..x:file.pt", "is not the name of a repository"),
    ],
)
def test_other_sources_are_refused(source: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsError) as refusal:
        convert(source, tmp_path / "mine")
    assert words in str(refusal.value)


class _Hub(BaseHTTPRequestHandler):
    """Just enough of the Hub: one repository with one file, a gated one, and its words for what is missing."""

    content = b""

    def do_HEAD(self) -> None:
        path, _, revision = self.path.partition("/resolve/")
        revision, _, name = revision.partition("/")
        if path == "/org/gated":
            return self._answer(403, {"X-Error-Code": "GatedRepo"})
        if path != "/org/flows":
            return self._answer(404, {"X-Error-Code": "RepoNotFound"})
        if revision not in ("main", COMMIT):
            return self._answer(404, {"X-Error-Code": "RevisionNotFound"})
        if name != "deep/small.pt":
            return self._answer(404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
        self._answer(200, {"X-Repo-Commit": COMMIT, "ETag": '"1"', "Content-Length": str(len(self.content))})

    def do_GET(self) -> None:
        self.do_HEAD()
        self.wfile.write(self.content)

    def _answer(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": "0"} | headers).items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Keeps quiet."""


PROGRAM = """
import json, sys
from vocoder.errors import WeightsError
from vocoder.weights.convert import convert
from tests.weights.test_convert import MEL
answers = []
for source, revision in json.load(sys.stdin):
    try:
        answers.append(convert(source, "out", revision=revision, mel=MEL).card.source)
    except WeightsError as error:
        answers.append(str(error))
print(json.dumps(answers))
"""


@pytest.fixture
def hub(foreign: Path) -> Iterator[str]:
    _Hub.content = foreign.read_bytes()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_files_of_the_hub(hub: str, foreign: Path, tmp_path: Path) -> None:
    """In a process of its own, since the Hub's client reads its address when it is imported."""
    sources: list[Any] = [
        ("org/flows:deep/small.pt", None),
        (f"{hub}/org/flows/blob/{COMMIT}/deep/small.pt?download=true", None),
        ("org/flows:other.pt", None),
        ("org/flows:deep/small.pt", "v9"),
        ("org/nothing:small.pt", None),
        ("org/gated:small.pt", None),
    ]
    environment = os.environ | {
        "HF_ENDPOINT": hub, "HF_HOME": str(tmp_path), "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_OFFLINE": "0", "PYTHONPATH": str(ROOT), "HF_TOKEN": "",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=json.dumps(sources), cwd=tmp_path, env=environment,
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    digest = hashlib.sha256(foreign.read_bytes()).hexdigest()
    origin = f"https://huggingface.co/org/flows/blob/{COMMIT}/deep/small.pt (SHA-256 {digest})"
    assert json.loads(done.stdout) == [
        origin,
        origin,
        "org/flows has no file 'other.pt' at revision 'main'.",
        "org/flows has no revision 'v9'.",
        "The Hub has no public repository org/nothing.",
        "org/gated is gated: accept its terms on the Hub and log in with `hf auth login`.",
    ]
