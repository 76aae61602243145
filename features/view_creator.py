"""One creator at one `as_of`: the whole view that growth, engagement and audience features read."""

from typing import NamedTuple

import numpy as np

from features.arrays import Codes, Floats, Times
from features.compiled import kernel_list, kernel_part
from features.statistics import unknowns
from features.view import View, age, first_unseen, is_stated, past_age
from features.view_audience import AudienceRows, FollowerRows, breakdown_seen, sample_seen
from features.view_posts import PostRows, first_post_age, last_post_age, newest, posts_seen
from features.view_snapshots import SnapshotRows, snapshots_seen

HALF_YEAR = 180.0  # days
YEAR = 365.0

# Entries of View.now.
FACTS = np.int64(10)
(
    FACT_FOLLOWERS,  # of the last visible snapshot, as the next two
    FACT_FOLLOWING,
    FACT_MEDIA_COUNT,
    FACT_FIRST_SNAPSHOT,  # days ago, as the next three
    FACT_LAST_SNAPSHOT,
    FACT_FIRST_POST,
    FACT_LAST_POST,
    FACT_ACCOUNT,  # days since the account was created
    FACT_PLATFORM,  # position in PLATFORMS
    FACT_VERIFIED,
) = np.arange(FACTS)


class CreatorRows(NamedTuple):
    """The arrays of `features.tables.Creators` that a view needs."""

    platform: Floats
    country: Floats
    category: Codes
    created_at: Times
    verified: Floats
    accepts: Floats
    min_fee: Floats
    observed_at: Times


class Histories(NamedTuple):
    """The raw tables a view is cut from."""

    creators: CreatorRows
    snapshots: SnapshotRows
    posts: PostRows
    audience: AudienceRows
    followers: FollowerRows


@kernel_list
def view_of(tables: Histories, creator: int, as_of: int, training: bool) -> View:
    """Return what the history of `creator` shows at `as_of`."""
    first, last = sample_seen(tables.followers, creator, as_of)
    posts = posts_seen(tables.posts, tables.snapshots, creator, as_of, YEAR)
    return View(
        _facts(tables, creator, as_of, training),
        snapshots_seen(tables.snapshots, creator, as_of, HALF_YEAR),
        newest(posts, HALF_YEAR),
        snapshots_seen(tables.snapshots, creator, as_of, YEAR),
        posts,
        breakdown_seen(tables.audience, creator, as_of),
        tables.followers.values[first:last],
    )


@kernel_part
def _facts(tables: Histories, creator: int, as_of: int, training: bool) -> Floats:
    """Return the facts FACT_..."""
    now: Floats = unknowns(1, FACTS)[0]
    rows = tables.snapshots
    start = rows.offsets[creator]
    last = first_unseen(rows.known, start, rows.offsets[creator + 1], as_of) - 1
    if last >= start:
        for column in range(3):
            now[FACT_FOLLOWERS + column] = rows.values[last, column]
        now[FACT_FIRST_SNAPSHOT] = age(rows.known[start], as_of)
        now[FACT_LAST_SNAPSHOT] = age(rows.known[last], as_of)
    now[FACT_FIRST_POST] = first_post_age(tables.posts, creator, as_of)
    now[FACT_LAST_POST] = last_post_age(tables.posts, creator, as_of)
    now[FACT_ACCOUNT] = past_age(tables.creators.created_at[creator], as_of)
    now[FACT_PLATFORM] = tables.creators.platform[creator]
    if is_stated(tables.creators.observed_at[creator], as_of, training):
        now[FACT_VERIFIED] = tables.creators.verified[creator]
    return now
