"""One creator at one `as_of`: the whole view that growth, engagement and audience features read."""

from typing import NamedTuple

import numpy as np

from features.arrays import Codes, Floats, Times
from features.compiled import kernel_part
from features.statistics import unknowns
from features.view import View, age, first_unseen, first_within, is_stated, past_age
from features.view_audience import (
    AudienceRows,
    FollowerRows,
    breakdown_seen,
    sample_seen,
)
from features.view_posts import (
    YEAR,
    PostRows,
    Told,
    first_post_age,
    last_post_age,
    mature,
    newest,
    posts_seen,
    told_of,
)
from features.view_snapshots import (
    SnapshotRows,
    Steps,
    first_snapshot_seen,
    rounding,
    score_steps,
    snapshots_seen,
    steps_of,
)

HALF_YEAR = 180.0  # days

# Entries of View.now.
FACTS = np.int64(14)
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
    FACT_ROUNDING,  # of the follower counts of half a year
    FACT_USUAL,  # log growth a day over its steps, the median
    FACT_YEAR_ROUNDING,  # likewise of a year
    FACT_YEAR_USUAL,
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


class Parts(NamedTuple):
    """Which parts of a view are asked for; the others are empty or unknown."""

    snapshots: bool
    scores: bool  # z and usual rate of the steps of half a year
    year: bool  # the snapshots of a year, with theirs
    posts: bool
    audience: bool  # breakdown and sample


class Moment(NamedTuple):
    """A creator at one `as_of`, in training or not."""

    creator: int
    as_of: int
    training: bool


class Prepared(NamedTuple):
    """What every view of one creator from a moment to another has in common."""

    steps: Steps
    told: Told


@kernel_part
def prepared(tables: Histories, creator: int, earliest: int, latest: int, parts: Parts) -> Prepared:
    """Return the rows of the creator that views from one moment to another can show."""
    known, offsets = tables.snapshots.known, tables.snapshots.offsets
    stop = first_unseen(known, offsets[creator], offsets[creator + 1], latest)
    first = first_within(known, offsets[creator], stop, earliest, YEAR)
    steps = steps_of(tables.snapshots, first, stop if parts.snapshots else first)
    known, offsets = tables.posts.known, tables.posts.offsets
    stop = first_unseen(known, offsets[creator], offsets[creator + 1], latest)
    first = first_within(known, offsets[creator], stop, earliest, YEAR)
    stop = stop if parts.posts else first
    return Prepared(steps, told_of(tables.posts, tables.snapshots, creator, first, stop))


@kernel_part
def _snapshots(
    tables: Histories, steps: Steps, moment: Moment, now: Floats, parts: Parts
) -> tuple[Floats, Floats]:
    """Return the snapshots of half a year and of a year, and fill in what `now` tells of them."""
    rows = tables.snapshots
    half = snapshots_seen(rows, steps, moment.creator, moment.as_of, HALF_YEAR)
    now[FACT_ROUNDING] = rounding(half)
    if parts.scores:
        now[FACT_USUAL] = score_steps(half, now[FACT_ROUNDING])
    if not parts.year:
        return half, half[:0]
    year = snapshots_seen(rows, steps, moment.creator, moment.as_of, YEAR)
    if parts.scores and len(year) == len(half):
        now[FACT_YEAR_ROUNDING] = now[FACT_ROUNDING]
        now[FACT_YEAR_USUAL] = now[FACT_USUAL]
        return half, half
    now[FACT_YEAR_ROUNDING] = rounding(year)
    now[FACT_YEAR_USUAL] = score_steps(year, now[FACT_YEAR_ROUNDING])
    return half, year


@kernel_part
def view_at(tables: Histories, ready: Prepared, moment: Moment, parts: Parts) -> View:
    """Return what the history of a creator shows at a moment."""
    creator, as_of = moment.creator, moment.as_of
    now = _facts(tables, creator, as_of, moment.training)
    half = ready.steps.rows[:0]
    year = half
    if parts.snapshots:
        half, year = _snapshots(tables, ready.steps, moment, now, parts)
    posts = ready.told.rows[:0]
    if parts.posts:
        counted = first_snapshot_seen(tables.snapshots, creator, as_of)
        posts = posts_seen(tables.posts, ready.told, creator, as_of, counted)
    breakdown = half[:0]
    first = 0
    last = 0
    if parts.audience:
        breakdown = breakdown_seen(tables.audience, creator, as_of)
        first, last = sample_seen(tables.followers, creator, as_of)
    return View(
        now,
        half,
        newest(posts, HALF_YEAR),
        year,
        posts,
        mature(posts, 0.0),
        mature(posts, 1.0),
        breakdown,
        tables.followers.values[first:last],
    )


@kernel_part
def _facts(tables: Histories, creator: int, as_of: int, training: bool) -> Floats:
    """Return the facts FACT_..."""
    now: Floats = unknowns(1, FACTS)[0]
    _counts(now, tables.snapshots, creator, as_of)
    now[FACT_FIRST_POST] = first_post_age(tables.posts, creator, as_of)
    now[FACT_LAST_POST] = last_post_age(tables.posts, creator, as_of)
    now[FACT_ACCOUNT] = past_age(tables.creators.created_at[creator], as_of)
    now[FACT_PLATFORM] = tables.creators.platform[creator]
    if is_stated(tables.creators.observed_at[creator], as_of, training):
        now[FACT_VERIFIED] = tables.creators.verified[creator]
    return now


@kernel_part
def _counts(now: Floats, rows: SnapshotRows, creator: int, as_of: int) -> None:
    """Fill in the facts that the visible snapshots tell."""
    start = rows.offsets[creator]
    last = first_unseen(rows.known, start, rows.offsets[creator + 1], as_of) - 1
    if last >= start:
        for column in range(3):
            now[FACT_FOLLOWERS + column] = rows.values[last, column]
        now[FACT_FIRST_SNAPSHOT] = age(rows.known[start], as_of)
        now[FACT_LAST_SNAPSHOT] = age(rows.known[last], as_of)
