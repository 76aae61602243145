"""Trees of any shape, and their text as LightGBM writes it."""

from collections.abc import Iterable

import numpy as np

from models.tree_text import Grown, Tree

EDGES = (np.inf, -np.inf, 0.0, -0.0, 1e-35, -1e-35, 5e-324, 1e300, -1e300, 1.0, -1.0, 0.5)
KINDS = (0, 2, 8, 10)
SHAPES = ("any", "chain", "comb", "level")


def made(shape: str, leaves: int, width: int, seed: int) -> Tree:
    """Return a tree whose splits are as LightGBM numbers them: one leaf after another is split.

    A chain splits the newest leaf each time, a comb the first, a level tree the leaves in turn.
    """
    random = np.random.default_rng(seed)
    left: list[int] = []
    right: list[int] = []
    above = [(-1, 0)]  # of each leaf the split that it follows, and on which side
    for split in range(leaves - 1):
        in_turn = split + 1 - (1 << (split + 1).bit_length() - 1)
        leaf = {"chain": split, "comb": 0, "level": in_turn}
        here = int(random.integers(split + 1)) if shape == "any" else leaf[shape]
        parent, side = above[here]
        if parent >= 0:
            (left, right)[side][parent] = split
        left.append(-here - 1)
        right.append(-split - 2)
        above[here] = (split, 0)
        above.append((split, 1))
    leaf_rows = random.integers(1, 9, leaves).tolist()
    rows = [0] * (leaves - 1)
    for split in reversed(range(leaves - 1)):
        sides = (left[split], right[split])
        rows[split] = sum(rows[one] if one >= 0 else leaf_rows[-one - 1] for one in sides)
    near = random.normal(size=leaves - 1).round(1)
    threshold = np.where(random.random(leaves - 1) < 0.3, random.choice(EDGES, leaves - 1), near)
    return Tree(
        feature=random.integers(0, width, leaves - 1).tolist(),
        left=left,
        right=right,
        kind=random.choice(KINDS, leaves - 1).tolist(),
        threshold=threshold.tolist(),
        leaf=random.normal(size=leaves).tolist(),
        rows=rows,
        leaf_rows=leaf_rows,
        is_linear=False,
    )


def text_of(grown: Grown, width: int) -> str:
    """Return the text of trees over so many columns."""
    trees = [_section(number, tree) for number, tree in enumerate(grown.trees)]
    head = {
        "version": "v4",
        "num_class": 1,
        "num_tree_per_iteration": 1,
        "label_index": 0,
        "max_feature_idx": width - 1,
        "objective": "regression",
        "feature_names": _line(f"Column_{column}" for column in range(width)),
        "feature_infos": _line(["[0:1]"] * width),
        "tree_sizes": _line(map(len, trees)),
    }
    return f"tree\n{_lines(head)}\n{''.join(trees)}end of trees\n"


def _section(number: int, tree: Tree) -> str:
    """Return the text of one tree."""
    splits, leaves = len(tree.feature), len(tree.leaf)
    fields = {
        "Tree": number,
        "num_leaves": leaves,
        "num_cat": 0,
        "split_feature": _line(tree.feature),
        "split_gain": _line([1] * splits),
        "threshold": _line(map(repr, tree.threshold)),
        "decision_type": _line(tree.kind),
        "left_child": _line(tree.left),
        "right_child": _line(tree.right),
        "leaf_value": _line(map(repr, tree.leaf)),
        "leaf_weight": _line([1] * leaves),
        "leaf_count": _line(tree.leaf_rows),
        "internal_value": _line([0] * splits),
        "internal_weight": _line([1] * splits),
        "internal_count": _line(tree.rows),
        "is_linear": 0,
        "shrinkage": 1,
    }
    return _lines(fields) + "\n\n"


def _lines(fields: dict[str, object]) -> str:
    return "".join(f"{name}={value}\n" for name, value in fields.items())


def _line(values: Iterable[object]) -> str:
    return " ".join(map(str, values))
