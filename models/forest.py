"""Small trees all at once: per column, a table of which leaves a value leaves open.

A value lies between two neighbouring thresholds of its column, and that alone answers every split
on the column, in all trees. A row of bits says which leaves these answers leave open: one lane of
bits a tree, its leaves from left to right. The rows of all columns, and-ed, leave open in each lane
the leaf that is reached, as its lowest bit. So no tree is walked, and the time does not depend on
the way.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.arrays import Flags, Floats, Ints
from features.compiled import kernel, kernel_part
from models.tree_text import Grown, Tree

Bits = npt.NDArray[np.uint64]

LANES = (8, 16, 32, 64)
"""Widths of a lane; a tree needs one bit a leaf."""

MOST_BYTES = 4 * 2**20
"""Larger tables do not stay in the processor's cache, and LightGBM itself is as fast."""

ZERO = 1.0000000180025095e-35
"""LightGBM takes values up to this size for 0."""

_BYTE, _WORD = 8, 64
_FULL = 2**_WORD - 1
_CATEGORICAL, _DEFAULT_LEFT = 1, 2  # bits of a decision type, of which the next two are:
_MISSING_IS_NAN = 2
# The place of the lowest bit of a byte. No two powers of 2 below 2**64 have the same remainder by
# 67, which gives the place of the lowest bit of a word. Unsigned indices spare a test for negative.
_LOWEST = np.array([(n & -n).bit_length() - 1 for n in [1, *range(1, 256)]], dtype=np.uint64)
_PRIME = 67
_PLACES = np.zeros(_PRIME, dtype=np.uint64)
_PLACES[[2**place % _PRIME for place in range(_WORD)]] = range(_WORD)


class OtherTreesError(ValueError):
    """Sound trees, but of a kind that the tables do not hold."""


class Splits(NamedTuple):
    """The splits of all trees.

    Parameters
    ----------
    column, word : Ints, shape (k,)
        Which column of X it reads, and which word of a table row holds its tree's lane.
    threshold : Floats, shape (k,)
        Up to this a value goes left.
    unknown_left : Flags, shape (k,)
        Whether the unknown does.
    open : Bits, shape (k,)
        What is left open of the word by going right.
    """

    column: Ints
    word: Ints
    threshold: Floats
    unknown_left: Flags
    open: Bits


class Forest:
    """The sum of trees, added up in LightGBM's order and so to the same bit.

    Parameters
    ----------
    grown : Grown
        Trees.

    Raises
    ------
    OtherTreesError
        If a split is categorical or takes the missing for a number, a leaf holds more than a
        number, a tree has more than 64 leaves, or the tables would grow too large.
    """

    def __init__(self, grown: Grown) -> None:
        refuse_others(grown)
        most = max((len(tree.leaf) for tree in grown.trees), default=1)
        lane = next((width for width in LANES if width >= most), None)
        if lane is None:
            raise OtherTreesError(f"a tree has {most} leaves, a lane at most {LANES[-1]}")
        words = -(-len(grown.trees) * lane // _WORD)
        self._lane = lane
        # A lane without a tree adds 0 after all others, which changes no bit of the sum.
        self._leaves = np.zeros(words * _WORD)
        splits = _splits(grown.trees, lane, self._leaves.reshape(-1, lane))
        self.thresholds = thresholds_of(grown)
        self._columns = np.array([*self.thresholds], dtype=np.int64)
        rows = sum(len(thresholds) + 2 for thresholds in self.thresholds.values())
        if rows * words * 8 > MOST_BYTES:
            raise OtherTreesError(f"the tables would take more than {MOST_BYTES} bytes")
        self._ends = np.cumsum([0, *map(len, self.thresholds.values())])
        self._sorted = np.concatenate([np.empty(0), *self.thresholds.values()])
        tables = (_table(splits, column, found, words) for column, found in self.thresholds.items())
        self._tables = np.concatenate(
            [np.empty(0, np.uint64), *(table.ravel() for table in tables)]
        )

    def raw(self, X: Floats) -> Floats:
        """Return the sum of the trees for every row.

        Parameters
        ----------
        X : Floats, shape (n, p)
            C-contiguous, NaN for unknown.

        Returns
        -------
        Floats, shape (n,)
        """
        out = np.empty(len(X))
        # Compiled code is made for writable arrays, and stored rows are not.
        X = X if X.flags.writeable else X.copy()
        _sum(
            X, self._columns, self._ends, self._sorted, self._tables, self._leaves, self._lane, out
        )
        return out


def refuse_others(grown: Grown) -> None:
    """Refuse trees that are no sum of numbers found by numeric splits that know the missing.

    Raises
    ------
    OtherTreesError
        If a split is categorical or takes the missing for a number, or a leaf holds more than one.
    """
    if grown.is_mean or any(tree.is_linear for tree in grown.trees):
        raise OtherTreesError("they are not a sum of numbers in leaves")
    kinds = {kind for tree in grown.trees for kind in tree.kind}
    if any(kind & _CATEGORICAL or kind >> 2 != _MISSING_IS_NAN for kind in kinds):
        raise OtherTreesError("a split is categorical, or takes the missing for a number")


def thresholds_of(grown: Grown) -> dict[int, Floats]:
    """Return the rising thresholds of each column that trees split on, by rising column."""
    columns = np.array([column for tree in grown.trees for column in tree.feature], np.int64)
    values = np.array([value for tree in grown.trees for value in tree.threshold], np.float64)
    return {column: np.unique(values[columns == column]) for column in np.unique(columns).tolist()}


def _splits(trees: Sequence[Tree], lane: int, leaves: Floats) -> Splits:
    """Return the splits of all trees, and write the leaves of each from left to right."""
    word: list[int] = []
    is_open: list[int] = []
    for number, tree in enumerate(trees):
        first, left, places = _places(tree)
        leaves[number, places] = tree.leaf
        at, shift = divmod(number * lane, _WORD)
        word += [at] * len(first)
        pairs = zip(first, left, strict=True)
        is_open += [_FULL ^ (((1 << size) - 1) << (shift + start)) for start, size in pairs]
    return Splits(
        np.array([column for tree in trees for column in tree.feature], dtype=np.int64),
        np.array(word, dtype=np.int64),
        np.array([value for tree in trees for value in tree.threshold], dtype=np.float64),
        np.array([kind & _DEFAULT_LEFT for tree in trees for kind in tree.kind], dtype=np.bool_),
        np.array(is_open, dtype=np.uint64),
    )


def _places(tree: Tree) -> tuple[list[int], list[int], list[int]]:
    """Return where the leaves under each split begin, how many go left, and each leaf's place."""
    sides = list(zip(tree.left, tree.right, strict=True))
    size, left = [1] * len(sides), [1] * len(sides)
    for split, (one, other) in reversed(list(enumerate(sides))):
        left[split] = size[one] if one >= 0 else 1
        size[split] = left[split] + (size[other] if other >= 0 else 1)
    first, places = [0] * len(sides), [0] * (len(sides) + 1)
    for split, children in enumerate(sides):
        for child, start in zip(children, (first[split], first[split] + left[split]), strict=True):
            if child >= 0:
                first[child] = start
            else:
                places[-child - 1] = start
    return first, left, places


def _table(splits: Splits, column: int, thresholds: Floats, words: int) -> Bits:
    """Return what a value leaves open: row i of one above i thresholds, the last row of NaN."""
    here = splits.column == column
    above = np.searchsorted(thresholds, splits.threshold[here]) + 1
    table = np.full((len(thresholds) + 2, words), _FULL, dtype=np.uint64)
    np.bitwise_and.at(table, (above, splits.word[here]), splits.open[here])
    table[:-1] = np.bitwise_and.accumulate(table[:-1], axis=0)
    right = here & ~splits.unknown_left
    np.bitwise_and.at(table[-1], splits.word[right], splits.open[right])
    return table


@kernel_part
def _above(x: float, thresholds: Floats, start: int, end: int) -> int:
    """Return how many of the sorted thresholds[start:end], of which there are any, x is above."""
    if abs(x) <= ZERO:
        x = 0.0
    at = start
    left = end - start
    while left > 1:
        half = left >> 1
        # A product instead of a branch, which could not be foreseen.
        at += half * (thresholds[at + half - 1] < x)
        left -= half
    return at - start + int(thresholds[at] < x)


@kernel_part
def _in_bytes(rows: Bits, tables: Bits, leaves: Floats) -> float:
    """Return the sum of the leaves that are reached, in lanes of 8 bits."""
    total = 0.0
    for w in range(len(leaves) // _WORD):
        word = np.uint64(_FULL)
        for row in rows:
            word &= tables[row + np.uint64(w)]
        first = np.uint64(w * _WORD)
        for k in range(_WORD // _BYTE):
            bits = (word >> np.uint64(_BYTE * k)) & np.uint64(2**_BYTE - 1)
            total += leaves[first + np.uint64(_BYTE * k) + _LOWEST[bits]]
    return total


@kernel_part
def _in_lanes(rows: Bits, tables: Bits, leaves: Floats, lane: int) -> float:
    """Return the sum of the leaves that are reached, in wider lanes."""
    full = np.uint64(_FULL) >> np.uint64(_WORD - lane)
    total = 0.0
    for w in range(len(leaves) // _WORD):
        word = np.uint64(_FULL)
        for row in rows:
            word &= tables[row + np.uint64(w)]
        first = np.uint64(w * _WORD)
        for k in range(0, _WORD, lane):
            bits = (word >> np.uint64(k)) & full
            lowest = bits & ~(bits - np.uint64(1))
            total += leaves[first + np.uint64(k) + _PLACES[lowest % np.uint64(_PRIME)]]
    return total


@kernel
def _sum(  # noqa: PLR0917  (compiled code takes no keywords)
    X: Floats,
    columns: Ints,
    ends: Ints,
    thresholds: Floats,
    tables: Bits,
    leaves: Floats,
    lane: int,
    out: Floats,
) -> None:
    words = len(leaves) // _WORD
    rows = np.empty(len(columns), np.uint64)
    for i in range(X.shape[0]):
        for c in range(len(columns)):
            x = X[i, columns[c]]
            # Every column before this one has two rows more than thresholds.
            row = ends[c + 1] + 2 * c + 1
            if x == x:  # noqa: PLR0124  (not NaN)
                row = ends[c] + 2 * c + _above(x, thresholds, ends[c], ends[c + 1])
            rows[c] = np.uint64(row * words)
        if lane == _BYTE:
            out[i] = _in_bytes(rows, tables, leaves)
        else:
            out[i] = _in_lanes(rows, tables, leaves, lane)
