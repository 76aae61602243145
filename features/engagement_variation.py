"""How engagement varies: between posts, with sponsorship, over time."""

# mypy: disable-error-code="no-any-return"
# NumPy types an element of an array as Any.
import math

import numpy as np

from features.arrays import Flags, Floats
from features.compiled import kernel_part
from features.spec import Family
from features.statistics import Column, median, ratio, spread
from features.view import View
from features.view_posts import (
    POST_AGE,
    POST_COMMENTS,
    POST_FOLLOWERS,
    POST_LIKES,
    POST_LIKES_COMMENTS,
    POST_SPONSORED,
    first_recent,
)
from features.view_snapshots import MIN_SPAN

variation = Family("engagement")

MIN_SPREAD_POSTS = 5
MIN_TREND_POSTS = 5
MIN_CHANGE_POSTS = 9  # three for each third
MAX_TREND_POSTS = 60  # the newest ones: a slope for every pair of them
SPONSORED_SHRINKAGE = 3.0  # sponsored posts that weigh as much as "no difference"
NEEDS = ("posts", "post_metrics")
NEEDS_FOLLOWERS = ("snapshots", "posts", "post_metrics")


@kernel_part
def _log_spread(view: View, column: Column, days: float) -> float:
    """Return the robust standard deviation of log(1 + column) over mature feed posts."""
    posts = view.year_posts
    counted = view.feed[first_recent(view.feed, posts, days) :]
    work = np.empty(len(counted))
    n = 0
    for i in counted:
        if not np.isnan(posts[i, column]):
            work[n] = np.log1p(posts[i, column])
            n += 1
    if n < MIN_SPREAD_POSTS:
        return np.nan
    return spread(work[:n])


@variation.feature(
    unit="log",
    text="Spread of likes between posts, last {days} days",
    windows=(90,),
    needs=NEEDS,
)
@kernel_part
def like_spread(view: View, days: float) -> float:
    """Robust standard deviation of log(1 + likes) over mature feed posts of {days} days.

    Unknown with fewer than 5.
    """
    return _log_spread(view, POST_LIKES, days)


@variation.feature(
    unit="log",
    text="Spread of comments between posts, last {days} days",
    windows=(90,),
    needs=NEEDS,
)
@kernel_part
def comment_spread(view: View, days: float) -> float:
    """Robust standard deviation of log(1 + comments) over mature feed posts of {days} days.

    Unknown with fewer than 5.
    """
    return _log_spread(view, POST_COMMENTS, days)


@variation.feature(
    unit="ratio",
    text="Engagement of sponsored posts against others, last {days} days",
    windows=(180,),
    needs=NEEDS_FOLLOWERS,
)
@kernel_part
def sponsored_ratio(view: View, days: float) -> float:
    """(sponsored / other) ** (n / (n + 3)), median engagement rates of {days} days, n sponsored.

    Engagement rate as in `engagement_rate`; the power shrinks the ratio to 1 where n is small.
    """
    posts = view.year_posts
    counted = view.feed[first_recent(view.feed, posts, days) :]
    sponsored = np.empty(len(counted))
    other = np.empty(len(counted))
    n = 0
    m = 0
    for i in counted:
        rate = ratio(posts[i, POST_LIKES_COMMENTS], posts[i, POST_FOLLOWERS])
        if np.isnan(rate):
            continue
        if posts[i, POST_SPONSORED] == 1.0:
            sponsored[n] = rate
            n += 1
        elif posts[i, POST_SPONSORED] == 0.0:
            other[m] = rate
            m += 1
    change = ratio(median(sponsored[:n]), median(other[:m]))
    if np.isnan(change):
        return np.nan
    return change ** (n / (n + SPONSORED_SHRINKAGE))


@variation.feature(
    unit="log per 30 days",
    text="Trend of the engagement rate, last {days} days",
    bounds=(-math.inf, math.inf),
    windows=(90,),
    needs=NEEDS_FOLLOWERS,
)
@kernel_part
def engagement_trend(view: View, days: float) -> float:
    """Theil-Sen slope of the log engagement rate per 30 days over mature feed posts of {days} days.

    Of the newest 60 with a positive engagement rate, pairs a day or more apart; unknown with fewer
    than 5 posts, or less than a sixth of the window between first and last.
    """
    posts = view.year_posts
    ages = np.empty(MAX_TREND_POSTS)
    rates = np.empty(MAX_TREND_POSTS)
    n = 0
    for i in view.feed[first_recent(view.feed, posts, days) :][::-1]:
        rate = ratio(posts[i, POST_LIKES_COMMENTS], posts[i, POST_FOLLOWERS])
        if n < MAX_TREND_POSTS and rate > 0.0:
            ages[n] = posts[i, POST_AGE]
            rates[n] = np.log(rate)
            n += 1
    if n < MIN_TREND_POSTS or ages[n - 1] - ages[0] < MIN_SPAN * days:
        return np.nan
    slopes = np.empty(n * (n - 1) // 2)
    pairs = 0
    for i in range(n):
        for j in range(i):
            if ages[i] - ages[j] >= 1.0:
                slopes[pairs] = (rates[j] - rates[i]) / (ages[i] - ages[j])
                pairs += 1
    return 30.0 * median(slopes[:pairs])


@variation.feature(
    unit="log ratio",
    text="Engagement rate of late against a year ago",
    bounds=(-math.inf, math.inf),
    windows=(365,),
    needs=NEEDS_FOLLOWERS,
)
@kernel_part
def engagement_change(view: View, days: float) -> float:
    """log(late / early) of the median engagement rate over mature feed posts of {days} days.

    Of the newest and of the oldest third of those with a positive engagement rate; unknown with
    fewer than 9 posts, or less than a sixth of the window between first and last.
    """
    posts = view.year_posts
    counted = view.feed[first_recent(view.feed, posts, days) :]
    rates = np.empty(len(counted))
    oldest = np.nan
    newest = np.nan
    n = 0
    for i in counted:
        rate = ratio(posts[i, POST_LIKES_COMMENTS], posts[i, POST_FOLLOWERS])
        if rate > 0.0:
            rates[n] = np.log(rate)
            if n == 0:
                oldest = posts[i, POST_AGE]
            newest = posts[i, POST_AGE]
            n += 1
    if n < MIN_CHANGE_POSTS or oldest - newest < MIN_SPAN * days:
        return np.nan
    third = n // 3
    return median(rates[n - third : n]) - median(rates[:third])


@kernel_part
def variation_columns(view: View, wanted: Flags, out: Floats) -> None:
    """Fill in the wanted features of this module, in the order of their definition."""
    out[0] = like_spread(view, 90.0) if wanted[0] else np.nan
    out[1] = comment_spread(view, 90.0) if wanted[1] else np.nan
    out[2] = sponsored_ratio(view, 180.0) if wanted[2] else np.nan
    out[3] = engagement_trend(view, 90.0) if wanted[3] else np.nan
    out[4] = engagement_change(view, 365.0) if wanted[4] else np.nan
