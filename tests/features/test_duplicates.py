from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.arrays import DAY, UNKNOWN_TIME, Codes, Flags, Floats
from features.computing import compute
from features.errors import InputError
from features.rows import from_rows
from features.schema import TABLES
from features.spine import standing
from features.tables import Tables
from tests.features.raw_rows import EPOCH, Rows, drawn_rows

START = int(EPOCH.timestamp()) * 1_000_000
CREATOR: dict[str, object] = {"creator_id": "a", "platform": "x"}


def day(number: int) -> object:
    """Return a time so many days after the start."""
    return EPOCH + timedelta(days=number)


def post(number: int, **values: object) -> dict[str, object]:
    """Return a post of one id, posted on that day."""
    return {"post_id": "p", "creator_id": "a", "posted_at": day(number), **values}


def posts_of(*posts: dict[str, object]) -> Tables:
    """Return tables of one creator with these posts."""
    return from_rows({"creators": [CREATOR], "posts": list(posts)})


def snapshots_of(*followers: int) -> Tables:
    """Return tables of one creator with snapshots of one time."""
    rows = [{"creator_id": "a", "observed_at": day(0), "followers": n} for n in followers]
    return from_rows({"creators": [CREATOR], "snapshots": rows})


def test_exact_copies_collapse() -> None:
    """Copies of a row count once, and are counted."""
    tables = snapshots_of(5, 5, 5)

    assert tables.snapshots.values[:, 0].tolist() == [5]
    assert tables.counts["snapshots"].collapsed == 2
    assert tables.set_aside == []


def test_differing_rows_of_one_time_are_all_set_aside() -> None:
    """Where the key holds the known-at time no differing row stands."""
    tables = snapshots_of(5, 6, 5)

    assert len(tables.snapshots.known) == 0
    assert tables.counts["snapshots"].collapsed == 1
    assert [bad.rule for bad in tables.set_aside] == ["conflicting_key"] * 2
    assert tables.set_aside[0].key == "a,2026-01-01T00:00:00Z"
    assert "5" not in tables.set_aside[0].reason


def test_a_later_differing_row_hides_the_first() -> None:
    """The first known row stands until a differing row of its key becomes known."""
    tables = posts_of(post(3, caption_length=1), post(1), post(1), post(5))

    assert tables.posts.known.tolist() == [START + DAY]
    assert tables.posts.hidden.tolist() == [START + 3 * DAY]
    assert tables.counts["posts"].collapsed == 1
    assert len(tables.set_aside) == 3


def test_differing_rows_known_together_never_stand() -> None:
    """Two first rows of one time hide each other from the start."""
    tables = posts_of(post(1, caption_length=1), post(1, caption_length=2), post(3))

    assert len(tables.posts.known) == 0


def test_a_bad_row_conflicts_with_none() -> None:
    """A row that breaks a rule does not hide a good one with its key."""
    tables = posts_of(post(1), post(1, caption_length=-1))

    assert tables.posts.hidden.tolist() == [UNKNOWN_TIME]
    assert [bad.rule for bad in tables.set_aside] == ["out_of_range"]


def test_conflicting_creators_are_all_set_aside() -> None:
    """Creators are known always, so rows that differ never stand, nor what refers to them."""
    rows = [CREATOR, {**CREATOR, "platform": "tiktok"}, {**CREATOR, "creator_id": "b"}]

    tables = from_rows({"creators": rows, "posts": [post(1)]})

    assert tables.creators.ids == ["b"]
    rules = [bad.rule for bad in tables.set_aside]
    assert rules == ["conflicting_key", "conflicting_key", "unknown_reference"]


def test_metrics_outlive_a_conflict_of_their_post() -> None:
    """Metrics of a post that is hidden later stay with it, so that the past does not change."""
    metrics = [{"post_id": "p", "observed_at": day(2), "likes": 7}]

    tables = from_rows(
        {"creators": [CREATOR], "posts": [post(1), post(3)], "post_metrics": metrics}
    )

    assert tables.posts.metrics[:, 0].tolist() == [7]


def brief(number: int, **values: object) -> dict[str, object]:
    """Return a brief of one id, created on that day."""
    return {"brief_id": "b", "brand_id": "n", "created_at": day(number), **values}


def test_a_conflicting_brief_hides_its_collaborations() -> None:
    """What refers to a row is hidden with it."""
    collaboration = {"collaboration_id": "k", "brief_id": "b", "creator_id": "a"}
    rows: Rows = {
        "creators": [CREATOR],
        "briefs": [brief(1, conversion_goal=5), brief(4)],
        "collaborations": [{**collaboration, "agreed_at": day(2)}],
        "applications": [{"brief_id": "b", "creator_id": "a", "applied_at": day(3)}],
    }

    tables = from_rows(rows)

    assert tables.collaborations.known.tolist() == [START + 2 * DAY]
    assert tables.collaborations.hidden.tolist() == [START + 4 * DAY]
    assert tables.collaborations.goal.tolist() == [5]
    assert tables.applications.hidden.tolist() == [START + 4 * DAY]


def test_a_brief_is_scored_until_its_conflict_is_known() -> None:
    """A second row that differs hides the brief from its own time on, and no earlier."""
    briefs = from_rows({"creators": [CREATOR], "briefs": [brief(1), brief(4)]}).briefs
    moments = np.array([START, START + 4 * DAY, START + 4 * DAY + 1])

    assert briefs.index == {"b": 0}
    assert standing(briefs, np.zeros(3, np.int64), moments).tolist() == [0, 0, -1]


def test_a_later_row_of_a_brief_changes_no_earlier_feature() -> None:
    """Until the second row is known the brief is scored as if there were one row only."""
    rows: Rows = {"creators": [CREATOR], "briefs": [brief(1, conversion_goal=5)]}
    both: Rows = {**rows, "briefs": [*rows["briefs"], brief(4, conversion_goal=9)]}
    spine = pd.DataFrame({"creator_id": "a", "as_of": [day(4)], "brief_id": "b"})

    alone, beside = compute(from_rows(rows), spine), compute(from_rows(both), spine)

    assert alone["log_goal"].notna().all()
    pd.testing.assert_frame_equal(alone, beside, check_exact=True)


def test_a_brief_that_conflicts_at_once_is_never_scored() -> None:
    """Two rows of one moment that differ are both set aside."""
    rows: Rows = {"creators": [CREATOR], "briefs": [brief(1), brief(1, conversion_goal=5)]}

    assert from_rows(rows).briefs.index == {}


def test_a_table_without_a_key_keeps_every_row() -> None:
    """Equal sampled followers are different accounts."""
    row = {"creator_id": "a", "observed_at": day(0), "followers": 1, "following": 1, "posts": 0}

    tables = from_rows({"creators": [CREATOR], "followers": [row, row]})

    assert len(tables.followers.known) == 2


def test_equal_maps_are_equal_in_any_order() -> None:
    """The order of a map's entries does not make two rows differ."""
    one = brief(1, target_countries={"DE": 1.0, "US": 2.0})
    two = brief(1, target_countries={"US": 2, "DE": 1})

    tables = from_rows({"creators": [CREATOR], "briefs": [one, two]})

    assert tables.counts["briefs"].collapsed == 1


def test_strict_stops_at_a_conflict() -> None:
    """Strictly read, a conflicting key raises."""
    rows: Rows = {"creators": [CREATOR], "posts": [post(1), post(2)]}

    with pytest.raises(InputError, match="post_id is that of another row, which differs"):
        from_rows(rows, strict=True)


def visible(tables: Tables, as_of: int) -> list[object]:
    """Return all that a feature can see at `as_of`, NaN as a number that equals itself."""
    posts, deals = tables.posts, tables.collaborations
    found: list[object] = [_seen(tables.snapshots.known < as_of, tables.snapshots.values)]
    found.append(_seen(tables.audience.known < as_of, tables.audience.share))
    found.append(_seen(tables.followers.known < as_of, tables.followers.values))
    shown = (posts.known < as_of) & (as_of <= posts.hidden)
    found.append(_seen(shown, posts.values))
    owner = np.repeat(np.arange(len(posts.known)), np.diff(posts.metric_offsets))
    found.append(_seen(shown[owner] & (posts.metric_known < as_of), posts.metrics))
    shown = (deals.known < as_of) & (as_of <= deals.hidden)
    found.append(
        _seen(shown, np.column_stack([deals.brand, deals.category, deals.goal, deals.fee]))
    )
    owner = np.repeat(np.arange(len(deals.known)), np.diff(deals.outcome_offsets))
    found.append(_seen(shown[owner] & (deals.outcome_known < as_of), deals.outcomes))
    applied = tables.applications
    shown = (applied.known < as_of) & (as_of <= applied.hidden)
    return [*found, _seen(shown, applied.asked_fee)]


def _seen(shown: Flags, values: Floats | Codes) -> object:
    return np.nan_to_num(values[shown].astype(np.float64), nan=-7.5).tolist()


@given(rows=drawn_rows(), days=st.integers(0, 6))
def test_rows_known_later_are_invisible(rows: Rows, days: int) -> None:
    """What is visible at a moment is what the rows known before it give."""
    as_of = EPOCH + timedelta(days=days)
    cut = START + days * DAY
    before = {
        name: [
            row
            for row in some
            if not TABLES[name].known_at
            or row[TABLES[name].known_at] is None
            or row[TABLES[name].known_at] < as_of  # type: ignore[operator]
        ]
        for name, some in rows.items()
    }

    assert visible(from_rows(rows), cut) == visible(from_rows(before), cut)


@given(rows=drawn_rows())
def test_a_conflicting_key_stands_at_most_once_and_not_forever(rows: Rows) -> None:
    """Of rows that share a key and differ at most one stands, until a known time."""
    tables = from_rows(rows)

    for bad in tables.set_aside:
        if bad.rule == "conflicting_key" and bad.table == "collaborations":
            place = [row for row, name in enumerate(tables.collaborations.ids) if name == bad.key]
            assert all(tables.collaborations.hidden[place] < UNKNOWN_TIME)
    assert len(set(tables.collaborations.ids)) == len(tables.collaborations.ids)
