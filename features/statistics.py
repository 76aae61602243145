"""Order statistics and ratios over short arrays; a statistic of nothing is NaN."""

# mypy: disable-error-code="no-any-return"
# NumPy types an element of an array as Any.
from typing import Any

import numpy as np

from features.arrays import Floats
from features.compiled import kernel_part, kernel_step

Column = int | np.integer[Any]  # the place of a column: a NumPy integer, see view_posts

FEW = 8  # values are sorted; of more, first a few about the median are found
MANY = 40  # values are worth nine looks for a pivot

SD_OF_MAD = 1.4826  # standard deviation of a normal sample over its median absolute deviation


@kernel_step
def _middle(one: float, two: float, three: float) -> float:
    """Return the median of three."""
    return max(min(one, two), min(max(one, two), three))


@kernel_step
def _pivot(values: Floats, n: int) -> float:
    """Return one of the first n values that is probably not far from their median."""
    if n < MANY:
        return _middle(values[0], values[n // 2], values[n - 1])
    step = n // 9
    return _middle(
        _middle(values[0], values[step], values[2 * step]),
        _middle(values[3 * step], values[4 * step], values[5 * step]),
        _middle(values[6 * step], values[7 * step], values[8 * step]),
    )


@kernel_step
def _parted(values: Floats, n: int, pivot: float, below: Floats, rest: Floats) -> int:
    """Copy the first n values to `below` if they are below the pivot, else to `rest`; count those.

    `below` may be the values themselves.
    """
    first = 0
    others = 0
    for i in range(n):
        value = values[i]
        below[first] = value
        rest[others] = value
        # Added, not branched on: a processor guesses wrong about every other random value.
        is_below = value < pivot
        first += is_below
        others += 1 - is_below
    return first


@kernel_step
def _above(values: Floats, n: int, pivot: float, above: Floats) -> int:
    """Copy to `above` those of the first n values that are above the pivot, and count them."""
    found = 0
    for i in range(n):
        value = values[i]
        above[found] = value
        found += value > pivot
    return found


@kernel_step
def _largest(values: Floats, n: int) -> float:
    """Return the largest of the first n values."""
    largest = values[0]
    for i in range(1, n):
        largest = max(largest, values[i])
    return largest


@kernel_part
def _median_of_many(values: Floats) -> float:
    """Return the median of more than FEW values: those on one side of a pivot, again and again."""
    n = len(values)
    work = np.empty((2, n))
    left, rest = work[0], work[1]  # the values among which the one of the rank is
    rank = n // 2
    before = np.nan  # the value of the rank before where that is among these no more
    pivot = _pivot(values, n)
    below = _parted(values, n, pivot, left, rest)
    while True:
        others = n - below
        if rank < below:
            n = below
        elif below > 0:
            if rank == below:
                before = _largest(left, below)
            for i in range(others):
                left[i] = rest[i]
            n = others
            rank -= below
        else:  # none is: leave out what equals the pivot
            n = _above(rest, others, pivot, left)
            equal = others - n
            if rank < equal:
                return _between(pivot if rank > 0 else before, pivot, len(values))
            before = pivot
            rank -= equal
        if n <= FEW:
            return _median_of_few(left, n, rank, before, len(values))
        pivot = _pivot(left, n)
        below = _parted(left, n, pivot, left, rest)


@kernel_step
def _between(lower: float, upper: float, n: int) -> float:
    """Return the median of n values from the two in the middle."""
    if n % 2 == 1:
        return upper
    return 0.5 * (lower + upper)


@kernel_step
def _or_infinite(values: Floats, i: int, n: int) -> float:
    """Return a value, infinity where it is not one of the first n."""
    return values[i] if i < n else np.inf


@kernel_step
def _median_of_few(values: Floats, n: int, rank: int, before: float, many: int) -> float:
    """Return the median of many values, of which n are left, and the one below these.

    A network sorts them, with the same 19 comparisons whatever they are, as few as can be for 8
    values (Knuth, The Art of Computer Programming 3, section 5.3.4).
    """
    a, b = _or_infinite(values, 0, n), _or_infinite(values, 1, n)
    c, d = _or_infinite(values, 2, n), _or_infinite(values, 3, n)
    e, f = _or_infinite(values, 4, n), _or_infinite(values, 5, n)
    g, h = _or_infinite(values, 6, n), _or_infinite(values, 7, n)
    a, c, b, d = min(a, c), max(a, c), min(b, d), max(b, d)
    e, g, f, h = min(e, g), max(e, g), min(f, h), max(f, h)
    a, e, b, f = min(a, e), max(a, e), min(b, f), max(b, f)
    c, g, d, h = min(c, g), max(c, g), min(d, h), max(d, h)
    a, b, c, d = min(a, b), max(a, b), min(c, d), max(c, d)
    e, f, g, h = min(e, f), max(e, f), min(g, h), max(g, h)
    c, e, d, f = min(c, e), max(c, e), min(d, f), max(d, f)
    b, e, d, g = min(b, e), max(b, e), min(d, g), max(d, g)
    b, c, d, e = min(b, c), max(b, c), min(d, e), max(d, e)
    f, g = min(f, g), max(f, g)
    lower = before
    upper = a
    for i, value in enumerate((b, c, d, e, f, g, h)):
        if i < rank:
            lower = upper
            upper = value
    return _between(lower, upper, many)


@kernel_part
def median(values: Floats) -> float:
    """Return the median of the values."""
    n = len(values)
    if n == 0:
        return np.nan
    if n > FEW:
        return _median_of_many(values)
    return _median_of_few(values, n, n // 2, np.nan, n)


@kernel_part
def spread(values: Floats) -> float:
    """Return 1.4826 times the median distance from the median."""
    middle = median(values)
    distances = np.empty(len(values))
    for i in range(len(values)):
        distances[i] = abs(values[i] - middle)
    return SD_OF_MAD * median(distances)


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
