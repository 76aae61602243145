"""The only place that compares a time with `as_of`.

A row is visible where `known < as_of <= hidden`; a window is [as_of - days, as_of), so that ages,
in days before `as_of`, lie in (0, days].
"""

from typing import NamedTuple

import numpy as np

from features.arrays import DAY, UNKNOWN_TIME, Flags, Floats, Ints, Times
from features.compiled import kernel_part


class View(NamedTuple):
    """What one creator's history shows at one `as_of`.

    `now` holds the facts FACT_..., `snapshots` the columns SNAPSHOT_..., `posts` POST_...,
    `breakdown` BREAKDOWN_..., `sample` FOLLOWER_...: one row an entry, in order of time. Snapshots
    and posts are those of half a year; `year_snapshots` and `year_posts` reach back twice as far.
    `feed` and `stories` are rows of `year_posts` with mature metrics, oldest first.
    """

    now: Floats
    snapshots: Floats
    posts: Floats
    year_snapshots: Floats
    year_posts: Floats
    feed: Ints
    stories: Ints
    breakdown: Floats
    sample: Floats


def visible(known: Times, hidden: Times, as_of: int | Times) -> Flags:
    """Tell which rows are visible.

    Parameters
    ----------
    known, hidden : ndarray of int64, shape (n,)
        When each row became known and when a conflicting one hid it, microseconds.
    as_of : int or ndarray of int64
        The moment, exclusive.

    Returns
    -------
    ndarray of bool, shape (n,)
        True where `known < as_of <= hidden`.
    """
    return (known < as_of) & (as_of <= hidden)


def undisputed(hidden: Times, as_of: int | Times) -> Flags:
    """Tell which rows of what is always known, as a brief being scored, no other row contradicts.

    Parameters
    ----------
    hidden : ndarray of int64, shape (n,)
        When a conflicting row became known, microseconds.
    as_of : int or ndarray of int64
        The moment, exclusive.

    Returns
    -------
    ndarray of bool, shape (n,)
        True where `as_of <= hidden`.
    """
    return as_of <= hidden


@kernel_part
def is_visible(known: int, hidden: int, as_of: int) -> bool:
    """Tell whether one row is visible."""
    return known < as_of <= hidden


@kernel_part
def is_stated(known: int, as_of: int, training: bool) -> bool:
    """Tell whether an undated statement may be used: one without a time only outside training."""
    if known == UNKNOWN_TIME:
        return not training
    return known < as_of


@kernel_part
def first_unseen(known: Times, start: int, stop: int, as_of: int) -> int:
    """Return the first row of start:stop, sorted by `known`, that is not before `as_of`."""
    while start < stop:
        middle = (start + stop) // 2
        if known[middle] < as_of:
            start = middle + 1
        else:
            stop = middle
    return start


@kernel_part
def first_within(known: Times, start: int, stop: int, as_of: int, days: float) -> int:
    """Return the first row of start:stop, sorted by `known`, that is at most so many days old."""
    while start < stop:
        middle = (start + stop) // 2
        if age(known[middle], as_of) <= days:
            stop = middle
        else:
            start = middle + 1
    return start


@kernel_part
def last_seen(known: Times, start: int, stop: int, as_of: int) -> int:
    """Return the last row of start:stop, in any order, before `as_of`; start - 1 if none is."""
    row = stop - 1
    while row >= start and known[row] >= as_of:
        row -= 1
    return row


@kernel_part
def age(time: int, as_of: int) -> float:
    """Return the days from `time` to `as_of`, negative for a time to come; NaN for an unknown one.

    Microseconds are exact in float64, so `age <= days` cuts a window exactly.
    """
    if time == UNKNOWN_TIME:
        return np.nan
    return (as_of - time) / DAY


@kernel_part
def past_age(time: int, as_of: int) -> float:
    """Return the age of a time before `as_of`, NaN for any other."""
    if time >= as_of:
        return np.nan
    return (as_of - time) / DAY
