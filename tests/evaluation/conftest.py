"""What the tests of evaluation share."""

from __future__ import annotations

import numpy as np
import pytest

from tests.evaluation.sounds import voice


@pytest.fixture(scope="session")
def speech() -> np.ndarray:
    """Two seconds at 22 050 Hz."""
    return voice(2.0)
