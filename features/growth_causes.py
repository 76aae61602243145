"""What happened around the largest jump of the following.

A viral post explains a jump, and engagement rises with it; after a burst of bought followers the
engagement per follower is lower.
"""

import numpy as np

from features.arrays import Flags, Floats
from features.compiled import kernel_part
from features.spec import Family
from features.statistics import Column, clip, median, ratio
from features.view import View
from features.view_posts import (
    POST_AGE,
    POST_FOLLOWERS,
    POST_LIKES,
    POST_LIKES_COMMENTS,
    POST_MATURE,
    POST_REACH,
    POST_STORY,
    POST_VIEWS,
)
from features.view_snapshots import SNAPSHOT_AGE, jump

causes = Family("growth")

NEAR_BEFORE = 3.0  # days before the jump in which a post may explain it
NEAR_AFTER = 1.0
MIN_POSTS = 5  # that a usual response needs
MAX_EXPLAINED = 10.0
RESPONSE_DAYS = 30.0
MIN_RESPONSE_POSTS = 2
MAX_RESPONSE = 5.0


@kernel_part
def _best_near(view: View, metric: Column, newest: float, oldest: float) -> float:
    """Return log(best near / median) of a metric over feed posts; 0 if none is near."""
    posts = view.posts
    work = np.empty(len(posts))
    n = 0
    best = -1.0
    for i in range(len(posts)):
        value = posts[i, metric]
        if posts[i, POST_STORY] == 1.0 or np.isnan(value):
            continue
        work[n] = value
        n += 1
        if newest <= posts[i, POST_AGE] <= oldest:
            best = max(best, value)
    if n < MIN_POSTS:
        return np.nan
    if best < 0.0:
        return 0.0
    return clip(np.log1p(best) - np.log1p(median(work[:n])), 0.0, MAX_EXPLAINED)


@causes.feature(
    unit="log ratio",
    text="How far a post explains the largest jump, last {days} days",
    bounds=(0.0, MAX_EXPLAINED),
    windows=(180,),
    needs=["snapshots", "posts", "post_metrics"],
)
@kernel_part
def growth_jump_explained(view: View, _days: float) -> float:
    """Best log(value / median) of views, reach or likes of a feed post near the largest jump.

    Near is from 3 days before to 1 day after it; 0 where none is near or none is unusual, at most
    10. A metric counts where at least 5 feed posts of {days} days have it; unknown without a jump.
    """
    seen = view.snapshots
    row = jump(seen)
    if row == 0:
        return np.nan
    newest = seen[row, SNAPSHOT_AGE] - NEAR_AFTER
    oldest = seen[row - 1, SNAPSHOT_AGE] + NEAR_BEFORE
    best = np.nan
    for metric in (POST_VIEWS, POST_REACH, POST_LIKES):
        value = _best_near(view, metric, newest, oldest)
        if not value <= best and not np.isnan(value):
            best = value
    return best


@kernel_part
def _usual_engagement(posts: Floats, newest: float, oldest: float) -> float:
    """Return the median of (likes + comments) / followers over mature feed posts of these ages."""
    work = np.empty(len(posts))
    n = 0
    for i in range(len(posts)):
        if posts[i, POST_STORY] == 1.0 or posts[i, POST_MATURE] == 0.0:
            continue
        if not newest < posts[i, POST_AGE] <= oldest:
            continue
        rate = ratio(posts[i, POST_LIKES_COMMENTS], posts[i, POST_FOLLOWERS])
        if not np.isnan(rate):
            work[n] = rate
            n += 1
    if n < MIN_RESPONSE_POSTS:
        return np.nan
    return median(work[:n])


@causes.feature(
    unit="log ratio",
    text="Change of the engagement rate after the largest jump",
    bounds=(-MAX_RESPONSE, MAX_RESPONSE),
    windows=(180,),
    needs=["snapshots", "posts", "post_metrics"],
)
@kernel_part
def growth_jump_response(view: View, _days: float) -> float:
    """log(after / before) of the median engagement rate in the 30 days either side of the jump.

    Engagement rate as in `engagement_rate`, at least 2 mature feed posts on each side; within -5 to
    5; unknown without a jump in {days} days.
    """
    seen = view.snapshots
    row = jump(seen)
    if row == 0:
        return np.nan
    end = seen[row, SNAPSHOT_AGE]
    start = seen[row - 1, SNAPSHOT_AGE]
    after = _usual_engagement(view.posts, end - RESPONSE_DAYS, end)
    before = _usual_engagement(view.posts, start, start + RESPONSE_DAYS)
    if not (after > 0.0 and before > 0.0):
        return np.nan
    return clip(np.log(after / before), -MAX_RESPONSE, MAX_RESPONSE)


@kernel_part
def cause_columns(view: View, wanted: Flags, out: Floats) -> None:
    """Fill in the wanted features of this module, in the order of their definition."""
    out[0] = growth_jump_explained(view, 180.0) if wanted[0] else np.nan
    out[1] = growth_jump_response(view, 180.0) if wanted[1] else np.nan
