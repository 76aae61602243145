"""Packed histories to the arrays that kernels take, in one compiled pass."""

# mypy: disable-error-code="no-any-return"
# NumPy types an element of an array as Any.
from typing import NamedTuple

import numpy as np

from features.arrays import UNKNOWN_TIME, Flags, Floats, Ints
from features.compiled import kernel, kernel_part
from features.packed_layout import (
    APART,
    COLLABORATIONS,
    CREATORS,
    KNOWN,
    METRICS,
    POSTS,
    SNAPSHOTS,
    WIDTH,
    slot_of,
)
from features.packed_order import (
    Deals,
    Ordered,
    order_rows,
)
from features.packed_read import read_rows
from features.packed_scalars import Bytes, Word
from features.profiles import FOLLOWER_VALUES
from features.view_creator import CreatorRows
from features.view_posts import PostRows
from features.view_snapshots import SnapshotRows

_TABLES = len(WIDTH)
_FOLLOWER = len(FOLLOWER_VALUES)
(
    _PLATFORM,
    _COUNTRY,
    _CATEGORY,
    _CREATED,
    _VERIFIED,
    _ACCEPTS,
    _FEE,
    _OBSERVED,
) = np.array(
    [
        slot_of("creators", name)
        for name in (
            "platform",
            "country",
            "category",
            "created_at",
            "is_verified",
            "accepts",
            "min_fee",
            "observed_at",
        )
    ]
)


class Arrays(NamedTuple):
    """Histories of n creators.

    Every array that Python is handed costs it time: what few histories hold (breakdowns, followers,
    collaborations) is left in `cells`, of table t from starts[t] on and heights[t] rows of it.
    Categories are still the places of their texts.
    """

    creators: CreatorRows
    snapshots: SnapshotRows
    posts: PostRows
    cells: Ordered
    starts: Ints
    heights: Ints


class _Rows(NamedTuple):
    """Ordered cells, and where those of each table begin."""

    cells: Ints
    starts: Ints
    heights: Ints


@kernel_part
def _whole(rows: _Rows, table: Word, slot: Word) -> Ints:
    """Return a column of texts or times."""
    start = rows.starts[table] + slot * rows.heights[table]
    return rows.cells[start : start + rows.heights[table]]


@kernel_part
def _number(rows: _Rows, table: Word, slot: Word) -> Floats:
    """Return a column of numbers."""
    return _whole(rows, table, slot).view(np.float64)


@kernel_part
def _numbers(rows: _Rows, table: Word) -> Floats:
    """Return the numbers of a table, one row of values after the other."""
    height = rows.heights[table]
    start = rows.starts[table] + height * APART[table]
    values = rows.cells[start : rows.starts[table + 1]].view(np.float64)
    return values.reshape(height, WIDTH[table] - APART[table])


@kernel_part
def _creators(rows: _Rows) -> CreatorRows:
    return CreatorRows(
        _number(rows, CREATORS, _PLATFORM),
        _number(rows, CREATORS, _COUNTRY),
        _whole(rows, CREATORS, _CATEGORY),
        _whole(rows, CREATORS, _CREATED),
        _number(rows, CREATORS, _VERIFIED),
        _number(rows, CREATORS, _ACCEPTS),
        _number(rows, CREATORS, _FEE),
        _whole(rows, CREATORS, _OBSERVED),
    )


@kernel_part
def _posts(rows: _Rows, offsets: Ints, starts: Ints) -> PostRows:
    return PostRows(
        offsets[POSTS],
        _whole(rows, POSTS, KNOWN[POSTS]),
        np.full(rows.heights[POSTS], UNKNOWN_TIME, dtype=np.int64),
        _numbers(rows, POSTS),
        starts,
        _whole(rows, METRICS, KNOWN[METRICS]),
        _numbers(rows, METRICS),
    )


@kernel_part
def _snapshots(rows: _Rows, offsets: Ints) -> SnapshotRows:
    return SnapshotRows(
        offsets[SNAPSHOTS],
        _whole(rows, SNAPSHOTS, KNOWN[SNAPSHOTS]),
        _numbers(rows, SNAPSHOTS),
    )


@kernel
def arrays_of(data: Bytes, sizes: Ints, deals: Deals) -> tuple[Flags, Ints, Arrays]:
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
    offsets : ndarray of int64, shape (8, n + 1)
        Of each table, where the rows of each history begin.
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
    heights = offsets[:, n].copy()
    rows = _Rows(out.cells, starts, heights)
    found = Arrays(
        _creators(rows),
        _snapshots(rows, offsets),
        _posts(rows, offsets, out.metrics),
        out,
        starts,
        heights,
    )
    return clean, offsets, found
