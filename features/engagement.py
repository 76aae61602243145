"""How the audience answers posts: engagement, reach and clicks."""

# mypy: disable-error-code="no-any-return"
# NumPy types an element of an array as Any.
import numpy as np

from features.arrays import Flags, Floats, Ints
from features.compiled import kernel_part
from features.spec import Family
from features.statistics import Column, median, ratio
from features.view import View
from features.view_posts import (
    POST_CLICKS,
    POST_COMMENTS,
    POST_EXPECTED,
    POST_FOLLOWERS,
    POST_INTERACTIONS,
    POST_LIKES,
    POST_LIKES_COMMENTS,
    POST_NON_FOLLOWERS,
    POST_REACH,
    POST_REACHED,
    POST_SAVES,
    POST_SHARES,
    POST_VIEWS,
    first_recent,
)

engagement = Family("engagement")

USUAL_CLICK_RATE = 0.01
CLICK_SHRINKAGE = 1000.0  # reached accounts that weigh as much as the usual click rate
NEEDS = ("posts", "post_metrics")
NEEDS_FOLLOWERS = ("snapshots", "posts", "post_metrics")


@kernel_part
def _median_ratio(rows: Ints, posts: Floats, top: Column, bottom: Column, days: float) -> float:
    """Return the median over these posts of one column over another."""
    first = first_recent(rows, posts, days)
    work = np.empty(len(rows) - first)
    n = 0
    for place in range(first, len(rows)):
        i = rows[place]
        value = posts[i, top] / posts[i, bottom]
        work[n] = value
        # Added, not branched on: what is missing is missing at random.
        n += (posts[i, bottom] > 0.0) & (not np.isnan(value))
    return median(work[:n])


@kernel_part
def _sums(view: View, top: Column, bottom: Column, days: float) -> tuple[float, float]:
    """Return the sums of two columns over the mature feed posts that have both."""
    posts = view.year_posts
    rows = view.feed
    above = 0.0
    below = 0.0
    for place in range(first_recent(rows, posts, days), len(rows)):
        i = rows[place]
        both = not np.isnan(posts[i, top] + posts[i, bottom])
        above += posts[i, top] if both else 0.0
        below += posts[i, bottom] if both else 0.0
    return above, below


@kernel_part
def _ratio_of_sums(view: View, top: Column, bottom: Column, days: float) -> float:
    """Return the sum of one column over that of another, of the posts that have both."""
    above, below = _sums(view, top, bottom, days)
    return ratio(above, below)


@engagement.feature(
    unit="ratio",
    text="Engagement rate, last {days} days",
    windows=(30, 90),
    needs=NEEDS_FOLLOWERS,
)
@kernel_part
def engagement_rate(view: View, days: float) -> float:
    """Median of (likes + comments) / followers at publishing over mature feed posts of {days} days.

    Mature: metrics last observed at least 2 days after publishing. Feed: no story. Followers at
    publishing: of the last snapshot then, else of the first. Unknown comments count nothing.
    """
    return _median_ratio(view.feed, view.year_posts, POST_LIKES_COMMENTS, POST_FOLLOWERS, days)


@engagement.feature(
    unit="ratio",
    text="Engagement per account reached, last {days} days",
    windows=(90,),
    needs=NEEDS,
)
@kernel_part
def engagement_rate_reach(view: View, days: float) -> float:
    """Median of (likes + comments + shares + saves) / reach over mature feed posts of {days} days.

    Unknown comments, shares and saves count nothing.
    """
    return _median_ratio(view.feed, view.year_posts, POST_INTERACTIONS, POST_REACH, days)


@engagement.feature(
    unit="ratio",
    text="Comments per like, last {days} days",
    windows=(90,),
    needs=NEEDS,
)
@kernel_part
def comment_like_ratio(view: View, days: float) -> float:
    """Sum of comments / sum of likes over mature feed posts of {days} days that have both."""
    return _ratio_of_sums(view, POST_COMMENTS, POST_LIKES, days)


@engagement.feature(
    unit="ratio",
    text="Saves per account reached, last {days} days",
    windows=(90,),
    needs=NEEDS,
)
@kernel_part
def save_rate(view: View, days: float) -> float:
    """Sum of saves / sum of reach (else views) over mature feed posts of {days} days with both."""
    return _ratio_of_sums(view, POST_SAVES, POST_REACHED, days)


@engagement.feature(
    unit="ratio",
    text="Shares per account reached, last {days} days",
    windows=(90,),
    needs=NEEDS,
)
@kernel_part
def share_rate(view: View, days: float) -> float:
    """Sum of shares / sum of reach (else views) over mature feed posts of {days} days with both."""
    return _ratio_of_sums(view, POST_SHARES, POST_REACHED, days)


@engagement.feature(
    unit="ratio",
    text="Reach of a post per follower, last {days} days",
    windows=(90,),
    needs=NEEDS_FOLLOWERS,
)
@kernel_part
def reach_rate(view: View, days: float) -> float:
    """Median of reach / followers at publishing over mature feed posts of {days} days."""
    return _median_ratio(view.feed, view.year_posts, POST_REACH, POST_FOLLOWERS, days)


@engagement.feature(
    unit="ratio",
    text="Views of a post per follower, last {days} days",
    windows=(90,),
    needs=NEEDS_FOLLOWERS,
)
@kernel_part
def view_rate(view: View, days: float) -> float:
    """Median of views / followers at publishing over mature feed posts of {days} days."""
    return _median_ratio(view.feed, view.year_posts, POST_VIEWS, POST_FOLLOWERS, days)


@engagement.feature(
    unit="log10 impressions",
    text="Impressions to expect of a post (log10), last {days} days",
    windows=(90,),
    needs=NEEDS,
)
@kernel_part
def log_impressions(view: View, days: float) -> float:
    """log10(1 + median impressions) of mature feed posts of {days} days.

    Of a post without impressions its views count, without these its reach.
    """
    posts = view.year_posts
    rows = view.feed
    first = first_recent(rows, posts, days)
    work = np.empty(len(rows) - first)
    n = 0
    for place in range(first, len(rows)):
        value = posts[rows[place], POST_EXPECTED]
        work[n] = value
        n += not np.isnan(value)
    return np.log10(1.0 + median(work[:n]))


@engagement.feature(
    unit="share",
    text="Share of the reach outside the followers, last {days} days",
    bounds=(0.0, 1.0),
    windows=(90,),
    needs=NEEDS,
)
@kernel_part
def non_follower_reach(view: View, days: float) -> float:
    """Sum of reach among non-followers / sum of reach over mature feed posts of {days} days."""
    return min(_ratio_of_sums(view, POST_NON_FOLLOWERS, POST_REACH, days), 1.0)


@engagement.feature(
    unit="ratio",
    text="Reach of a story per follower, last {days} days",
    windows=(90,),
    needs=NEEDS_FOLLOWERS,
)
@kernel_part
def story_reach_rate(view: View, days: float) -> float:
    """Median of reach (else views) / followers at publishing over mature stories of {days} days.

    A story is mature .9 days after publishing.
    """
    return _median_ratio(view.stories, view.year_posts, POST_REACHED, POST_FOLLOWERS, days)


@engagement.feature(
    unit="ratio",
    text="Link clicks per account reached, last {days} days",
    windows=(90,),
    needs=NEEDS,
)
@kernel_part
def link_click_rate(view: View, days: float) -> float:
    """(Clicks + 10) / (reach or else views + 1000), sums over mature feed posts of {days} days.

    Of posts that have both: the rate is shrunk to 1 % as if by 1000 more accounts reached.
    """
    clicks, reached = _sums(view, POST_CLICKS, POST_REACHED, days)
    if reached == 0.0:
        return np.nan
    return (clicks + USUAL_CLICK_RATE * CLICK_SHRINKAGE) / (reached + CLICK_SHRINKAGE)


@engagement.feature(
    unit="ratio",
    text="Likes per view, last {days} days",
    windows=(90,),
    needs=NEEDS,
)
@kernel_part
def like_view_ratio(view: View, days: float) -> float:
    """Median of likes / views over mature feed posts of {days} days."""
    return _median_ratio(view.feed, view.year_posts, POST_LIKES, POST_VIEWS, days)


@kernel_part
def engagement_columns(view: View, wanted: Flags, out: Floats) -> None:
    """Fill in the wanted features of this module, in the order of their definition."""
    out[0] = engagement_rate(view, 30.0) if wanted[0] else np.nan
    out[1] = engagement_rate(view, 90.0) if wanted[1] else np.nan
    out[2] = engagement_rate_reach(view, 90.0) if wanted[2] else np.nan
    out[3] = comment_like_ratio(view, 90.0) if wanted[3] else np.nan
    out[4] = save_rate(view, 90.0) if wanted[4] else np.nan
    out[5] = share_rate(view, 90.0) if wanted[5] else np.nan
    out[6] = reach_rate(view, 90.0) if wanted[6] else np.nan
    out[7] = view_rate(view, 90.0) if wanted[7] else np.nan
    out[8] = log_impressions(view, 90.0) if wanted[8] else np.nan
    out[9] = non_follower_reach(view, 90.0) if wanted[9] else np.nan
    out[10] = story_reach_rate(view, 90.0) if wanted[10] else np.nan
    out[11] = link_click_rate(view, 90.0) if wanted[11] else np.nan
    out[12] = like_view_ratio(view, 90.0) if wanted[12] else np.nan
