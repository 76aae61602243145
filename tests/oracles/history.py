"""Raw rows as one creator's history shows them at one moment, in plain Python."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

Row = Mapping[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAN = math.nan


def days_before(time: datetime, as_of: datetime) -> float:
    """Return the days from `time` to `as_of`."""
    return ((as_of - time) // timedelta(microseconds=1)) / 86_400_000_000


def number(row: Row, name: str) -> float:
    """Return a value as a float, NaN where it is absent or null."""
    value = row.get(name)
    return NAN if value is None else float(value)


def known(*values: float) -> bool:
    """Tell whether no value is NaN."""
    return not any(math.isnan(value) for value in values)


def over(top: float, bottom: float) -> float:
    """Return top / bottom, NaN unless `bottom` is positive."""
    return top / bottom if known(top) and bottom > 0 else NAN


def middle(values: Sequence[float]) -> float:
    """Return the median, NaN of nothing."""
    ordered = sorted(values)
    n = len(ordered)
    if n == 0:
        return NAN
    return ordered[n // 2] if n % 2 else (ordered[n // 2 - 1] + ordered[n // 2]) * 0.5


def robust_sd(values: Sequence[float]) -> float:
    """Return 1.4826 times the median absolute deviation."""
    centre = middle(values)
    return 1.4826 * middle([abs(value - centre) for value in values])


def within(value: float, low: float, high: float) -> float:
    """Return `value` moved into low..high."""
    return value if math.isnan(value) else max(low, min(high, value))


def seen(
    rows: Sequence[Row], time: str, key: Sequence[str], as_of: datetime, **wanted: object
) -> list[Row]:
    """Return the rows known before `as_of`, copies once, rows that share a key and differ never."""
    past = [row for row in rows if row[time] < as_of]
    by_key: dict[tuple[object, ...], list[Row]] = {}
    for row in past:
        group = by_key.setdefault(tuple(row[name] for name in key), [])
        if _cells(row) not in [_cells(other) for other in group]:
            group.append(row)
    kept = [group[0] for group in by_key.values() if len(group) == 1]
    kept = [row for row in kept if all(row[name] == value for name, value in wanted.items())]
    return sorted(kept, key=_order(time, key))


def _order(time: str, key: Sequence[str]) -> Callable[[Row], tuple[object, ...]]:
    return lambda row: (row[time], *(str(row[name]) for name in key))


def _cells(row: Row) -> dict[str, object]:
    return {name: value for name, value in row.items() if value is not None}


class History:
    """Everything one creator's rows show at one moment."""

    def __init__(self, rows: Mapping[str, Sequence[Row]], creator_id: str, as_of: datetime) -> None:
        self.as_of = as_of
        self.creator = next(row for row in rows["creators"] if row["creator_id"] == creator_id)
        mine = {"creator_id": creator_id}

        def of(table: str, time: str, *key: str, **wanted: object) -> list[Row]:
            return seen(rows.get(table, []), time, key, as_of, **wanted)

        self.snapshots = of("snapshots", "observed_at", "creator_id", "observed_at", **mine)
        self.posts = of("posts", "posted_at", "post_id", **mine)
        self.metrics = {
            post["post_id"]: of(
                "post_metrics",
                "observed_at",
                "post_id",
                "observed_at",
                post_id=post["post_id"],
            )
            for post in self.posts
        }
        self.audience = of(
            "audience", "observed_at", "creator_id", "observed_at", "dimension", "value", **mine
        )
        self.followers = [
            row
            for row in rows.get("followers", [])
            if row["creator_id"] == creator_id and row["observed_at"] < as_of
        ]
        created = {row["brief_id"]: row["created_at"] for row in rows.get("briefs", [])}
        self.collaborations = [
            row
            for row in of("collaborations", "agreed_at", "collaboration_id", **mine)
            if created[row["brief_id"]] < as_of
        ]
        self.outcomes = {
            row["collaboration_id"]: of(
                "outcomes",
                "observed_at",
                "collaboration_id",
                "observed_at",
                collaboration_id=row["collaboration_id"],
            )
            for row in self.collaborations
        }

    def age(self, time: datetime) -> float:
        """Return the days from `time` to the moment."""
        return days_before(time, self.as_of)

    def breakdown(self, dimension: str) -> dict[str, float]:
        """Return the last visible shares of one dimension."""
        rows = [row for row in self.audience if row["dimension"] == dimension]
        last = max((row["observed_at"] for row in rows), default=None)
        return {row["value"]: row["share"] for row in rows if row["observed_at"] == last}

    def sample(self) -> list[Row]:
        """Return the last visible follower sample: an id's rows, or those of one UTC day."""

        def name(row: Row) -> tuple[bool, str]:
            given = row.get("sample_id")
            return (given is not None, given or row["observed_at"].date().isoformat())

        first: dict[tuple[bool, str], datetime] = {}
        for row in self.followers:
            first[name(row)] = min(first.get(name(row), row["observed_at"]), row["observed_at"])
        if not first:
            return []
        last = max(first, key=lambda sample: first[sample])
        return [row for row in self.followers if name(row) == last]
