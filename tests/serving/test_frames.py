"""`credence features`: a spine with its features, in its order."""

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
from serving.frames import write_features
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
