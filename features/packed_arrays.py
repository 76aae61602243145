"""Packed histories to rows in order, in one compiled pass."""

from typing import NamedTuple

import numpy as np

from features.arrays import Flags, Ints
from features.compiled import kernel
from features.packed_layout import COLLABORATIONS, POSTS, WIDTH
from features.packed_order import Deals, Ordered, order_rows
from features.packed_read import read_rows
from features.packed_scalars import Bytes

_TABLES = len(WIDTH)


class Arrays(NamedTuple):
    """Histories of n creators; every array that Python is handed costs it time, so they are few.

    Rows offsets[t, i]:offsets[t, i + 1] of table t are those of history i. Its cells go from
    starts[t] on and are heights[t] rows. Texts are their places in the packed data.
    """

    offsets: Ints
    starts: Ints
    heights: Ints
    ordered: Ordered


@kernel
def arrays_of(data: Bytes, sizes: Ints, deals: Deals) -> tuple[Flags, Arrays]:
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
    arrays : Arrays
    """
    n = len(sizes)
    offsets = np.zeros((_TABLES, n + 1), dtype=np.int64)
    starts = np.zeros(_TABLES + 1, dtype=np.int64)
    for table in range(_TABLES):
        for history in range(n):
            offsets[table, history + 1] = offsets[table, history] + sizes[history, table]
        starts[table + 1] = starts[table] + offsets[table, n] * WIDTH[table]
    cells = np.empty(starts[_TABLES], dtype=np.int64)
    clean = np.ones(n, dtype=np.bool_)
    out = Ordered(
        np.zeros(len(cells), dtype=np.int64),
        np.zeros(offsets[POSTS, n] + 1, dtype=np.int64),
        np.zeros(offsets[COLLABORATIONS, n] + 1, dtype=np.int64),
        np.zeros(deals.whole.shape, dtype=np.int64),
        np.zeros(len(deals.goals)),
    )
    if read_rows(data, offsets, starts, cells, clean):
        order_rows(data, offsets, starts, cells, deals, clean, out)
    else:
        clean[:] = False
    return clean, Arrays(offsets, starts, offsets[:, n].copy(), out)
