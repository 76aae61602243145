import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from features.rows import from_rows
from tests.features.raw_rows import Rows

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
GOOD: Rows = {
    "creators": [{"creator_id": "a", "platform": "x"}],
    "snapshots": [{"creator_id": "a", "observed_at": NOW, "followers": 5}],
    "posts": [{"post_id": "p", "creator_id": "a", "posted_at": NOW}],
    "post_metrics": [{"post_id": "p", "observed_at": NOW}],
    "audience": [
        {"creator_id": "a", "observed_at": NOW, "dimension": "age", "value": "65+", "share": 0.5}
    ],
    "followers": [
        {"creator_id": "a", "observed_at": NOW, "followers": 1, "following": 1, "posts": 1}
    ],
    "brands": [{"brand_id": "n"}],
    "briefs": [{"brief_id": "b", "brand_id": "n", "created_at": NOW}],
    "applications": [{"brief_id": "b", "creator_id": "a", "applied_at": NOW}],
    "collaborations": [
        {"collaboration_id": "k", "brief_id": "b", "creator_id": "a", "agreed_at": NOW}
    ],
    "outcomes": [{"collaboration_id": "k", "observed_at": NOW}],
    "audits": [{"creator_id": "a", "observed_at": NOW, "fake_share": 0.1}],
    "accounts": [
        {
            "source": "s",
            "platform": "x",
            "followers": 1,
            "following": 1,
            "posts": 1,
            "is_fake": True,
        }
    ],
}


def test_good_rows_stand() -> None:
    """Rows that break no rule are not set aside."""
    assert from_rows(GOOD).set_aside == []


@pytest.mark.parametrize(
    ("table", "column", "value", "rule"),
    [
        ("creators", "platform", None, "missing_value"),
        ("creators", "platform", "myspace", "unknown_value"),
        ("creators", "country", "XX", "unknown_value"),
        ("creators", "country", "de", "unknown_value"),
        ("creators", "country", "UK", "unknown_value"),
        ("creators", "accepts", ["money"], "unknown_value"),
        ("creators", "accepts", [None], "unknown_value"),
        ("creators", "min_fee", -0.01, "out_of_range"),
        ("creators", "min_fee", float("inf"), "out_of_range"),
        ("creators", "created_at", datetime(1, 1, 1, tzinfo=UTC), None),
        ("creators", "created_at", datetime(1, 1, 1, tzinfo=timezone(HOUR)), "out_of_range"),
        ("creators", "platform", "\ud800", "unknown_value"),
        ("snapshots", "followers", None, "missing_value"),
        ("snapshots", "followers", -1, "out_of_range"),
        ("snapshots", "followers", 2**53, None),
        ("snapshots", "followers", 2**53 + 2, "out_of_range"),
        ("snapshots", "followers", 10**400, "out_of_range"),
        ("snapshots", "observed_at", None, "missing_value"),
        ("snapshots", "creator_id", "b", "unknown_reference"),
        ("snapshots", "creator_id", None, "missing_value"),
        ("posts", "post_id", "a b", "malformed_id"),
        ("posts", "post_id", "é", "malformed_id"),
        ("posts", "post_id", "p\n", "malformed_id"),
        ("posts", "brand_id", "x" * 129, "malformed_id"),
        ("posts", "brand_id", "x" * 128, None),
        ("posts", "brand_id", "Aa0._:@=+~-", None),
        ("posts", "media_type", "text", "unknown_value"),
        ("post_metrics", "post_id", "q", "unknown_reference"),
        ("post_metrics", "likes", -1, "out_of_range"),
        ("audience", "share", 1.01, "out_of_range"),
        ("audience", "share", float("nan"), "missing_value"),
        ("audience", "value", "female", "unknown_value"),
        ("audience", "value", "17", "unknown_value"),
        ("audience", "dimension", "shoe", "unknown_value"),
        ("audience", "dimension", "country", "unknown_value"),
        ("followers", "username_digit_ratio", 1.5, "out_of_range"),
        ("followers", "frame", "all", "unknown_value"),
        ("brands", "country", "ZZ", "unknown_value"),
        ("brands", "average_order_value", float("-inf"), "out_of_range"),
        ("briefs", "conversion_goal", 0, "out_of_range"),
        ("briefs", "conversion_goal", 1, None),
        ("briefs", "collaboration_type", "gift", "unknown_value"),
        ("briefs", "target_countries", {"XX": 1.0}, "unknown_value"),
        ("briefs", "target_genders", {"men": 1.0}, "unknown_value"),
        ("briefs", "target_ages", {"25-34": -1.0}, "out_of_range"),
        ("briefs", "target_ages", {"25-34": None}, "out_of_range"),
        ("briefs", "target_ages", {"25-34": float("inf")}, "out_of_range"),
        ("briefs", "target_ages", {}, None),
        ("briefs", "deliverables", {"reel": -1}, "out_of_range"),
        ("briefs", "deliverables", -1, "out_of_range"),
        ("applications", "brief_id", "z", "unknown_reference"),
        ("applications", "asked_fee", -1.0, "out_of_range"),
        ("collaborations", "brief_id", "z", "unknown_reference"),
        ("collaborations", "compensation", "cash", "unknown_value"),
        ("outcomes", "collaboration_id", "z", "unknown_reference"),
        ("outcomes", "revenue", -1.0, "out_of_range"),
        ("audits", "fake_share", -0.1, "out_of_range"),
        ("accounts", "is_fake", None, "missing_value"),
        ("accounts", "source", "", "missing_value"),
    ],
)
def test_a_row_rule(table: str, column: str, value: object, rule: str | None) -> None:
    """A row with this value is set aside under this rule, and the other tables stand."""
    row = {**GOOD[table][0], column: value}

    tables = from_rows({**GOOD, table: [row]})

    assert [bad.rule for bad in tables.set_aside if bad.table == table] == ([rule] if rule else [])


def test_a_brand_need_not_be_known() -> None:
    """References are not checked to brands."""
    brief = {**GOOD["briefs"][0], "brand_id": "new"}

    assert from_rows({**GOOD, "briefs": [brief]}).set_aside == []


def test_references_to_absent_tables_are_not_checked() -> None:
    """A reference is checked only where its table is present."""
    some = {name: GOOD[name] for name in ("creators", "post_metrics", "collaborations", "outcomes")}

    assert from_rows(some).set_aside == []


def test_what_refers_to_a_bad_row_is_bad() -> None:
    """A row that refers to one set aside refers to nothing."""
    tables = from_rows({**GOOD, "posts": [{**GOOD["posts"][0], "caption_length": -1}]})

    rules = {bad.table: bad.rule for bad in tables.set_aside}
    assert rules == {"posts": "out_of_range", "post_metrics": "unknown_reference"}


def test_a_row_is_set_aside_once() -> None:
    """A row that breaks several rules is recorded under the first."""
    row = {"creator_id": "a", "observed_at": None, "followers": -1}

    tables = from_rows({**GOOD, "snapshots": [row]})

    assert [bad.reason for bad in tables.set_aside] == ["observed_at is missing"]
    assert tables.counts["snapshots"].set_aside == 1


def test_the_record_names_the_row_and_not_the_value_in_its_reason() -> None:
    """A set-aside row carries ids, key, rule, a reason without values, and itself as JSON."""
    row = {"brief_id": "b", "creator_id": "a", "applied_at": NOW, "asked_fee": -31337.5}

    (bad,) = from_rows({**GOOD, "applications": [row]}).set_aside

    assert (bad.table, bad.creator_id, bad.brief_id, bad.key) == ("applications", "a", "b", "b,a")
    assert bad.reason == "asked_fee is below 0, infinite or too large"
    assert json.loads(bad.row) == {
        "brief_id": "b",
        "creator_id": "a",
        "applied_at": "2026-01-01T00:00:00Z",
        "asked_fee": -31337.5,
    }


def test_a_table_without_a_key_names_the_row() -> None:
    """Where a table has no key, the key of a bad row is its place."""
    rows = [*GOOD["followers"], {**GOOD["followers"][0], "posts": float("inf")}]

    (bad,) = from_rows({**GOOD, "followers": rows}).set_aside

    assert bad.key == "row 2 of the rows of followers"
    assert json.loads(bad.row)["posts"] == "inf"
