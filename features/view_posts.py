"""Posts as one creator's view shows them: of a window, each with its last seen metrics.

Most of a row is the same at every moment, so it is made once a creator (`told_of`); a view copies
the rows of its window, adds their ages, and undoes what the moment could not know.
"""

# mypy: disable-error-code="no-any-return"
# NumPy types an element of an array as Any.
from typing import NamedTuple

import numpy as np

from features.arrays import DAY, UNKNOWN_TIME, Floats, Ints, Times
from features.compiled import kernel_part
from features.statistics import first_at_most, known_or
from features.view import age, first_unseen, first_within, is_visible
from features.view_snapshots import SnapshotRows

MATURE_DAYS = 2.0  # likes of a younger observation are still coming in
STORY_MATURE_DAYS = 0.9  # a story ends after one day
STORY = 4.0  # position in MEDIA

YEAR = 365.0  # days

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
_HASHTAGS = 2
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


class Told(NamedTuple):
    """The columns POST_... of a creator's rows from `first` on, as told in the end, ageless.

    They are `undisputed` where none is ever hidden.
    """

    first: int
    rows: Floats
    undisputed: bool


@kernel_part
def told_of(rows: PostRows, snapshots: SnapshotRows, creator: int, first: int, stop: int) -> Told:
    """Return rows first:stop, followers being those of the last snapshot then, or of the first."""
    told = np.empty((stop - first, POST_COLUMNS))
    snapshot = snapshots.offsets[creator]
    last = snapshots.offsets[creator + 1] - 1
    undisputed = True
    for row in range(first, stop):
        undisputed = undisputed and rows.hidden[row] == UNKNOWN_TIME
        while snapshot < last and snapshots.known[snapshot + 1] <= rows.known[row]:
            snapshot += 1
        i = row - first
        media = rows.values[row, _MEDIA]
        told[i, POST_STORY] = 1.0 if media == STORY else 0.0
        told[i, POST_MEDIA] = media
        told[i, POST_SPONSORED] = rows.values[row, _SPONSORED]
        told[i, POST_HASHTAGS] = rows.values[row, _HASHTAGS]
        told[i, POST_FOLLOWERS] = snapshots.values[snapshot, 0] if snapshot <= last else np.nan
        if rows.metric_offsets[row] < rows.metric_offsets[row + 1]:
            _measure(told, i, rows, row, rows.metric_offsets[row + 1] - 1)
        else:
            _unmeasured(told, i)
    return Told(first, told, undisputed)


@kernel_part
def posts_seen(rows: PostRows, told: Told, creator: int, as_of: int, counted: bool) -> Floats:
    """Return the columns POST_... of all that was told and is visible, oldest post first.

    The last snapshot before a post is as old as the post, but the first of all may be to come:
    followers were `counted` where it is visible.
    """
    stop = first_unseen(rows.known, told.first, rows.offsets[creator + 1], as_of)
    start = first_within(rows.known, told.first, stop, as_of, YEAR)
    if told.undisputed:
        seen = told.rows[start - told.first : stop - told.first].copy()
    else:
        seen = _shown(rows, told, start, stop, as_of)
    n = 0
    for row in range(start, stop):
        if not (told.undisputed or is_visible(rows.known[row], rows.hidden[row], as_of)):
            continue
        seen[n, POST_AGE] = age(rows.known[row], as_of)
        if not counted:
            seen[n, POST_FOLLOWERS] = np.nan
        first = rows.metric_offsets[row]
        last = rows.metric_offsets[row + 1]
        if first < last and rows.metric_known[last - 1] >= as_of:
            last = first_unseen(rows.metric_known, first, last, as_of)
            if first < last:
                _measure(seen, n, rows, row, last - 1)
            else:
                _unmeasured(seen, n)
        n += 1
    return seen


@kernel_part
def _shown(rows: PostRows, told: Told, start: int, stop: int, as_of: int) -> Floats:
    """Return what was told of the visible ones of rows start:stop."""
    n = 0
    for row in range(start, stop):
        n += is_visible(rows.known[row], rows.hidden[row], as_of)
    shown = np.empty((n, POST_COLUMNS))
    n = 0
    for row in range(start, stop):
        if is_visible(rows.known[row], rows.hidden[row], as_of):
            for j in range(POST_COLUMNS):
                shown[n, j] = told.rows[row - told.first, j]
            n += 1
    return shown


@kernel_part
def newest(posts: Floats, days: float) -> Floats:
    """Return the posts of the last `days` days among those of a longer window."""
    return posts[first_at_most(posts, POST_AGE, days) :]


@kernel_part
def mature(posts: Floats, story: float) -> Ints:
    """Return the rows of the posts of a kind that have mature metrics."""
    rows = np.empty(len(posts), dtype=np.int64)
    n = 0
    for i in range(len(posts)):
        rows[n] = i
        n += (posts[i, POST_STORY] == story) & (posts[i, POST_MATURE] == 1.0)
    return rows[:n]


@kernel_part
def first_recent(rows: Ints, posts: Floats, days: float) -> int:
    """Return the place of the first of the rows that is a post of the last `days` days."""
    first = 0
    stop = len(rows)
    while first < stop:
        middle = (first + stop) // 2
        if posts[rows[middle], POST_AGE] <= days:
            stop = middle
        else:
            first = middle + 1
    return first


@kernel_part
def _unmeasured(posts: Floats, i: int) -> None:
    """Fill in that nothing was observed of a post."""
    posts[i, POST_MATURE] = 0.0
    for column in range(POST_LIKES, POST_COLUMNS):
        posts[i, column] = np.nan


@kernel_part
def _measure(posts: Floats, i: int, rows: PostRows, row: int, last: int) -> None:
    """Fill in a post's metrics as its observation `last` has them."""
    ripe = STORY_MATURE_DAYS if posts[i, POST_STORY] == 1.0 else MATURE_DAYS
    age_then = (rows.metric_known[last] - rows.known[row]) / DAY
    posts[i, POST_MATURE] = 1.0 if age_then >= ripe else 0.0
    for metric in range(_METRICS):
        posts[i, POST_LIKES + metric] = rows.metrics[last, metric]
    likes_comments = posts[i, POST_LIKES] + known_or(posts[i, POST_COMMENTS], 0.0)
    shares = known_or(posts[i, POST_SHARES], 0.0) + known_or(posts[i, POST_SAVES], 0.0)
    posts[i, POST_LIKES_COMMENTS] = likes_comments
    posts[i, POST_INTERACTIONS] = likes_comments + shares
    posts[i, POST_REACHED] = known_or(posts[i, POST_REACH], posts[i, POST_VIEWS])
    expected = known_or(posts[i, POST_VIEWS], posts[i, POST_REACH])
    posts[i, POST_EXPECTED] = known_or(posts[i, POST_IMPRESSIONS], expected)


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
