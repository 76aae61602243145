"""What each column adds to the sum of trees: exact Shapley values, as LightGBM defines them.

A contribution is what knowing a column changes, averaged over all orders in which the columns could
become known; at an unknown column a row goes both ways, by how many training rows did. The average
over orders is an integral over the time t at which each column becomes known: `models.paths`. So
each tree is followed once down and once up for four points of t, over all its leaves at once.

Trees of a few splits have few answers: these are kept in tables, by which splits a row goes right.
"""

from typing import NamedTuple

import numpy as np

from features.arrays import Flags, Floats, Ints
from features.compiled import in_vectors, kernel, kernel_part
from models.paths import CELL, POINTS, Paths, paths
from models.tree_text import Grown
from models.walks import ZERO, Places

TABLED = 7
"""Most splits of a tree whose answers are kept, 128 of 7 numbers."""

MOST_BYTES = 8 * 2**20
"""Of all tables; later trees are followed."""

_BLOCK = 64  # rows that pass a tree while its numbers are in the processor's cache
_LEFT, _RIGHT, _NEITHER = 0, 1, 2  # where a row goes; neither: its column has failed the path above
_NONE = -1


class Tables(NamedTuple):
    """Answers of small trees.

    Parameters
    ----------
    starts : Ints, shape (n,)
        Of each tree where its answers begin, -1 if they are not kept.
    answers : Floats
        By the number whose bit s is set where a row goes right at split s: what each split adds.
    """

    starts: Ints
    answers: Floats


class Contributions:
    """What columns add to the sum of trees.

    Parameters
    ----------
    grown : Grown
        Trees over p columns.
    width : int
        The number p.

    Raises
    ------
    OtherTreesError
        As `models.paths.paths` does.
    """

    def __init__(self, grown: Grown, width: int) -> None:
        self._paths = paths(grown)
        self._width = width
        self._largest = int(np.diff(self._paths.starts.astype(np.int64)).max(initial=0))
        self._tables = _tables(self._paths)

    @property
    def size(self) -> int:
        """Bytes that factors and tables take."""
        return self._paths.factors.nbytes + self._tables.answers.nbytes

    def of(self, X: Floats) -> Floats:
        """Return what each column adds and, last, what the trees add on average.

        Parameters
        ----------
        X : Floats, shape (n, p)
            NaN for unknown.

        Returns
        -------
        Floats, shape (n, p + 1)
            A row's values do not depend on the rows beside it, to the last bit.
        """
        out = np.empty((len(X), self._width + 1))
        # Compiled code is made for writable arrays, and stored rows are not.
        X = X if X.flags.carray else np.array(X, order="C")
        _explain(X, *self._paths, *self._tables, self._largest, out)
        return out


def _tables(found: Paths) -> Tables:
    """Return the answers of small trees, by following each for every way to go."""
    starts = np.full(len(found.sets), _NONE, dtype=np.int64)
    answers, end = [np.empty(0)], 0
    for tree, (first, last) in enumerate(zip(found.starts, found.starts[1:], strict=False)):
        splits = int(last - first)
        size = splits << splits
        if splits > TABLED or (end + size) * 8 > MOST_BYTES:
            continue
        starts[tree] = end
        answers.append(_answers(found, tree, splits))
        end += size
    return Tables(starts, np.concatenate(answers))


def _answers(found: Paths, tree: int, splits: int) -> Floats:
    """Follow one tree as if each split had a column of its own, above 0 for going right."""
    first = int(found.starts[tree])
    here, sides = slice(first, first + splits), slice(2 * first, 2 * (first + splits))
    alone = found._replace(
        starts=np.array([0, splits], dtype=np.uint64),
        sets=found.sets[tree : tree + 1],
        cells=found.cells[tree : tree + 1],
        column=np.arange(splits, dtype=np.uint64),
        threshold=np.zeros(splits),
        unknown_right=found.unknown_right[here],
        before=found.before[here],
        child=found.child[sides],
        worth=found.worth[sides],
        ratio=found.ratio[sides],
    )
    ways = np.arange(1 << splits)[:, None] >> np.arange(splits) & 1
    out = np.empty((1 << splits, splits + 1))
    followed = Tables(np.array([_NONE]), np.empty(0))
    _explain(ways.astype(np.float64), *alone, *followed, splits, out)
    return out[:, :-1].ravel()


@kernel_part
def _four(values: Floats, start: np.uint64) -> tuple[float, float, float, float]:
    return (
        values[start],
        values[start + np.uint64(1)],
        values[start + np.uint64(2)],
        values[start + np.uint64(3)],
    )


@kernel_part
def _put(values: Floats, start: np.uint64, four: tuple[float, ...], factor: float) -> None:
    values[start] = four[0] * factor
    values[start + np.uint64(1)] = four[1] * factor
    values[start + np.uint64(2)] = four[2] * factor
    values[start + np.uint64(3)] = four[3] * factor


@kernel_part
def _down(found: Paths, first: np.uint64, sides: Ints, cell: np.uint64, nodes: Floats) -> None:
    """Write the products at all nodes of a tree, those at leaves times the leaf's value."""
    for split in range(len(sides)):
        s = np.uint64(split)
        now = _four(nodes, np.uint64(POINTS) * s)
        taken = np.uint64(2) * (first + s) + np.uint64(sides[s] == _RIGHT)
        other = np.uint64(2) * (first + s) + np.uint64(sides[s] != _RIGHT)
        taken_node = np.uint64(POINTS) * found.child[taken]
        other_node = np.uint64(POINTS) * found.child[other]
        if sides[s] == _NEITHER:
            _put(nodes, taken_node, now, found.worth[taken] * found.ratio[taken])
            _put(nodes, other_node, now, found.worth[other] * found.ratio[other])
            continue
        start = cell + np.uint64(CELL) * s + np.uint64(2 * POINTS) * np.uint64(sides[s])
        g = _four(found.factors, start)
        on = (now[0] * g[0], now[1] * g[1], now[2] * g[2], now[3] * g[3])
        off = (now[0] - on[0], now[1] - on[1], now[2] - on[2], now[3] - on[3])
        _put(nodes, taken_node, on, found.worth[taken])
        _put(nodes, other_node, off, found.worth[other])


@kernel_part
def _up(found: Paths, first: np.uint64, sides: Ints, cell: np.uint64, nodes: Floats) -> None:
    """Add up the leaves below every node, and write what each split adds behind the nodes."""
    splits = np.uint64(len(sides))
    added = np.uint64(POINTS) * (np.uint64(2) * splits + np.uint64(1))
    for split in range(len(sides) - 1, -1, -1):
        s = np.uint64(split)
        side = np.uint64(2) * (first + s)
        a = _four(nodes, np.uint64(POINTS) * found.child[side + np.uint64(sides[s] == _RIGHT)])
        b = _four(nodes, np.uint64(POINTS) * found.child[side + np.uint64(sides[s] != _RIGHT)])
        if sides[s] != _NEITHER:
            start = cell + np.uint64(CELL) * s
            on = np.uint64(2 * POINTS) * np.uint64(sides[s]) + np.uint64(POINTS)
            g = _four(found.factors, start + on)
            h = _four(found.factors, start + np.uint64(4 * POINTS))
            taken = (a[0] * g[0] + a[1] * g[1]) + (a[2] * g[2] + a[3] * g[3])
            other = (b[0] * h[0] + b[1] * h[1]) + (b[2] * h[2] + b[3] * h[3])
            nodes[added + s] += taken + other
        _put(
            nodes, np.uint64(POINTS) * s, (a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]), 1.0
        )


@kernel_part
def _follow(found: Paths, tree: int, sides: Ints, nodes: Floats) -> np.uint64:
    """Write what each split of a tree adds into `nodes`, and return where."""
    first = found.starts[tree]
    splits = np.uint64(len(sides))
    added = np.uint64(POINTS) * (np.uint64(2) * splits + np.uint64(1))
    for split in range(len(sides)):
        s = np.uint64(split)
        nodes[added + s] = 0.0
        before = found.before[first + s]
        if before >= 0 and sides[np.uint64(before >> 1)] != before & 1:
            sides[s] = _NEITHER
    cell = found.cells[tree]
    sets = found.sets[tree]
    weights = np.uint64(POINTS * (sets * (sets - 1) // 2))
    for _ in range(sets):
        _put(nodes, np.uint64(0), _four(found.weights, weights), 1.0)
        _down(found, first, sides, cell, nodes)
        _up(found, first, sides, cell, nodes)
        weights += np.uint64(POINTS)
        cell += np.uint64(CELL) * splits
    return added


@kernel_part
def _way(found: Paths, first: np.uint64, row: Floats, sides: Ints) -> np.uint64:
    """Write to which side of each split a row goes, and return the same as bits."""
    bits = np.uint64(0)
    for split in range(len(sides)):
        s = np.uint64(split)
        x = row[found.column[first + s]]
        right = (x > found.threshold[first + s]) | ((x != x) & found.unknown_right[first + s])  # noqa: PLR0124  (NaN)
        sides[s] = np.int64(right)
        bits |= np.uint64(right) << (s & np.uint64(63))
    return bits


@kernel_part
def _add(X: Floats, found: Paths, tables: Tables, largest: int, out: Floats) -> None:
    sides = np.empty(largest, np.int64)
    nodes = np.empty(POINTS * (2 * largest + 1) + largest)
    rows = np.empty((_BLOCK, X.shape[1]))
    for start in range(0, X.shape[0], _BLOCK):
        count = min(_BLOCK, X.shape[0] - start)
        for i in range(count):
            for j in range(X.shape[1]):
                x = X[start + i, j]
                rows[i, j] = 0.0 if abs(x) <= ZERO else x
                out[start + i, j] = 0.0
            out[start + i, X.shape[1]] = found.base
        for tree in range(len(found.sets)):
            first = found.starts[tree]
            splits = found.starts[tree + 1] - first
            here = sides[: np.int64(splits)]
            for i in range(count):
                bits = _way(found, first, rows[i], here)
                if tables.starts[tree] >= 0:
                    added = tables.answers
                    at = np.uint64(tables.starts[tree]) + bits * splits
                else:
                    added = nodes
                    at = _follow(found, tree, here, nodes)
                for split in range(len(here)):
                    s = np.uint64(split)
                    out[start + i, found.column[first + s]] += added[at + s]


@in_vectors
@kernel
def _explain(  # noqa: PLR0917  (compiled code takes no keywords)
    X: Floats,
    starts: Places,
    sets: Ints,
    cells: Places,
    column: Places,
    threshold: Floats,
    unknown_right: Flags,
    before: Ints,
    child: Places,
    worth: Floats,
    ratio: Floats,
    factors: Floats,
    weights: Floats,
    base: float,
    kept: Ints,
    answers: Floats,
    largest: int,
    out: Floats,
) -> None:
    """Explain rows. Arrays come one by one: handing over named tuples takes as long as 50 trees."""
    found = Paths(
        starts,
        sets,
        cells,
        column,
        threshold,
        unknown_right,
        before,
        child,
        worth,
        ratio,
        factors,
        weights,
        base,
    )
    _add(X, found, Tables(kept, answers), largest, out)
