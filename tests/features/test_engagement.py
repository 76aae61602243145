"""Engagement features worked by hand."""

import math

import numpy as np
import pytest

from tests.features.histories import Rows, ago, daily, features_of, post, together

FOLLOWERS: Rows = {"snapshots": daily([1000] * 100)}


def test_rates_by_hand() -> None:
    """Medians of ratios for rates per post, ratios of sums for rare events."""
    insights = {"comments": 10, "shares": 5, "saves": 15, "link_clicks": 8}
    three = together(
        post(10, likes=40, reach=500, views=800, reach_non_followers=100, **insights),
        post(20, likes=90, reach=250, views=300, reach_non_followers=50, **insights),
        post(40, likes=190, reach=1000, views=1900, reach_non_followers=200, **insights),
    )

    found = features_of(FOLLOWERS, three)

    assert found["engagement_rate_30d"] == pytest.approx((0.05 + 0.1) / 2)
    assert found["engagement_rate_90d"] == pytest.approx(0.1)
    assert found["engagement_rate_reach_90d"] == pytest.approx(220 / 1000)
    assert found["comment_like_ratio_90d"] == pytest.approx(30 / 320)
    assert found["save_rate_90d"] == pytest.approx(45 / 1750)
    assert found["share_rate_90d"] == pytest.approx(15 / 1750)
    assert found["reach_rate_90d"] == pytest.approx(0.5)
    assert found["view_rate_90d"] == pytest.approx(0.8)
    assert found["log_impressions_90d"] == pytest.approx(math.log10(801))
    assert found["non_follower_reach_90d"] == pytest.approx(350 / 1750)
    assert found["link_click_rate_90d"] == pytest.approx((24 + 10) / (1750 + 1000))
    assert found["like_view_ratio_90d"] == pytest.approx(0.1)


def test_immature_likes_do_not_count() -> None:
    """A post seen less than two days after publishing is left out of every rate."""
    young = post(3.5, likes=1)
    young["post_metrics"][0]["observed_at"] = ago(1.6)

    found = features_of(FOLLOWERS, post(10, likes=100), young)

    assert found["engagement_rate_30d"] == pytest.approx(0.1)
    assert found["posts_per_week_90d"] == pytest.approx(2 * 7 / 10)


def test_stories_stand_apart() -> None:
    """A story changes story reach only, and counts a day after publishing."""
    story = post(5, media_type="story", reach=80, likes=3)
    story["post_metrics"][0]["observed_at"] = ago(4)
    feed = post(10, likes=100, reach=500)

    found, without = features_of(FOLLOWERS, feed, story), features_of(FOLLOWERS, feed)

    assert found["story_reach_rate_90d"] == pytest.approx(0.08)
    assert math.isnan(without["story_reach_rate_90d"])
    for name in ("engagement_rate_30d", "reach_rate_90d", "posts_per_week_90d"):
        assert found[name] == without[name]


def test_unknown_is_not_zero() -> None:
    """Unknown comments count nothing beside likes; unknown likes make a post unknown."""
    assert features_of(FOLLOWERS, post(9, likes=50))["engagement_rate_30d"] == pytest.approx(0.05)
    assert math.isnan(features_of(FOLLOWERS, post(9, comments=50))["engagement_rate_30d"])
    assert math.isnan(features_of(FOLLOWERS, post(9, likes=50))["reach_rate_90d"])
    assert math.isnan(features_of(post(9, likes=50))["engagement_rate_30d"])


def test_sponsored_ratio_shrinks() -> None:
    """Half the engagement in one sponsored post is .5 ** .25; in nine it is .5 ** .75."""
    organic = [post(60 + n, likes=100, is_sponsored=False) for n in range(4)]

    def ratio(sponsored: int) -> float:
        paid = [post(20 + n, likes=50, is_sponsored=True) for n in range(sponsored)]
        return features_of(FOLLOWERS, *organic, *paid)["sponsored_ratio_180d"]

    assert ratio(1) == pytest.approx(0.5**0.25)
    assert ratio(9) == pytest.approx(0.5**0.75)
    assert math.isnan(ratio(0))


def test_trend_by_hand() -> None:
    """Engagement that grows e-fold in 30 days has a trend of 1, whatever one outlier says."""
    posts = [post(80 - n, likes=round(1e6 * math.exp(n / 30))) for n in range(0, 60, 4)]
    outlier = post(35, likes=7)

    found = features_of(FOLLOWERS, *posts, outlier)["engagement_trend_90d"]

    assert found == pytest.approx(1.0, abs=0.05)


def test_scale_does_not_matter() -> None:
    """Ten times the followers, likes and comments give the same engagement rate."""
    large: Rows = {"snapshots": daily([10_000] * 100)}

    assert (
        features_of(large, post(9, likes=500, comments=70))["engagement_rate_90d"]
        == features_of(FOLLOWERS, post(9, likes=50, comments=7))["engagement_rate_90d"]
    )


def test_posting_by_hand() -> None:
    """Posts per week of the observed time, the variation of gaps, and shares of known kinds."""
    ages = (50, 40, 30, 10)
    kinds = ("reel", "reel", "image", None)
    posts = [
        post(days, media_type=kind, hashtag_count=n, is_sponsored=n == 1)
        for n, (days, kind) in enumerate(zip(ages, kinds, strict=True))
    ]

    found = features_of(*posts)

    assert found["posts_per_week_90d"] == pytest.approx(4 * 7 / 50)
    gaps = np.array([10, 10, 20])
    assert found["posting_gap_cv_90d"] == pytest.approx(gaps.std() / gaps.mean())
    assert found["days_since_post"] == 10.0
    assert found["reel_share_90d"] == pytest.approx(2 / 3)
    assert found["carousel_share_90d"] == 0.0
    assert found["sponsored_share_90d"] == 0.25
    assert found["hashtags_90d"] == 1.5


def test_even_likes_have_no_spread() -> None:
    """Likes e times apart spread by 1.4826; equal ones by nothing; four posts say nothing."""
    likes = [99, 99, 99, 99, 99]
    apart = [round(100 * math.e**n) - 1 for n in (-2, -1, 0, 1, 2)]

    def spread(counts: list[int]) -> float:
        posts = [post(5 + n, likes=count) for n, count in enumerate(counts)]
        return features_of(*posts)["like_spread_90d"]

    assert spread(likes) == 0.0
    assert spread(apart) == pytest.approx(1.4826, rel=0.02)
    assert math.isnan(spread(likes[:4]))


def test_change_over_a_year_by_hand() -> None:
    """Likes that stay while the followers double halve the engagement rate."""
    followers = [1_000.0 if day < 150 else 2_000.0 for day in range(300)]
    posts = [post(300 - day - 0.5, likes=50) for day in range(5, 290, 19)]

    found = features_of({"snapshots": daily(followers)}, *posts)["engagement_change_365d"]

    assert found == pytest.approx(math.log(0.5))
    few = features_of({"snapshots": daily(followers)}, *posts[:8])["engagement_change_365d"]
    assert math.isnan(few)
