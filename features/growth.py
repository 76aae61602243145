"""How the following grows, and how even that growth is."""

# mypy: disable-error-code="no-any-return"
# NumPy types an element of an array as Any.
import math

import numpy as np

from features.arrays import Flags, Floats
from features.compiled import kernel_part
from features.spec import Family
from features.statistics import column, contrast, median, ratio, spread
from features.view import View
from features.view_creator import FACT_ROUNDING
from features.view_posts import POST_AGE, POST_STORY
from features.view_snapshots import (
    MIN_SPAN,
    MIN_STEPS,
    SNAPSHOT_AGE,
    SNAPSHOT_FOLLOWERS,
    SNAPSHOT_GAIN,
    SNAPSHOT_RATE,
    SNAPSHOT_STEP_DAYS,
    SNAPSHOT_WEEKEND,
    first_inside,
)

growth = Family("growth")

MIN_GAINS = 14  # steps that an evenness needs
MAX_GAIN_CV = 100.0
MIN_WEEKENDS = 4  # steps on weekends
MIN_WEEKDAYS = 10  # steps on other days
MIN_LIFT_STEPS = 5  # steps with, and as many without, a post


@growth.feature(
    unit="log per 30 days",
    text="Follower growth, last {days} days",
    bounds=(-math.inf, math.inf),
    windows=(30, 90),
    needs=["snapshots"],
)
@kernel_part
def follower_growth(view: View, days: float) -> float:
    """Log growth of 1 + followers per 30 days from the first to the last snapshot of {days} days.

    Unknown unless these are at least a sixth of the window apart.
    """
    seen = view.snapshots
    first = first_inside(seen, days)
    last = len(seen) - 1
    if first >= last:
        return np.nan
    span = seen[first, SNAPSHOT_AGE] - seen[last, SNAPSHOT_AGE]
    if span < MIN_SPAN * days:
        return np.nan
    gained = np.log1p(seen[last, SNAPSHOT_FOLLOWERS]) - np.log1p(seen[first, SNAPSHOT_FOLLOWERS])
    return 30.0 * gained / span


@growth.feature(
    unit="log per day",
    text="Unevenness of daily follower growth, last {days} days",
    windows=(90,),
    needs=["snapshots"],
)
@kernel_part
def growth_volatility(view: View, days: float) -> float:
    """Robust standard deviation (1.4826 MAD) of daily log growth, snapshots of {days} days.

    Steps lead from snapshot to snapshot, at least .75 days apart; unknown with fewer than 7.
    """
    seen = view.snapshots
    first = first_inside(seen, days) + 1
    n = len(seen) - first
    if n < MIN_STEPS:
        return np.nan
    return spread(column(seen[first:], SNAPSHOT_RATE))


@growth.feature(
    unit="ratio",
    text="Variation of daily follower gains, last {days} days",
    bounds=(0.0, MAX_GAIN_CV),
    windows=(90,),
    needs=["snapshots"],
)
@kernel_part
def growth_gain_cv(view: View, days: float) -> float:
    """Robust standard deviation of daily gains over their absolute median, {days} days.

    At most 100. Unknown with fewer than 14 steps between snapshots, and where the rounding of the
    counts is coarser than the median gain.
    """
    seen = view.snapshots
    first = first_inside(seen, days) + 1
    n = len(seen) - first
    if n < MIN_GAINS:
        return np.nan
    work = np.empty(n)
    for i in range(n):
        work[i] = seen[first + i, SNAPSHOT_GAIN] / seen[first + i, SNAPSHOT_STEP_DAYS]
    usual = abs(median(work[:n]))
    if view.now[FACT_ROUNDING] > usual:
        return np.nan
    return min(ratio(spread(work[:n]), usual), MAX_GAIN_CV)


@growth.feature(
    unit="share",
    text="Share of days that lost followers, last {days} days",
    bounds=(0.0, 1.0),
    windows=(90,),
    needs=["snapshots"],
)
@kernel_part
def growth_loss_days(view: View, days: float) -> float:
    """Share of the steps between snapshots of {days} days that lost followers.

    Unknown with fewer than 7 steps.
    """
    seen = view.snapshots
    first = first_inside(seen, days) + 1
    n = len(seen) - first
    if n < MIN_STEPS:
        return np.nan
    lost = 0
    for i in range(first, len(seen)):
        if seen[i, SNAPSHOT_GAIN] < 0.0:
            lost += 1
    return lost / n


@growth.feature(
    unit="contrast",
    text="Growth on weekends against weekdays, last {days} days",
    bounds=(-1.0, 1.0),
    windows=(180,),
    needs=["snapshots"],
)
@kernel_part
def growth_weekend_ratio(view: View, days: float) -> float:
    """(w - d) / (|w| + |d|), median log growth on weekends (w) and other days (d), {days} days.

    Of daily steps (at most 1.5 days between snapshots), by the UTC weekday of their middle; unknown
    with fewer than 4 on weekends or 10 on other days.
    """
    seen = view.snapshots
    weekend = np.empty(len(seen))
    weekday = np.empty(len(seen))
    n = 0
    m = 0
    for i in range(first_inside(seen, days) + 1, len(seen)):
        if seen[i, SNAPSHOT_WEEKEND] == 1.0:
            weekend[n] = seen[i, SNAPSHOT_RATE]
            n += 1
        elif seen[i, SNAPSHOT_WEEKEND] == 0.0:
            weekday[m] = seen[i, SNAPSHOT_RATE]
            m += 1
    if n < MIN_WEEKENDS or m < MIN_WEEKDAYS:
        return np.nan
    return contrast(median(weekend[:n]), median(weekday[:m]))


@growth.feature(
    unit="contrast",
    text="Growth on days with a post against others, last {days} days",
    bounds=(-1.0, 1.0),
    windows=(90,),
    needs=["snapshots", "posts"],
)
@kernel_part
def growth_post_lift(view: View, days: float) -> float:
    """(p - q) / (|p| + |q|), median daily log growth with (p) and without (q) a post, {days} days.

    A daily step has a post where a feed post (no story) appeared during it or in the day before it;
    unknown with fewer than 5 steps of either kind.
    """
    posts = view.posts
    seen = view.snapshots
    with_post = np.empty(len(seen))
    without = np.empty(len(seen))
    n = 0
    m = 0
    post = 0
    for i in range(first_inside(seen, days) + 1, len(seen)):
        while post < len(posts) and (
            posts[post, POST_AGE] > seen[i - 1, SNAPSHOT_AGE] + 1.0
            or posts[post, POST_STORY] == 1.0
        ):
            post += 1
        if np.isnan(seen[i, SNAPSHOT_WEEKEND]):
            continue
        if post < len(posts) and posts[post, POST_AGE] > seen[i, SNAPSHOT_AGE]:
            with_post[n] = seen[i, SNAPSHOT_RATE]
            n += 1
        else:
            without[m] = seen[i, SNAPSHOT_RATE]
            m += 1
    if n < MIN_LIFT_STEPS or m < MIN_LIFT_STEPS:
        return np.nan
    return contrast(median(with_post[:n]), median(without[:m]))


@kernel_part
def growth_columns(view: View, wanted: Flags, out: Floats) -> None:
    """Fill in the wanted features of this module, in the order of their definition."""
    out[0] = follower_growth(view, 30.0) if wanted[0] else np.nan
    out[1] = follower_growth(view, 90.0) if wanted[1] else np.nan
    out[2] = growth_volatility(view, 90.0) if wanted[2] else np.nan
    out[3] = growth_gain_cv(view, 90.0) if wanted[3] else np.nan
    out[4] = growth_loss_days(view, 90.0) if wanted[4] else np.nan
    out[5] = growth_weekend_ratio(view, 180.0) if wanted[5] else np.nan
    out[6] = growth_post_lift(view, 90.0) if wanted[6] else np.nan
