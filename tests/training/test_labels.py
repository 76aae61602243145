"""What a collaboration brought by day 30."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from features.arrays import DAY
from features.reader import from_rows
from features.tables import Tables
from training.labels import day30, labels, mature

START = datetime(2026, 1, 1, tzinfo=UTC)
AS_OF = int((START + timedelta(days=100)).timestamp() * 1e6)


def _at(days: float) -> str:
    return (START + timedelta(days=days)).isoformat()


def _table(*deals: Mapping[str, object], outcomes: list[tuple[str, float, int | None]]) -> Tables:
    """Return tables with one creator and one brief; a deal is published on day 0."""
    plain = {"brief_id": "b", "creator_id": "c", "agreed_at": _at(-5), "published_at": _at(0)}
    return from_rows(
        {
            "creators": [{"creator_id": "c", "platform": "x"}],
            "briefs": [
                {"brief_id": "b", "brand_id": "n", "created_at": _at(-9), "conversion_goal": 4}
            ],
            "collaborations": [{**plain, **deal} for deal in deals],
            "outcomes": [
                {"collaboration_id": one, "observed_at": _at(day), "conversions": count}
                for one, day, count in outcomes
            ],
        }
    )


@pytest.mark.parametrize(
    ("days", "conversions", "expected"),
    [
        ([30.0], [7], 7.0),
        ([10.0, 30.0, 60.0], [3, 7, 20], 7.0),
        ([20.0, 40.0], [4, 8], 6.0),
        ([60.0], [10], 5.0),  # from nothing at publishing
        ([20.0, 45.0], [9, 4], 7.0),  # refunds
        ([29.0, 31.0], [4, 5], 4.0),  # 4.5 is rounded to the even number
        ([-2.0, 30.0], [50, 2], 2.0),  # nothing before publishing counts
    ],
)
def test_counts_at_day_thirty(days: list[float], conversions: list[int], expected: float) -> None:
    """The count is the one observed at day 30, or linear between the observations around it."""
    times = (np.array(days) * DAY).astype(np.int64)

    found = day30(times, np.array(conversions, dtype=np.float64))

    assert found is not None
    assert found[0] == expected


def test_young_collaborations_have_no_count() -> None:
    """Without an observation at or after day 30 nothing is known, however many came before."""
    assert day30(np.array([29 * DAY, 30 * DAY - 1]), np.array([5.0, 6.0])) is None


def test_settled_by_the_first_observation_from_day_thirty() -> None:
    """A label is known from the first observation at or after day 30 on."""
    found = day30(np.array([5, 31, 50]) * DAY, np.array([1.0, 2.0, 3.0]))

    assert found is not None
    assert found[1] == 31 * DAY


def test_immature_collaborations_are_left_out() -> None:
    """Unpublished, young and unobserved collaborations are unknown, never failures."""
    tables = _table(
        {"collaboration_id": "mature"},
        {"collaboration_id": "silent"},
        {"collaboration_id": "unpublished", "published_at": None},
        {"collaboration_id": "young"},
        {"collaboration_id": "later"},
        {"collaboration_id": "null"},
        outcomes=[
            ("mature", 33, 5),
            ("unpublished", 33, 5),
            ("young", 29, 5),
            ("later", 100, 5),  # observed at as_of, not before it
            ("null", 33, None),
        ],
    )

    labels = mature(tables, AS_OF)

    names = [tables.collaborations.ids[row] for row in labels.rows]
    assert names == ["mature"]
    assert labels.count.tolist() == [5.0]  # 33 days brought 5, 30 of them 4.5 .. rounded


def test_later_outcomes_do_not_change_a_label() -> None:
    """What is observed after the first observation from day 30 on changes nothing."""
    deal = {"collaboration_id": "k"}
    before = _table(deal, outcomes=[("k", 10, 2), ("k", 32, 6)])
    after = _table(deal, outcomes=[("k", 10, 2), ("k", 32, 6), ("k", 90, 60)])

    assert mature(before, AS_OF).count == mature(after, AS_OF).count


def _many(*more: Mapping[str, object], outcomes: list[tuple[str, float, int | None]]) -> Tables:
    """Return forty collaborations of ten conversions, half of them there by day 10, and more."""
    names = [f"m{number}" for number in range(40)]
    seen = [(name, day, count) for name in names for day, count in ((10.0, 5), (30.0, 10))]
    deals = [{"collaboration_id": name} for name in names]
    return _table(*deals, *more, outcomes=[*seen, *outcomes])


def test_young_collaborations_count_for_what_has_arrived() -> None:
    """What came by day 10 is told with the half that usually came by then, never as a failure."""
    tables = _many({"collaboration_id": "young"}, outcomes=[("young", 10.0, 0)])

    found = labels(tables, AS_OF)

    place = tables.collaborations.ids.index("young")
    young = found.take(found.rows == place)
    assert young.count.tolist() == [0.0]
    assert young.share.tolist() == [0.5]
    assert (found.share[found.rows != place] == 1.0).all()
    assert place not in mature(tables, AS_OF).rows


def test_a_look_too_early_tells_nothing() -> None:
    """Before the first age that is known from others a young collaboration is left out."""
    tables = _many({"collaboration_id": "young"}, outcomes=[("young", 2.0, 1)])

    assert len(labels(tables, AS_OF).rows) == 40


def test_without_earlier_looks_young_ones_are_left_out() -> None:
    """Where nothing is known of delays, only mature collaborations count."""
    tables = _table(
        {"collaboration_id": "mature"},
        {"collaboration_id": "young"},
        outcomes=[("mature", 33, 5), ("young", 20, 5)],
    )

    assert len(labels(tables, AS_OF).rows) == 1


def test_a_correction_that_contradicts_is_no_observation() -> None:
    """Two different reports of one moment are set aside together; the others stand."""
    deal = {"collaboration_id": "k"}
    tables = _table(deal, outcomes=[("k", 31, 4), ("k", 31, 9), ("k", 40, 8)])

    assert mature(tables, AS_OF).count.tolist() == [6.0]  # from nothing to 8 in 40 days


def test_a_slip_of_the_times_is_left_out() -> None:
    """One outcome in forty-one that was settled before the agreement is no label; many are told."""
    odd = {"collaboration_id": "odd", "agreed_at": _at(50)}
    rare = _many(odd, outcomes=[("odd", 33, 5)])
    common = _table(odd, {"collaboration_id": "even"}, outcomes=[("odd", 33, 5), ("even", 33, 5)])

    names = [rare.collaborations.ids[row] for row in mature(rare, AS_OF).rows]

    assert "odd" not in names
    assert len(names) == 40
    assert len(mature(common, AS_OF).rows) == 2  # for the audit of leaks to refuse
