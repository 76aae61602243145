"""Short ways to write histories by hand."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pandas as pd

from features.computing import compute
from features.rows import from_rows

Rows = dict[str, list[dict[str, object]]]
NOW = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday


def ago(days: float) -> datetime:
    """Return the time so many days before NOW."""
    return NOW - timedelta(days=days)


def creator(**columns: object) -> dict[str, object]:
    """Return the row of the creator that these histories are about."""
    return {"creator_id": "ada", "platform": "instagram", **columns}


def daily(followers: Sequence[float], **columns: object) -> list[dict[str, object]]:
    """Return one snapshot a day, the last one yesterday."""
    n = len(followers)
    return [
        {
            "creator_id": "ada",
            "observed_at": ago(n - day),
            "followers": int(count),
            **columns,
        }
        for day, count in enumerate(followers)
    ]


def post(days: float, **columns: object) -> Rows:
    """Return a post so many days old with its metrics seen three days later."""
    names = {"media_type", "is_sponsored", "hashtag_count", "post_id"}
    about = {name: value for name, value in columns.items() if name in names}
    metrics = {name: value for name, value in columns.items() if name not in names}
    key = str(columns.get("post_id", f"post{days}"))
    posted: dict[str, object] = {"creator_id": "ada", "posted_at": ago(days), **about}
    seen: dict[str, object] = {"observed_at": ago(days - 3), **metrics}
    return {"posts": [posted | {"post_id": key}], "post_metrics": [seen | {"post_id": key}]}


def together(*parts: Rows) -> Rows:
    """Return the rows of all parts."""
    whole: Rows = {}
    for part in parts:
        for table, rows in part.items():
            whole.setdefault(table, []).extend(rows)
    whole.setdefault("creators", [creator()])
    return whole


def features_of(
    *parts: Rows, as_of: datetime = NOW, asked: Mapping[str, object] | None = None
) -> dict[str, float]:
    """Return every feature of the creator at `as_of`, for the brief and offer asked, by name."""
    spine = pd.DataFrame([{"creator_id": "ada", "as_of": as_of, **(asked or {})}])
    row = compute(from_rows(together(*parts)), spine).iloc[0]
    return {str(name): float(value) for name, value in row.items()}
