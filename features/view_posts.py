"""Posts as one creator's view shows them: of a window, each with its last seen metrics."""

# mypy: disable-error-code="no-any-return"
# NumPy types an element of an array as Any.
from typing import NamedTuple

import numpy as np

from features.arrays import DAY, Floats, Ints, Times
from features.compiled import kernel_part
from features.statistics import known_or, unknowns
from features.view import age, first_unseen, is_visible
from features.view_snapshots import SnapshotRows

MATURE_DAYS = 2.0  # likes of a younger observation are still coming in
STORY_MATURE_DAYS = 0.9  # a story ends after one day
STORY = 4.0  # position in MEDIA

# Columns of View.posts. NumPy integers: for each Python integer that a kernel part is passed,
# numba would compile it anew.
POST_COLUMNS = np.int64(20)
(
    POST_AGE,  # days
    POST_STORY,  # 1 a story, 0 anything else
    POST_MATURE,  # 1 where the last seen metrics were observed late enough after posting
    POST_MEDIA,  # position in MEDIA
    POST_SPONSORED,
    POST_HASHTAGS,
    POST_FOLLOWERS,  # at publishing: the last snapshot then, else the first one
    POST_LIKES,
    POST_COMMENTS,
    POST_SHARES,
    POST_SAVES,
    POST_VIEWS,
    POST_IMPRESSIONS,
    POST_REACH,
    POST_NON_FOLLOWERS,  # reach among them
    POST_CLICKS,
    POST_LIKES_COMMENTS,  # unknown comments count nothing
    POST_INTERACTIONS,  # likes, comments, shares, saves: those that are known, likes must be
    POST_REACHED,  # reach, else views
    POST_EXPECTED,  # impressions, else views, else reach
) = np.arange(POST_COLUMNS)

_MEDIA = 0  # columns of Posts.values
_SPONSORED = 1
_HASHTAGS = 3
_METRICS = 9  # columns of Posts.metrics, in the order of POST_LIKES..POST_CLICKS


class PostRows(NamedTuple):
    """The arrays of `features.tables.Posts` that a view needs."""

    offsets: Ints
    known: Times
    hidden: Times
    values: Floats
    metric_offsets: Ints
    metric_known: Times
    metrics: Floats


@kernel_part
def posts_seen(
    rows: PostRows, snapshots: SnapshotRows, creator: int, as_of: int, days: float
) -> Floats:
    """Return the columns POST_... of the window, oldest post first."""
    start = rows.offsets[creator]
    stop = first_unseen(rows.known, start, rows.offsets[creator + 1], as_of)
    first = stop
    n = 0
    while first > start and age(rows.known[first - 1], as_of) <= days:
        first -= 1
        n += is_visible(rows.known[first], rows.hidden[first], as_of)
    seen = unknowns(n, POST_COLUMNS)
    snapshot = snapshots.offsets[creator]
    last_snapshot = first_unseen(snapshots.known, snapshot, snapshots.offsets[creator + 1], as_of)
    n = 0
    for row in range(first, stop):
        if not is_visible(rows.known[row], rows.hidden[row], as_of):
            continue
        while snapshot + 1 < last_snapshot and snapshots.known[snapshot + 1] <= rows.known[row]:
            snapshot += 1
        if snapshot < last_snapshot:
            seen[n, POST_FOLLOWERS] = snapshots.values[snapshot, 0]
        _describe(seen[n], rows, row, as_of)
        n += 1
    return seen


@kernel_part
def newest(posts: Floats, days: float) -> Floats:
    """Return the posts of the last `days` days among those of a longer window."""
    first = 0
    while first < len(posts) and posts[first, POST_AGE] > days:
        first += 1
    return posts[first:]


@kernel_part
def _describe(post: Floats, rows: PostRows, row: int, as_of: int) -> None:
    """Fill in everything but the followers of one post."""
    media = rows.values[row, _MEDIA]
    story = media == STORY
    post[POST_AGE] = age(rows.known[row], as_of)
    post[POST_STORY] = 1.0 if story else 0.0
    post[POST_MATURE] = 0.0
    post[POST_MEDIA] = media
    post[POST_SPONSORED] = rows.values[row, _SPONSORED]
    post[POST_HASHTAGS] = rows.values[row, _HASHTAGS]
    start = rows.metric_offsets[row]
    last = first_unseen(rows.metric_known, start, rows.metric_offsets[row + 1], as_of) - 1
    if last < start:
        return
    ripe = STORY_MATURE_DAYS if story else MATURE_DAYS
    if (rows.metric_known[last] - rows.known[row]) / DAY >= ripe:
        post[POST_MATURE] = 1.0
    for metric in range(_METRICS):
        post[POST_LIKES + metric] = rows.metrics[last, metric]
    likes = post[POST_LIKES]
    post[POST_LIKES_COMMENTS] = likes + known_or(post[POST_COMMENTS], 0.0)
    shares = known_or(post[POST_SHARES], 0.0) + known_or(post[POST_SAVES], 0.0)
    post[POST_INTERACTIONS] = post[POST_LIKES_COMMENTS] + shares
    post[POST_REACHED] = known_or(post[POST_REACH], post[POST_VIEWS])
    expected = known_or(post[POST_VIEWS], post[POST_REACH])
    post[POST_EXPECTED] = known_or(post[POST_IMPRESSIONS], expected)


@kernel_part
def first_post_age(rows: PostRows, creator: int, as_of: int) -> float:
    """Return the age in days of the first visible post ever, NaN without one."""
    for row in range(rows.offsets[creator], rows.offsets[creator + 1]):
        if is_visible(rows.known[row], rows.hidden[row], as_of):
            return age(rows.known[row], as_of)
    return np.nan


@kernel_part
def last_post_age(rows: PostRows, creator: int, as_of: int) -> float:
    """Return the age in days of the last visible post ever, NaN without one."""
    start = rows.offsets[creator]
    stop = first_unseen(rows.known, start, rows.offsets[creator + 1], as_of)
    for row in range(stop - 1, start - 1, -1):
        if is_visible(rows.known[row], rows.hidden[row], as_of):
            return age(rows.known[row], as_of)
    return np.nan


@kernel_part
def counts(posts: Floats, i: int, days: float, story: float) -> bool:
    """Tell whether a post lies in the window, is of the kind, and has mature metrics."""
    return (
        posts[i, POST_AGE] <= days
        and posts[i, POST_STORY] == story
        and posts[i, POST_MATURE] == 1.0
    )
