"""Who follows: the last follower sample, the last audience breakdown, and the platform."""

# mypy: disable-error-code="no-any-return"
# NumPy types an element of an array as Any.
import math

import numpy as np

from features.arrays import Flags, Floats
from features.compiled import kernel_part
from features.spec import Family
from features.statistics import Column, median
from features.view import View
from features.view_audience import (
    BREAKDOWN_DIMENSION,
    BREAKDOWN_SHARE,
    BREAKDOWN_VALUE,
    BY_AGE,
    BY_COUNTRY,
    BY_GENDER,
    FOLLOWER_BIO,
    FOLLOWER_DIGIT_RATIO,
    FOLLOWER_DIGITS,
    FOLLOWER_FOLLOWERS,
    FOLLOWER_FOLLOWING,
    FOLLOWER_NAME_LENGTH,
    FOLLOWER_PICTURE,
    FOLLOWER_POSTS,
    FOLLOWER_PRIVATE,
    share_sum,
)
from features.view_creator import FACT_PLATFORM, FACT_VERIFIED

audience = Family("audience")

MASS_FOLLOWING = 1500.0  # accounts followed: more than anyone reads
MANY_DIGITS = 3.0  # in a username
TIKTOK = 1.0  # positions in PLATFORMS
YOUTUBE = 2.0
FEMALE = 0.0  # position in GENDERS
MAX_COUNTRY_ENTROPY = math.log2(676)
MAX_AGE_ENTROPY = math.log2(7)


@kernel_part
def _share_above(sample: Floats, column: Column, edge: float) -> float:
    """Return the share of sampled followers above the edge, of those where it is known."""
    above = 0
    known = 0
    for i in range(len(sample)):
        known += not np.isnan(sample[i, column])
        above += sample[i, column] > edge
    if known == 0:
        return np.nan
    return above / known


@kernel_part
def _share_below(sample: Floats, column: Column, edge: float) -> float:
    """Return the share of sampled followers below the edge, of those where it is known."""
    return 1.0 - _share_above(sample, column, edge - 0.5)


@audience.feature(unit="log10 followers", text="Followers sampled (log10)", needs=["followers"])
@kernel_part
def sample_size(view: View) -> float:
    """log10 of the number of followers in the last visible sample."""
    sample = view.sample
    if len(sample) == 0:
        return np.nan
    return np.log10(len(sample))


@audience.feature(
    unit="share",
    text="Sampled followers who follow more than 1500",
    bounds=(0.0, 1.0),
    needs=["followers"],
)
@kernel_part
def sample_mass_following(view: View) -> float:
    """Share of the last sample that follows more than 1500 accounts."""
    return _share_above(view.sample, FOLLOWER_FOLLOWING, MASS_FOLLOWING)


@audience.feature(
    unit="share", text="Sampled followers without a post", bounds=(0.0, 1.0), needs=["followers"]
)
@kernel_part
def sample_zero_posts(view: View) -> float:
    """Share of the last sample without a post."""
    return _share_below(view.sample, FOLLOWER_POSTS, 1.0)


@audience.feature(
    unit="share", text="Sampled followers without a picture", bounds=(0.0, 1.0), needs=["followers"]
)
@kernel_part
def sample_no_picture(view: View) -> float:
    """Share of the last sample without a profile picture, where that is known."""
    return _share_below(view.sample, FOLLOWER_PICTURE, 1.0)


@audience.feature(
    unit="share",
    text="Sampled followers with 3 or more digits in the name",
    bounds=(0.0, 1.0),
    needs=["followers"],
)
@kernel_part
def sample_digits(view: View) -> float:
    """Share of the last sample with 3 or more digits in the username, where that is known.

    Unknown digits are the digit ratio times the length of the name, rounded.
    """
    sample = view.sample
    many = 0
    known = 0
    for i in range(len(sample)):
        digits = sample[i, FOLLOWER_DIGITS]
        if np.isnan(digits):
            length = sample[i, FOLLOWER_NAME_LENGTH]
            digits = np.floor(sample[i, FOLLOWER_DIGIT_RATIO] * length + 0.5)
        known += not np.isnan(digits)
        many += digits >= MANY_DIGITS
    if known == 0:
        return np.nan
    return many / known


@audience.feature(
    unit="share", text="Sampled followers with an empty bio", bounds=(0.0, 1.0), needs=["followers"]
)
@kernel_part
def sample_empty_bio(view: View) -> float:
    """Share of the last sample with an empty bio, where that is known."""
    return _share_below(view.sample, FOLLOWER_BIO, 1.0)


@audience.feature(
    unit="share", text="Sampled followers that are private", bounds=(0.0, 1.0), needs=["followers"]
)
@kernel_part
def sample_private(view: View) -> float:
    """Share of the last sample that is private, where that is known."""
    return _share_above(view.sample, FOLLOWER_PRIVATE, 0.5)


@audience.feature(
    unit="log10 ratio",
    text="Accounts followed per follower among sampled followers (log10)",
    bounds=(-math.inf, math.inf),
    needs=["followers"],
)
@kernel_part
def sample_following_ratio(view: View) -> float:
    """log10 of the median of (1 + following) / (1 + followers) over the last sample."""
    sample = view.sample
    work = np.empty(len(sample))
    for i in range(len(sample)):
        following = 1.0 + sample[i, FOLLOWER_FOLLOWING]
        work[i] = following / (1.0 + sample[i, FOLLOWER_FOLLOWERS])
    return np.log10(median(work))


@kernel_part
def _entropy(breakdown: Floats, dimension: Column) -> float:
    """Return the entropy of one dimension in bits, its shares scaled to sum to 1."""
    total = share_sum(breakdown, dimension)
    if not total > 0.0:
        return np.nan
    bits = 0.0
    for i in range(len(breakdown)):
        share = breakdown[i, BREAKDOWN_SHARE] / total
        if breakdown[i, BREAKDOWN_DIMENSION] == dimension and share > 0.0:
            bits -= share * np.log2(share)
    return max(bits, 0.0)


@audience.feature(
    unit="bits",
    text="Spread of the audience over countries",
    bounds=(0.0, MAX_COUNTRY_ENTROPY),
    needs=["audience"],
)
@kernel_part
def audience_country_entropy(view: View) -> float:
    """Entropy of the countries of the last visible breakdown, shares scaled to sum to 1."""
    return min(_entropy(view.breakdown, BY_COUNTRY), MAX_COUNTRY_ENTROPY)


@audience.feature(
    unit="bits",
    text="Spread of the audience over ages",
    bounds=(0.0, MAX_AGE_ENTROPY),
    needs=["audience"],
)
@kernel_part
def audience_age_entropy(view: View) -> float:
    """Entropy of the ages of the last visible breakdown, shares scaled to sum to 1."""
    return min(_entropy(view.breakdown, BY_AGE), MAX_AGE_ENTROPY)


@audience.feature(
    unit="share",
    text="Share of the largest country in the audience",
    bounds=(0.0, 1.0),
    needs=["audience"],
)
@kernel_part
def audience_top_country(view: View) -> float:
    """Largest share of a country in the last visible breakdown."""
    breakdown = view.breakdown
    largest = np.nan
    for i in range(len(breakdown)):
        share = breakdown[i, BREAKDOWN_SHARE]
        if breakdown[i, BREAKDOWN_DIMENSION] == BY_COUNTRY and not share <= largest:
            largest = share
    return largest


@audience.feature(
    unit="share", text="Share of women in the audience", bounds=(0.0, 1.0), needs=["audience"]
)
@kernel_part
def audience_female(view: View) -> float:
    """Share of women among the genders of the last visible breakdown, scaled to sum to 1."""
    breakdown = view.breakdown
    total = share_sum(breakdown, BY_GENDER)
    if not total > 0.0:
        return np.nan
    for i in range(len(breakdown)):
        if (
            breakdown[i, BREAKDOWN_DIMENSION] == BY_GENDER
            and breakdown[i, BREAKDOWN_VALUE] == FEMALE
        ):
            return breakdown[i, BREAKDOWN_SHARE] / total
    return 0.0


@audience.feature(unit="flag", text="On TikTok", bounds=(0.0, 1.0))
@kernel_part
def is_tiktok(view: View) -> float:
    """1 where the creator's platform is TikTok, else 0."""
    return 1.0 if view.now[FACT_PLATFORM] == TIKTOK else 0.0


@audience.feature(unit="flag", text="On YouTube", bounds=(0.0, 1.0))
@kernel_part
def is_youtube(view: View) -> float:
    """1 where the creator's platform is YouTube, else 0."""
    return 1.0 if view.now[FACT_PLATFORM] == YOUTUBE else 0.0


@audience.feature(unit="flag", text="Verified account", bounds=(0.0, 1.0))
@kernel_part
def is_verified(view: View) -> float:
    """1 where the platform has verified the account, 0 where not, as known at as_of."""
    return view.now[FACT_VERIFIED]


@kernel_part
def audience_columns(view: View, wanted: Flags, out: Floats) -> None:
    """Fill in the wanted features of this module, in the order of their definition."""
    out[0] = sample_size(view) if wanted[0] else np.nan
    out[1] = sample_mass_following(view) if wanted[1] else np.nan
    out[2] = sample_zero_posts(view) if wanted[2] else np.nan
    out[3] = sample_no_picture(view) if wanted[3] else np.nan
    out[4] = sample_digits(view) if wanted[4] else np.nan
    out[5] = sample_empty_bio(view) if wanted[5] else np.nan
    out[6] = sample_private(view) if wanted[6] else np.nan
    out[7] = sample_following_ratio(view) if wanted[7] else np.nan
    out[8] = audience_country_entropy(view) if wanted[8] else np.nan
    out[9] = audience_age_entropy(view) if wanted[9] else np.nan
    out[10] = audience_top_country(view) if wanted[10] else np.nan
    out[11] = audience_female(view) if wanted[11] else np.nan
    out[12] = is_tiktok(view) if wanted[12] else np.nan
    out[13] = is_youtube(view) if wanted[13] else np.nan
    out[14] = is_verified(view) if wanted[14] else np.nan
