import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small checkpoints, pickled in another process by classes that this one does not have."""
    folder = tmp_path_factory.mktemp("foreign")
    subprocess.run([sys.executable, HERE / "make.py", folder], check=True)
    return folder
