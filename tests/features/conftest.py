"""Fixtures of the tests of features."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent.parent


@pytest.fixture
def real_data() -> Path:
    """Return the folder of real data; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("CREDENCE_REAL_DATA") or REPOSITORY.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}: set CREDENCE_REAL_DATA to its folder")
    return folder
