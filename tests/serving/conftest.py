"""Fixtures of the serving tests."""

from pathlib import Path

import pytest

from tests.serving.client import Client


@pytest.fixture
def client(at_home: Path) -> Client:
    """Return a client of an app at the trained home."""
    return Client()
