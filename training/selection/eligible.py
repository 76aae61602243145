"""Creators who might have taken a brief but neither applied nor were chosen."""

from dataclasses import dataclass

import numpy as np

from features.arrays import UNKNOWN_TIME, Flags, Floats, Ints, Times
from features.tables import Tables
from features.view import visible

TRIES = 10  # draws for each creator wanted: a follower range holds a tenth to a half of them


@dataclass(frozen=True, slots=True)
class Others:
    """Some of the eligible who are in nobody's list.

    Parameters
    ----------
    brief, creator : ndarray of int64, shape (n,)
        Rows of the tables.
    weight : ndarray of float64, shape (n,)
        How many eligible creators of the brief each stands for, itself included.
    """

    brief: Ints
    creator: Ints
    weight: Floats


def others(
    tables: Tables,
    briefs: Ints,
    moments: Times,
    *,
    taken: Ints,
    paid: Floats,
    wanted: int,
    random: np.random.Generator,
) -> Others:
    """Draw eligible creators for briefs.

    Eligible is who is inside the brief's follower range and accepts what it pays with, as far as
    both are known at the brief's moment; the unknown excludes nobody.

    Parameters
    ----------
    tables : Tables
        Raw tables.
    briefs : ndarray of int64, shape (m,)
        Rows of `tables.briefs`, each once.
    moments : ndarray of int64
        The moment of every brief of the tables, microseconds.
    taken : ndarray of int64
        Pairs to leave out: brief times number of creators, plus creator.
    paid : ndarray of float64
        What every brief of the tables pays with, position in COMPENSATION; NaN unknown.
    wanted : int
        How many for each brief.
    random : Generator
        Draws.

    Returns
    -------
    Others
    """
    people = len(tables.creators.ids)
    brief = np.repeat(briefs, wanted * TRIES)
    creator = random.integers(0, max(people, 1), len(brief))
    pair, first = np.unique(brief * people + creator, return_index=True)
    fresh = first[~np.isin(pair, taken)]
    fresh.sort()
    brief, creator = brief[fresh], creator[fresh]
    fits = _in_range(tables, brief, creator, moments[brief])
    fits &= _accepting(tables, creator, paid[brief], moments[brief])
    tried = np.bincount(brief, minlength=len(moments))
    found = np.bincount(brief[fits], minlength=len(moments))
    brief, creator = brief[fits], creator[fits]
    # The first so many of each brief, in the order of the draw.
    start = np.searchsorted(brief, brief, side="left")
    kept = np.arange(len(brief)) - start < wanted
    brief, creator = brief[kept], creator[kept]
    # Of all creators outside the lists, the share that was found eligible.
    outside = people - np.bincount(taken // max(people, 1), minlength=len(moments))
    eligible = outside * found / np.maximum(tried, 1)
    return Others(brief, creator, eligible[brief] / np.minimum(found, wanted)[brief])


def _in_range(tables: Tables, brief: Ints, creator: Ints, at: Times) -> Flags:
    """Tell who has a number of followers that the brief asks for, or an unknown one."""
    row = last_before(tables.snapshots.known, tables.snapshots.offsets, creator, at)
    values = tables.snapshots.values[:, 0]
    followers = (
        np.where(row >= 0, values[row], np.nan) if len(values) else np.full(len(row), np.nan)
    )
    outside = followers < tables.briefs.followers_min[brief]
    outside |= followers > tables.briefs.followers_max[brief]
    return np.asarray(~outside)


def _accepting(tables: Tables, creator: Ints, paid: Floats, at: Times) -> Flags:
    """Tell who accepts such a compensation, or has not said."""
    people = tables.creators
    stated, accepts = people.observed_at[creator], people.accepts[creator]
    known = visible(stated, np.full_like(stated, UNKNOWN_TIME), at)
    known &= ~np.isnan(accepts) & ~np.isnan(paid)
    taken = np.nan_to_num(accepts).astype(np.int64) >> np.nan_to_num(paid).astype(np.int64)
    return np.asarray(~known | (taken & 1 == 1))


def last_before(known: Times, offsets: Ints, owner: Ints, at: Times) -> Ints:
    """Return the last row of each owner that was known before a moment, -1 where there is none.

    Parameters
    ----------
    known : ndarray of int64, shape (m,)
        When rows became known, rising within an owner.
    offsets : ndarray of int64
        Where each owner's rows begin.
    owner, at : ndarray of int64, shape (n,)
        Whose, and as of when.

    Returns
    -------
    ndarray of int64, shape (n,)
    """
    low, high = offsets[owner], offsets[owner + 1]
    first, never = low.copy(), np.full(len(at), UNKNOWN_TIME)
    while (low < high).any():
        middle = (low + high) // 2
        searching = low < high
        before = searching & visible(known[np.where(searching, middle, 0)], never, at)
        low = np.where(before, middle + 1, low)
        high = np.where(searching & ~before, middle, high)
    return np.where(low > first, low - 1, -1)
