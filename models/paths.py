"""The numbers from which `models.contributions` follows the paths of trees.

Every leaf's part in a contribution is an integral over t from 0 to 1 of a product: of what the
columns asked on the leaf's path let through at t. A column lets t + (1 - t) z through where the row
satisfies its splits, (1 - t) z where it does not; z is the share of training rows that do. Of c
columns the product is a polynomial in t, and Gauss's rule with c / 2 points integrates it exactly.
"""

from typing import NamedTuple

import numpy as np

from features.arrays import Flags, Floats, Ints
from models.forest import UNKNOWN, OtherTreesError, refuse_others
from models.tree_text import Grown, Tree
from models.walks import Places

POINTS = 4
"""Points of Gauss's rule that are followed together: one set serves paths of 8 columns."""

CELL = 5 * POINTS
"""Factors of a split in a set of points: see `_factors`."""

MOST_SETS = 16
"""Gauss's points are known exactly enough for paths of up to 128 columns."""

MOST_BYTES = 32 * 2**20
"""Of all factors."""


class Paths(NamedTuple):
    """Splits of n trees of k splits in all; trees of one leaf are in `base` only.

    Parameters
    ----------
    starts : Places, shape (n + 1,)
        Of each tree the first split.
    sets : Ints, shape (n,)
        Of each tree how many sets of points its longest path takes.
    cells : Places, shape (n,)
        Of each tree where its factors begin: for each set of points, CELL a split.
    column, threshold, unknown_right : Places, Floats, Flags, shape (k,)
        A value above the threshold goes right; where the unknown goes.
    before : Ints, shape (k,)
        The side on which the path last left a split of the same column, -1 for none. The sides of
        a tree's split s are 2 s and, to the right, 2 s + 1.
    child : Places, shape (2 k,)
        Where a side leads: a split of its tree, or as many more as the tree has splits, a leaf.
    worth : Floats, shape (2 k,)
        The leaf's value where a side leads to a leaf, else 1.
    ratio : Floats, shape (2 k,)
        Share of the split's training rows that took the side.
    factors : Floats
        Of all splits.
    weights : Floats
        Of Gauss's points, those of one set first, then of two, and so on.
    base : float
        What the trees add on average over their training rows.
    """

    starts: Places
    sets: Ints
    cells: Places
    column: Places
    threshold: Floats
    unknown_right: Flags
    before: Ints
    child: Places
    worth: Floats
    ratio: Floats
    factors: Floats
    weights: Floats
    base: float


class _Asked(NamedTuple):
    """What the paths of one tree ask: see `Paths`; `deepest` is the most columns of a path.

    `known` is a column's share of training rows before a split, `left` and `right` after it.
    """

    before: list[int]
    known: list[float]
    left: list[float]
    right: list[float]
    deepest: int


def paths(grown: Grown) -> Paths:
    """Return the paths of trees.

    Raises
    ------
    OtherTreesError
        As `refuse_others` does, and if no training row came to a leaf, a path asks too many columns
        or the factors would take more than MOST_BYTES.
    """
    refuse_others(grown)
    if any(0 in tree.leaf_rows for tree in grown.trees if tree.feature):
        raise OtherTreesError("no training row came to one of their leaves")
    trees = [tree for tree in grown.trees if tree.feature]
    asked = [_asked(tree) for tree in trees]
    sets = [-(-one.deepest // (2 * POINTS)) for one in asked]
    splits = [len(tree.feature) for tree in trees]
    sizes = [CELL * count * size for count, size in zip(sets, splits, strict=True)]
    if max(sets, default=0) > MOST_SETS or sum(sizes) * 8 > MOST_BYTES:
        raise OtherTreesError(
            f"a path asks more than {2 * POINTS * MOST_SETS} columns, or the factors would take"
            f" more than {MOST_BYTES} bytes"
        )
    rules = [_rule(POINTS * (count + 1)) for count in range(max(sets, default=0))]
    factors = [_factors(one, rules[count - 1][0]) for one, count in zip(asked, sets, strict=True)]
    sides = [_sides(tree) for tree in trees]
    return Paths(
        starts=np.cumsum([0, *splits], dtype=np.uint64),
        sets=np.array(sets, np.int64),
        cells=np.cumsum([0, *sizes[:-1]], dtype=np.uint64),
        column=np.array([column for tree in trees for column in tree.feature], np.uint64),
        threshold=np.array([value for tree in trees for value in tree.threshold], np.float64),
        unknown_right=np.array(
            [right for tree in trees for right in _unknown_right(tree)], np.bool_
        ),
        before=np.array([side for one in asked for side in one.before], np.int64),
        child=np.array([place for tree in sides for place, _, _ in tree], np.uint64),
        worth=np.array([worth for tree in sides for _, worth, _ in tree], np.float64),
        ratio=np.array([ratio for tree in sides for _, _, ratio in tree], np.float64),
        factors=np.concatenate([np.empty(0), *factors]),
        weights=np.concatenate([np.empty(0), *(weights for _, weights in rules)]),
        base=sum(map(_mean, grown.trees), 0.0),
    )


def _unknown_right(tree: Tree) -> list[bool]:
    """Return where each split sends the unknown."""
    pairs = zip(tree.kind, tree.threshold, strict=True)
    return [not UNKNOWN[kind] <= value for kind, value in pairs]


def _mean(tree: Tree) -> float:
    """Return what a tree adds on average over its training rows."""
    if not tree.feature:
        return tree.leaf[0]
    ended = zip(tree.leaf_rows, tree.leaf, strict=True)
    return sum((count / tree.rows[0] * value for count, value in ended), 0.0)


def _sides(tree: Tree) -> list[tuple[int, float, float]]:
    """Return child, worth and ratio of each split's two sides."""
    splits = len(tree.feature)
    return [
        (child, 1.0, tree.rows[child] / count)
        if child >= 0
        else (splits - child - 1, tree.leaf[-child - 1], tree.leaf_rows[-child - 1] / count)
        for count, *children in zip(tree.rows, tree.left, tree.right, strict=True)
        for child in children
    ]


def _asked(tree: Tree) -> _Asked:
    """Follow the columns down a tree, in which a split comes before those that it leads to."""
    ratios = [ratio for _, _, ratio in _sides(tree)]
    last: list[dict[int, int]] = [{} for _ in tree.feature]  # of a path, each column's last side
    shares = [1.0] * len(ratios)
    before, known, deepest = [], [], 0
    children = zip(tree.left, tree.right, strict=True)
    for split, (column, pair) in enumerate(zip(tree.feature, children, strict=True)):
        above = last[split]
        before.append(above.get(column, -1))
        known.append(shares[before[split]] if column in above else 1.0)
        deepest = max(deepest, len(above) + (column not in above))
        for side, child in enumerate(pair, start=2 * split):
            shares[side] = known[split] * ratios[side]
            if child >= 0:
                last[child] = {**above, column: side}
    return _Asked(before, known, shares[::2], shares[1::2], deepest)


def _rule(points: int) -> tuple[Floats, Floats]:
    """Return points and weights of Gauss's rule from 0 to 1."""
    points_around_0, weights = np.polynomial.legendre.leggauss(points)
    return (points_around_0 + 1.0) / 2.0, weights / 2.0


def _factors(asked: _Asked, t: Floats) -> Floats:
    """Return five factors of each split, POINTS of each; all splits at the first points, and so on.

    For a row that goes left: by what the product changes on the way, and what the column brings on
    the left. The same for one that goes right. Last, what the column brings on the other side, that
    the row does not take; the product there is what the first factor leaves over.
    """
    z, left, right = (
        np.array(shares)[:, None] for shares in (asked.known, asked.left, asked.right)
    )
    through, taken, turned = (t + (1.0 - t) * share for share in (z, left, right))
    brought = (1.0 - z) / through
    found = np.stack(
        [
            taken / through,
            (1.0 - left) / taken - brought,
            turned / through,
            (1.0 - right) / turned - brought,
            -1.0 / (1.0 - t) - brought,
        ],
        axis=1,
    )
    by_sets = found.reshape(len(z), CELL // POINTS, -1, POINTS)
    return by_sets.transpose(2, 0, 1, 3).ravel()
