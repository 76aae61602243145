"""A small world backtested once for all tests: one quarter replayed, and the command itself."""

import shutil
from contextlib import redirect_stderr
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import cli
from features.reader import read
from features.tables import Tables
from tests.conftest import new_home
from tests.models.fitted import fake_accounts
from training import dataset
from training.backtest.quarters import Quarter
from training.backtest.replay import Played, play

START, STOP = (int(datetime(2026, m, 1, tzinfo=UTC).timestamp()) * 10**6 for m in (1, 4))
QUARTER = Quarter("2026 Q1", START, STOP)
ACCOUNTS = 400  # labelled ones of one source: what they teach is not under test here


@dataclass(frozen=True)
class Done:
    """A finished command: its folder, its state, what it said."""

    out: Path
    home: Path
    said: str


@pytest.fixture(scope="session")
def small(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the small world with fewer labelled accounts."""
    folder = tmp_path_factory.mktemp("backtest") / "tables"
    folder.mkdir()
    for path in world.iterdir():
        if path.name != "accounts.parquet" and not path.name.startswith("."):
            (folder / path.name).symlink_to(path)
    accounts = pq.read_table(world / "accounts.parquet")
    first = accounts.filter(pc.equal(accounts["source"], accounts["source"][0]))
    pq.write_table(first.slice(0, ACCOUNTS), folder / "accounts.parquet")
    return folder


@pytest.fixture(scope="session")
def known(small: Path) -> Tables:
    """Return its tables."""
    return read(small)


@pytest.fixture(scope="session")
def played(known: Tables) -> Played:
    """Return the first quarter of 2026."""
    mature = dataset.collaborations(known, known.latest + 1)
    found = play(known, QUARTER, mature, fake_accounts, 7)
    assert isinstance(found, Played)
    return found


@pytest.fixture(scope="session")
def done(small: Path, migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Return one run of the command itself, on one quarter that can be judged and one not."""
    base = tmp_path_factory.mktemp("run")
    home = new_home(base / "home")
    shutil.copy(migrated / "mlflow.db", home / "mlflow.db")
    words = ["backtest", "--tables", small, "--out", base / "out"]
    period = ["--from", "2026-01-01", "--to", "2026-04-02", "--as-of", "2026-05-01T00:00Z"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CREDENCE_HOME", str(home))
        with redirect_stderr(StringIO()) as said, pytest.raises(SystemExit) as end:
            cli.main([str(one) for one in [*words, *period]])
        assert end.value.code == 3, said.getvalue()
    return Done(base / "out", home, said.getvalue())
