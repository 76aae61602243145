"""What the brief asks and what the creator is offered for it."""

# mypy: disable-error-code="no-any-return"
# NumPy types an element of an array as Any.

import numpy as np

from features.arrays import Floats
from features.compiled import kernel_list, kernel_part
from features.spec import Family
from features.statistics import ratio
from features.view_deal import (
    BRIEF_BUDGET,
    BRIEF_DELIVERABLES,
    BRIEF_GOAL,
    BRIEF_LAUNCH,
    BRIEF_LEAD,
    BRIEF_ORDER_VALUE,
    BRIEF_TYPE,
    CREATOR_ACCEPTS,
    CREATOR_FOLLOWERS,
    CREATOR_MIN_FEE,
    Deal,
)

offer = Family("fit")

MONETARY = 0.0  # positions in COMPENSATION
BY_AFFILIATION = 3.0
SEEDING = 1.0  # positions in COLLABORATION
AFFILIATE = 3.0
AMBASSADOR = 4.0


@offer.feature(unit="log10 conversions", text="Conversion goal (log10)", monotone=-1)
@kernel_part
def log_goal(deal: Deal) -> float:
    """log10 of the brief's conversion goal."""
    return np.log10(deal.brief[BRIEF_GOAL])


@offer.feature(unit="log10 money", text="Budget of the brief (log10)")
@kernel_part
def log_budget(deal: Deal) -> float:
    """log10(1 + budget) of the brief."""
    return np.log10(1.0 + deal.brief[BRIEF_BUDGET])


@offer.feature(unit="log10 money", text="Fee (log10)")
@kernel_part
def log_fee(deal: Deal) -> float:
    """log10(1 + fee) of the offer."""
    return np.log10(1.0 + deal.fee)


@offer.feature(
    unit="money per 1000 followers", text="Fee per thousand followers", needs=["snapshots"]
)
@kernel_part
def fee_per_thousand_followers(deal: Deal) -> float:
    """Fee of the offer / followers of the last visible snapshot, times 1000."""
    return 1000.0 * ratio(deal.fee, deal.creator[CREATOR_FOLLOWERS])


@offer.feature(unit="ratio", text="Fee against the creator's minimum")
@kernel_part
def fee_to_minimum(deal: Deal) -> float:
    """Fee of the offer / the creator's minimum fee, as known at as_of."""
    return ratio(deal.fee, deal.creator[CREATOR_MIN_FEE])


@offer.feature(unit="flag", text="Creator accepts this compensation", bounds=(0.0, 1.0))
@kernel_part
def compensation_accepted(deal: Deal) -> float:
    """1 where the creator accepts the offered compensation, 0 where not, as known at as_of."""
    accepts = deal.creator[CREATOR_ACCEPTS]
    if np.isnan(accepts) or np.isnan(deal.compensation):
        return np.nan
    return float((int(accepts) >> int(deal.compensation)) & 1)


@offer.feature(unit="flag", text="Paid in money", bounds=(0.0, 1.0))
@kernel_part
def pays_money(deal: Deal) -> float:
    """1 where the offered compensation is monetary, 0 where it is another."""
    if np.isnan(deal.compensation):
        return np.nan
    return 1.0 if deal.compensation == MONETARY else 0.0


@offer.feature(unit="flag", text="Affiliate collaboration", bounds=(0.0, 1.0))
@kernel_part
def is_affiliate(deal: Deal) -> float:
    """1 where the collaboration type or the compensation is affiliate, 0 where neither is."""
    if deal.compensation == BY_AFFILIATION or deal.brief[BRIEF_TYPE] == AFFILIATE:
        return 1.0
    if np.isnan(deal.compensation) and np.isnan(deal.brief[BRIEF_TYPE]):
        return np.nan
    return 0.0


@kernel_part
def _is_type(deal: Deal, kind: float) -> float:
    """Return 1 where the brief is of this type, 0 where not, NaN where that is unknown."""
    if np.isnan(deal.brief[BRIEF_TYPE]):
        return np.nan
    return 1.0 if deal.brief[BRIEF_TYPE] == kind else 0.0


@offer.feature(unit="flag", text="Product seeding", bounds=(0.0, 1.0))
@kernel_part
def is_seeding(deal: Deal) -> float:
    """1 where the collaboration type of the brief is product seeding, 0 where it is another."""
    return _is_type(deal, SEEDING)


@offer.feature(unit="flag", text="Ambassador collaboration", bounds=(0.0, 1.0))
@kernel_part
def is_ambassador(deal: Deal) -> float:
    """1 where the collaboration type of the brief is ambassador, 0 where it is another."""
    return _is_type(deal, AMBASSADOR)


@offer.feature(unit="posts", text="Deliverables asked for")
@kernel_part
def deliverables(deal: Deal) -> float:
    """Count of deliverables of the brief."""
    return deal.brief[BRIEF_DELIVERABLES]


@offer.feature(unit="days", text="Days until publishing")
@kernel_part
def lead_time_days(deal: Deal) -> float:
    """Days from as_of to the brief's publish_by; unknown once that has passed."""
    lead = deal.brief[BRIEF_LEAD]
    return lead if lead >= 0.0 else np.nan


@offer.feature(unit="flag", text="Launch of a new product", bounds=(0.0, 1.0))
@kernel_part
def is_launch(deal: Deal) -> float:
    """1 where the brief is a product launch, 0 where not."""
    return deal.brief[BRIEF_LAUNCH]


@offer.feature(unit="log10 money", text="Average order value of the brand (log10)")
@kernel_part
def log_order_value(deal: Deal) -> float:
    """log10(1 + average order value) of the brand, as known at as_of."""
    return np.log10(1.0 + deal.brief[BRIEF_ORDER_VALUE])


@kernel_list
def offer_columns(deal: Deal, out: Floats) -> None:
    """Fill in the features of this module in the order of their definition."""
    out[0] = log_goal(deal)
    out[1] = log_budget(deal)
    out[2] = log_fee(deal)
    out[3] = fee_per_thousand_followers(deal)
    out[4] = fee_to_minimum(deal)
    out[5] = compensation_accepted(deal)
    out[6] = pays_money(deal)
    out[7] = is_affiliate(deal)
    out[8] = is_seeding(deal)
    out[9] = is_ambassador(deal)
    out[10] = deliverables(deal)
    out[11] = lead_time_days(deal)
    out[12] = is_launch(deal)
    out[13] = log_order_value(deal)
