"""Audience breakdowns and follower samples as one creator's view shows them."""

from typing import NamedTuple

import numpy as np

from features.arrays import Floats, Ints, Times
from features.compiled import kernel_part
from features.statistics import Column
from features.view import last_seen

# Columns of View.breakdown: the last visible breakdown of each dimension.
BREAKDOWN_COLUMNS = np.int64(3)
(
    BREAKDOWN_DIMENSION,  # position in DIMENSIONS
    BREAKDOWN_VALUE,  # country_code, or a position in GENDERS or AGES
    BREAKDOWN_SHARE,
) = np.arange(BREAKDOWN_COLUMNS)

# Positions in DIMENSIONS.
BY_COUNTRY, BY_GENDER, BY_AGE = np.arange(3)

# Columns of View.sample: those of Followers.values.
(
    FOLLOWER_FOLLOWERS,
    FOLLOWER_FOLLOWING,
    FOLLOWER_POSTS,
    FOLLOWER_PICTURE,
    FOLLOWER_PRIVATE,
    FOLLOWER_NAME_LENGTH,
    FOLLOWER_DIGITS,
    FOLLOWER_DIGIT_RATIO,
    FOLLOWER_BIO,
) = np.arange(9)


class AudienceRows(NamedTuple):
    """The arrays of `features.tables.Audience`."""

    offsets: Ints
    known: Times
    dimension: Ints
    value: Ints
    share: Floats


class FollowerRows(NamedTuple):
    """The arrays of `features.tables.Followers` that a view needs."""

    offsets: Ints
    known: Times
    sample: Ints
    values: Floats


@kernel_part
def breakdown_seen(rows: AudienceRows, creator: int, as_of: int) -> Floats:
    """Return the columns BREAKDOWN_..., by dimension and value."""
    start = rows.offsets[creator]
    stop = rows.offsets[creator + 1]
    kept = np.empty(stop - start, dtype=np.int64)
    n = 0
    while start < stop:
        end = start
        while end < stop and rows.dimension[end] == rows.dimension[start]:
            end += 1
        last = last_seen(rows.known, start, end, as_of)
        first = last
        while first > start and rows.known[first - 1] == rows.known[last]:
            first -= 1
        for row in range(max(first, start), last + 1):
            kept[n] = row
            n += 1
        start = end
    seen = np.empty((n, BREAKDOWN_COLUMNS))
    for i in range(n):
        seen[i, BREAKDOWN_DIMENSION] = rows.dimension[kept[i]]
        seen[i, BREAKDOWN_VALUE] = rows.value[kept[i]]
        seen[i, BREAKDOWN_SHARE] = rows.share[kept[i]]
    return seen


@kernel_part
def sample_seen(rows: FollowerRows, creator: int, as_of: int) -> tuple[int, int]:
    """Return the rows start:stop of the last visible sample, an empty range without one.

    Samples stand in the order of their first row, so the last visible row belongs to the last one.
    """
    start = rows.offsets[creator]
    last = last_seen(rows.known, start, rows.offsets[creator + 1], as_of)
    first = last + 1
    while first > start and rows.sample[first - 1] == rows.sample[last]:
        first -= 1
    return first, last + 1


@kernel_part
def share_sum(breakdown: Floats, dimension: Column) -> float:
    """Return the sum of the shares of one dimension."""
    total = 0.0
    for i in range(len(breakdown)):
        if breakdown[i, BREAKDOWN_DIMENSION] == dimension:
            total += breakdown[i, BREAKDOWN_SHARE]
    return total
