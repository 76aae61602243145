"""Packed histories are what the reader makes of the same rows, bit for bit, or none of theirs."""

from datetime import UTC, datetime, timedelta, timezone
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.arrays import UNKNOWN_TIME
from features.errors import InputError
from features.packed import PACKED, unpacked
from features.rows import from_rows
from features.schema import TABLES
from tests import strategies
from tests.features.packing import is_plain, owned, packed, plainly, shown, unequal
from tests.features.raw_rows import Rows, drawn_rows

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CREATOR: dict[str, object] = {"creator_id": "a", "platform": "x"}
POST: dict[str, object] = {"post_id": "p", "creator_id": "a", "posted_at": NOW}
SNAPSHOT: dict[str, object] = {"creator_id": "a", "observed_at": NOW, "followers": 7}
LINE: dict[str, object] = {
    "creator_id": "a",
    "observed_at": NOW,
    "dimension": "gender",
    "value": "male",
    "share": 0.5,
}
DEAL: dict[str, object] = {
    "collaboration_id": "k",
    "brief_id": "b0",
    "creator_id": "a",
    "agreed_at": NOW,
}


def shuffled(rows: Rows, random: Random) -> Rows:
    return {name: random.sample(some, len(some)) for name, some in rows.items()}


def distinct(rows: Rows) -> Rows:
    """Return the first row of each key."""
    found = {}
    for name, some in rows.items():
        key = TABLES[name].key or TABLES[name].names
        kept: dict[str, dict[str, object]] = {}
        for row in some:
            kept.setdefault(repr([row.get(column) for column in key]), row)
        found[name] = list(kept.values())
    return found


@given(seed=st.integers(0, 2**32 - 1), random=st.randoms(use_true_random=False))
def test_clean_histories_are_what_the_reader_makes_of_them(seed: int, random: Random) -> None:
    """Each creator's arrays, in whatever order its rows come."""
    rows = strategies.rows_of(seed)
    briefs = from_rows({"creators": [], "briefs": rows["briefs"], "brands": rows["brands"]}).briefs
    for creator_id in strategies.CREATORS:
        history = shuffled(distinct(owned(rows, creator_id)), random)

        found, clean = unpacked(packed([history]), briefs)

        assert clean.tolist() == [is_plain(history, briefs)]
        if found is not None:
            assert unequal(shown(found), plainly(history, briefs)) == []


@given(rows=drawn_rows())
@settings(max_examples=200)
def test_only_histories_without_a_flaw_are_clean(rows: Rows) -> None:
    """Those that the reader sets no row of aside, collapses none of, and refuses not."""
    briefs = from_rows({"creators": [], "briefs": rows["briefs"]}).briefs
    history = owned(rows, "c0")

    found, clean = unpacked(packed([history]), briefs)

    assert clean.tolist() == [is_plain(history, briefs)]
    if found is not None:
        assert unequal(shown(found), plainly(history, briefs)) == []


@given(seeds=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=5))
def test_histories_together_are_each_alone(seeds: list[int]) -> None:
    """Even where two share all their ids."""
    alone = [distinct(owned(strategies.rows_of(seed), "ada")) for seed in seeds]
    briefs = from_rows({"creators": []}).briefs

    together, clean = unpacked(packed(alone), briefs)

    flags = [bool(unpacked(packed([history]), briefs)[1][0]) for history in alone]
    assert clean.tolist() == flags
    assert (together is not None) == all(flags)


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("posts", {"post_id": "q" * 129}),
        ("posts", {"post_id": "q q"}),
        ("posts", {"brand_id": ""}),
        ("posts", {"creator_id": "b"}),
        ("posts", {"caption_length": -1}),
        ("posts", {"caption_length": 0.5}),
        ("posts", {"caption_length": 2.0**54}),
        ("posts", {"media_type": "film"}),
        ("posts", {"is_sponsored": 1}),
        ("posts", {"posted_at": None}),
        ("snapshots", {"followers": None}),
        ("snapshots", {"followers": "7"}),
        ("snapshots", {"observed_at": 7}),
        ("audience", {"value": "DE"}),
        ("audience", {"dimension": "age"}),
        ("audience", {"share": 1.5}),
        ("audience", {"share": -0.5}),
        ("creators", {"accepts": ["money"]}),
        ("creators", {"accepts": "monetary"}),
        ("creators", {"min_fee": float("inf")}),
        ("creators", {"platform": None}),
        ("collaborations", {"fee": -1.0}),
    ],
)
def test_a_row_that_breaks_a_rule_is_not_clean(table: str, row: dict[str, object]) -> None:
    rows = {"creators": [CREATOR], "posts": [POST], "snapshots": [SNAPSHOT], "audience": [LINE]}
    rows["collaborations"] = [DEAL]
    briefs = from_rows({"creators": []}).briefs
    assert unpacked(packed([rows]), briefs)[1].all()

    rows[table] = [rows[table][0] | row]

    found, clean = unpacked(packed([{"creators": [CREATOR]}, rows]), briefs)
    assert found is None
    assert clean.tolist() == [True, False]


@pytest.mark.parametrize(
    "rows",
    [
        {"creators": []},
        {"creators": [CREATOR, CREATOR]},
        {"posts": [POST, POST]},
        {"posts": [POST, {**POST, "posted_at": NOW + timedelta(days=1)}]},
        {"snapshots": [SNAPSHOT, SNAPSHOT]},
        {"snapshots": [SNAPSHOT, {**SNAPSHOT, "followers": 8}]},
        {"audience": [LINE, {**LINE, "share": 0.25}]},
        {"post_metrics": [{"post_id": "p", "observed_at": NOW}]},
        {"posts": [POST], "post_metrics": [{"post_id": "q", "observed_at": NOW}]},
        {"posts": [POST], "post_metrics": [{"post_id": "p", "observed_at": NOW}] * 2},
        {"collaborations": [DEAL, DEAL]},
        {"outcomes": [{"collaboration_id": "k", "observed_at": NOW}]},
    ],
)
def test_rows_that_contradict_each_other_are_not_clean(rows: Rows) -> None:
    briefs = from_rows({"creators": []}).briefs

    assert unpacked(packed([{"creators": [CREATOR], **rows}]), briefs)[1].tolist() == [False]


@given(
    time=st.datetimes(
        datetime(1, 1, 3),
        datetime(9999, 12, 29),
        timezones=st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23))),
    )
)
def test_times_are_exact(time: datetime) -> None:
    """To the microsecond, on either side of 1970 and in any zone."""
    briefs = from_rows({"creators": []}).briefs
    rows: Rows = {"creators": [CREATOR], "snapshots": [{**SNAPSHOT, "observed_at": time}]}

    found, _ = unpacked(packed([rows]), briefs)

    assert found is not None
    microseconds = (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert shown(found).histories.snapshots.known.tolist() == [microseconds]


@given(number=st.one_of(st.integers(0, 2**53), st.floats(0, 2**53).map(np.floor).map(float)))
def test_counts_are_exact(number: float) -> None:
    briefs = from_rows({"creators": []}).briefs
    rows: Rows = {"creators": [CREATOR], "snapshots": [{**SNAPSHOT, "followers": number}]}

    found, _ = unpacked(packed([rows]), briefs)

    assert found is not None
    assert shown(found).histories.snapshots.values[0, 0] == number


@given(fee=st.floats(0.0, allow_nan=False, allow_infinity=False))
def test_money_is_exact(fee: float) -> None:
    """To the sign of a zero."""
    briefs = from_rows({"creators": []}).briefs

    found, _ = unpacked(packed([{"creators": [{**CREATOR, "min_fee": fee}]}]), briefs)

    assert found is not None
    assert shown(found).histories.creators.min_fee.tobytes() == np.float64(fee).tobytes()


@given(data=st.binary(max_size=200), cut=st.integers(0, 400))
def test_what_is_laid_out_otherwise_is_not_clean(data: bytes, cut: int) -> None:
    """No bytes lead beyond them, cut off or of another making."""
    briefs = from_rows({"creators": []}).briefs
    whole = packed([{"creators": [CREATOR], "posts": [POST], "snapshots": [SNAPSHOT]}])

    for bad in (data, bytes(whole.data[: min(cut, len(whole.data) - 1)])):
        found, clean = unpacked(whole._replace(data=bytearray(bad)), briefs)

        assert found is None
        assert clean.tolist() == [False]


def test_many_posts_are_clean() -> None:
    """Looking ids up never takes so many steps that a long history would be left to the reader."""
    briefs = from_rows({"creators": []}).briefs
    posts = [{**POST, "post_id": f"p{n}"} for n in range(9000)]
    metrics = [{"post_id": f"p{7 * n % 9000}", "observed_at": NOW} for n in range(9000)]
    rows: Rows = {"creators": [CREATOR], "posts": posts, "post_metrics": metrics}

    assert unpacked(packed([rows]), briefs)[1].all()


def test_without_rows_nothing_is_known() -> None:
    briefs = from_rows({"creators": []}).briefs

    found, _ = unpacked(packed([{"creators": [CREATOR]}]), briefs)

    assert found is not None
    assert shown(found).histories.creators.created_at.tolist() == [UNKNOWN_TIME]
    assert unequal(shown(found), plainly({"creators": [CREATOR]}, briefs)) == []
    assert PACKED[0] == "creators"
    with pytest.raises(InputError):
        from_rows({})
