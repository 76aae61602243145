"""Big raw tables, written quickly: random numbers of plausible size, no simulated behaviour."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

POSTS, SNAPSHOTS, FOLLOWERS, AUDIENCE, DEALS = 100, 180, 20, 12, 2
"""Rows a creator; each post has one row of metrics, each collaboration one outcome."""

BRIEFS, AT_ONCE = 50, 2_000
DAY = 86_400_000_000
START = 1_735_689_600_000_000  # 2025-01-01
TIME = pa.timestamp("us", "UTC")

Columns = dict[str, Any]


def write_tables(folder: Path, creators: int, seed: int = 7) -> int:
    """Write tables of so many creators, some creators at a time, and return their rows."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    writers: dict[str, pq.ParquetWriter] = {}
    rows = 0
    for name, columns in _shared():
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
        rows += BRIEFS
    for start in range(0, creators, AT_ONCE):
        for name, columns in _some(rng, start, min(start + AT_ONCE, creators)):
            table = pa.table(columns)
            if name not in writers:
                writers[name] = pq.ParquetWriter(folder / f"{name}.parquet", table.schema)
            writers[name].write_table(table)
            rows += len(table)
    for writer in writers.values():
        writer.close()
    return rows


def write_pairs(path: Path, creators: int) -> Path:
    """Write one pair a creator, each with a brief."""
    names = [f"creator-{one:08d}" for one in range(creators)]
    briefs = [f"brief-{one % BRIEFS}" for one in range(creators)]
    pq.write_table(pa.table({"creator_id": names, "brief_id": briefs}), path)
    return path


def _shared() -> Iterator[tuple[str, Columns]]:
    numbers = range(BRIEFS)
    yield (
        "brands",
        {"brand_id": [f"brand-{one}" for one in numbers], "category": ["food"] * BRIEFS},
    )
    yield (
        "briefs",
        {
            "brief_id": [f"brief-{one}" for one in numbers],
            "brand_id": [f"brand-{one}" for one in numbers],
            "created_at": pa.array([START] * BRIEFS, TIME),
            "conversion_goal": [10] * BRIEFS,
            "budget": [5000.0] * BRIEFS,
        },
    )


def _some(rng: np.random.Generator, first: int, last: int) -> Iterator[tuple[str, Columns]]:
    """Yield every table of these creators."""
    n = last - first
    names = pa.array([f"creator-{one:08d}" for one in range(first, last)])
    size = np.exp(rng.normal(9.5, 1.5, n)).astype(np.int64) + 500
    yield (
        "creators",
        {
            "creator_id": names,
            "platform": rng.choice(["instagram", "tiktok", "youtube"], n),
            "country": rng.choice(["DE", "FR", "US"], n),
            "category": rng.choice(["food", "sport", "travel"], n),
        },
    )
    owner = np.repeat(np.arange(n), SNAPSHOTS)
    day = np.tile(np.arange(SNAPSHOTS) * 2, n)
    yield (
        "snapshots",
        {
            "creator_id": names.take(pa.array(owner)),
            "observed_at": pa.array(START + day * DAY + 7, TIME),
            "followers": (size[owner] * (1 + day / 2000) + rng.integers(0, 50, len(owner))).astype(
                np.int64
            ),
            "following": rng.integers(50, 1500, len(owner)),
            "media_count": 200 + day // 3,
        },
    )
    yield from _posted(rng, names, size, first)
    yield from _others(rng, names, first)


def _posted(
    rng: np.random.Generator, names: Any, size: Any, first: int
) -> Iterator[tuple[str, Columns]]:
    owner = np.repeat(np.arange(len(names)), POSTS)
    ids = pa.array([f"post-{first * POSTS + one:010d}" for one in range(len(owner))])
    posted = START + rng.integers(0, 350 * DAY, len(owner))
    reach = size[owner] * rng.uniform(0.1, 0.9, len(owner))
    yield (
        "posts",
        {
            "post_id": ids,
            "creator_id": names.take(pa.array(owner)),
            "posted_at": pa.array(posted, TIME),
            "media_type": rng.choice(["image", "video", "reel"], len(owner)),
            "is_sponsored": rng.random(len(owner)) < 0.1,
            "caption_length": rng.integers(0, 900, len(owner)),
            "hashtag_count": rng.integers(0, 20, len(owner)),
        },
    )
    yield (
        "post_metrics",
        {
            "post_id": ids,
            "observed_at": pa.array(posted + 7 * DAY, TIME),
            "likes": (reach * rng.uniform(0.01, 0.08, len(owner))).astype(np.int64),
            "comments": (reach * rng.uniform(0, 0.004, len(owner))).astype(np.int64),
            "views": (reach * 1.4).astype(np.int64),
            "reach": reach.astype(np.int64),
        },
    )


def _others(rng: np.random.Generator, names: Any, first: int) -> Iterator[tuple[str, Columns]]:
    n = len(names)
    owner = np.repeat(np.arange(n), FOLLOWERS)
    m = len(owner)
    yield (
        "followers",
        {
            "creator_id": names.take(pa.array(owner)),
            "observed_at": pa.array(np.full(m, START + 340 * DAY), TIME),
            "followers": np.exp(rng.normal(5, 1.5, m)).astype(np.int64),
            "following": np.exp(rng.normal(6, 1, m)).astype(np.int64),
            "posts": np.exp(rng.normal(3, 1.5, m)).astype(np.int64),
            "has_profile_pic": rng.random(m) < 0.9,
            "is_private": rng.random(m) < 0.3,
            "username_length": rng.integers(5, 20, m),
            "username_digits": rng.integers(0, 5, m),
            "bio_length": rng.integers(0, 120, m),
        },
    )
    values = ["DE", "FR", "US", "female", "male", *("13-17", "18-24", "25-34", "35-44")]
    values += ["45-54", "55-64", "65+"]
    kinds = ["country"] * 3 + ["gender"] * 2 + ["age"] * 7
    weight = np.array([0.5, 0.3, 0.2, 0.6, 0.4, 0.05, 0.3, 0.3, 0.2, 0.1, 0.03, 0.02])
    yield (
        "audience",
        {
            "creator_id": names.take(pa.array(np.repeat(np.arange(n), AUDIENCE))),
            "observed_at": pa.array(np.full(n * AUDIENCE, START + 340 * DAY), TIME),
            "dimension": kinds * n,
            "value": values * n,
            "share": np.tile(weight, n),
        },
    )
    owner = np.repeat(np.arange(n), DEALS)
    ids = [f"deal-{first * DEALS + one:09d}" for one in range(len(owner))]
    agreed = START + rng.integers(1, 300 * DAY, len(owner))
    yield (
        "collaborations",
        {
            "collaboration_id": ids,
            "brief_id": [f"brief-{one}" for one in rng.integers(0, BRIEFS, len(owner))],
            "creator_id": names.take(pa.array(owner)),
            "agreed_at": pa.array(agreed, TIME),
            "published_at": pa.array(agreed + 5 * DAY, TIME),
            "fee": rng.uniform(100, 2000, len(owner)),
        },
    )
    yield (
        "outcomes",
        {
            "collaboration_id": ids,
            "observed_at": pa.array(agreed + 40 * DAY, TIME),
            "conversions": rng.integers(0, 60, len(owner)),
        },
    )
