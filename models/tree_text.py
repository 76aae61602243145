"""LightGBM's model text as numbers, its structure checked before anything walks it.

LightGBM follows whatever a text says: a cycle among the nodes never ends, and an index out of range
reads foreign memory.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

END = "end of trees"


class DamagedTreesError(ValueError):
    """The text is none of trees that could be walked."""


class Tree(NamedTuple):
    """One tree of k splits and k + 1 leaves.

    Parameters
    ----------
    feature, left, right, kind : list of int, length k
        Column of each split, where its two sides lead (a split by its number, the leaf j as -j - 1)
        and LightGBM's decision type. A split comes before those that it leads to.
    threshold : list of float, length k
        A value of at most so much goes left.
    leaf : list of float, length k + 1
        What a row that ends there adds.
    rows : list of int, length k
        Training rows that came to each split: those of its two sides together.
    leaf_rows : list of int, length k + 1
        Training rows that ended in each leaf.
    is_linear : bool
        Whether leaves hold linear models on top.
    """

    feature: list[int]
    left: list[int]
    right: list[int]
    kind: list[int]
    threshold: list[float]
    leaf: list[float]
    rows: list[int]
    leaf_rows: list[int]
    is_linear: bool


class Grown(NamedTuple):
    """Trees in the order in which they add up; `is_mean` where their mean counts instead."""

    trees: tuple[Tree, ...]
    is_mean: bool


def read(text: str, width: int) -> Grown:
    """Return the trees of a model text.

    Parameters
    ----------
    text : str
        LightGBM's model text.
    width : int
        Columns that the model names.

    Returns
    -------
    Grown

    Raises
    ------
    DamagedTreesError
        If a field is missing or no number, if the nodes do not make trees, or if the trees are
        over other columns or several classes.
    """
    body, end, _ = text.partition("\n" + END)
    head, *sections = body.split("\nTree=")
    fields = _fields(head)
    try:
        if not end or len(fields["tree_sizes"].split()) != len(sections):
            raise DamagedTreesError("trees: the text ends before its trees do; train anew")
        given = int(fields["max_feature_idx"]) + 1
        if given != width:
            raise DamagedTreesError(
                f"trees: the booster reads {given} columns, the model names {width}"
            )
        if (fields["num_class"], fields["num_tree_per_iteration"]) != ("1", "1"):
            raise DamagedTreesError("trees: several scores a row, expected one; train anew")
        trees = tuple(_tree(number, section, width) for number, section in enumerate(sections))
    except KeyError as error:
        raise DamagedTreesError(f"trees: the text has no {error}; train anew") from error
    except ValueError as error:
        if isinstance(error, DamagedTreesError):
            raise
        raise DamagedTreesError(f"trees: a number was expected: {error}; train anew") from error
    return Grown(trees, "average_output" in head.splitlines())


def _fields(lines: str) -> Mapping[str, str]:
    pairs = (line.partition("=") for line in lines.splitlines())
    return {name: value for name, _, value in pairs}


def _tree(number: int, section: str, width: int) -> Tree:
    """Return a tree whose nodes are reached once each and whose columns exist."""
    fields = _fields(section)
    splits = int(fields["num_leaves"]) - 1
    if splits < 0:
        raise DamagedTreesError(f"trees: tree {number} has no leaf; train anew")
    tree = Tree(
        feature=_whole(fields["split_feature"]),
        left=_whole(fields["left_child"]),
        right=_whole(fields["right_child"]),
        kind=_whole(fields["decision_type"]),
        threshold=_real(fields["threshold"]),
        leaf=_real(fields["leaf_value"]),
        rows=_whole(fields["internal_count"]),
        leaf_rows=_whole(fields["leaf_count"]),
        is_linear=fields["is_linear"] != "0",
    )
    lengths = [len(column) for column in tree[:8]]
    if lengths != [splits] * 5 + [splits + 1, splits, splits + 1]:
        raise DamagedTreesError(
            f"trees: tree {number} has columns of {lengths} numbers, expected {splits} splits"
        )
    if not _is_one_tree(tree, splits):
        raise DamagedTreesError(
            f"trees: the nodes of tree {number} are no tree: every split but the first and every"
            " leaf must follow exactly one earlier split; train anew"
        )
    if splits and not 0 <= min(tree.feature) <= max(tree.feature) < width:
        raise DamagedTreesError(
            f"trees: tree {number} splits on columns {min(tree.feature)} to {max(tree.feature)} of"
            f" {width}; train anew"
        )
    if any(map(math.isnan, tree.threshold)) or not all(map(math.isfinite, tree.leaf)):
        raise DamagedTreesError(f"trees: tree {number} holds NaN or an infinite leaf; train anew")
    if not _has_categories(tree, fields):
        raise DamagedTreesError(
            f"trees: a split of tree {number} asks for categories that the tree does not list;"
            " train anew"
        )
    if not _adds_up(tree):
        raise DamagedTreesError(
            f"trees: tree {number} counts below 0 rows, or other rows at a split than at its two"
            " sides together; train anew"
        )
    return tree


def _is_one_tree(tree: Tree, splits: int) -> bool:
    """Return whether every split but the first, and every leaf, follows one earlier split."""
    if not splits:
        return True
    sides = zip(tree.left, tree.right, strict=True)
    if not all(child < 0 or child > split for split, pair in enumerate(sides) for child in pair):
        return False
    return sorted(tree.left + tree.right) == [*range(-splits - 1, 0), *range(1, splits)]


def _has_categories(tree: Tree, fields: Mapping[str, str]) -> bool:
    """Return whether each categorical split names a list of categories that is there."""
    asked = [at for at, kind in zip(tree.threshold, tree.kind, strict=True) if kind & 1]
    if not asked:
        return True
    listed = int(fields["num_cat"])
    ends = _whole(fields.get("cat_boundaries", ""))
    rising = ends == sorted(ends) and len(ends) == listed + 1 and ends[0] == 0
    whole = rising and ends[-1] == len(_whole(fields.get("cat_threshold", "")))
    return whole and all(at == int(at) and 0 <= at < listed for at in asked)


def _adds_up(tree: Tree) -> bool:
    """Return whether as many training rows came to each split as went on to its two sides."""
    came = tree.rows + tree.leaf_rows[::-1]  # the leaf -j - 1 is found from the end
    sides = zip(tree.rows, tree.left, tree.right, strict=True)
    summed = all(count == came[left] + came[right] for count, left, right in sides)
    return summed and min(tree.leaf_rows) >= 0


def _whole(text: str) -> list[int]:
    return [int(word) for word in text.split()]


def _real(text: str) -> list[float]:
    return [float(word) for word in text.split()]
