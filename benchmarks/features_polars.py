"""The 25 features of `benchmarks.features_speed` as polars computes them, for timing beside ours.

Written for speed on the tables of `benchmarks.features_tables`: every file is scanned lazily, only
the columns that the features need are read, followers at publishing and the steps between snapshots
are made once for all moments, and each moment's windows are grouped apart. It leaves out what those
tables do not need: bad rows, copies, conflicts, further observations, snapshots too near.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

KEY = "creator_id"
POST = ("posted_at", "observed_at", "feed", "ripe", "reel", "is_sponsored")
COUNTS = ("likes", "comments", "saves", "shares")
RATES = {
    "engagement_rate_reach_90d": "interactions_reach",
    "reach_rate_90d": "reach_followers",
    "view_rate_90d": "views_followers",
    "like_view_ratio_90d": "likes_views",
}
SUMS = {
    "comment_like_ratio_90d": ("comments", "likes"),
    "save_rate_90d": ("saves", "reached"),
    "share_rate_90d": ("shares", "reached"),
}
COLUMNS = (
    "log_followers",
    "following_ratio",
    "following_churn_90d",
    "followers_per_post",
    "history_days",
    "account_age_days",
    "follower_growth_30d",
    "follower_growth_90d",
    "growth_volatility_90d",
    "growth_loss_days_90d",
    "engagement_rate_30d",
    "engagement_rate_90d",
    "engagement_rate_reach_90d",
    "comment_like_ratio_90d",
    "save_rate_90d",
    "share_rate_90d",
    "reach_rate_90d",
    "view_rate_90d",
    "log_impressions_90d",
    "like_view_ratio_90d",
    "posts_per_week_90d",
    "posting_gap_cv_90d",
    "days_since_post",
    "sponsored_share_90d",
    "reel_share_90d",
)


def features(folder: Path) -> pl.DataFrame:
    """Return the features of each row of the spine, in the order of creator and moment.

    Parameters
    ----------
    folder : Path
        From `write_tables`.

    Returns
    -------
    polars.DataFrame
        creator_id, as_of and `COLUMNS`; null is unknown.
    """
    spine = pl.scan_parquet(folder / "spine.parquet").join(
        pl.scan_parquet(folder / "creators.parquet").select(KEY, "created_at"), on=KEY, how="left"
    )
    snapshots = _snapshots(folder).collect().lazy()
    posts = _posts(folder, snapshots).collect().lazy()
    parts = []
    for as_of in spine.select(pl.col("as_of").unique().sort()).collect()["as_of"].to_list():
        rows = spine.filter(pl.col("as_of") == as_of)
        for found in (_growth(snapshots, as_of), *_engagement(posts, as_of)):
            rows = rows.join(found, on=KEY, how="left")
        age = _age(as_of, pl.col("created_at"))
        whole = rows.with_columns(_per_week(), account_age_days=age)
        parts.append(whole.select(KEY, "as_of", *COLUMNS).collect())
    return pl.concat(parts).sort(KEY, "as_of")


def _snapshots(folder: Path) -> pl.LazyFrame:
    """Return the snapshots, each with what changed since the one before."""
    followers = pl.col("followers").cast(pl.Float64)
    grown = followers.log1p().diff() / _days(pl.col("observed_at").diff())
    return (
        pl.scan_parquet(folder / "snapshots.parquet")
        .sort(KEY, "observed_at")
        .with_columns(
            grown.alias("rate"),
            (followers.diff() < 0).alias("lost"),
            pl.col("following").diff().abs().alias("changed"),
        )
    )


def _posts(folder: Path, snapshots: pl.LazyFrame) -> pl.LazyFrame:
    """Return the posts with their metrics, rates and followers at publishing."""
    counts = snapshots.select(KEY, "observed_at", "followers")
    first = counts.group_by(KEY).agg(pl.col("followers").first().alias("first"))
    followers = pl.col("followers").fill_null(pl.col("first"))
    feed = pl.col("media_type") != "story"
    ripe = feed & (pl.col("observed_at") - pl.col("posted_at") >= timedelta(days=2))
    likes_comments = pl.col("likes") + pl.col("comments").fill_null(0)
    interactions = likes_comments + pl.col("shares").fill_null(0) + pl.col("saves").fill_null(0)
    return (
        pl.scan_parquet(folder / "posts.parquet")
        .select("post_id", KEY, "posted_at", "media_type", "is_sponsored")
        .join(pl.scan_parquet(folder / "post_metrics.parquet"), on="post_id", how="left")
        .sort(KEY, "posted_at")
        .join_asof(
            counts.rename({"observed_at": "seen_at"}),
            left_on="posted_at",
            right_on="seen_at",
            by=KEY,
            check_sortedness=False,
        )
        .join(first, on=KEY, how="left", maintain_order="left")
        .with_columns(feed.alias("feed"), ripe.alias("ripe"), reel=pl.col("media_type") == "reel")
        .select(
            KEY,
            *POST,
            *COUNTS,
            pl.coalesce("reach", "views").alias("reached"),
            pl.coalesce("impressions", "views", "reach").alias("expected"),
            _ratio(likes_comments, followers).alias("engagement"),
            _ratio(interactions, pl.col("reach")).alias("interactions_reach"),
            _ratio(pl.col("reach"), followers).alias("reach_followers"),
            _ratio(pl.col("views"), followers).alias("views_followers"),
            _ratio(pl.col("likes"), pl.col("views")).alias("likes_views"),
        )
    )


def _growth(snapshots: pl.LazyFrame, as_of: datetime) -> pl.LazyFrame:
    """Return what the snapshots of each creator show at one moment."""
    times, followers = pl.col("observed_at"), pl.col("followers").cast(pl.Float64)
    last = {
        name: pl.col(name).last().cast(pl.Float64)
        for name in ("followers", "following", "media_count")
    }
    inside = times >= as_of - timedelta(days=90)
    # The first row of a window ends a step that began outside it.
    rates, steps = pl.col("rate").filter(inside).slice(1), inside.sum() - 1
    changed = pl.col("changed").filter(inside).slice(1).sum() / (1 + last["following"])

    def span(days: int) -> pl.Expr:
        within = times.filter(times >= as_of - timedelta(days=days))
        found = _days(within.last() - within.first())
        return pl.when(found >= days / 6).then(found)

    def grown(days: int) -> pl.Expr:
        start = followers.filter(times >= as_of - timedelta(days=days)).first()
        gained = followers.last().log1p() - start.log1p()
        return (30 * gained / span(days)).alias(f"follower_growth_{days}d")

    return (
        snapshots.filter(times < as_of)
        .group_by(KEY)
        .agg(
            (1 + last["followers"]).log10().alias("log_followers"),
            ((1 + last["following"]) / (1 + last["followers"])).log10().alias("following_ratio"),
            ((1 + last["followers"]) / (1 + last["media_count"]))
            .log10()
            .alias("followers_per_post"),
            (changed * 90 / span(90)).alias("following_churn_90d"),
            _days(times.last() - times.first()).alias("history_days"),
            grown(30),
            grown(90),
            pl.when(steps >= 7)
            .then(1.4826 * (rates - rates.median()).abs().median())
            .alias("growth_volatility_90d"),
            pl.when(steps >= 7)
            .then(pl.col("lost").filter(inside).slice(1).sum() / steps)
            .alias("growth_loss_days_90d"),
        )
    )


def _engagement(posts: pl.LazyFrame, as_of: datetime) -> Iterator[pl.LazyFrame]:
    """Return what the posts of each creator show at one moment: ripe ones, feed posts, all."""
    times = pl.col("posted_at")
    before = posts.filter(times < as_of)
    window = before.filter(times >= as_of - timedelta(days=90), pl.col("feed"))
    late = times >= as_of - timedelta(days=30)
    yield (
        window.filter(pl.col("ripe"), pl.col("observed_at") < as_of)
        .group_by(KEY)
        .agg(
            pl.col("engagement").filter(late).median().alias("engagement_rate_30d"),
            pl.col("engagement").median().alias("engagement_rate_90d"),
            *(pl.col(rate).median().alias(name) for name, rate in RATES.items()),
            *(_sums(*pair).alias(name) for name, pair in SUMS.items()),
            (1 + pl.col("expected").median()).log10().alias("log_impressions_90d"),
        )
    )
    gaps = _days(times.diff()).drop_nulls()
    sponsored = pl.col("is_sponsored")
    yield window.group_by(KEY).agg(
        pl.len().alias("posts"),
        pl.when(pl.len() > 3).then(gaps.std(ddof=0) / gaps.mean()).alias("posting_gap_cv_90d"),
        sponsored.mean().alias("sponsored_share_90d"),
        pl.col("reel").mean().alias("reel_share_90d"),
    )
    yield before.group_by(KEY).agg(
        _age(as_of, times.last()).alias("days_since_post"),
        _age(as_of, times.first()).alias("history"),
    )


def _per_week() -> pl.Expr:
    history = pl.col("history").clip(7, 90)
    return (7 * pl.col("posts").fill_null(0) / history).alias("posts_per_week_90d")


def _sums(top: str, bottom: str) -> pl.Expr:
    both = pl.col(top).is_not_null() & pl.col(bottom).is_not_null()
    return _ratio(pl.col(top).filter(both).sum(), pl.col(bottom).filter(both).sum())


def _ratio(top: pl.Expr, bottom: pl.Expr) -> pl.Expr:
    return pl.when(bottom > 0).then(top / bottom)


def _days(span: pl.Expr) -> pl.Expr:
    return span.dt.total_microseconds() / 86_400e6


def _age(as_of: datetime, time: pl.Expr) -> pl.Expr:
    return _days(pl.lit(as_of) - time)
