"""X from any side is the same X: batch, stored states, frames, threads."""

from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from features.arrays import FRAMES, UNKNOWN_TIME, Floats
from features.catalogue import BASE, CATALOGUE, FIT, NAMES
from features.computing import (
    Spine,
    data_summary,
    fit_columns,
    matrix,
    samples,
    spine_of,
    states,
)
from features.deals import Briefs
from features.drivers import base_rows, fit_rows, state_rows
from features.errors import InputError
from features.rows import brief_of, from_rows
from features.states import States, empty, pack, unpack
from features.tables import Tables
from features.tiers import tier
from tests.features.histories import NOW, Rows, ago, creator, daily, post, together
from tests.strategies import asks_of, rows_of

seeds = st.integers(0, 2**32 - 1)


def unpacked(packed: list[bytes]) -> States:
    """Return states from their bytes, put one after the other."""
    starts = np.cumsum([0, *map(len, packed)])[:-1] // 8
    return unpack(np.frombuffer(bytearray(b"".join(packed)), dtype=np.int64), starts)


@settings(max_examples=10)
@given(seeds)
def test_stored_states_give_the_same_bits(seed: int) -> None:
    """States packed to bytes and read back give, for any brief and offer, the rows of X."""
    rows = rows_of(seed)
    tables = from_rows(rows)
    spine = spine_of(tables, pd.DataFrame(asks_of(rows, seed, n=9)))

    stored = states(tables, spine.creator, spine.as_of)
    read = unpacked([pack(stored, row) for row in range(len(stored))])
    columns = fit_columns(
        read,
        np.arange(len(spine)),
        tables.briefs,
        spine.brief,
        compensation=spine.compensation,
        fee=spine.fee,
        as_of=spine.as_of,
    )

    assert_array_equal(np.hstack([read.base, columns]), matrix(tables, spine))
    assert_array_equal(read.followers, stored.followers)


def test_a_posted_brief_equals_a_stored_one() -> None:
    """A brief that comes with the request fits as the same brief from the tables."""
    rows = rows_of(4)
    tables = from_rows(rows)
    row = rows["briefs"][0]
    brand = next((b for b in rows["brands"] if b["brand_id"] == row["brand_id"]), None)
    creators, unknown = np.arange(3), np.full(3, np.nan)
    moment = spine_of(tables, pd.DataFrame(asks_of(rows, 4))).as_of[0]
    stored = states(tables, creators, int(moment))

    def fitted(briefs: Briefs, place: int) -> Floats:
        places = np.full(3, place)
        return fit_columns(
            stored, creators, briefs, places, compensation=unknown, fee=unknown, as_of=int(moment)
        )

    known = fitted(tables.briefs, tables.briefs.index["brief0"])

    assert_array_equal(fitted(brief_of(row, brand), 0), known)


def test_base_comes_before_fit() -> None:
    """X begins with what needs no brief; those columns are the same for every brief."""
    rows = rows_of(6)
    tables = from_rows(rows)
    asks = asks_of(rows, 6, n=1)
    plain = matrix(tables, spine_of(tables, pd.DataFrame([{**asks[0], "brief_id": None}])))
    other = matrix(tables, spine_of(tables, pd.DataFrame([{**asks[0], "brief_id": "brief1"}])))

    assert BASE + FIT == CATALOGUE
    assert_array_equal(plain[:, : len(BASE)], other[:, : len(BASE)])


def test_repeated_rows_are_computed_alike() -> None:
    """Rows of the same creator and moment share their base features, whatever their order."""
    rows = rows_of(8)
    tables = from_rows(rows)
    asks = asks_of(rows, 8, n=6) * 5
    Random(8).shuffle(asks)
    spine = spine_of(tables, pd.DataFrame(asks))

    X = matrix(tables, spine)

    for row, ask in zip(X, asks, strict=True):
        assert_array_equal(matrix(tables, spine_of(tables, pd.DataFrame([ask])))[0], row)


@settings(max_examples=10)
@given(seeds, st.data())
def test_chosen_features_are_those_of_the_catalogue(seed: int, data: st.DataObject) -> None:
    """Any features in any order are, bit for bit, those columns of X, on any number of threads."""
    rows = rows_of(seed)
    tables = from_rows(rows)
    spine = spine_of(tables, pd.DataFrame(asks_of(rows, seed, n=5)))
    names = data.draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=6))

    chosen = matrix(tables, spine, columns=names, threads=data.draw(st.integers(1, 3)))

    assert_array_equal(chosen, matrix(tables, spine)[:, [NAMES.index(name) for name in names]])


@pytest.mark.parametrize("name", NAMES)
def test_a_feature_alone_is_that_of_the_catalogue(name: str) -> None:
    """What a feature reads is there also where no other is asked for."""
    rows = rows_of(12)
    tables = from_rows(rows)
    spine = spine_of(tables, pd.DataFrame(asks_of(rows, 12, n=8)))

    alone = matrix(tables, spine, columns=[name])

    assert_array_equal(alone[:, 0], matrix(tables, spine)[:, NAMES.index(name)])


@pytest.mark.parametrize(
    ("names", "says"),
    [(["likes"], "no feature is called 'likes'"), (["is_tiktok"] * 2, "more than once")],
)
def test_what_is_no_feature_is_refused(names: list[str], says: str) -> None:
    """The error names what was asked for."""
    with pytest.raises(InputError, match=says):
        matrix(Tables.empty(), Spine.of(np.array([-1]), 0), columns=names)


def test_nothing_asked_is_nothing_computed() -> None:
    """An empty spine gives an empty X, no states give empty states."""
    tables = from_rows(rows_of(1))
    nobody = np.empty(0, dtype=np.int64)

    assert matrix(tables, Spine.of(nobody, nobody)).shape == (0, len(CATALOGUE))
    assert len(unpacked([])) == len(empty()) == 0


def test_read_only_arrays_are_the_same_to_kernels() -> None:
    """Arrays that may not be written, such as Arrow's, give the same X without compiling anew."""
    rows = rows_of(8)
    tables = from_rows(rows)
    spine = spine_of(tables, pd.DataFrame(asks_of(rows, 8, n=6)))
    columns = [
        np.frombuffer(getattr(spine, name).tobytes(), getattr(spine, name).dtype)
        for name in ("creator", "as_of", "brief", "compensation", "fee")
    ]

    kernels: list[Any] = [base_rows, state_rows, fit_rows]
    expected = matrix(tables, spine)
    compiled = [len(kernel.signatures) for kernel in kernels]

    X = matrix(tables, Spine(*columns))

    assert_array_equal(X, expected)
    assert [len(kernel.signatures) for kernel in kernels] == compiled


def test_a_row_beyond_the_table_is_refused() -> None:
    """A creator or brief that the tables do not have raises before a kernel reads it."""
    tables = from_rows(rows_of(8))

    with pytest.raises(IndexError, match="row 3 of a table of 3 rows"):
        matrix(tables, Spine.of(np.array([3]), 0))
    with pytest.raises(IndexError, match="row 7 of a table of 3 rows"):
        matrix(tables, Spine.of(np.array([0]), 0, brief=np.array([7])))


def history() -> Rows:
    """Return a small history with a sample."""
    follower = {"creator_id": "ada", "followers": 1, "following": 2, "posts": 3}
    sampled = [
        {
            **follower,
            "observed_at": ago(days),
            "sample_id": name,
            "frame": "random",
            "bio_length": n,
        }
        for n, (days, name) in enumerate([(9, "old"), (8, "old"), (4, "new"), (3, "new")])
    ]
    return together(
        {"snapshots": daily([500] * 100), "followers": sampled},
        post(10, likes=3),
        post(95, likes=3),
        {"creators": [creator(), creator(creator_id="bo")]},
    )


def test_samples_are_the_last_visible_ones() -> None:
    """Each row has the followers of its last visible sample, an unknown creator none."""
    tables = from_rows(history())
    moments = [NOW, ago(4), ago(3.5), NOW, NOW]
    times = np.array([int(time.timestamp() * 1e6) for time in moments])

    found = samples(tables, Spine.of(np.array([0, 0, 0, 1, -1]), times))

    assert np.diff(found.offsets).tolist() == [2, 2, 1, 0, 0]
    assert found.values[:, -1].tolist() == [2.0, 3.0, 0.0, 1.0, 2.0]
    assert found.frame[:3].tolist() == [0.0, 0.0, 0.0]
    assert found.age[:3].tolist() == [3.0, 4.0, 0.5]
    assert np.isnan([found.frame[3:], found.age[3:]]).all()


@pytest.mark.parametrize(
    ("said", "frame"),
    [
        (["recent", "recent"], "recent"),
        (["recent", "engaged"], "mixed"),
        (["random", None], "mixed"),
        ([None, None], None),
    ],
)
def test_a_sample_has_the_frame_of_all_its_rows(said: list[str | None], frame: str | None) -> None:
    """A sample whose rows differ, or half say nothing, is mixed; one that says nothing, unknown."""
    rows = history()
    for row, one in zip(rows["followers"][2:], said, strict=True):
        row["frame"] = one
    tables, now = from_rows(rows), Spine.of(np.array([0]), int(NOW.timestamp() * 1e6))

    code = samples(tables, now).frame[0]

    assert data_summary(tables, now).followers_frame == [frame]
    assert (None if np.isnan(code) else (*FRAMES, "mixed")[int(code)]) == frame


def test_data_summary_by_hand() -> None:
    """Visible posts and snapshots of 90 days, the sample's size, the last snapshot, what lacks."""
    tables = from_rows(history())
    now = int(NOW.timestamp() * 1e6)

    found = data_summary(tables, Spine.of(np.array([0, 1, -1]), now))

    assert found.posts_90d.tolist() == [1, 0, 0]
    assert found.snapshots_90d.tolist() == [90, 0, 0]
    assert found.followers_sampled.tolist() == [2, 0, 0]
    assert found.followers_frame == ["random", None, None]
    assert found.last_snapshot_at.tolist() == [now - 86_400_000_000, UNKNOWN_TIME, UNKNOWN_TIME]
    assert found.missing[0] == ("audience", "collaborations")
    everything = ("snapshots", "posts", "post_metrics", "audience", "followers", "collaborations")
    assert found.missing[1:] == [everything, everything]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ({"as_of": [NOW]}, "creator_id"),
        ({"creator_id": ["ada"]}, "as_of"),
        ({"creator_id": ["ada"], "as_of": [NOW.replace(tzinfo=None)]}, "time zone"),
        ({"creator_id": ["ada", "bo"], "as_of": [NOW, None]}, "empty"),
        ({"creator_id": ["ada"], "as_of": [NOW], "compensation": ["barter"]}, "barter"),
    ],
)
def test_a_bad_spine_is_refused(rows: dict[str, list[object]], says: str) -> None:
    """The error names the column or the value."""
    with pytest.raises(InputError, match=says):
        spine_of(from_rows(history()), pd.DataFrame(rows))


@pytest.mark.parametrize(
    ("followers", "expected"),
    [
        (0, "nano"),
        (9_999, "nano"),
        (10_000, "micro"),
        (79_999, "micro"),
        (80_000, "mid"),
        (500_000, "macro"),
        (999_999, "macro"),
        (1_000_000, "mega"),
        (float("nan"), None),
    ],
)
def test_tiers_are_half_open(followers: float, expected: str | None) -> None:
    """An edge belongs to the tier above it."""
    assert tier(followers) == expected
