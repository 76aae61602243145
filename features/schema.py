"""What every raw table must look like: columns, keys, times and references."""

from features.arrays import (
    AGES,
    COLLABORATION,
    COMPENSATION,
    DIMENSIONS,
    FRAMES,
    GENDERS,
    MEDIA,
    PLATFORMS,
)
from features.columns import (
    MOST,
    Column,
    Schema,
    choice,
    count,
    counts,
    flag,
    id_,
    money,
    share,
    time,
    weights,
)
from features.countries import COUNTRIES
from features.deals import OUTCOMES as OUTCOME_VALUES
from features.profiles import FOLLOWER_VALUES, METRICS, POST_VALUES, SNAPSHOT_VALUES

__all__ = [
    "ACCOUNTS",
    "APPLICATIONS",
    "AUDIENCE",
    "AUDITS",
    "BRANDS",
    "BRIEFS",
    "COLLABORATIONS",
    "CREATORS",
    "FOLLOWERS",
    "MOST",
    "OUTCOMES",
    "PAIRS",
    "POSTS",
    "POST_METRICS",
    "SNAPSHOTS",
    "SPINE",
    "TABLES",
    "Column",
    "Schema",
]

CREATOR = (("creator_id", "creators"),)
BRIEF_AND_CREATOR = (("brief_id", "briefs"), ("creator_id", "creators"))
SAMPLED = (
    count("followers", True),
    count("following", True),
    count("posts", True),
    flag("has_profile_pic"),
    flag("is_private"),
    *counts("username_length", "username_digits"),
    share("username_digit_ratio"),
    count("bio_length"),
)

CREATORS = Schema(
    "creators",
    (
        id_("creator_id", True),
        choice("platform", PLATFORMS, True),
        choice("country", COUNTRIES),
        Column("language", "label"),
        Column("category", "label"),
        time("created_at"),
        flag("is_verified"),
        Column("accepts", "choices", choices=COMPENSATION),
        money("min_fee"),
        time("observed_at"),
    ),
    key=("creator_id",),
)
SNAPSHOTS = Schema(
    "snapshots",
    (
        id_("creator_id", True),
        time("observed_at", True),
        count("followers", True),
        *counts("following", "media_count"),
    ),
    key=("creator_id", "observed_at"),
    known_at="observed_at",
    references=CREATOR,
    values=SNAPSHOT_VALUES,
)
POSTS = Schema(
    "posts",
    (
        id_("post_id", True),
        id_("creator_id", True),
        time("posted_at", True),
        choice("media_type", MEDIA),
        flag("is_sponsored"),
        id_("brand_id"),
        *counts("caption_length", "hashtag_count", "mention_count"),
    ),
    key=("post_id",),
    known_at="posted_at",
    references=CREATOR,
    values=POST_VALUES,
)
POST_METRICS = Schema(
    "post_metrics",
    (
        id_("post_id", True),
        time("observed_at", True),
        *counts("likes", "comments", "shares", "saves", "views", "impressions", "reach"),
        *counts("reach_non_followers", "link_clicks"),
    ),
    key=("post_id", "observed_at"),
    known_at="observed_at",
    references=(("post_id", "posts"),),
    values=METRICS,
)
AUDIENCE = Schema(
    "audience",
    (
        id_("creator_id", True),
        time("observed_at", True),
        choice("dimension", DIMENSIONS, True),
        choice("value", COUNTRIES + GENDERS + AGES, True),
        share("share", True),
    ),
    key=("creator_id", "observed_at", "dimension", "value"),
    known_at="observed_at",
    references=CREATOR,
)
FOLLOWERS = Schema(
    "followers",
    (
        id_("creator_id", True),
        time("observed_at", True),
        *SAMPLED,
        id_("sample_id"),
        choice("frame", FRAMES),
    ),
    known_at="observed_at",
    references=CREATOR,
    values=FOLLOWER_VALUES,
)
BRANDS = Schema(
    "brands",
    (
        id_("brand_id", True),
        Column("category", "label"),
        choice("country", COUNTRIES),
        money("average_order_value"),
        time("observed_at"),
    ),
    key=("brand_id",),
)
BRIEFS = Schema(
    "briefs",
    (
        id_("brief_id", True),
        id_("brand_id", True),
        time("created_at", True),
        Column("category", "label"),
        choice("collaboration_type", COLLABORATION),
        Column("deliverables", "total", low=0.0, high=MOST),
        weights("target_countries", COUNTRIES),
        weights("target_genders", GENDERS),
        weights("target_ages", AGES),
        count("conversion_goal", low=1.0),
        money("budget"),
        *counts("followers_min", "followers_max"),
        time("publish_by"),
        flag("is_launch"),
    ),
    key=("brief_id",),
    known_at="created_at",
)
APPLICATIONS = Schema(
    "applications",
    (
        id_("brief_id", True),
        id_("creator_id", True),
        time("applied_at", True),
        money("asked_fee"),
        time("declined_at"),
    ),
    key=("brief_id", "creator_id"),
    known_at="applied_at",
    references=BRIEF_AND_CREATOR,
)
COLLABORATIONS = Schema(
    "collaborations",
    (
        id_("collaboration_id", True),
        id_("brief_id", True),
        id_("creator_id", True),
        time("agreed_at", True),
        time("published_at"),
        choice("compensation", COMPENSATION),
        money("fee"),
    ),
    key=("collaboration_id",),
    known_at="agreed_at",
    references=BRIEF_AND_CREATOR,
)
OUTCOMES = Schema(
    "outcomes",
    (
        id_("collaboration_id", True),
        time("observed_at", True),
        *counts("impressions", "clicks", "conversions"),
        money("revenue"),
    ),
    key=("collaboration_id", "observed_at"),
    known_at="observed_at",
    references=(("collaboration_id", "collaborations"),),
    values=OUTCOME_VALUES,
)
AUDITS = Schema(
    "audits",
    (
        id_("creator_id", True),
        time("observed_at", True),
        share("fake_share", True),
        Column("source", "text"),
    ),
    key=("creator_id", "observed_at"),
    known_at="observed_at",
    references=CREATOR,
)
ACCOUNTS = Schema(
    "accounts",
    (
        Column("source", "text", True),
        choice("platform", PLATFORMS, True),
        *SAMPLED,
        flag("is_fake", True),
    ),
)

# In this order each table comes after those it refers to.
TABLES = {
    schema.name: schema
    for schema in (
        CREATORS,
        SNAPSHOTS,
        POSTS,
        POST_METRICS,
        AUDIENCE,
        FOLLOWERS,
        BRANDS,
        BRIEFS,
        APPLICATIONS,
        COLLABORATIONS,
        OUTCOMES,
        AUDITS,
        ACCOUNTS,
    )
}

SPINE = Schema(
    "spine",
    (
        id_("creator_id", True),
        time("as_of", True),
        id_("brief_id"),
        choice("compensation", COMPENSATION),
        money("fee"),
    ),
)
PAIRS = Schema(
    "pairs",
    (
        id_("creator_id", True),
        id_("brief_id"),
        time("as_of"),
        choice("compensation", COMPENSATION),
        money("fee"),
    ),
)
