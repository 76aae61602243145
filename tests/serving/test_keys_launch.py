"""What keys change about where a server listens and how its workers start."""

import os
from pathlib import Path

import pytest

from features.errors import InputError
from models.champions import NoChampionError
from serving import launch
from serving.gate import KEYED, QUOTAS, Gate
from tests.serving.keyed import add


@pytest.fixture(autouse=True)
def same_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo what a launch writes into the environment of this process."""
    monkeypatch.setattr(os, "environ", os.environ.copy())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "localhost"])  # noqa: S104
def test_with_keys_any_address_is_bound(empty_home: Path, host: str) -> None:
    """With keys nothing is wrong with the host; what is missing here are the champions."""
    add(empty_home / "keys.json")

    with pytest.raises(NoChampionError):
        launch.serve(host, 0)


@pytest.mark.parametrize("host", ["example.com", "", "1.2.3"])
def test_a_host_is_an_address(empty_home: Path, host: str) -> None:
    """A name may be many addresses, of which none is this machine's: it is refused."""
    add(empty_home / "keys.json")

    with pytest.raises(InputError, match="expected an IP address"):
        launch.serve(host)


def test_a_damaged_file_of_keys_stops_the_start(empty_home: Path) -> None:
    """A server never starts on keys that it cannot read, not even on loopback."""
    (empty_home / "keys.json").write_text("{")
    (empty_home / "keys.json").chmod(0o600)

    with pytest.raises(InputError, match="is damaged"):
        launch.serve()


def test_workers_are_told_of_keys_and_buckets(at_home: Path) -> None:
    """Workers find that keys are asked for, and one file of buckets only they can open."""
    launch.prepare(3000, None, keyed=True)
    shared = Path(os.environ[QUOTAS])

    assert shared.stat().st_mode & 0o777 == 0o600
    assert Gate.of_server().keyed()

    launch.prepare(3000, None)
    assert KEYED not in os.environ
    assert not Gate.of_server().keyed()
