"""Forty-five columns that a good data scientist would make from the raw tables, in plain pandas.

Each row is a collaboration at its agreement; nothing that became known at or after it is used.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

DAYS_90, DAYS_30 = pd.Timedelta(days=90), pd.Timedelta(days=30)
YOUNGEST = pd.Timedelta(days=3)  # of a post whose figures count
MASS = 1_500  # accounts followed
UNTOLD = 0.5  # weight of the prior of a rate, in rows of one in five
KINDS = ("sponsored_post", "product_seeding", "event", "affiliate", "ambassador")
NAMES = (
    "log_followers", "following_ratio", "log_media", "growth_30", "growth_90", "account_days",
    "tiktok", "youtube", "verified", "posts_90", "sponsored_share", "video_share",
    "days_since_post", "engagement", "comments_per_like", "log_likes", "log_views", "log_reach",
    "reach_rate", "save_rate", "share_rate", "log_clicks", "country_match", "gender_match",
    "age_match", "match", "log_target_reach", "no_picture", "mass_following", "log_goal",
    "log_budget", "deliverables", "lead_days", "launch", "log_price", "kind", "same_category",
    "same_country", "log_fee", "fee_per_thousand", "creator_mean", "creator_deals", "brand_mean",
    "brand_rate", "goal_per_reach",
)  # fmt: skip


def forty_five(folder: Path) -> pd.DataFrame:
    """Return the columns of every collaboration of a tables folder, by collaboration_id."""
    rows = _deals(folder)
    for part in (_size, _posts, _audience, _sample, _offer, _history):
        rows = part(rows, folder)
    reach = rows["log_reach"].fillna(rows["log_followers"] - 0.5)
    rows["match"] = rows[["country_match", "gender_match", "age_match"]].fillna(1.0).prod(axis=1)
    rows["log_target_reach"] = reach + np.log10(rows["match"] + 0.01)
    rows["goal_per_reach"] = rows["log_goal"] - rows["log_target_reach"]
    return rows.set_index("collaboration_id")[list(NAMES)].astype(np.float64)


def _read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(folder / f"{name}.parquet")


def _deals(folder: Path) -> pd.DataFrame:
    """Return the collaborations with brief, brand and creator, by agreement."""
    creators = _read(folder, "creators").rename(columns={"observed_at": "told_at"})
    brands = _read(folder, "brands").rename(columns={"observed_at": "priced_at"})
    rows = _read(folder, "collaborations").sort_values("agreed_at", kind="stable")
    rows = rows.merge(_read(folder, "briefs"), on="brief_id", how="left")
    rows = rows.merge(brands, on="brand_id", how="left", suffixes=("", "_brand"))
    rows = rows.merge(creators, on="creator_id", how="left", suffixes=("", "_creator"))
    return rows.reset_index(drop=True)


def _days(between: "pd.Series[Any]") -> "pd.Series[float]":
    return pd.Series(between.dt.total_seconds() / 86_400.0)


def _before(rows: pd.DataFrame, events: pd.DataFrame, at: str, by: str) -> pd.DataFrame:
    """Return the last event of the same `by` before each row's agreement, row for row."""
    events = events.dropna(subset=[by, at]).sort_values(at, kind="stable")
    left = rows[["agreed_at", by]].copy()
    left[by] = left[by].astype(object)
    events[by] = events[by].astype(object)
    return pd.merge_asof(
        left, events, left_on="agreed_at", right_on=at, by=by, allow_exact_matches=False
    )


def _size(rows: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Add followers, their growth, and the account."""
    looks = _read(folder, "snapshots")
    now = _before(rows, looks, "observed_at", "creator_id")
    rows["log_followers"] = np.log10(now["followers"] + 1.0)
    rows["following_ratio"] = np.log10((now["following"] + 1.0) / (now["followers"] + 1.0))
    rows["log_media"] = np.log10(now["media_count"] + 1.0)
    for name, back in (("growth_30", DAYS_30), ("growth_90", DAYS_90)):
        earlier = rows.assign(agreed_at=rows["agreed_at"] - back)
        then = _before(earlier, looks, "observed_at", "creator_id")
        rows[name] = np.log((now["followers"] + 1.0) / (then["followers"] + 1.0))
    rows["account_days"] = _days(rows["agreed_at"] - rows["created_at_creator"])
    rows["tiktok"], rows["youtube"] = (rows["platform"] == one for one in ("tiktok", "youtube"))
    told = rows["told_at"] < rows["agreed_at"]
    rows["verified"] = rows["is_verified"].astype("Float64").where(told)
    return rows


def _posts(rows: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Add posts of the ninety days before, each with the last figures that were known."""
    posts = _read(folder, "posts")[
        ["post_id", "creator_id", "posted_at", "media_type", "is_sponsored"]
    ]
    keys = rows[["creator_id", "agreed_at", "log_followers"]].assign(row=rows.index)
    pairs = keys.merge(posts, on="creator_id")
    age = pairs["agreed_at"] - pairs["posted_at"]
    pairs = pairs[(age > pd.Timedelta(0)) & (age <= DAYS_90)]
    by = pairs.groupby("row")
    rows["posts_90"] = by.size().reindex(rows.index).fillna(0)
    rows["sponsored_share"] = pairs["is_sponsored"].astype("Float64").groupby(pairs["row"]).mean()
    moving = pairs["media_type"].isin(["video", "reel"])
    rows["video_share"] = moving.where(pairs["media_type"].notna()).astype("Float64").groupby(
        pairs["row"]
    ).mean()  # fmt: skip
    rows["days_since_post"] = _days(rows["agreed_at"] - by["posted_at"].max())
    ripe = pairs[pairs["agreed_at"] - pairs["posted_at"] >= YOUNGEST]
    seen = ripe.merge(_read(folder, "post_metrics"), on="post_id")
    seen = seen[seen["observed_at"] < seen["agreed_at"]].sort_values("observed_at", kind="stable")
    return _figures(rows, seen.groupby(["row", "post_id"]).tail(1))


def _figures(rows: pd.DataFrame, seen: pd.DataFrame) -> pd.DataFrame:
    """Add medians and rates of what the posts brought."""
    followers = 10.0 ** seen["log_followers"]
    each = pd.DataFrame({
        "row": seen["row"],
        "engagement": (seen["likes"] + seen["comments"].fillna(0)) / followers,
        "log_likes": np.log10(seen["likes"] + 1.0),
        "log_views": np.log10(seen["views"] + 1.0),
        "log_reach": np.log10(seen["reach"].fillna(seen["views"]) + 1.0),
        "reach_rate": seen["reach"] / followers,
        "log_clicks": np.log10(seen["link_clicks"] + 1.0),
    })  # fmt: skip
    middle = each.groupby("row").median()
    rows[list(middle.columns)] = middle.reindex(rows.index)
    counts = ["likes", "comments", "saves", "shares", "reach"]
    total = seen.groupby("row")[counts].sum(min_count=1).astype(np.float64)
    rows["comments_per_like"] = total["comments"] / (total["likes"] + 1.0)
    for name, column in (("save_rate", "saves"), ("share_rate", "shares")):
        rows[name] = total[column] / (total["reach"].where(total["reach"] > 0) + 1.0)
    return rows


def _audience(rows: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Add the overlap of the last audience breakdown with the brief's targets."""
    table = _read(folder, "audience")
    for dimension, column in (("country", "countries"), ("gender", "genders"), ("age", "ages")):
        part = table[table["dimension"] == dimension]
        looks = part[["creator_id", "observed_at"]].drop_duplicates()
        last = _before(rows, looks, "observed_at", "creator_id")["observed_at"]
        wanted = rows[f"target_{column}"].map(lambda of: dict(of) if of is not None else None)
        goal = pd.DataFrame({"creator_id": rows["creator_id"], "observed_at": last,
                             "wanted": wanted, "row": rows.index})  # fmt: skip
        goal = goal.dropna(subset=["observed_at", "wanted"])
        both = goal.merge(part, on=["creator_id", "observed_at"])
        weight = [float(of.get(value) or 0.0)
                  for of, value in zip(both["wanted"], both["value"], strict=True)]  # fmt: skip
        overlap = pd.Series(np.minimum(both["share"], weight), both.index)
        rows[f"{dimension}_match"] = overlap.groupby(both["row"]).sum()
    return rows


def _sample(rows: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Add signs of bought followers in the last sample."""
    table = _read(folder, "followers")
    signs = pd.DataFrame({
        "creator_id": table["creator_id"],
        "observed_at": table["observed_at"],
        "no_picture": 1.0 - table["has_profile_pic"].astype("Float64"),
        "mass_following": (table["following"] > MASS).astype(np.float64),
    })  # fmt: skip
    means = signs.groupby(["creator_id", "observed_at"], as_index=False).mean()
    last = _before(rows, means, "observed_at", "creator_id")
    rows["no_picture"], rows["mass_following"] = last["no_picture"], last["mass_following"]
    return rows


def _offer(rows: pd.DataFrame, folder: Path) -> pd.DataFrame:  # noqa: ARG001  (one shape)
    """Add brief, brand and fee."""
    rows["log_goal"] = np.log(rows["conversion_goal"].fillna(1).astype(np.float64))
    rows["log_budget"] = np.log10(rows["budget"] + 1.0)
    rows["lead_days"] = _days(rows["publish_by"] - rows["agreed_at"])
    rows["launch"] = rows["is_launch"].astype("Float64")
    known = rows["priced_at"] < rows["agreed_at"]
    rows["log_price"] = np.log(rows["average_order_value"].where(known) + 1.0)
    rows["kind"] = rows["collaboration_type"].map({kind: i for i, kind in enumerate(KINDS)})
    wanted = rows["category"].fillna(rows["category_brand"])
    rows["same_category"] = (wanted == rows["category_creator"]).astype(np.float64)
    rows["same_country"] = (rows["country"] == rows["country_creator"]).astype(np.float64)
    rows["log_fee"] = np.log10(rows["fee"] + 1.0)
    rows["fee_per_thousand"] = 1_000.0 * rows["fee"] / 10.0 ** rows["log_followers"]
    return rows


def _history(rows: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Add what earlier collaborations of creator and brand brought, as known then."""
    looks = _read(folder, "outcomes").dropna(subset=["conversions"]).sort_values("observed_at")
    deals = rows[["collaboration_id", "creator_id", "brand_id", "published_at", "log_goal"]]
    past = looks.merge(deals.dropna(subset=["published_at"]), on="collaboration_id")
    past = past[past["observed_at"] - past["published_at"] >= DAYS_30]
    past = past.groupby("collaboration_id", sort=False).head(1).copy()
    past["brought"] = np.log1p(past["conversions"].astype(np.float64))
    past["reached"] = (past["conversions"] >= np.exp(past["log_goal"])).astype(np.float64)
    past["one"] = 1.0
    for key, who in (("creator_id", "creator"), ("brand_id", "brand")):
        past = past.sort_values("observed_at", kind="stable")
        sums = past.groupby(key)[["one", "brought", "reached"]].cumsum()
        events = sums.assign(**{key: past[key], "observed_at": past["observed_at"]})
        then = _before(rows, events, "observed_at", key)
        rows[f"{who}_mean"] = then["brought"] / then["one"]
        rows[f"{who}_deals"] = then["one"].fillna(0.0)
        rows[f"{who}_rate"] = (then["reached"] + 0.2 * UNTOLD) / (then["one"] + UNTOLD)
    return rows
