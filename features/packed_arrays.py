"""Packed histories to rows in order, in one compiled pass."""

from typing import NamedTuple

import numpy as np

from features.arrays import Flags, Ints
from features.compiled import kernel, kernel_part
from features.packed_layout import COLLABORATIONS, POSTS, WIDTH
from features.packed_order import DEAL_COLUMNS, Deals, Ordered, order_rows
from features.packed_read import read_rows
from features.packed_scalars import Bytes

_TABLES = len(WIDTH)


class Arrays(NamedTuple):
    """Histories of n creators, for compiled code.

    Rows offsets[t, i]:offsets[t, i + 1] of table t are those of history i. Its cells go from
    starts[t] on and are heights[t] rows. Texts are their places in the packed data.
    """

    offsets: Ints
    starts: Ints
    heights: Ints
    ordered: Ordered


@kernel_part
def _room(sizes: Ints) -> int:
    """Return how many numbers `arrays_in` lays out."""
    numbers = 2
    for history in range(len(sizes)):
        for table in range(_TABLES):
            numbers += sizes[history, table] * WIDTH[table]
        numbers += sizes[history, POSTS] + sizes[history, COLLABORATIONS] * (DEAL_COLUMNS + 2)
    return numbers


@kernel_part
def arrays_in(sizes: Ints, memory: Ints) -> Arrays:
    """Return histories in one array that holds all of them.

    Every array that Python is handed costs it time, so it is handed this one alone.
    """
    n = len(sizes)
    offsets = np.zeros((_TABLES, n + 1), dtype=np.int64)
    starts = np.zeros(_TABLES + 1, dtype=np.int64)
    for table in range(_TABLES):
        for history in range(n):
            offsets[table, history + 1] = offsets[table, history] + sizes[history, table]
        starts[table + 1] = starts[table] + offsets[table, n] * WIDTH[table]
    worked = offsets[COLLABORATIONS, n]
    metrics = starts[_TABLES]
    outcomes = metrics + offsets[POSTS, n] + 1
    deals = outcomes + worked + 1
    goals = deals + DEAL_COLUMNS * worked
    ordered = Ordered(
        memory[:metrics],
        memory[metrics:outcomes],
        memory[outcomes:deals],
        memory[deals:goals].reshape(DEAL_COLUMNS, worked),
        memory[goals : goals + worked].view(np.float64),
    )
    return Arrays(offsets, starts, offsets[:, n].copy(), ordered)


@kernel
def arrays_of(data: Bytes, sizes: Ints, deals: Deals) -> tuple[Flags, Ints]:
    """Read packed histories and put their rows in order.

    Parameters
    ----------
    data : ndarray of uint8
        As `features.packed.Packed` describes it.
    sizes : ndarray of int64, shape (n, 8)
        Rows of each table.
    deals : Deals
        Briefs of the collaborations, in the order of the rows.

    Returns
    -------
    clean : ndarray of bool, shape (n,)
        Which histories are; the rest holds only if all of them are.
    memory : ndarray of int64
        What `arrays_in` takes.
    """
    memory = np.zeros(_room(sizes), dtype=np.int64)
    offsets, starts, _, out = arrays_in(sizes, memory)
    cells = np.empty(starts[_TABLES], dtype=np.int64)
    clean = np.ones(len(sizes), dtype=np.bool_)
    if read_rows(data, offsets, starts, cells, clean):
        order_rows(data, offsets, starts, cells, deals, clean, out)
    else:
        clean[:] = False
    return clean, memory
