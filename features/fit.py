"""How well a creator's audience, category and home fit a brief."""

# mypy: disable-error-code="no-any-return"
# NumPy types an element of an array as Any.
import math

import numpy as np

from features.arrays import Floats
from features.compiled import kernel_list, kernel_part
from features.spec import Family
from features.statistics import Column
from features.view_audience import (
    BREAKDOWN_DIMENSION,
    BREAKDOWN_SHARE,
    BREAKDOWN_VALUE,
    BY_AGE,
    BY_COUNTRY,
    BY_GENDER,
)
from features.view_deal import (
    BRIEF_BRAND_COUNTRY,
    BRIEF_CATEGORY,
    BRIEF_FOLLOWERS_MAX,
    BRIEF_FOLLOWERS_MIN,
    CREATOR_COUNTRY,
    CREATOR_FOLLOWERS,
    CREATOR_IMPRESSIONS,
    TARGET_DIMENSION,
    TARGET_VALUE,
    TARGET_WEIGHT,
    Deal,
)

fit = Family("fit")

MIN_MATCH = 0.001  # a breakdown that lists no target still reaches someone


@kernel_part
def _share(breakdown: Floats, dimension: Column, value: float) -> float:
    """Return the audience share of one value, 0 where it is not listed."""
    for i in range(len(breakdown)):
        if (
            breakdown[i, BREAKDOWN_DIMENSION] == dimension
            and breakdown[i, BREAKDOWN_VALUE] == value
        ):
            return breakdown[i, BREAKDOWN_SHARE]
    return 0.0


@kernel_part
def _match(breakdown: Floats, targets: Floats, dimension: Column) -> float:
    """Return the match of one dimension, NaN without targets or without a breakdown."""
    listed = 0
    for i in range(len(breakdown)):
        listed += breakdown[i, BREAKDOWN_DIMENSION] == dimension
    total = 0.0
    lightest = np.inf
    heaviest = 0.0
    for i in range(len(targets)):
        weight = targets[i, TARGET_WEIGHT]
        if targets[i, TARGET_DIMENSION] == dimension and weight > 0.0:
            total += weight
            lightest = min(lightest, weight)
            heaviest = max(heaviest, weight)
    if listed == 0 or total == 0.0:
        return np.nan
    matched = 0.0
    for i in range(len(targets)):
        weight = targets[i, TARGET_WEIGHT]
        if targets[i, TARGET_DIMENSION] == dimension and weight > 0.0:
            share = _share(breakdown, dimension, targets[i, TARGET_VALUE])
            matched += share if lightest == heaviest else min(share, weight / total)
    return min(matched, 1.0)


@fit.feature(
    unit="share",
    text="Audience in the target countries",
    bounds=(0.0, 1.0),
    needs=["audience"],
    monotone=1,
)
@kernel_part
def country_match(deal: Deal) -> float:
    """Share of the audience inside the target countries, if their weights are equal.

    Else the sum over targets of min(weight, share), weights scaled to sum to 1. Either way a
    follower moved into the target from outside never lowers the match. Targets of weight 0 count
    nothing; unknown without targets or without a breakdown by country.
    """
    return _match(deal.breakdown, deal.targets, BY_COUNTRY)


@fit.feature(
    unit="share",
    text="Audience of the target genders",
    bounds=(0.0, 1.0),
    needs=["audience"],
    monotone=1,
)
@kernel_part
def gender_match(deal: Deal) -> float:
    """Share of the audience inside the target genders, with weights as in `country_match`."""
    return _match(deal.breakdown, deal.targets, BY_GENDER)


@fit.feature(
    unit="share",
    text="Audience of the target ages",
    bounds=(0.0, 1.0),
    needs=["audience"],
    monotone=1,
)
@kernel_part
def age_match(deal: Deal) -> float:
    """Share of the audience inside the target ages, with weights as in `country_match`."""
    return _match(deal.breakdown, deal.targets, BY_AGE)


@fit.feature(
    unit="share",
    text="Audience inside the whole target",
    bounds=(0.0, 1.0),
    needs=["audience"],
    monotone=1,
)
@kernel_part
def audience_match(deal: Deal) -> float:
    """Product of the known ones of country_match, gender_match and age_match."""
    product = np.nan
    for dimension in (BY_COUNTRY, BY_GENDER, BY_AGE):
        match = _match(deal.breakdown, deal.targets, dimension)
        if np.isnan(product):
            product = match
        elif not np.isnan(match):
            product *= match
    return product


@fit.feature(
    unit="log10 impressions",
    text="Expected impressions inside the target (log10)",
    bounds=(math.log10(MIN_MATCH), math.inf),
    needs=["posts", "post_metrics", "audience"],
    monotone=1,
)
@kernel_part
def log_target_reach(deal: Deal) -> float:
    """log_impressions_90d + log10(audience_match), which counts as .001 at least."""
    match = audience_match(deal)
    if np.isnan(match):
        return np.nan
    return deal.creator[CREATOR_IMPRESSIONS] + np.log10(max(match, MIN_MATCH))


@fit.feature(unit="flag", text="Same category as the brief", bounds=(0.0, 1.0))
@kernel_part
def category_match(deal: Deal) -> float:
    """1 where the creator's category is that of the brief (else of its brand), 0 where not."""
    wanted = deal.brief_codes[BRIEF_CATEGORY]
    if wanted == 0 or deal.category == 0:
        return np.nan
    return 1.0 if deal.category == wanted else 0.0


@fit.feature(unit="flag", text="Lives in a target country", bounds=(0.0, 1.0))
@kernel_part
def home_country_match(deal: Deal) -> float:
    """1 where the creator's country is a target country, 0 where not.

    Without target countries the country of the brand stands for them.
    """
    targets = deal.targets
    home = deal.creator[CREATOR_COUNTRY]
    if np.isnan(home):
        return np.nan
    listed = 0
    for i in range(len(targets)):
        if targets[i, TARGET_DIMENSION] == BY_COUNTRY and targets[i, TARGET_WEIGHT] > 0.0:
            listed += 1
            if targets[i, TARGET_VALUE] == home:
                return 1.0
    if listed > 0:
        return 0.0
    brand = deal.brief[BRIEF_BRAND_COUNTRY]
    if np.isnan(brand):
        return np.nan
    return 1.0 if brand == home else 0.0


@fit.feature(
    unit="flag",
    text="Followers inside the range of the brief",
    bounds=(0.0, 1.0),
    needs=["snapshots"],
)
@kernel_part
def in_follower_range(deal: Deal) -> float:
    """1 where followers_min <= followers <= followers_max, 0 where not; one of them may be open."""
    followers = deal.creator[CREATOR_FOLLOWERS]
    low = deal.brief[BRIEF_FOLLOWERS_MIN]
    high = deal.brief[BRIEF_FOLLOWERS_MAX]
    if np.isnan(followers) or (np.isnan(low) and np.isnan(high)):
        return np.nan
    return 0.0 if followers < low or followers > high else 1.0


@kernel_list
def fit_columns(deal: Deal, out: Floats) -> None:
    """Fill in the features of this module in the order of their definition."""
    out[0] = country_match(deal)
    out[1] = gender_match(deal)
    out[2] = age_match(deal)
    out[3] = audience_match(deal)
    out[4] = log_target_reach(deal)
    out[5] = category_match(deal)
    out[6] = home_country_match(deal)
    out[7] = in_follower_range(deal)
