"""Training twice gives the same model."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands import credence


def _digests(home: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of every fetched bundle, by its path."""
    root = home / "bundles"
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.glob("*/*/**/*"))
        if path.is_file()
    }


@pytest.mark.xdist_group("training")
def test_training_twice_gives_the_same_bytes(
    home: Path, world: Path, homes: Callable[[str], Path]
) -> None:
    """Two runs of `credence train all` with the same seed give byte-identical model files."""
    again = homes("again")

    credence("train", "all", "--tables", str(world), "--seed", "7", home=again)
    credence("publish", "--tables", str(world), home=again)

    first = _digests(home)
    assert {path.split("/")[0] for path in first} == {
        "conversion",
        "fake_accounts",
        "fake_followers",
    }
    assert _digests(again) == first
