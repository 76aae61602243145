"""Engagement features again, naively."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from tests.oracles.history import NAN, History, days_before, known, middle, number, over, robust_sd

Post = Mapping[str, Any]


def posts_of(history: History, days: float) -> list[tuple[float, Post]]:
    """Return (age, post with its last metrics) of the window, oldest first."""
    found: list[tuple[float, Post]] = []
    for post in history.posts:
        age = history.age(post["posted_at"])
        if age > days:
            continue
        metrics = history.metrics[post["post_id"]]
        last: Mapping[str, Any] = metrics[-1] if metrics else {}
        ripe = 0.9 if post.get("media_type") == "story" else 2.0
        mature = bool(metrics) and days_before(post["posted_at"], last["observed_at"]) >= ripe
        before = [s for s in history.snapshots if s["observed_at"] <= post["posted_at"]]
        snapshots = before[-1:] or history.snapshots[:1]
        followers = number(snapshots[0], "followers") if snapshots else NAN
        found.append((age, {**post, **last, "mature": mature, "followers": followers}))
    return found


def engagement_of(post: Post) -> float:
    """Return (likes + comments) / followers at publishing."""
    comments = number(post, "comments")
    total = number(post, "likes") + (comments if known(comments) else 0.0)
    return over(total, post["followers"])


def engagement(history: History) -> dict[str, float]:
    """Return every engagement feature."""
    feed = [p for p in posts_of(history, 180) if p[1].get("media_type") != "story"]
    mature = [p for p in feed if p[1]["mature"]]
    recent = [post for age, post in mature if age <= 90]
    stories = [
        post
        for age, post in posts_of(history, 90)
        if post.get("media_type") == "story" and post["mature"]
    ]
    found = {
        f"engagement_rate_{days}d": _median([engagement_of(p) for age, p in mature if age <= days])
        for days in (30, 90)
    }
    found |= _rates(recent)
    found["story_reach_rate_90d"] = _median([over(_reached(p), p["followers"]) for p in stories])
    found |= {
        "like_spread_90d": _spread(recent, "likes"),
        "comment_spread_90d": _spread(recent, "comments"),
        "sponsored_ratio_180d": _sponsored([post for _, post in mature]),
        "engagement_trend_90d": _trend([p for p in mature if p[0] <= 90]),
        "engagement_change_365d": _change(history),
    }
    return {**found, **_posting(history, [p for p in feed if p[0] <= 90])}


def _median(values: Sequence[float]) -> float:
    return middle([value for value in values if known(value)])


def _first_known(post: Post, *names: str) -> float:
    return next((number(post, name) for name in names if known(number(post, name))), NAN)


def _reached(post: Post) -> float:
    return _first_known(post, "reach", "views")


def _rates(posts: Sequence[Post]) -> dict[str, float]:
    def sums(top: str, bottom: str) -> tuple[float, float]:
        pairs = [
            (number(p, top), _reached(p) if bottom == "reached" else number(p, bottom))
            for p in posts
        ]
        both = [pair for pair in pairs if known(*pair)]
        return sum(pair[0] for pair in both), sum(pair[1] for pair in both)

    clicks, reached = sums("link_clicks", "reached")
    outside = over(*sums("reach_non_followers", "reach"))
    expected = [_first_known(p, "impressions", "views", "reach") for p in posts]
    interactions = [
        number(p, "likes")
        + sum(number(p, n) for n in ("comments", "shares", "saves") if known(number(p, n)))
        for p in posts
    ]
    return {
        "engagement_rate_reach_90d": _median(
            [over(n, number(p, "reach")) for n, p in zip(interactions, posts, strict=True)]
        ),
        "comment_like_ratio_90d": over(*sums("comments", "likes")),
        "save_rate_90d": over(*sums("saves", "reached")),
        "share_rate_90d": over(*sums("shares", "reached")),
        "reach_rate_90d": _median([over(number(p, "reach"), p["followers"]) for p in posts]),
        "view_rate_90d": _median([over(number(p, "views"), p["followers"]) for p in posts]),
        "log_impressions_90d": math.log10(1 + _median(expected)),
        "non_follower_reach_90d": min(outside, 1.0) if known(outside) else NAN,
        "link_click_rate_90d": (clicks + 10) / (reached + 1000) if reached > 0 else NAN,
        "like_view_ratio_90d": _median(
            [over(number(p, "likes"), number(p, "views")) for p in posts]
        ),
    }


def _spread(posts: Sequence[Post], metric: str) -> float:
    values = [math.log1p(number(p, metric)) for p in posts if known(number(p, metric))]
    return robust_sd(values) if len(values) >= 5 else NAN


def _sponsored(posts: Sequence[Post]) -> float:
    rates = [(p.get("is_sponsored"), engagement_of(p)) for p in posts if known(engagement_of(p))]
    paid = [rate for flag, rate in rates if flag is True]
    other = [rate for flag, rate in rates if flag is False]
    change = over(middle(paid), middle(other))
    return change ** (len(paid) / (len(paid) + 3)) if known(change) else NAN


def _trend(posts: Sequence[tuple[float, Post]]) -> float:
    points = [(age, math.log(engagement_of(p))) for age, p in posts if engagement_of(p) > 0][-60:]
    if len(points) < 5 or points[0][0] - points[-1][0] < 15:
        return NAN
    slopes = [
        (later - earlier) / (old - new)
        for i, (old, earlier) in enumerate(points)
        for new, later in points[i + 1 :]
        if old - new >= 1
    ]
    return 30 * middle(slopes)


def _change(history: History) -> float:
    """Return how the engagement rate of the newest third compares with the oldest third's."""
    rates = [
        (age, math.log(engagement_of(post)))
        for age, post in posts_of(history, 365)
        if post.get("media_type") != "story" and post["mature"] and engagement_of(post) > 0
    ]
    if len(rates) < 9 or rates[0][0] - rates[-1][0] < 365 / 6:
        return NAN
    third = len(rates) // 3
    return middle([rate for _, rate in rates[-third:]]) - middle([r for _, r in rates[:third]])


def _posting(history: History, feed: Sequence[tuple[float, Post]]) -> dict[str, float]:
    ages = [history.age(post["posted_at"]) for post in history.posts]
    posted = [age for age, _ in feed]
    gaps = [a - b for a, b in pairwise(posted)]
    cv = NAN
    if len(gaps) >= 3 and sum(gaps) > 0:
        mean = sum(gaps) / len(gaps)
        cv = math.sqrt(sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) / mean

    def share(name: str, value: object) -> float:
        stated = [post[name] for _, post in feed if post.get(name) is not None]
        return sum(one == value for one in stated) / len(stated) if stated else NAN

    per_week = 7 * len(feed) / min(90.0, max(7.0, ages[0])) if ages else NAN
    return {
        "posts_per_week_90d": per_week,
        "posting_gap_cv_90d": cv,
        "days_since_post": ages[-1] if ages else NAN,
        "sponsored_share_90d": share("is_sponsored", True),
        "reel_share_90d": share("media_type", "reel"),
        "carousel_share_90d": share("media_type", "carousel"),
        "hashtags_90d": _median([number(post, "hashtag_count") for _, post in feed]),
    }
