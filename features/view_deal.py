"""One creator and one brief at one `as_of`: what fit features read, most of it storable."""

from typing import NamedTuple

import numpy as np

from features.arrays import DAY, UNKNOWN_TIME, Codes, Floats, Ints, Times
from features.compiled import kernel_part
from features.statistics import unknowns
from features.view import age, first_unseen, is_stated, is_visible

OUTCOME_DAYS = 30  # after publishing: when a collaboration's conversions are counted

# Entries of Deal.creator.
CREATOR_FACTS = np.int64(5)
(
    CREATOR_FOLLOWERS,
    CREATOR_IMPRESSIONS,  # log10(1 + median impressions), 90 days
    CREATOR_COUNTRY,  # country_code
    CREATOR_ACCEPTS,  # bit k set: accepts COMPENSATION[k]
    CREATOR_MIN_FEE,
) = np.arange(CREATOR_FACTS)

# Columns of Deal.collaborations and Deal.collaboration_codes, oldest collaboration first.
COLLABORATION_COLUMNS = np.int64(4)
(
    COLLABORATION_AGE,  # days
    COLLABORATION_CONVERSIONS,  # by day 30 after publishing, NaN until that was observed
    COLLABORATION_IMPRESSIONS,  # at the observation that settled the conversions
    COLLABORATION_GOAL,
) = np.arange(COLLABORATION_COLUMNS)
COLLABORATION_BRAND, COLLABORATION_CATEGORY = np.arange(2)

# Entries of Deal.brief and Deal.brief_codes.
BRIEF_FACTS = np.int64(10)
(
    BRIEF_GOAL,
    BRIEF_BUDGET,
    BRIEF_FOLLOWERS_MIN,
    BRIEF_FOLLOWERS_MAX,
    BRIEF_DELIVERABLES,
    BRIEF_TYPE,  # position in COLLABORATION
    BRIEF_LAUNCH,
    BRIEF_ORDER_VALUE,
    BRIEF_BRAND_COUNTRY,
    BRIEF_LEAD,  # days from as_of to publish_by
) = np.arange(BRIEF_FACTS)
BRIEF_BRAND, BRIEF_CATEGORY = np.arange(2)

# Columns of Deal.targets.
(
    TARGET_DIMENSION,
    TARGET_VALUE,
    TARGET_WEIGHT,
) = np.arange(3)

_IMPRESSIONS = 0  # columns of Collaborations.outcomes
_CONVERSIONS = 2


class Deal(NamedTuple):
    """A creator, as stored, and the brief and offer it is scored for; codes are int64."""

    creator: Floats
    category: int
    breakdown: Floats
    collaborations: Floats
    collaboration_codes: Codes
    brief: Floats
    brief_codes: Codes
    targets: Floats
    compensation: float
    fee: float


class CollaborationRows(NamedTuple):
    """The arrays of `features.tables.Collaborations` that a view needs."""

    offsets: Ints
    known: Times
    hidden: Times
    published: Times
    brand: Codes
    category: Codes
    goal: Floats
    outcome_offsets: Ints
    outcome_known: Times
    outcomes: Floats


class BriefRows(NamedTuple):
    """The arrays of `features.tables.Briefs` that a view needs."""

    brand: Codes
    category: Codes
    goal: Floats
    budget: Floats
    followers_min: Floats
    followers_max: Floats
    deliverables: Floats
    type: Floats
    launch: Floats
    order_value: Floats
    order_value_known: Times
    brand_country: Floats
    publish_by: Times
    target_offsets: Ints
    target_dimension: Ints
    target_value: Ints
    target_weight: Floats


@kernel_part
def collaborations_seen(rows: CollaborationRows, creator: int, as_of: int) -> tuple[Floats, Codes]:
    """Return the columns COLLABORATION_... of the visible collaborations."""
    start = rows.offsets[creator]
    stop = rows.offsets[creator + 1]
    n = 0
    for row in range(start, stop):
        n += is_visible(rows.known[row], rows.hidden[row], as_of)
    seen = np.empty((n, COLLABORATION_COLUMNS))
    codes = np.empty((n, 2), dtype=np.int64)
    n = 0
    for row in range(start, stop):
        if is_visible(rows.known[row], rows.hidden[row], as_of):
            seen[n, COLLABORATION_AGE] = age(rows.known[row], as_of)
            seen[n, COLLABORATION_GOAL] = rows.goal[row]
            codes[n, COLLABORATION_BRAND] = rows.brand[row]
            codes[n, COLLABORATION_CATEGORY] = rows.category[row]
            _settle(rows, row, as_of, seen[n])
            n += 1
    return seen, codes


@kernel_part
def _settle(rows: CollaborationRows, row: int, as_of: int, seen: Floats) -> None:
    """Fill in what day 30 brought: linear between the observations around it, whole."""
    seen[COLLABORATION_CONVERSIONS] = np.nan
    seen[COLLABORATION_IMPRESSIONS] = np.nan
    if rows.published[row] == UNKNOWN_TIME:
        return
    horizon = OUTCOME_DAYS * DAY
    last_time = 0
    last_count = 0.0
    first = rows.outcome_offsets[row]
    stop = first_unseen(rows.outcome_known, first, rows.outcome_offsets[row + 1], as_of)
    for outcome in range(first, stop):
        time = rows.outcome_known[outcome] - rows.published[row]
        count = rows.outcomes[outcome, _CONVERSIONS]
        if time <= 0 or np.isnan(count):
            continue
        if time >= horizon:
            slope = (count - last_count) / (time - last_time)
            seen[COLLABORATION_CONVERSIONS] = np.rint(last_count + slope * (horizon - last_time))
            seen[COLLABORATION_IMPRESSIONS] = rows.outcomes[outcome, _IMPRESSIONS]
            return
        last_time = time
        last_count = count


@kernel_part
def brief_seen(rows: BriefRows, brief: int, as_of: int, training: bool) -> Floats:
    """Return the entries BRIEF_...; all are unknown without a brief (-1)."""
    facts: Floats = unknowns(1, BRIEF_FACTS)[0]
    if brief >= 0:
        facts[BRIEF_GOAL] = rows.goal[brief]
        facts[BRIEF_BUDGET] = rows.budget[brief]
        facts[BRIEF_FOLLOWERS_MIN] = rows.followers_min[brief]
        facts[BRIEF_FOLLOWERS_MAX] = rows.followers_max[brief]
        facts[BRIEF_DELIVERABLES] = rows.deliverables[brief]
        facts[BRIEF_TYPE] = rows.type[brief]
        facts[BRIEF_LAUNCH] = rows.launch[brief]
        facts[BRIEF_BRAND_COUNTRY] = rows.brand_country[brief]
        facts[BRIEF_LEAD] = -age(rows.publish_by[brief], as_of)
        if is_stated(rows.order_value_known[brief], as_of, training):
            facts[BRIEF_ORDER_VALUE] = rows.order_value[brief]
    return facts


@kernel_part
def brief_codes(rows: BriefRows, brief: int) -> Codes:
    """Return the codes of the brief's brand and category, 0 where unknown."""
    codes = np.empty(2, dtype=np.int64)
    codes[BRIEF_BRAND] = rows.brand[brief] if brief >= 0 else 0
    codes[BRIEF_CATEGORY] = rows.category[brief] if brief >= 0 else 0
    return codes


@kernel_part
def targets_of(rows: BriefRows, brief: int) -> Floats:
    """Return the columns TARGET_... of the brief, none without one."""
    start = rows.target_offsets[brief] if brief >= 0 else 0
    stop = rows.target_offsets[brief + 1] if brief >= 0 else 0
    targets = np.empty((stop - start, 3))
    for i in range(stop - start):
        targets[i, TARGET_DIMENSION] = rows.target_dimension[start + i]
        targets[i, TARGET_VALUE] = rows.target_value[start + i]
        targets[i, TARGET_WEIGHT] = rows.target_weight[start + i]
    return targets
