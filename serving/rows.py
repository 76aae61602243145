"""JSON rows of the raw tables as strict types: nothing is coerced, what is not here is refused."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from features.countries import COUNTRIES
from features.schema import MOST

# Python's `$` also matches before a final newline, which the lookahead refuses.
ID_PATTERN = r"^[A-Za-z0-9._:@=+~-]{1,128}$(?!\n)"
Id = Annotated[
    str,
    Meta(
        pattern=ID_PATTERN,
        description="An opaque id of 1 to 128 characters from A-Za-z0-9._:@=+~-",
    ),
]
Text = Annotated[str, Meta(max_length=128)]
Time = Annotated[datetime, Meta(tz=True, description="RFC 3339 with an offset")]

# A whole number may be written as 1234 or as 1234.0.
Count = (
    Annotated[int, Meta(ge=0, le=int(MOST))] | Annotated[float, Meta(ge=0, le=MOST, multiple_of=1)]
)
Goal = (
    Annotated[int, Meta(ge=1, le=int(MOST))] | Annotated[float, Meta(ge=1, le=MOST, multiple_of=1)]
)
Money = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Ratio = Annotated[float, Meta(ge=0, le=1)]
Weight = Annotated[float, Meta(ge=0)]
# The length refuses the final newline that `$` lets pass.
Country = Annotated[
    str,
    Meta(
        pattern=f"^(?:{'|'.join(COUNTRIES)})$",
        max_length=2,
        description="ISO 3166-1 alpha-2, officially assigned",
    ),
]

Platform = Literal["instagram", "tiktok", "youtube", "facebook", "x"]
Media = Literal["image", "video", "carousel", "reel", "story"]
Gender = Literal["female", "male", "other"]
Age = Literal["13-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65+"]
Compensation = Literal["monetary", "product", "event", "affiliate"]
CollaborationType = Literal["sponsored_post", "product_seeding", "event", "affiliate", "ambassador"]
Frame = Literal["random", "recent", "engaged"]
Dimension = Literal["country", "gender", "age"]

# msgspec decodes such keys strictly and leaves them out of its schema.
GenderWeights = Annotated[
    dict[Gender, Weight],
    Meta(extra_json_schema={"propertyNames": msgspec.json.schema(Gender)}),
]
AgeWeights = Annotated[
    dict[Age, Weight],
    Meta(extra_json_schema={"propertyNames": msgspec.json.schema(Age)}),
]


class CreatorRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A creator's own row."""

    creator_id: Id
    platform: Platform
    country: Country | None = None
    language: Text | None = None
    category: Text | None = None
    created_at: Time | None = None
    is_verified: bool | None = None
    accepts: list[Compensation] | None = None
    min_fee: Money | None = None
    observed_at: Time | None = None


class SnapshotRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A profile as observed once."""

    creator_id: Id
    observed_at: Time
    followers: Count
    following: Count | None = None
    media_count: Count | None = None


class PostRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A post."""

    post_id: Id
    creator_id: Id
    posted_at: Time
    media_type: Media | None = None
    is_sponsored: bool | None = None
    brand_id: Id | None = None
    caption_length: Count | None = None
    hashtag_count: Count | None = None
    mention_count: Count | None = None


class PostMetricsRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A post's metrics as the platform reported them at one moment."""

    post_id: Id
    observed_at: Time
    likes: Count | None = None
    comments: Count | None = None
    shares: Count | None = None
    saves: Count | None = None
    views: Count | None = None
    impressions: Count | None = None
    reach: Count | None = None
    reach_non_followers: Count | None = None
    link_clicks: Count | None = None


class AudienceRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One line of an audience breakdown."""

    creator_id: Id
    observed_at: Time
    dimension: Dimension
    value: Text
    share: Share


class AccountRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, kw_only=True):
    """A sampled follower account, as POST /v1/audit takes it."""

    followers: Count
    following: Count
    posts: Count
    has_profile_pic: bool | None = None
    is_private: bool | None = None
    username_length: Count | None = None
    username_digits: Count | None = None
    username_digit_ratio: Ratio | None = None
    bio_length: Count | None = None
    sample_id: Id | None = None
    frame: Frame | None = None
    creator_id: Id | None = None
    observed_at: Time | None = None


class FollowerRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, kw_only=True):
    """A sampled follower account of a creator."""

    creator_id: Id
    observed_at: Time
    followers: Count
    following: Count
    posts: Count
    has_profile_pic: bool | None = None
    is_private: bool | None = None
    username_length: Count | None = None
    username_digits: Count | None = None
    username_digit_ratio: Ratio | None = None
    bio_length: Count | None = None
    sample_id: Id | None = None
    frame: Frame | None = None


class CollaborationRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A collaboration of the creator's own."""

    collaboration_id: Id
    brief_id: Id
    creator_id: Id
    agreed_at: Time
    published_at: Time | None = None
    compensation: Compensation | None = None
    fee: Money | None = None


class OutcomeRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A collaboration's cumulative result as observed once."""

    collaboration_id: Id
    observed_at: Time
    impressions: Count | None = None
    clicks: Count | None = None
    conversions: Count | None = None
    revenue: Money | None = None


class BrandRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A brand."""

    brand_id: Id
    category: Text | None = None
    country: Country | None = None
    average_order_value: Money | None = None
    observed_at: Time | None = None


class BriefRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A brief."""

    brief_id: Id
    brand_id: Id
    created_at: Time
    category: Text | None = None
    collaboration_type: CollaborationType | None = None
    deliverables: Count | dict[Text, Count] | None = None
    """How many, or how many of each kind, which add up to a count themselves."""
    target_countries: dict[Country, Weight] | None = None
    target_genders: GenderWeights | None = None
    target_ages: AgeWeights | None = None
    conversion_goal: Goal | None = None
    budget: Money | None = None
    followers_min: Count | None = None
    followers_max: Count | None = None
    publish_by: Time | None = None
    is_launch: bool | None = None


class History(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything a creator is scored from, table by table; an absent table is unknown."""

    creators: Annotated[tuple[CreatorRow, ...], Meta(min_length=1)]
    snapshots: tuple[SnapshotRow, ...] = ()
    posts: tuple[PostRow, ...] = ()
    post_metrics: tuple[PostMetricsRow, ...] = ()
    audience: tuple[AudienceRow, ...] = ()
    followers: tuple[FollowerRow, ...] = ()
    collaborations: tuple[CollaborationRow, ...] = ()
    outcomes: tuple[OutcomeRow, ...] = ()
