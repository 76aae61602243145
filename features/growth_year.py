"""What a year of followers shows: jumps that no post explains, and sudden losses.

Bought followers come at once and unannounced; a platform that removes inauthentic accounts takes
many of them at once.
"""

# mypy: disable-error-code="no-any-return"
# NumPy types an element of an array as Any.
import math

import numpy as np

from features.arrays import Flags, Floats
from features.compiled import kernel_part
from features.growth_causes import MAX_EXPLAINED, MIN_POSTS, NEAR_AFTER, NEAR_BEFORE
from features.spec import Family
from features.statistics import Column, clip, median
from features.view import View
from features.view_creator import FACT_YEAR_ROUNDING, FACT_YEAR_USUAL
from features.view_posts import POST_AGE, POST_LIKES, POST_REACH, POST_STORY, POST_VIEWS
from features.view_snapshots import (
    JUMP_Z,
    MIN_STEPS,
    SNAPSHOT_AGE,
    SNAPSHOT_FOLLOWERS,
    SNAPSHOT_GAIN,
    SNAPSHOT_STEP_DAYS,
    SNAPSHOT_Z,
)

year = Family("growth")


@kernel_part
def _beyond(seen: Floats, i: int, usual: float) -> float:
    """Return the followers gained in the step to row `i` beyond usual growth."""
    expected = np.expm1(usual * seen[i, SNAPSHOT_STEP_DAYS])
    return seen[i, SNAPSHOT_GAIN] - (1.0 + seen[i - 1, SNAPSHOT_FOLLOWERS]) * expected


@kernel_part
def _usual(posts: Floats, metric: Column) -> float:
    """Return log(1 + median) of a metric over feed posts, NaN of fewer than 5."""
    work = np.empty(len(posts))
    n = 0
    for i in range(len(posts)):
        if posts[i, POST_STORY] == 0.0 and not np.isnan(posts[i, metric]):
            work[n] = posts[i, metric]
            n += 1
    if n < MIN_POSTS:
        return np.nan
    return np.log1p(median(work[:n]))


@kernel_part
def _best(posts: Floats, metric: Column, usual: float, newest: float, oldest: float) -> float:
    """Return log(best / usual) of a metric over feed posts of these ages, at least 0."""
    best = 0.0
    for i in range(len(posts)):
        value = posts[i, metric]
        if posts[i, POST_STORY] == 0.0 and newest <= posts[i, POST_AGE] <= oldest:
            over = np.log1p(value) - usual
            if not np.isnan(over):
                best = max(best, over)
    return min(best, MAX_EXPLAINED)


@year.feature(
    unit="ratio",
    text="Followers gained in jumps that no post explains, against all, last {days} days",
    bounds=(0.0, math.inf),
    windows=(365,),
    needs=["snapshots"],
)
@kernel_part
def growth_jumps_unexplained(view: View, _days: float) -> float:
    """Followers gained in jumps of {days} days beyond usual growth, over followers now.

    A jump is a step between snapshots with a robust z of 4 or more; beside a feed post with k > 1
    times the median views, reach or likes (the largest k counts, of metrics that 5 posts have),
    from 3 days before to 1 day after, it counts 1/k. Unknown with fewer than 7 steps.
    """
    seen = view.year_snapshots
    posts = view.year_posts
    if len(seen) <= MIN_STEPS:
        return np.nan
    usual = view.now[FACT_YEAR_USUAL]
    views = _usual(posts, POST_VIEWS)
    reach = _usual(posts, POST_REACH)
    likes = _usual(posts, POST_LIKES)
    gained = 0.0
    for i in range(1, len(seen)):
        if not seen[i, SNAPSHOT_Z] >= JUMP_Z:
            continue
        newest = seen[i, SNAPSHOT_AGE] - NEAR_AFTER
        oldest = seen[i - 1, SNAPSHOT_AGE] + NEAR_BEFORE
        best = max(
            _best(posts, POST_VIEWS, views, newest, oldest),
            _best(posts, POST_REACH, reach, newest, oldest),
            _best(posts, POST_LIKES, likes, newest, oldest),
        )
        gained += _beyond(seen, i, usual) * np.exp(-best)
    return gained / (1.0 + seen[len(seen) - 1, SNAPSHOT_FOLLOWERS])


@year.feature(
    unit="share",
    text="Largest sudden loss of followers, last {days} days",
    bounds=(0.0, 1.0),
    windows=(365,),
    needs=["snapshots"],
)
@kernel_part
def growth_drop_size(view: View, _days: float) -> float:
    """Largest share of the followers that one step between snapshots of {days} days lost.

    Against usual growth, less one unit of the counts' rounding; unknown with fewer than 7 steps.
    """
    seen = view.year_snapshots
    if len(seen) <= MIN_STEPS:
        return np.nan
    usual = view.now[FACT_YEAR_USUAL]
    grain = view.now[FACT_YEAR_ROUNDING]
    worst = 0.0
    for i in range(1, len(seen)):
        lost = -_beyond(seen, i, usual) - grain
        worst = max(worst, lost / (1.0 + seen[i - 1, SNAPSHOT_FOLLOWERS]))
    return clip(worst, 0.0, 1.0)


@kernel_part
def year_columns(view: View, wanted: Flags, out: Floats) -> None:
    """Fill in the wanted features of this module, in the order of their definition."""
    out[0] = growth_jumps_unexplained(view, 365.0) if wanted[0] else np.nan
    out[1] = growth_drop_size(view, 365.0) if wanted[1] else np.nan
