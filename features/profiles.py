"""Tables about creators and accounts as sorted arrays."""

from dataclasses import dataclass
from typing import Self

from features.arrays import Codes, Floats, Ints, Times, floats, ints

SNAPSHOT_VALUES = ("followers", "following", "media_count")
POST_VALUES = ("media_type", "is_sponsored", "hashtag_count")
"""Those that features read; lengths of captions and mentions are checked and left out."""
METRICS = (
    "likes",
    "comments",
    "shares",
    "saves",
    "views",
    "impressions",
    "reach",
    "reach_non_followers",
    "link_clicks",
)
FOLLOWER_VALUES = (
    "followers",
    "following",
    "posts",
    "has_profile_pic",
    "is_private",
    "username_length",
    "username_digits",
    "username_digit_ratio",
    "bio_length",
)


@dataclass(frozen=True, slots=True)
class Creators:
    """One row a creator, sorted by id; `observed_at` is when verified, accepts, min_fee held."""

    ids: list[str]
    index: dict[str, int]
    platform: Floats  # position in PLATFORMS
    country: Floats  # country_code
    language: Codes
    category: Codes
    created_at: Times
    verified: Floats
    accepts: Floats  # bit k set: accepts COMPENSATION[k]
    min_fee: Floats
    observed_at: Times

    @classmethod
    def empty(cls) -> Self:
        """Return the table without a row."""
        return cls(
            ids=[],
            index={},
            platform=floats(0),
            country=floats(0),
            language=ints(),
            category=ints(),
            created_at=ints(),
            verified=floats(0),
            accepts=floats(0),
            min_fee=floats(0),
            observed_at=ints(),
        )


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Profile totals, by creator and `known`; `values` has the columns SNAPSHOT_VALUES."""

    offsets: Ints
    known: Times
    values: Floats

    @classmethod
    def empty(cls, creators: int = 0) -> Self:
        """Return the table without a row, for so many creators."""
        return cls(ints(creators + 1), ints(), floats(0, len(SNAPSHOT_VALUES)))


@dataclass(frozen=True, slots=True)
class Posts:
    """Posts by creator, `known` and id, each with its metrics by `metric_known`.

    `values` has the columns POST_VALUES (media_type a position in MEDIA), `metrics` METRICS;
    those of post `i` are `metric_offsets[i]:metric_offsets[i + 1]`.
    """

    offsets: Ints
    known: Times
    hidden: Times
    values: Floats
    brand: Codes
    metric_offsets: Ints
    metric_known: Times
    metrics: Floats

    @classmethod
    def empty(cls, creators: int = 0) -> Self:
        """Return the table without a row, for so many creators."""
        return cls(
            offsets=ints(creators + 1),
            known=ints(),
            hidden=ints(),
            values=floats(0, len(POST_VALUES)),
            brand=ints(),
            metric_offsets=ints(1),
            metric_known=ints(),
            metrics=floats(0, len(METRICS)),
        )


@dataclass(frozen=True, slots=True)
class Audience:
    """Shares of an audience by creator, dimension, `known` and value.

    `dimension` is a position in DIMENSIONS; `value` a country_code or a position in GENDERS or
    AGES; `share` lies in 0 to 1.
    """

    offsets: Ints
    known: Times
    dimension: Ints
    value: Ints
    share: Floats

    @classmethod
    def empty(cls, creators: int = 0) -> Self:
        """Return the table without a row, for so many creators."""
        return cls(ints(creators + 1), ints(), ints(), ints(), floats(0))


@dataclass(frozen=True, slots=True)
class Followers:
    """Sampled followers by creator, sample, `known` and all values.

    `sample` numbers a creator's samples from 0 by the time their first row became known;
    `frame` is a position in FRAMES; `values` has the columns FOLLOWER_VALUES.
    """

    offsets: Ints
    known: Times
    sample: Ints
    frame: Floats
    values: Floats

    @classmethod
    def empty(cls, creators: int = 0) -> Self:
        """Return the table without a row, for so many creators."""
        values = floats(0, len(FOLLOWER_VALUES))
        return cls(ints(creators + 1), ints(), ints(), floats(0), values)


@dataclass(frozen=True, slots=True)
class Audits:
    """Measured fake shares (0 to 1) by creator and `known`."""

    offsets: Ints
    known: Times
    share: Floats

    @classmethod
    def empty(cls, creators: int = 0) -> Self:
        """Return the table without a row, for so many creators."""
        return cls(ints(creators + 1), ints(), floats(0))


@dataclass(frozen=True, slots=True)
class Accounts:
    """Labelled accounts of no creator; `source` is a position in `sources`, sorted.

    `values` has the columns FOLLOWER_VALUES.
    """

    sources: list[str]
    source: Ints
    platform: Floats
    values: Floats
    is_fake: Floats

    @classmethod
    def empty(cls) -> Self:
        """Return the table without a row."""
        values = floats(0, len(FOLLOWER_VALUES))
        return cls([], ints(), floats(0), values, floats(0))
