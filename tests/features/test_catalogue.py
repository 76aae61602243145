"""What holds for every feature, whatever it computes."""

import math
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from features.arrays import Floats
from features.catalogue import CATALOGUE, NAMES, catalogue_hash
from features.computing import Spine, compute, matrix, spine_of
from features.rows import from_rows
from features.tables import Tables
from tests.oracles import oracle
from tests.strategies import CREATORS, START, Row, Rows, asks_of, rows_of

seeds = st.integers(0, 2**32 - 1)
TIMES = {
    "snapshots": "observed_at",
    "posts": "posted_at",
    "post_metrics": "observed_at",
    "audience": "observed_at",
    "followers": "observed_at",
    "collaborations": "agreed_at",
    "outcomes": "observed_at",
}


def spine_rows(tables: Tables, asks: list[Row]) -> Spine:
    """Return the spine of plain rows."""
    return spine_of(tables, pd.DataFrame(asks))


def matrix_of(rows: Rows, asks: list[Row], **options: Any) -> Floats:
    """Return X of plain rows."""
    tables = from_rows(rows)
    return matrix(tables, spine_rows(tables, asks), **options)


@settings(max_examples=25)
@given(seeds, st.booleans())
def test_oracles_agree(seed: int, training: bool) -> None:
    """Every feature equals its plain-Python oracle on random histories."""
    rows = rows_of(seed)
    asks = asks_of(rows, seed)

    X = matrix_of(rows, asks, training=training)

    for row, ask in zip(X, asks, strict=True):
        expected = oracle(rows, ask, training=training)
        assert expected.keys() == set(NAMES)
        for name, value in zip(NAMES, row.tolist(), strict=True):
            # Two summation orders and two libraries of logarithms.
            assert_allclose(value, expected[name], rtol=1e-9, atol=1e-12, err_msg=name)


@settings(max_examples=10)
@given(seeds)
def test_later_rows_are_invisible(seed: int) -> None:
    """Rows known at or after as_of, conflicting ones included, change no feature."""
    rows = rows_of(seed)
    asks = asks_of(rows, seed, n=1)
    now = asks[0]["as_of"]
    assert isinstance(now, datetime)
    past = {table: [r for r in some if _known(table, r) < now] for table, some in rows.items()}
    past["briefs"] = rows["briefs"]
    later = {table: [*some, *_conflicts(some, table, now)] for table, some in past.items()}

    assert_array_equal(matrix_of(rows, asks), matrix_of(past, asks))
    assert_array_equal(matrix_of(later, asks), matrix_of(past, asks))


def _known(table: str, row: Row) -> datetime:
    known = row[TIMES[table]] if table in TIMES else START - timedelta(days=9999)
    assert isinstance(known, datetime)
    return known


def _conflicts(rows: list[Row], table: str, now: datetime) -> list[Row]:
    """Return other values under the keys of rows, known only now."""
    columns = {"posts": ("posted_at", "hashtag_count"), "collaborations": ("agreed_at", "fee")}
    if table not in columns:
        return []
    time, value = columns[table]
    return [{**row, time: now, value: 77} for row in rows[:3]]


@settings(max_examples=5)
@given(seeds)
def test_alone_is_in_batch(seed: int) -> None:
    """A row alone equals, bit for bit, the same row in a batch and on several threads."""
    rows = rows_of(seed)
    asks = asks_of(rows, seed, n=40)
    tables = from_rows(rows)

    batch = matrix(tables, spine_rows(tables, asks))

    assert_array_equal(matrix(tables, spine_rows(tables, asks), threads=3), batch)
    for row, ask in zip(batch[:8], asks[:8], strict=True):
        assert_array_equal(matrix(tables, spine_rows(tables, [ask]))[0], row)


@settings(max_examples=5)
@given(seeds)
def test_row_order_is_irrelevant(seed: int) -> None:
    """Shuffled tables give the same bits."""
    rows = rows_of(seed)
    asks = asks_of(rows, seed)
    random = Random(seed)
    shuffled = {table: random.sample(some, len(some)) for table, some in rows.items()}

    assert_array_equal(matrix_of(shuffled, asks), matrix_of(rows, asks))


@settings(max_examples=5)
@given(seeds)
def test_other_creators_are_irrelevant(seed: int) -> None:
    """A creator's features are the same, bit for bit, without any other creator's rows."""
    rows = rows_of(seed)
    asks = [{**ask, "creator_id": "bo"} for ask in asks_of(rows, seed)]
    posts = {row["post_id"] for row in rows["posts"] if row["creator_id"] == "bo"}
    deals = {row["collaboration_id"] for row in rows["collaborations"] if row["creator_id"] == "bo"}
    alone = {
        table: [
            row
            for row in some
            if row.get("creator_id", "bo") == "bo"
            and (table != "post_metrics" or row["post_id"] in posts)
            and (table != "outcomes" or row["collaboration_id"] in deals)
        ]
        for table, some in rows.items()
    }

    assert_array_equal(matrix_of(alone, asks), matrix_of(rows, asks))


@settings(max_examples=15)
@given(seeds)
def test_bounds_hold(seed: int) -> None:
    """Every value lies within the bounds of its feature and is never infinite."""
    rows = rows_of(seed)
    X = matrix_of(rows, asks_of(rows, seed, n=20))

    for feature, column in zip(CATALOGUE, X.T, strict=True):
        low, high = feature.bounds
        some = column[~np.isnan(column)]
        assert np.isfinite(some).all(), feature.name
        assert (some >= low).all(), feature.name
        assert (some <= high).all(), feature.name


def test_extreme_counts_stay_finite() -> None:
    """Zero followers, the largest counts and simultaneous rows give no infinity."""
    rows = rows_of(5)
    for row in rows["snapshots"]:
        row["followers"] = 0 if row["creator_id"] == "ada" else 2**53
    for row in rows["post_metrics"]:
        row |= {"likes": 2**53, "comments": 0, "views": 0, "reach": 0}

    X = matrix_of(rows, [ask for seed in range(5) for ask in asks_of(rows, seed, n=20)])

    assert not np.isinf(X).any()


@pytest.mark.parametrize("table", TIMES)
def test_empty_history_is_unknown(table: str) -> None:
    """Without visible rows in a table that a feature needs, it is NaN, a count or share too."""
    rows = rows_of(3)
    gone = {table, *({"post_metrics"} if table == "posts" else ())}
    gone |= {"outcomes"} if table == "collaborations" else set()
    kept = {name: some for name, some in rows.items() if name not in gone}
    asks = [ask for seed in range(4) for ask in asks_of(rows, seed)]

    X = matrix_of(kept, asks)

    needing = [place for place, feature in enumerate(CATALOGUE) if table in feature.needs]
    assert needing
    assert np.isnan(X[:, needing]).all()


def test_only_a_profile() -> None:
    """Of a creator without any history only what its profile and the brief say is known."""
    rows = {"creators": [{"creator_id": "ada", "platform": "tiktok", "is_verified": True}]}
    asks: list[Row] = [{"creator_id": "ada", "as_of": START, "fee": 100.0}]

    row = matrix_of(rows, asks)[0]

    known = {
        name: value for name, value in zip(NAMES, row.tolist(), strict=True) if not np.isnan(value)
    }
    assert known == {
        "is_tiktok": 1.0,
        "is_youtube": 0.0,
        "is_verified": 1.0,
        "log_fee": np.log10(101.0),
    }


def test_unknown_creators_are_unknown() -> None:
    """A creator that is in no table has NaN in every feature, those of the brief included."""
    rows = rows_of(1)
    asks = [{**ask, "creator_id": "nobody"} for ask in asks_of(rows, 1)]

    assert np.isnan(matrix_of(rows, asks)).all()


def test_histories_reach_every_feature() -> None:
    """The random histories of these tests give every feature many values: no check is idle."""
    known = np.zeros(len(NAMES), dtype=np.int64)
    for seed in range(40):
        rows = rows_of(seed)
        X = matrix_of(rows, asks_of(rows, seed, n=12))
        known += (~np.isnan(X)).sum(axis=0)

    assert {name: n for name, n in zip(NAMES, known.tolist(), strict=True) if n < 5} == {}


def test_declarations_are_whole() -> None:
    """Names are unique, and each feature has a unit, bounds, a definition and words."""
    assert len(set(NAMES)) == len(NAMES) >= 60
    for feature in CATALOGUE:
        assert feature.unit
        assert feature.text
        assert feature.definition.endswith(".")
        assert "{" not in feature.definition + feature.text
        assert feature.bounds[0] < feature.bounds[1]
        assert len(feature.hash) == 64
        assert feature.name.endswith(f"_{feature.window_days}d") or feature.window_days is None
    assert len(catalogue_hash()) == 64


def test_compute_keeps_the_frame() -> None:
    """`compute` returns the catalogue's columns under the spine's own index."""
    rows = rows_of(2)
    spine = pd.DataFrame(asks_of(rows, 2), index=[7, 5, 7, 1])

    frame = compute(from_rows(rows), spine)

    assert list(frame.columns) == list(NAMES)
    assert list(frame.index) == [7, 5, 7, 1]
    assert_array_equal(frame.to_numpy(), matrix_of(rows, asks_of(rows, 2)))


def test_each_function_alone_is_its_column() -> None:
    """Every feature's own function, run as plain Python, gives its column: names and order hold."""
    script = Path(__file__).parent.parent / "interpreted.py"
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    root = Path(__file__).parent.parent.parent
    done = subprocess.run(
        [sys.executable, "-m", f"tests.{script.stem}"],
        env=environment,
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    alone = np.array(
        [
            [math.nan if cell == "nan" else float(cell) for cell in line.split()]
            for line in done.stdout.splitlines()
        ]
    )
    rows = rows_of(11)
    asks = [{**ask, "creator_id": name} for name in CREATORS for ask in asks_of(rows, 11)]

    # Compiled logarithms may differ from Python's in the last bit.
    assert_allclose(alone, matrix_of(rows, asks), rtol=1e-12, atol=1e-14)
