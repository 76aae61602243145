"""How, and how often, the creator posts."""

# mypy: disable-error-code="no-any-return"
# NumPy types an element of an array as Any.
import numpy as np

from features.arrays import Flags, Floats
from features.compiled import kernel_part
from features.spec import Family
from features.statistics import Column, median
from features.view import View
from features.view_creator import FACT_FIRST_POST, FACT_LAST_POST
from features.view_posts import POST_AGE, POST_HASHTAGS, POST_MEDIA, POST_SPONSORED, POST_STORY

posting = Family("engagement")

MIN_GAPS = 3
MIN_RATE_DAYS = 7.0  # a history this short or shorter counts as so many days
CAROUSEL = 2.0  # positions in MEDIA
REEL = 3.0


@kernel_part
def _share_of(posts: Floats, column: Column, value: float, days: float) -> float:
    """Return the share of feed posts that have the value, of those where it is known."""
    having = 0
    known = 0
    for i in range(len(posts)):
        # Added, not branched on: what is a story is random to a processor.
        counts = (posts[i, POST_AGE] <= days) & (posts[i, POST_STORY] == 0.0)
        known += counts & (not np.isnan(posts[i, column]))
        having += counts & (posts[i, column] == value)
    if known == 0:
        return np.nan
    return having / known


@posting.feature(
    unit="posts per week", text="Posts per week, last {days} days", windows=(90,), needs=["posts"]
)
@kernel_part
def posts_per_week(view: View, days: float) -> float:
    """Feed posts of {days} days per 7 days since the first visible post, of {days} at most.

    At least 7 days count; 0 where every visible post is older, unknown without one.
    """
    posts = view.posts
    history = view.now[FACT_FIRST_POST]
    if np.isnan(history):
        return np.nan
    n = 0
    for i in range(len(posts)):
        n += (posts[i, POST_AGE] <= days) & (posts[i, POST_STORY] == 0.0)
    return 7.0 * n / min(days, max(MIN_RATE_DAYS, history))


@posting.feature(
    unit="ratio", text="Irregularity of posting, last {days} days", windows=(90,), needs=["posts"]
)
@kernel_part
def posting_gap_cv(view: View, days: float) -> float:
    """Coefficient of variation of the days between feed posts of {days} days.

    Unknown with fewer than 3 gaps.
    """
    posts = view.posts
    ages = np.empty(len(posts))
    n = 0
    for i in range(len(posts)):
        ages[n] = posts[i, POST_AGE]
        n += (ages[n] <= days) & (posts[i, POST_STORY] == 0.0)
    gaps = n - 1
    total = 0.0
    for i in range(gaps):
        total += ages[i] - ages[i + 1]
    if gaps < MIN_GAPS or total == 0.0:
        return np.nan
    mean = total / gaps
    squares = 0.0
    for i in range(gaps):
        squares += (ages[i] - ages[i + 1] - mean) ** 2
    return np.sqrt(squares / gaps) / mean


@posting.feature(unit="days", text="Days since the last post", needs=["posts"])
@kernel_part
def days_since_post(view: View) -> float:
    """Days since the last visible post or story."""
    return view.now[FACT_LAST_POST]


@posting.feature(
    unit="share",
    text="Share of sponsored posts, last {days} days",
    bounds=(0.0, 1.0),
    windows=(90,),
    needs=["posts"],
)
@kernel_part
def sponsored_share(view: View, days: float) -> float:
    """Share of the feed posts of {days} days marked as sponsored, where that is known."""
    return _share_of(view.posts, POST_SPONSORED, 1.0, days)


@posting.feature(
    unit="share",
    text="Share of reels among posts, last {days} days",
    bounds=(0.0, 1.0),
    windows=(90,),
    needs=["posts"],
)
@kernel_part
def reel_share(view: View, days: float) -> float:
    """Share of reels among the feed posts of {days} days of known media type."""
    return _share_of(view.posts, POST_MEDIA, REEL, days)


@posting.feature(
    unit="share",
    text="Share of carousels among posts, last {days} days",
    bounds=(0.0, 1.0),
    windows=(90,),
    needs=["posts"],
)
@kernel_part
def carousel_share(view: View, days: float) -> float:
    """Share of carousels among the feed posts of {days} days of known media type."""
    return _share_of(view.posts, POST_MEDIA, CAROUSEL, days)


@posting.feature(
    unit="hashtags", text="Hashtags per post, last {days} days", windows=(90,), needs=["posts"]
)
@kernel_part
def hashtags(view: View, days: float) -> float:
    """Median number of hashtags of the feed posts of {days} days."""
    posts = view.posts
    work = np.empty(len(posts))
    n = 0
    for i in range(len(posts)):
        value = posts[i, POST_HASHTAGS]
        if posts[i, POST_AGE] <= days and posts[i, POST_STORY] == 0.0 and not np.isnan(value):
            work[n] = value
            n += 1
    return median(work[:n])


@kernel_part
def posting_columns(view: View, wanted: Flags, out: Floats) -> None:
    """Fill in the wanted features of this module, in the order of their definition."""
    out[0] = posts_per_week(view, 90.0) if wanted[0] else np.nan
    out[1] = posting_gap_cv(view, 90.0) if wanted[1] else np.nan
    out[2] = days_since_post(view) if wanted[2] else np.nan
    out[3] = sponsored_share(view, 90.0) if wanted[3] else np.nan
    out[4] = reel_share(view, 90.0) if wanted[4] else np.nan
    out[5] = carousel_share(view, 90.0) if wanted[5] else np.nan
    out[6] = hashtags(view, 90.0) if wanted[6] else np.nan
