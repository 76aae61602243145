"""What the creator's earlier collaborations brought, and for whom.

No visible collaboration means unknown, not none: a tables folder without the table, or a history
posted without it, must not read as a creator who never worked.
"""

# mypy: disable-error-code="no-any-return"
# NumPy types an element of an array as Any.
import numpy as np

from features.arrays import Codes, Floats
from features.compiled import kernel_list, kernel_part
from features.spec import Family
from features.statistics import Column
from features.view_deal import (
    BRIEF_BRAND,
    BRIEF_CATEGORY,
    COLLABORATION_AGE,
    COLLABORATION_BRAND,
    COLLABORATION_CATEGORY,
    COLLABORATION_CONVERSIONS,
    COLLABORATION_GOAL,
    COLLABORATION_IMPRESSIONS,
    Deal,
)

past = Family("fit")

USUAL_GOAL_RATE = 0.2
GOAL_SHRINKAGE = 2.0  # collaborations that weigh as much as the usual rate
USUAL_CONVERSIONS = 1.0  # in so many impressions:
CONVERSION_SHRINKAGE = 10_000.0
NEEDS = ("collaborations",)
NEEDS_OUTCOMES = ("collaborations", "outcomes")


@past.feature(
    unit="collaborations",
    text="Collaborations, last {days} days",
    windows=(365,),
    needs=NEEDS,
)
@kernel_part
def prior_collaborations(deal: Deal, days: float) -> float:
    """Count of visible collaborations of {days} days; unknown without any ever."""
    worked = deal.collaborations
    n = len(worked)
    if n == 0:
        return np.nan
    recent = 0
    for i in range(n):
        recent += worked[i, COLLABORATION_AGE] <= days
    return float(recent)


@kernel_part
def _with_code(codes: Codes, column: Column, code: int) -> float:
    """Return the number of collaborations with the code, NaN without one or without the code."""
    if len(codes) == 0 or code == 0:
        return np.nan
    same = 0
    for i in range(len(codes)):
        same += codes[i, column] == code
    return float(same)


@past.feature(unit="collaborations", text="Earlier collaborations with this brand", needs=NEEDS)
@kernel_part
def prior_collaborations_brand(deal: Deal) -> float:
    """Count of visible collaborations with the brief's brand; unknown without any at all."""
    return _with_code(deal.collaboration_codes, COLLABORATION_BRAND, deal.brief_codes[BRIEF_BRAND])


@past.feature(unit="days", text="Days since the last collaboration with this brand", needs=NEEDS)
@kernel_part
def days_since_brand_collaboration(deal: Deal) -> float:
    """Days since the last visible collaboration with the brief's brand; unknown without one."""
    worked = deal.collaborations
    brand = deal.brief_codes[BRIEF_BRAND]
    for i in range(len(worked) - 1, -1, -1):
        if brand != 0 and deal.collaboration_codes[i, COLLABORATION_BRAND] == brand:
            return worked[i, COLLABORATION_AGE]
    return np.nan


@past.feature(unit="collaborations", text="Earlier collaborations in this category", needs=NEEDS)
@kernel_part
def prior_collaborations_category(deal: Deal) -> float:
    """Count of visible collaborations in the brief's category; unknown without any at all."""
    return _with_code(
        deal.collaboration_codes, COLLABORATION_CATEGORY, deal.brief_codes[BRIEF_CATEGORY]
    )


@past.feature(
    unit="collaborations",
    text="Collaborations with rivals of the brand, last {days} days",
    windows=(180,),
    needs=NEEDS,
)
@kernel_part
def rival_collaborations(deal: Deal, days: float) -> float:
    """Count of visible collaborations of {days} days in the brief's category for other brands."""
    worked = deal.collaborations
    n = len(worked)
    brand = deal.brief_codes[BRIEF_BRAND]
    category = deal.brief_codes[BRIEF_CATEGORY]
    if n == 0 or brand == 0 or category == 0:
        return np.nan
    codes = deal.collaboration_codes
    rivals = 0
    for i in range(n):
        if codes[i, COLLABORATION_CATEGORY] == category and codes[i, COLLABORATION_BRAND] != brand:
            rivals += worked[i, COLLABORATION_AGE] <= days
    return float(rivals)


@past.feature(
    unit="log conversions", text="Conversions of earlier collaborations (log)", needs=NEEDS_OUTCOMES
)
@kernel_part
def prior_conversions(deal: Deal) -> float:
    """log(1 + mean conversions by day 30) of the collaborations for which that is visible.

    The cumulative count observed 30 days after publishing, or linear between the observations
    around it, whole.
    """
    worked = deal.collaborations
    total = 0.0
    n = 0
    for i in range(len(worked)):
        count = worked[i, COLLABORATION_CONVERSIONS]
        if not np.isnan(count):
            total += count
            n += 1
    if n == 0:
        return np.nan
    return np.log1p(total / n)


@past.feature(
    unit="conversions per 1000 impressions",
    text="Conversion rate of earlier collaborations",
    needs=NEEDS_OUTCOMES,
)
@kernel_part
def prior_conversion_rate(deal: Deal) -> float:
    """1000 (conversions + 1) / (impressions + 10000), sums over collaborations with both.

    Conversions by day 30, as in `prior_conversions`; impressions at the observation that settled
    them. The rate is shrunk to .1 in a thousand as if by 10,000 more impressions.
    """
    worked = deal.collaborations
    conversions = 0.0
    impressions = 0.0
    n = 0
    for i in range(len(worked)):
        count = worked[i, COLLABORATION_CONVERSIONS]
        shown = worked[i, COLLABORATION_IMPRESSIONS]
        if not np.isnan(count + shown):
            conversions += count
            impressions += shown
            n += 1
    if n == 0:
        return np.nan
    return 1000.0 * (conversions + USUAL_CONVERSIONS) / (impressions + CONVERSION_SHRINKAGE)


@past.feature(
    unit="share",
    text="Share of earlier collaborations that reached their goal",
    bounds=(0.0, 1.0),
    needs=NEEDS_OUTCOMES,
)
@kernel_part
def prior_goal_rate(deal: Deal) -> float:
    """(reached + .4) / (n + 2): of n collaborations with visible day 30, those at their goal.

    The rate is shrunk to .2 as if by two more collaborations; unknown where n is 0.
    """
    worked = deal.collaborations
    reached = 0
    n = 0
    for i in range(len(worked)):
        count = worked[i, COLLABORATION_CONVERSIONS]
        goal = worked[i, COLLABORATION_GOAL]
        if not np.isnan(count + goal):
            n += 1
            reached += count >= goal
    if n == 0:
        return np.nan
    return (reached + USUAL_GOAL_RATE * GOAL_SHRINKAGE) / (n + GOAL_SHRINKAGE)


@kernel_list
def past_columns(deal: Deal, out: Floats) -> None:
    """Fill in the features of this module in the order of their definition."""
    out[0] = prior_collaborations(deal, 365.0)
    out[1] = prior_collaborations_brand(deal)
    out[2] = days_since_brand_collaboration(deal)
    out[3] = prior_collaborations_category(deal)
    out[4] = rival_collaborations(deal, 180.0)
    out[5] = prior_conversions(deal)
    out[6] = prior_conversion_rate(deal)
    out[7] = prior_goal_rate(deal)
