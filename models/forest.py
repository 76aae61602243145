"""Trees laid out to be walked as `models.walks` does.

Trees of every size are walked several times as fast as LightGBM walks them, small ones no slower
than tables would answer: `benchmarks.trees_speed`. MOST_DETOUR says which shapes are left to it.
"""

from collections.abc import Sequence

import numpy as np

from features.arrays import Floats
from models.tree_text import Grown, Tree
from models.walks import HALF, WALKS, Laid, summed

UNKNOWN = {0: 0.0, 2: 0.0, 8: np.nan, 10: -np.inf}
"""By a split's decision type, what it takes NaN for: 0, above or below every threshold."""

MOST_DETOUR = 4.0
"""Longest ways by usual ones, a tree's root included, up to which walks are worth it.

A walk takes as many steps as the longest way of its tree. Trees that training grows, of 6 to 255
leaves, are at 1.3 to 2.4, where walks took a third to a tenth of LightGBM's time; chains that most
rows leave early were as fast in LightGBM from about 5 on.
"""

_KINDS = 16  # more than there are decision types


class OtherTreesError(ValueError):
    """Sound trees, but of a kind that ours leaves to LightGBM."""


class Forest:
    """The sum of trees, added up in LightGBM's order and so to the same bit.

    Parameters
    ----------
    grown : Grown
        Trees.

    Raises
    ------
    OtherTreesError
        As `refuse_others` does, and if walks would take too long a detour.
    """

    def __init__(self, grown: Grown) -> None:
        refuse_others(grown)
        # Trees of one leaf fill up the last eight; 0 after all others changes no bit of a sum.
        nothing = Tree([], [], [], [], [], [0.0], [], [0], False)
        trees = (*grown.trees, *[nothing] * (-len(grown.trees) % WALKS))
        depth = np.array([_depth(tree) for tree in trees], np.int64)
        detour = depth.sum() / max(1.0, sum(map(_usual, grown.trees)))
        if detour > MOST_DETOUR:
            raise OtherTreesError(f"their longest ways are {detour:.1f} times the usual ones")
        asked, place = np.unique(np.array(_asked(trees), np.int64), return_inverse=True)
        starts = np.cumsum([0, *(2 * len(tree.feature) + 1 for tree in trees)])
        splits = np.cumsum([0, *(len(tree.feature) for tree in trees)])
        places = [one.tolist() for one in np.split(place, splits[1:-1])]
        laid = [_laid(*one) for one in zip(trees, starts.tolist(), places, strict=False)]
        self.laid = Laid(
            (asked // _KINDS).astype(np.uint64),
            np.array([UNKNOWN[kind] for kind in (asked % _KINDS).tolist()], np.float64),
            np.array([node for nodes, _ in laid for node in nodes], np.uint64),
            np.array([value for _, values in laid for value in values], np.float64),
            starts[:-1].astype(np.uint64),
            depth,
            np.argsort(depth, kind="stable").astype(np.uint64),
        )

    def raw(self, X: Floats) -> Floats:
        """Return the sum of the trees for every row.

        Parameters
        ----------
        X : Floats, shape (n, p)
            NaN for unknown.

        Returns
        -------
        Floats, shape (n,)
            A row's sum does not depend on the rows beside it, to the last bit.
        """
        out = np.empty(len(X))
        # Compiled code is made for writable arrays, and stored rows are not.
        X = X if X.flags.carray else np.array(X, order="C")
        summed(X, self.laid, out)
        return out


def refuse_others(grown: Grown) -> None:
    """Refuse trees that are no sum of numbers found by numeric splits that tell 0 from the missing.

    Raises
    ------
    OtherTreesError
        If a split is categorical or takes 0 for missing, or a leaf holds more than a number.
    """
    if grown.is_mean or any(tree.is_linear for tree in grown.trees):
        raise OtherTreesError("they are not a sum of numbers in leaves")
    if any(kind not in UNKNOWN for tree in grown.trees for kind in tree.kind):
        raise OtherTreesError("a split is categorical, or takes 0 for missing")


def thresholds_of(grown: Grown) -> dict[int, Floats]:
    """Return the rising thresholds of each column that trees split on, by rising column."""
    columns = np.array([column for tree in grown.trees for column in tree.feature], np.int64)
    values = np.array([value for tree in grown.trees for value in tree.threshold], np.float64)
    return {column: np.unique(values[columns == column]) for column in np.unique(columns).tolist()}


def _depth(tree: Tree) -> int:
    """Return how many splits the longest way has; a split comes before those it leads to."""
    depth = [1] * len(tree.feature)
    for split, pair in enumerate(zip(tree.left, tree.right, strict=True)):
        for child in pair:
            if child >= 0:
                depth[child] = depth[split] + 1
    return max(depth, default=0)


def _usual(tree: Tree) -> float:
    """Return 1 and how many splits a training row met on average."""
    return 1.0 + sum(tree.rows) / max([1, *tree.rows])


def _asked(trees: Sequence[Tree]) -> list[int]:
    """Return the column of each split, told apart by what the split takes NaN for."""
    pairs = (pair for tree in trees for pair in zip(tree.feature, tree.kind, strict=True))
    return [_KINDS * column + (kind if UNKNOWN[kind] else 0) for column, kind in pairs]


def _laid(tree: Tree, start: int, place: Sequence[int]) -> tuple[list[int], list[float]]:
    """Return the nodes, first the root, then the sides of each split, and thresholds or leaves.

    Columns lie from 1 on: at 0 is what sends every row left, for leaves.
    """
    sides = (child for pair in zip(tree.left, tree.right, strict=True) for child in pair)
    nodes, values = [], []
    for here, number in enumerate([0 if tree.feature else -1, *sides], start=start):
        if number < 0:
            nodes.append(here << HALF)
            values.append(tree.leaf[-number - 1])
        else:
            nodes.append((start + 1 + 2 * number) << HALF | WALKS * (place[number] + 1))
            values.append(tree.threshold[number])
    return nodes, values
