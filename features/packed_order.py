"""Rows of packed histories in the tables' order, where no row of a history contradicts another."""

# mypy: disable-error-code="no-any-return"
# NumPy types an element of an array as Any.
from typing import NamedTuple

import numpy as np

from features.arrays import Flags, Floats, Ints
from features.compiled import kernel_part
from features.packed_layout import (
    APART,
    AUDIENCE,
    BEYOND,
    COLLABORATIONS,
    CREATORS,
    FOLLOWERS,
    KNOWN,
    OWNER,
    POSTS,
    SNAPSHOTS,
    WHOLE,
    WIDTH,
)
from features.packed_scalars import Bytes, Word, is_same
from features.packed_sort import FIRST, SECOND, TEXT, THIRD, index_of, parents_of, sort

_TABLES = len(WIDTH)
_FLAT: Ints = np.array([CREATORS, SNAPSHOTS, AUDIENCE, FOLLOWERS])
_NESTED: Ints = np.array([POSTS, COLLABORATIONS])  # each with the table that follows it
_NO_TEXT = -1


class Ordered(NamedTuple):
    """Rows in order.

    `cells` holds of each table first the places APART, column after column, then the others, row
    after row. `metrics` and `outcomes` tell where those of each post and collaboration begin.
    `deals` and `goals` are those of each collaboration.
    """

    cells: Ints
    metrics: Ints
    outcomes: Ints
    deals: Ints
    goals: Floats


DEAL_COLUMNS = np.int64(4)
DEAL_KNOWN, DEAL_HIDDEN, DEAL_BRAND, DEAL_CATEGORY = np.arange(DEAL_COLUMNS)


class Deals(NamedTuple):
    """The briefs of collaborations, one a column of `whole`, with the lines DEAL_..., and `goals`.

    A brief that is not known was known always, and has no brand, category or goal.
    """

    whole: Ints
    goals: Floats


class _Given(NamedTuple):
    """Packed histories and their cells, as `features.packed_read.read_rows` leaves them."""

    data: Bytes
    offsets: Ints
    starts: Ints
    cells: Ints


@kernel_part
def _rows(given: _Given, table: Word, history: Word) -> Ints:
    """Return the cells of the rows that a history has of a table, one row a line."""
    first, last = given.offsets[table, history], given.offsets[table, history + 1]
    width = WIDTH[table]
    start = given.starts[table]
    flat = given.cells[start + first * width : start + last * width]
    return flat.reshape(last - first, width)


@kernel_part
def _is_own(given: _Given, history: Word) -> bool:
    """Tell whether there is one creator, and every row that names a creator names that one."""
    creators = _rows(given, CREATORS, history)
    if len(creators) != 1:
        return False
    for table in range(_TABLES):
        column = OWNER[table]
        if column >= 0:
            for row in _rows(given, table, history):
                if not is_same(given.data, row[column], creators[0, OWNER[CREATORS]]):
                    return False
    return True


@kernel_part
def _keys(rows: Ints, known: Word) -> Ints:
    """Return what rows are ordered by: nothing, when they were known, nothing, no text."""
    keys = np.zeros((len(rows), 4), dtype=np.int64)
    for row in range(len(rows)):
        keys[row, SECOND] = rows[row, known]
        keys[row, TEXT] = _NO_TEXT
    return keys


@kernel_part
def _breakdown(rows: Ints, keys: Ints) -> bool:
    """Order an audience by dimension, time and value, both whole; tell whether these agree."""
    at = WHOLE[AUDIENCE]
    values = rows.view(np.float64)
    for row in range(len(keys)):
        dimension = values[row, at]
        # A value of another dimension is off by at least a thousand.
        value = values[row, at + 1] - BEYOND * dimension
        if not 0.0 <= value < BEYOND:
            return False
        keys[row, FIRST] = np.int64(dimension)
        keys[row, THIRD] = np.int64(value)
        rows[row, at] = np.int64(dimension)
        rows[row, at + 1] = np.int64(value)
    return True


@kernel_part
def _write(given: _Given, table: Word, history: Word, order: Ints, out: Ints) -> None:
    """Write the rows of a history in their order."""
    rows = _rows(given, table, history)
    first = given.offsets[table, history]
    height = given.offsets[table, given.offsets.shape[1] - 1]
    apart = APART[table]
    start = given.starts[table] + first
    for place in range(len(order)):
        for slot in range(apart):
            out[start + slot * height + place] = rows[order[place], slot]
    start += apart * height + first * (WIDTH[table] - apart - 1)
    for place in range(len(order)):
        for slot in range(apart, WIDTH[table]):
            out[start] = rows[order[place], slot]
            start += 1


@kernel_part
def _flat(given: _Given, table: Word, history: Word, out: Ints) -> bool:
    """Write a table that no other refers to; tell whether no two rows share their key."""
    rows = _rows(given, table, history)
    order = np.arange(len(rows))
    fine = True
    if table in (SNAPSHOTS, AUDIENCE):
        keys = _keys(rows, KNOWN[table])
        fine = table == SNAPSHOTS or _breakdown(rows, keys)
        fine = fine and sort(given.data, keys, order)
    _write(given, table, history, order, out)
    return fine


@kernel_part
def _sorted(given: _Given, table: Word, history: Word, deals: Deals, out: Ordered) -> Ints:
    """Write posts or collaborations by time and id; return where each row stands."""
    rows = _rows(given, table, history)
    first = given.offsets[table, history]
    keys = _keys(rows, KNOWN[table])
    for row in range(len(rows)):
        keys[row, TEXT] = rows[row, 0]
        if table == COLLABORATIONS:
            keys[row, SECOND] = max(keys[row, SECOND], deals.whole[DEAL_KNOWN, first + row])
    order = np.arange(len(rows))
    sort(given.data, keys, order)
    _write(given, table, history, order, out.cells)
    if table == COLLABORATIONS:
        for place in range(len(order)):
            for column in range(len(out.deals)):
                out.deals[column, first + place] = deals.whole[column, first + order[place]]
            out.deals[DEAL_KNOWN, first + place] = keys[order[place], SECOND]
            out.goals[first + place] = deals.goals[first + order[place]]
    ranks = np.empty(len(rows), dtype=np.int64)
    for place in range(len(rows)):
        ranks[order[place]] = place
    return ranks


@kernel_part
def _nested(given: _Given, table: Word, history: Word, deals: Deals, out: Ordered) -> bool:
    """Write a table, and by time what the next one observes of each of its rows.

    Tell whether ids are distinct, nothing refers to another one, and no two rows below share their
    key. The first column of both is the id.
    """
    rows = _rows(given, table, history)
    under = table + 1
    below = _rows(given, under, history)
    distinct, index = index_of(given.data, rows)
    keys = _keys(below, KNOWN[int(under)])
    if not (distinct and parents_of(given.data, rows, index, below, keys)):
        return False
    ranks = _sorted(given, table, history, deals, out)
    starts = out.outcomes if table == COLLABORATIONS else out.metrics
    for row in range(len(below)):
        keys[row, FIRST] = ranks[keys[row, FIRST]]
        starts[given.offsets[table, history] + keys[row, FIRST] + 1] += 1
    order = np.arange(len(below))
    fine = sort(given.data, keys, order)
    _write(given, under, history, order, out.cells)
    return fine


@kernel_part
def _history(given: _Given, history: Word, deals: Deals, out: Ordered) -> bool:
    """Write one history; tell whether it is clean."""
    fine = _is_own(given, history)
    for table in _FLAT:
        fine = fine and _flat(given, table, history, out.cells)
    for table in _NESTED:
        fine = fine and _nested(given, table, history, deals, out)
    return fine


@kernel_part
def _summed(counts: Ints) -> None:
    for row in range(1, len(counts)):
        counts[row] += counts[row - 1]


@kernel_part
def order_rows(  # noqa: PLR0917  (compiled code takes no keywords)
    data: Bytes, offsets: Ints, starts: Ints, cells: Ints, deals: Deals, clean: Flags, out: Ordered
) -> None:
    """Write histories in order; clean[i] turns false where one is not.

    The counts of `out` come as zeros.
    """
    given = _Given(data, offsets, starts, cells)
    for history in range(len(clean)):
        clean[history] = clean[history] and _history(given, history, deals, out)
    _summed(out.metrics)
    _summed(out.outcomes)
