"""`credence features`: a spine with its features, in its order."""

import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.catalogue import NAMES
from features.computing import compute
from features.errors import InputError
from features.reader import read
from serving import frames
from serving import given as given_tables
from serving.frames import write_features
from serving.partition import partition
from tests.serving.jobs import ids, pairs_file


@pytest.fixture(scope="module")
def spine(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a spine of 30 rows, creators in reverse, with a column of its own."""
    creators, briefs = ids(world, "creators"), ids(world, "briefs")
    rows = [
        (one, f"2026-0{n % 5 + 1}-01T02:00:00+02:00", briefs[n] if n % 3 else "", f"note {n}")
        for n, one in enumerate(reversed(creators[:30]))
    ]
    path = tmp_path_factory.mktemp("spine") / "spine.csv"
    return pairs_file(path, rows, ("creator_id", "as_of", "brief_id", "note"))


def test_rows_keep_their_order_and_columns(world: Path, spine: Path, tmp_path: Path) -> None:
    """The spine's columns come first, its rows in order; then X."""
    assert write_features(world, spine, tmp_path / "X.parquet") == 0

    table, given = pd.read_parquet(tmp_path / "X.parquet"), pd.read_csv(spine)
    assert list(table.columns) == ["creator_id", "as_of", "brief_id", "note", *NAMES]
    assert list(table.creator_id) == list(given.creator_id)
    assert list(table.note) == list(given.note)
    assert list(table.as_of) == list(pd.to_datetime(given.as_of, utc=True))


def test_features_are_those_of_compute(
    world: Path, spine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X is, bit for bit, what `features.compute` gives, however many rows are written at once."""
    monkeypatch.setattr(frames, "CHUNK", 7)
    given = pd.read_csv(spine, parse_dates=["as_of"])

    write_features(world, spine, tmp_path / "X.parquet")

    X = pd.read_parquet(tmp_path / "X.parquet")[list(NAMES)]
    expected = compute(read(world), given)
    np.testing.assert_array_equal(X.to_numpy(), expected.to_numpy())


def test_csv_holds_the_same_numbers(world: Path, spine: Path, tmp_path: Path) -> None:
    """Written as CSV every number reads back to the same bits, and text stays as it was."""
    write_features(world, spine, tmp_path / "X.csv")
    write_features(world, spine, tmp_path / "X.parquet")

    text = pd.read_csv(tmp_path / "X.csv")
    table = pd.read_parquet(tmp_path / "X.parquet")
    np.testing.assert_array_equal(text[list(NAMES)].to_numpy(), table[list(NAMES)].to_numpy())
    assert list(text.as_of) == list(pd.read_csv(spine).as_of)


def test_a_spine_in_parquet_keeps_its_types(world: Path, tmp_path: Path) -> None:
    """Columns of a Parquet spine are written as they are, times as ISO 8601 where it is CSV."""
    rows = pd.DataFrame(
        {
            "creator_id": ids(world, "creators")[:2],
            "as_of": pd.to_datetime(["2026-01-01", "2026-02-01"], utc=True),
            "fold": pd.array([1, 2], dtype="int8"),
        }
    )
    rows.to_parquet(tmp_path / "spine.parquet")

    write_features(world, tmp_path / "spine.parquet", tmp_path / "X.parquet")
    write_features(world, tmp_path / "spine.parquet", tmp_path / "X.csv")

    assert str(pq.read_schema(tmp_path / "X.parquet").field("fold").type) == "int8"
    assert list(pd.read_csv(tmp_path / "X.csv").as_of) == [
        "2026-01-01T00:00:00+00:00", "2026-02-01T00:00:00+00:00",
    ]  # fmt: skip


def test_a_row_that_leads_nowhere_keeps_its_place(world: Path, tmp_path: Path) -> None:
    """It is counted; an unknown creator has no features, an unknown brief only no fit."""
    good = (ids(world, "creators")[0], "2026-01-01T00:00:00Z", "")
    rows = [good, ("nobody", *good[1:]), (*good[:2], "no-brief"), good]
    spine = pairs_file(tmp_path / "spine.csv", rows, ("creator_id", "as_of", "brief_id"))

    assert write_features(world, spine, tmp_path / "X.parquet") == 2

    table = pq.read_table(tmp_path / "X.parquet")
    unknown = [one is None for one in table["log_followers"].to_pylist()]
    assert unknown == [False, True, False, False]
    assert table["log_goal"].null_count == 4
    assert table["creator_id"].to_pylist()[1] == "nobody"


def test_no_rows_give_a_file_without_rows(world: Path, tmp_path: Path) -> None:
    """An empty spine gives all columns and no row."""
    spine = pairs_file(tmp_path / "spine.csv", [], ("creator_id", "as_of"))

    write_features(world, spine, tmp_path / "X.parquet")

    assert pq.read_table(tmp_path / "X.parquet").num_rows == 0
    assert pq.read_schema(tmp_path / "X.parquet").names == ["creator_id", "as_of", *NAMES]


def test_a_column_may_not_be_named_as_a_feature(world: Path, tmp_path: Path) -> None:
    """Two columns of one name would make a file that nobody can read."""
    spine = pairs_file(tmp_path / "spine.csv", [], ("creator_id", "as_of", "log_followers"))

    with pytest.raises(InputError, match="log_followers"):
        write_features(world, spine, tmp_path / "X.parquet")


def test_parts_give_the_same_file(
    world: Path, spine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large tables, and partitioned ones, are read part by part: the same bytes and count."""
    rows = [
        *spine.read_text().splitlines(),
        "nobody,2026-01-01T00:00:00Z,,",
        "a b,2026-01-01T00:00:00Z,,",
    ]
    given, out = tmp_path / "spine.csv", tmp_path / "X.parquet"
    given.write_text("\n".join([*rows[:1], *reversed(rows[1:])]) + "\n")
    partition(world, tmp_path / "parted", 3)
    monkeypatch.setattr(frames, "CHUNK", 7)
    aside = write_features(world, given, out)
    expected = out.read_bytes()

    assert write_features(tmp_path / "parted", given, out) == aside == 2
    assert out.read_bytes() == expected
    monkeypatch.setattr(given_tables, "AT_ONCE", 0)
    monkeypatch.setattr(given_tables, "PART_BYTES", 1_000_000)
    assert write_features(world, given, out) == aside
    assert out.read_bytes() == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["X.parquet", "parted", "spine.csv"]


def test_a_stopped_command_goes_on(world: Path, spine: Path, tmp_path: Path) -> None:
    """What was computed of a part is not even read again; the file is what it would have been."""
    partition(world, tmp_path / "parted", 3)
    write_features(world, spine, tmp_path / "expected.parquet")
    out = tmp_path / "X.parquet"
    first, second, third = (
        tmp_path / "parted" / f"part-0000{number}" / "creators" for number in range(3)
    )
    third.rename(tmp_path / "third")
    with pytest.raises(InputError, match="creators is gone"):
        write_features(tmp_path / "parted", spine, out)
    assert not out.exists()
    (tmp_path / "third").rename(third)
    first.rename(tmp_path / "first")
    second.rename(tmp_path / "second")

    write_features(tmp_path / "parted", spine, out)

    assert out.read_bytes() == (tmp_path / "expected.parquet").read_bytes()


def test_a_full_disk_is_said(world: Path, spine: Path, tmp_path: Path) -> None:
    """Where a file cannot grow the command ends in words, and leaves nothing."""

    def confine() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**12, resource.RLIM_INFINITY))

    done = subprocess.run(
        [sys.executable, "-m", "cli", "features", "--tables", str(world), "--spine", str(spine),
         "--out", str(tmp_path / "X.parquet")],
        preexec_fn=confine, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip

    assert done.returncode == 1, done.stderr
    assert (
        f"no space left for {tmp_path / 'X.parquet'}: free some, and give the same" in done.stderr
    )
    assert not list(tmp_path.iterdir())
