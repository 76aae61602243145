"""The order of many rows by group and time, found without sorting where they stand in it."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.arrays import Flags, Ints, ints, owned
from features.compiled import kernel

BLOCK = 1 << 16  # rows compared at once: what they need stays in the cache


def order_of(*keys: Ints, ties: Any = None) -> Ints:
    """Return the order by the keys, the first one leading, then by text.

    Parameters
    ----------
    *keys : ndarray of int64
    ties : pyarrow.LargeStringArray or pyarrow.ChunkedArray of them, optional
        Orders rows whose keys are all equal.

    Returns
    -------
    ndarray of int64
    """
    found = arranged(*keys, ties=ties)
    return np.arange(len(keys[0])) if found is None else found


def arranged(*keys: Ints, ties: Any = None) -> Ints | None:
    """Return the order as `order_of` does, or None where the rows stand in it already."""
    if is_rising(*keys, strictly=ties is not None):
        return None
    order = np.argsort(keys[-1], kind="stable")
    for key in keys[-2::-1]:
        order = order[np.argsort(key[order], kind="stable")]
    if ties is not None:
        _settle_ties(order, keys, ties)
    return order


def is_rising(*keys: Ints, strictly: bool) -> bool:
    """Return whether no row comes before the one above it, or, when strictly, equals it.

    Parameters
    ----------
    *keys : ndarray of int64
        The first one leading.
    strictly : bool

    Returns
    -------
    bool
    """
    rows = len(keys[0])
    columns = [owned(key, np.int64) for key in keys]
    above = np.empty(min(BLOCK, max(rows - 1, 0)), dtype=np.bool_)
    for start in range(1, rows, BLOCK):
        stop = min(start + BLOCK, rows)
        above[:] = False
        if not all(not_below(key, start, stop, above) for key in columns):
            return False
        if strictly and not above[: stop - start].all():
            return False
    return True


@kernel
def not_below(key: Ints, start: int, stop: int, above: Flags) -> bool:
    """Mark which rows are above the one before; tell whether none that is not marked is below."""
    for row in range(start, stop):
        if not above[row - start]:
            if key[row] < key[row - 1]:
                return False
            above[row - start] = key[row] > key[row - 1]
    return True


def repeated(*keys: Ints) -> Ints:
    """Return the rows whose keys, all together, another row has too.

    Parameters
    ----------
    *keys : ndarray of int64

    Returns
    -------
    ndarray of int64
        Rising.
    """
    if is_rising(*keys, strictly=True):
        return ints()
    order = order_of(*keys)
    return np.sort(order[_tied(order, keys)])


def _tied(order: Ints, keys: tuple[Ints, ...]) -> Flags:
    """Return which entries of the order have the same keys as one beside them."""
    same = np.ones(len(order) - 1, dtype=np.bool_)
    for key in keys:
        ordered = key[order]
        same &= ordered[1:] == ordered[:-1]
    either: Flags = np.concatenate([[False], same]) | np.concatenate([same, [False]])
    return either


def _settle_ties(order: Ints, keys: tuple[Ints, ...], ties: Any) -> None:
    """Put rows whose keys are all equal in the order of their texts."""
    tied = _tied(order, keys)
    # Texts are ranked among the tied rows only: sorting all of them would cost the most.
    rows = order[tied]
    rank = ints(len(rows))
    rank[np.asarray(pc.sort_indices(ties.take(pa.array(rows))))] = np.arange(len(rows))
    order[tied] = rows[np.lexsort([rank, *(key[rows] for key in keys[::-1])])]
