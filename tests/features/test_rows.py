from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given

from features.errors import InputError, UnknownColumnWarning
from features.reader import brief_of, from_rows
from tests.features.raw_rows import Rows, drawn_rows

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MICROSECONDS = 1_767_225_600_000_000
CREATOR: dict[str, object] = {"creator_id": "a", "platform": "tiktok"}
BRIEF: dict[str, object] = {"brief_id": "b", "brand_id": "n", "created_at": NOW}


@pytest.mark.parametrize(
    ("table", "column", "value", "expected"),
    [
        ("creators", "creator_id", 7, "row 1 of the rows of creators: 7 is not text"),
        ("creators", "platform", 1, "1 is not text"),
        ("creators", "creator_id", "\ud800", "is not text"),
        ("creators", "created_at", datetime(2026, 1, 1), "is not a time with an offset"),
        ("creators", "created_at", "2026-01-01T00:00:00", "is not a time with an offset"),
        ("creators", "created_at", "2026-02-30T00:00:00Z", "is not a time with an offset"),
        ("creators", "created_at", 1_700_000_000, "is not a time with an offset"),
        ("creators", "is_verified", 1, "1 is not true or false"),
        ("creators", "min_fee", True, "True is not a number"),
        ("creators", "min_fee", "12", "'12' is not a number"),
        ("creators", "accepts", "monetary", "is not a list of texts"),
        ("creators", "accepts", [1], "is not a list of texts"),
        ("briefs", "conversion_goal", 1.5, "1.5 is not a whole number"),
        ("briefs", "target_ages", ["18-24"], "is not a map of texts to numbers"),
        ("briefs", "target_ages", {"18-24": "1"}, "is not a map of texts to numbers"),
        ("briefs", "target_ages", {"18-24": True}, "is not a map of texts to numbers"),
        ("briefs", "deliverables", 1.5, "is not a whole number, or a map"),
        ("briefs", "deliverables", {"reel": 1.5}, "is not a whole number, or a map"),
        ("briefs", "deliverables", "2", "is not a whole number, or a map"),
    ],
)
def test_a_wrong_type_stops(table: str, column: str, value: object, expected: str) -> None:
    """A value of another kind stops the run and names place, value and expectation."""
    rows: Rows = {"creators": [CREATOR], "briefs": [BRIEF]}
    rows[table] = [{**rows[table][0], column: value}]

    with pytest.raises(InputError, match=rf"^{table}\.{column}, .*{expected}.*\. Correct") as error:
        from_rows(rows)

    assert error.value.rule == "wrong_type"


def test_times_are_instants() -> None:
    """Datetimes of any offset and texts in ISO 8601 are the same instant."""
    times = [
        NOW,
        NOW.astimezone(timezone(timedelta(hours=5, minutes=30))),
        "2026-01-01T00:00:00Z",
        "2026-01-01 01:00:00.000000000+01:00",
        "2025-12-31T19:00-0500",
    ]
    creators = [{**CREATOR, "creator_id": str(n), "created_at": t} for n, t in enumerate(times)]

    assert from_rows({"creators": creators}).creators.created_at.tolist() == [MICROSECONDS] * 5


def test_whole_floats_are_counts() -> None:
    """1234.0 is a count."""
    snapshot = {"creator_id": "a", "observed_at": NOW, "followers": 1234.0}

    tables = from_rows({"creators": [CREATOR], "snapshots": [snapshot]})

    assert tables.snapshots.values[0, 0] == 1234


def test_deliverables_are_summed() -> None:
    """A map of deliverables is their number."""
    briefs = [
        {**BRIEF, "brief_id": str(n), "deliverables": value}
        for n, value in enumerate([{"reel": 2, "story": 3}, 4, {}, None])
    ]

    found = from_rows({"creators": [CREATOR], "briefs": briefs}).briefs.deliverables

    np.testing.assert_array_equal(found, [5, 4, np.nan, np.nan])


def test_accepted_compensation_is_a_mask() -> None:
    """An empty list accepts nothing, a missing one is unknown."""
    creators = [
        {**CREATOR, "creator_id": str(n), "accepts": value}
        for n, value in enumerate([["monetary", "event"], [], None])
    ]

    found = from_rows({"creators": creators}).creators.accepts

    np.testing.assert_array_equal(found, [5, 0, np.nan])


def test_an_unknown_table() -> None:
    """A table that does not exist is refused."""
    with pytest.raises(InputError, match="unknown table 'post': expected creators and any of"):
        from_rows({"creators": [CREATOR], "post": []})


def test_missing_creators() -> None:
    """Creators must be among the tables."""
    with pytest.raises(InputError, match="no table 'creators'"):
        from_rows({"posts": []})


def test_a_missing_column() -> None:
    """A required column that no row has stops the run."""
    with pytest.raises(InputError, match="the rows of creators has no column 'platform'"):
        from_rows({"creators": [{"creator_id": "a"}]})


def test_unknown_columns_warn() -> None:
    """Columns that a table does not have are ignored with a warning."""
    with pytest.warns(UnknownColumnWarning, match="'handle'"):
        from_rows({"creators": [{**CREATOR, "handle": "@a"}]})


def test_labels_ignore_case_and_blanks() -> None:
    """Categories and languages are the same however they are capitalised."""
    creators = [
        {**CREATOR, "creator_id": str(n), "category": text}
        for n, text in enumerate(["Food", " food", "FOOD\t", "", None])
    ]

    found = from_rows({"creators": creators}).creators.category

    assert found[0] != 0
    assert found.tolist() == [found[0]] * 3 + [0, 0]


def test_briefs_known_already() -> None:
    """A collaboration's brief is looked up among given briefs, and unknown where not found."""
    briefs = from_rows({"creators": [], "briefs": [{**BRIEF, "category": "food"}]}).briefs
    collaborations = [
        {"collaboration_id": name, "brief_id": brief, "creator_id": "a", "agreed_at": NOW}
        for name, brief in [("k1", "b"), ("k2", "other")]
    ]

    tables = from_rows({"creators": [CREATOR], "collaborations": collaborations}, briefs=briefs)

    assert tables.set_aside == []
    assert tables.briefs is briefs
    assert tables.collaborations.brief.tolist() == [0, -1]
    assert tables.collaborations.brand.tolist() == [briefs.brand[0], 0]
    assert tables.collaborations.category.tolist() == [briefs.category[0], 0]
    np.testing.assert_array_equal(tables.collaborations.goal, [1, np.nan])


def test_a_brief_of_a_request() -> None:
    """A posted brief is a table of one, completed by its brand."""
    brand = {"brand_id": "n", "country": "AT", "average_order_value": 40.0}

    briefs = brief_of({**BRIEF, "conversion_goal": 20}, brand)

    assert briefs.index == {"b": 0}
    assert briefs.goal.tolist() == [20]
    assert briefs.order_value.tolist() == [40]
    assert briefs.brand_country.tolist() == [19]


def test_a_bad_brief_of_a_request() -> None:
    """A posted brief that breaks a rule is refused with column and rule."""
    with pytest.raises(InputError, match="conversion_goal is below 1") as error:
        brief_of({**BRIEF, "conversion_goal": 0})

    assert (error.value.column, error.value.rule) == ("conversion_goal", "out_of_range")


@given(rows=drawn_rows())
def test_other_creators_are_irrelevant(rows: Rows) -> None:
    """A creator read alone has, bit for bit, the rows that it has among others."""
    among = from_rows(rows)
    own = ("creators", "snapshots", "audience", "followers", "audits")

    for place, creator in enumerate(among.creators.ids):
        alone = from_rows(
            {name: [row for row in rows[name] if row["creator_id"] == creator] for name in own}
        )
        for table in own[1:]:
            one, other = getattr(alone, table), getattr(among, table)
            start, end = other.offsets[place : place + 2]
            for field in fields(one)[1:]:
                expected = getattr(other, field.name)[start:end]
                np.testing.assert_array_equal(getattr(one, field.name), expected)
