"""Raw tables of any size for timing: millions of posts and snapshots of creators alike."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.arrays import DAY, MEDIA, PLATFORMS, SECOND, Floats, Ints

HISTORY_DAYS = 180
POSTS = 100
"""Of a creator: spread over the history; each is observed once, 3 to 7 days later."""

START = 1_735_689_600 * SECOND  # 2025-01-01
DATES = 10
"""Moments of the spine: every tenth day of the second half of the history."""

_TIME = pa.timestamp("us", "UTC")


def write_tables(folder: Path, creators: int, *, seed: int = 7, by_day: bool = False) -> None:
    """Write creators, snapshots, posts, post_metrics and a spine.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    creators : int
        50,000 have 9 million snapshots and 5 million posts.
    seed : int
    by_day : bool
        Whether rows stand in the order of their times, not grouped by creator.
    """
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    ids = pa.array([f"c{n:07d}" for n in range(creators)])
    size = np.exp(random.normal(10.0, 1.5, creators))
    _write(folder, "creators", _creators(random, ids))
    _write(folder, "snapshots", _snapshots(random, ids, size), "observed_at" * by_day)
    posts, posted_at = _posts(random, ids)
    _write(folder, "posts", posts, "posted_at" * by_day)
    metrics = _metrics(random, posts["post_id"], posted_at, size)
    _write(folder, "post_metrics", metrics, "observed_at" * by_day)
    first = HISTORY_DAYS // 2
    days = np.linspace(first, HISTORY_DAYS, DATES).astype(np.int64)
    spine = {
        "creator_id": ids.take(pa.array(np.repeat(np.arange(creators), DATES))),
        "as_of": pa.array(START + np.tile(days, creators) * DAY, _TIME),
    }
    _write(folder, "spine", spine)


def _write(folder: Path, name: str, columns: dict[str, Any], order: str = "") -> None:
    table = pa.table(columns)
    if order:
        table = table.sort_by(order)
    pq.write_table(table, folder / f"{name}.parquet", row_group_size=1 << 20)


def _creators(random: np.random.Generator, ids: Any) -> dict[str, Any]:
    n = len(ids)
    return {
        "creator_id": ids,
        "platform": pa.array(PLATFORMS).take(pa.array(random.integers(0, len(PLATFORMS), n))),
        "created_at": pa.array(START - random.integers(30, 3000, n) * DAY, _TIME),
    }


def _snapshots(random: np.random.Generator, ids: Any, size: Floats) -> dict[str, Any]:
    """Return daily totals of followers that grow unevenly, with and without losses."""
    n = len(ids)
    steps = random.normal(0.001, 0.003, (n, HISTORY_DAYS))
    followers = np.rint(size[:, None] * np.exp(np.cumsum(steps, axis=1)))
    following = random.integers(100, 900, n)[:, None] + random.integers(0, 3, (n, HISTORY_DAYS))
    media = random.integers(50, 900, n)[:, None] + np.arange(HISTORY_DAYS) // 2
    # Two hours of jitter: days are no exact steps, and never nearer than .75 of one.
    jitter = random.integers(0, 7200 * SECOND, (n, HISTORY_DAYS))
    return {
        "creator_id": ids.take(pa.array(np.repeat(np.arange(n), HISTORY_DAYS))),
        "observed_at": pa.array((START + np.arange(HISTORY_DAYS) * DAY + jitter).ravel(), _TIME),
        "followers": followers.astype(np.int64).ravel(),
        "following": following.ravel(),
        "media_count": media.ravel(),
    }


def _posts(random: np.random.Generator, ids: Any) -> tuple[dict[str, Any], Ints]:
    n = len(ids)
    posted_at = START + np.sort(random.integers(0, HISTORY_DAYS * DAY, (n, POSTS)), axis=1).ravel()
    many = n * POSTS
    kinds = random.integers(0, len(MEDIA), many)
    columns = {
        "post_id": pa.array([f"p{number:09d}" for number in range(many)]),
        "creator_id": ids.take(pa.array(np.repeat(np.arange(n), POSTS))),
        "posted_at": pa.array(posted_at, _TIME),
        "media_type": pa.array(MEDIA).take(pa.array(kinds)),
        "is_sponsored": pa.array(random.random(many) < 0.1, mask=random.random(many) < 0.02),
        "caption_length": random.integers(0, 2200, many),
        "hashtag_count": random.integers(0, 20, many),
    }
    return columns, posted_at


def _metrics(
    random: np.random.Generator, post_ids: Any, posted_at: Ints, size: Floats
) -> dict[str, Any]:
    n = len(posted_at)
    reach = np.repeat(size, POSTS) * np.exp(random.normal(-1.0, 0.7, n))
    likes = reach * np.exp(random.normal(-3.0, 0.5, n))
    numbers = {
        "likes": likes,
        "comments": likes * 0.05,
        "shares": likes * 0.03,
        "saves": likes * 0.04,
        "views": reach * 1.2,
        "impressions": reach * 1.5,
        "reach": reach,
    }
    columns: dict[str, Any] = {
        "post_id": post_ids,
        "observed_at": pa.array(posted_at + random.integers(3 * DAY, 7 * DAY, n), _TIME),
    }
    for name, mean in numbers.items():
        columns[name] = pa.array(random.poisson(mean), mask=random.random(n) < 0.03)
    return columns
