"""Order statistics and ratios over short arrays; a statistic of nothing is NaN."""

# mypy: disable-error-code="no-any-return"
# NumPy types an element of an array as Any.
from typing import Any

import numpy as np

from features.arrays import Floats
from features.compiled import kernel_part

Column = int | np.integer[Any]  # the place of a column: a NumPy integer, see view_posts

SD_OF_MAD = 1.4826  # standard deviation of a normal sample over its median absolute deviation


@kernel_part
def _below(values: Floats, left: int, right: int, pivot: float) -> int:
    """Move what is below the pivot to the front of left..right and return where the rest begins."""
    rest = left
    for i in range(left, right + 1):
        value = values[i]
        values[i] = values[rest]
        values[rest] = value
        # Added, not branched on: a processor guesses wrong about every other random value.
        rest += value < pivot
    return rest


@kernel_part
def _equal(values: Floats, left: int, right: int, pivot: float) -> int:
    """Move what is not above the pivot to the front of left..right, as `_below` does."""
    rest = left
    for i in range(left, right + 1):
        value = values[i]
        values[i] = values[rest]
        values[rest] = value
        rest += value <= pivot
    return rest


@kernel_part
def ranked(values: Floats, rank: int) -> float:
    """Return the value of a rank; reorders the values so that smaller ones come before it."""
    left = 0
    right = len(values) - 1
    while left < right:
        first = values[left]
        last = values[right]
        pivot = max(min(first, last), min(max(first, last), values[(left + right) // 2]))
        rest = _below(values, left, right, pivot)
        if rank < rest:
            right = rest - 1
        elif rest > left:
            left = rest
        else:
            rest = _equal(values, left, right, pivot)
            if rank < rest:
                return pivot
            left = max(rest, left + 1)
    return values[rank]


@kernel_part
def median(values: Floats) -> float:
    """Return the median of the values, which it reorders."""
    n = len(values)
    if n == 0:
        return np.nan
    upper = ranked(values, n // 2)
    if n % 2 == 1:
        return upper
    lower = values[0]
    for i in range(1, n // 2):
        lower = max(lower, values[i])
    return 0.5 * (lower + upper)


@kernel_part
def spread(values: Floats) -> float:
    """Return 1.4826 times the median distance from the median; overwrites the values."""
    middle = median(values)
    for i in range(len(values)):
        values[i] = abs(values[i] - middle)
    return SD_OF_MAD * median(values)


@kernel_part
def ratio(top: float, bottom: float) -> float:
    """Return top / bottom, NaN unless `bottom` is positive."""
    if bottom > 0.0:
        return top / bottom
    return np.nan


@kernel_part
def known_or(value: float, otherwise: float) -> float:
    """Return `value`, or `otherwise` where it is unknown."""
    if np.isnan(value):
        return otherwise
    return value


@kernel_part
def clip(value: float, low: float, high: float) -> float:
    """Return `value` moved into low..high; NaN stays."""
    if value < low:
        return low
    if value > high:
        return high
    return value


@kernel_part
def contrast(one: float, other: float) -> float:
    """Return (one - other) / (|one| + |other|), from -1 to 1, NaN where both are zero."""
    return ratio(one - other, abs(one) + abs(other))


@kernel_part
def first_at_most(rows: Floats, place: Column, most: float) -> int:
    """Return the first row whose value is at most so much, in a column that falls."""
    start = 0
    stop = len(rows)
    while start < stop:
        middle = (start + stop) // 2
        if rows[middle, place] <= most:
            stop = middle
        else:
            start = middle + 1
    return start


@kernel_part
def column(rows: Floats, place: Column) -> Floats:
    """Return a copy of one column."""
    values = np.empty(len(rows))
    for i in range(len(rows)):
        values[i] = rows[i, place]
    return values


@kernel_part
def unknowns(n: int, columns: Column) -> Floats:
    """Return a matrix of NaN."""
    values = np.empty((n, columns))
    for i in range(n):
        for j in range(columns):
            values[i, j] = np.nan
    return values
