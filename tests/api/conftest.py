"""A client of the page's API."""

from __future__ import annotations

import pytest
from gradio_client import Client

from tests.served import served


@pytest.fixture
def client() -> Client:
    """A visitor of its own: what it opens is its own."""
    return Client(served(), verbose=False)
