"""`python app.py` as a newcomer runs it: it answers, or says in one line why not."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.small import small_checkpoint

APP = Path(__file__).resolve().parents[2] / "app.py"


def start(**environment: str) -> subprocess.Popen[str]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, APP], env=os.environ | environment, text=True, **pipes)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_it_answers_and_a_second_one_on_its_port_says_why_it_does_not(tmp_path: Path) -> None:
    port = free_port()
    environment = {"PORT": str(port), "VOCODER_CHECKPOINT": str(small_checkpoint(tmp_path / "small"))}
    environment |= {"GRADIO_TEMP_DIR": str(tmp_path / "cache"), "GRADIO_SERVER_NAME": "127.0.0.1"}
    app = start(**environment)
    try:
        config = wait_for(f"http://127.0.0.1:{port}/config", app)
        assert config["title"] == "Speech to noise and back"
        assert config["analytics_enabled"] is False and not config.get("run_history")
        second = start(**environment)
        _, said = second.communicate(timeout=300)
        assert second.returncode == 2
        assert said.strip().splitlines()[-1].startswith(f"Port {port} on 127.0.0.1 is taken")
        assert "Traceback" not in said
    finally:
        app.terminate()
        app.wait(timeout=60)


@pytest.mark.parametrize("port", ["no", "65536"])
def test_a_port_that_is_none_is_refused_at_once(port: str) -> None:
    app = start(PORT=port)
    _, said = app.communicate(timeout=300)
    assert app.returncode == 2 and said.strip().splitlines()[-1].startswith("PORT must be a number")


def wait_for(address: str, app: subprocess.Popen[str]) -> dict:
    """The answer at `address`, as soon as there is one."""
    while app.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                return json.load(answer)
        except OSError:
            time.sleep(0.2)
    raise AssertionError(app.communicate()[1])
