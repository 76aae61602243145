"""Trees summed by eight walks in turn.

A walk waits for the processor's memory at every split. Eight that take turns wait together: eight
rows down one tree or, where fewer rows are left, one row down eight trees. No walk branches, for no
processor could foresee where to: the two sides of a split lie side by side, and whether a row goes
right is added to where they lie. A leaf leads to itself, so that all eight take as many steps as
the deepest tree has splits on a path.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.arrays import Floats, Ints
from features.compiled import kernel, kernel_part

Places = npt.NDArray[np.uint64]
Eight = tuple[np.uint64, ...]

ZERO = 1.0000000180025095e-35
"""LightGBM takes values up to this size for 0."""

WALKS = 8
"""Walks that take turns: as many as the processor's registers hold."""

HALF = 32
"""Bits of half a node: above is where it leads, below where its column lies."""

_COLUMN = 2**HALF - 1
_ROWS = 2 * WALKS  # that pass a tree while it is in the processor's nearest memory


class Laid(NamedTuple):
    """Trees as they are walked: see `models.forest`, which lays them out.

    Parameters
    ----------
    columns : Places, shape (c,)
        Columns that are read.
    unknown : Floats, shape (c,)
        What each is taken for where it is NaN.
    nodes : Places, shape (k,)
        Where a node leads, and which of the columns it reads.
    values : Floats, shape (k,)
        Its threshold, or what a leaf adds.
    starts : Places, shape (t,)
        Where each tree begins.
    depth : Ints, shape (t,)
        Splits on its longest way.
    order : Places, shape (t,)
        Trees by depth.
    """

    columns: Places
    unknown: Floats
    nodes: Places
    values: Floats
    starts: Places
    depth: Ints
    order: Places


_NOWHERE, _NOTHING = np.empty(0, np.uint64), np.empty(0)
NO_TREES = Laid(_NOWHERE, _NOTHING, _NOWHERE, _NOTHING, _NOWHERE, np.empty(0, np.int64), _NOWHERE)


@kernel_part
def _step(known: Floats, nodes: Places, values: Floats, at: np.uint64, lane: int) -> np.uint64:
    node = nodes[at]
    left = known[(node & np.uint64(_COLUMN)) + np.uint64(lane)] <= values[at]
    leads: np.uint64 = (node >> np.uint64(HALF)) + np.uint64(not left)
    return leads


@kernel_part
def _walk(  # noqa: PLR0917  (compiled code takes no keywords)
    known: Floats, nodes: Places, values: Floats, starts: Eight, steps: int, apart: int
) -> Eight:
    """Return where eight walks lead, those of the first row if `apart` is 0, of a row each if 1."""
    a, b, c, d, e, f, g, h = starts
    for _ in range(steps):
        a = _step(known, nodes, values, a, 0)
        b = _step(known, nodes, values, b, 1 * apart)
        c = _step(known, nodes, values, c, 2 * apart)
        d = _step(known, nodes, values, d, 3 * apart)
        e = _step(known, nodes, values, e, 4 * apart)
        f = _step(known, nodes, values, f, 5 * apart)
        g = _step(known, nodes, values, g, 6 * apart)
        h = _step(known, nodes, values, h, 7 * apart)
    return a, b, c, d, e, f, g, h


@kernel_part
def _read(row: Floats, columns: Places, unknown: Floats, known: Floats, lane: int) -> None:
    """Write a row's values beside those of seven others, as the splits take them."""
    known[lane] = -np.inf
    for c in range(len(columns)):
        x = row[columns[c]]
        if abs(x) <= ZERO:
            x = 0.0
        if x != x:  # noqa: PLR0124  (NaN)
            x = unknown[c]
        known[WALKS * (c + 1) + lane] = x


@kernel_part
def _add_rows(  # noqa: PLR0917  (compiled code takes no keywords)
    known: Floats,
    nodes: Places,
    values: Floats,
    starts: Places,
    depth: Ints,
    out: Floats,
) -> None:
    """Add the trees to some times eight rows."""
    for tree in range(len(depth)):
        one = starts[tree]
        for block in range(len(out) // WALKS):
            at = (one, one, one, one, one, one, one, one)
            a, b, c, d, e, f, g, h = _walk(known[block], nodes, values, at, depth[tree], 1)
            i = WALKS * block
            out[i] += values[a]
            out[i + 1] += values[b]
            out[i + 2] += values[c]
            out[i + 3] += values[d]
            out[i + 4] += values[e]
            out[i + 5] += values[f]
            out[i + 6] += values[g]
            out[i + 7] += values[h]


@kernel_part
def _one_row(  # noqa: PLR0917  (compiled code takes no keywords)
    known: Floats,
    nodes: Places,
    values: Floats,
    starts: Places,
    depth: Ints,
    order: Places,
    leaf: Floats,
) -> float:
    """Return the sum of the trees, which are walked in another order than they are added up."""
    for k in range(0, len(order), WALKS):
        at = (
            starts[order[k]],
            starts[order[k + 1]],
            starts[order[k + 2]],
            starts[order[k + 3]],
            starts[order[k + 4]],
            starts[order[k + 5]],
            starts[order[k + 6]],
            starts[order[k + 7]],
        )
        a, b, c, d, e, f, g, h = _walk(known, nodes, values, at, depth[order[k + 7]], 0)
        leaf[order[k]] = values[a]
        leaf[order[k + 1]] = values[b]
        leaf[order[k + 2]] = values[c]
        leaf[order[k + 3]] = values[d]
        leaf[order[k + 4]] = values[e]
        leaf[order[k + 5]] = values[f]
        leaf[order[k + 6]] = values[g]
        leaf[order[k + 7]] = values[h]
    total = 0.0
    for tree in range(len(depth)):
        total += leaf[tree]
    return total


@kernel
def summed(X: Floats, laid: Laid, out: Floats) -> None:
    """Write the sums of trees, shape (n,), for rows of shape (n, p)."""
    columns, unknown, nodes, values, starts, depth, order = laid
    known = np.empty((_ROWS // WALKS, WALKS * (len(columns) + 1)))
    leaf = np.empty(len(starts))
    together = len(X) // WALKS * WALKS
    out[:] = 0.0
    for start in range(0, together, _ROWS):
        end = min(start + _ROWS, together)
        for i in range(start, end):
            _read(X[i], columns, unknown, known[(i - start) // WALKS], (i - start) % WALKS)
        _add_rows(known, nodes, values, starts, depth, out[start:end])
    for i in range(together, len(X)):
        _read(X[i], columns, unknown, known[0], 0)
        out[i] = _one_row(known[0], nodes, values, starts, depth, order, leaf)
