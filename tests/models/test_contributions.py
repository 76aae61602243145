"""Contributions of trees, beside LightGBM and beside the definition."""

import itertools
import math
import os
import subprocess
import sys
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.arrays import Floats
from models import contributions as module
from models.boosting import Booster
from models.contributions import Contributions
from models.forest import OtherTreesError
from models.tree_text import Grown, Tree, read
from models.trees import explain_alike
from tests.models.fitted import rows
from tests.models.test_forest import asked, grown, stump

CHAIN = 20


def by_lightgbm(text: str, X: Floats) -> Floats:
    """Return the contributions of LightGBM's own package."""
    found = lgb.Booster(model_str=text).predict(X, pred_contrib=True, num_threads=1)
    return np.asarray(found)


def chain(splits: int, columns: int) -> Tree:
    """Return a tree whose splits each lead to a leaf and the next; columns take turns."""
    return Tree(
        feature=[split % columns for split in range(splits)],
        left=[-split - 1 for split in range(splits)],
        right=[*range(1, splits), -splits - 1],
        kind=[10] * splits,
        threshold=[float(split // columns) for split in range(splits)],
        leaf=[math.sin(leaf) for leaf in range(splits + 1)],
        rows=[2 * (splits - split) + 3 for split in range(splits)],
        leaf_rows=[*[2] * splits, 3],
        is_linear=False,
    )


def expected(tree: Tree, row: Floats, known: set[int], node: int = 0) -> float:
    """Return what a tree adds on average if only some columns are known."""
    if node < 0:
        return tree.leaf[-node - 1]
    column, children = tree.feature[node], (tree.left[node], tree.right[node])
    if column in known:
        x = row[column]
        left = bool(tree.kind[node] & 2) if np.isnan(x) else x <= tree.threshold[node]
        return expected(tree, row, known, children[0 if left else 1])
    counts = [tree.rows[child] if child >= 0 else tree.leaf_rows[-child - 1] for child in children]
    parts = zip(counts, children, strict=True)
    total = sum(count * expected(tree, row, known, child) for count, child in parts)
    return total / tree.rows[node]


def by_definition(trees: Grown, row: Floats, column: int) -> float:
    """Return the mean of what knowing a column changes, over all orders of columns."""
    others = [other for other in range(len(row)) if other != column]
    total = 0.0
    for size in range(len(row)):
        weight = 1.0 / (len(row) * math.comb(len(row) - 1, size))
        for before in itertools.combinations(others, size):
            for tree in trees.trees:
                after = expected(tree, row, {*before, column})
                total += weight * (after - expected(tree, row, set(before)))
    return total


@settings(max_examples=30)
@given(
    width=st.integers(1, 20),
    trees=st.integers(1, 15),
    leaves=st.integers(2, 80),
    bins=st.integers(3, 255),
    unknown=st.sampled_from([0.0, 0.2]),
    seed=st.integers(0, 10_000),
)
def test_same_as_lightgbm(
    *, width: int, trees: int, leaves: int, bins: int, unknown: float, seed: int
) -> None:
    """Whatever the trees and the rows, LightGBM finds the same contributions."""
    text = grown(width, trees, seed, unknown, num_leaves=leaves, max_bin=bins)
    X = asked(width, seed)

    found = Contributions(read(text, width), width).of(X)

    np.testing.assert_allclose(found, by_lightgbm(text, X), rtol=0, atol=1e-9)
    sums = np.asarray(lgb.Booster(model_str=text).predict(X, raw_score=True))
    np.testing.assert_allclose(found.sum(axis=1), sums, rtol=0, atol=1e-9)


@pytest.mark.parametrize("leaves", [4, 12])
def test_the_mean_over_all_orders(leaves: int) -> None:
    """A contribution is the mean of what knowing the column changes, over all orders."""
    trees = read(grown(4, 5, seed=leaves, num_leaves=leaves), 4)
    X = rows(20, 4, seed=1, unknown=0.2)
    for row, found in zip(X, Contributions(trees, 4).of(X), strict=True):
        shapley = [by_definition(trees, row, column) for column in range(4)]
        np.testing.assert_allclose(found[:-1], shapley, rtol=0, atol=1e-9)
        assert found[-1] == pytest.approx(
            sum(expected(tree, row, set()) for tree in trees.trees), abs=1e-9
        )


@pytest.mark.parametrize("columns", [1, 7, 8, 9, 16, 17, CHAIN * 2])
def test_long_paths(columns: int) -> None:
    """However many columns a path asks, the contributions add up; those of columns alike agree."""
    X = rows(50, columns + 1, seed=3) + 1.0
    trees = Grown((chain(CHAIN * 2, columns),), False)

    found = Contributions(trees, columns + 1).of(X)

    sums = [expected(trees.trees[0], row, set(range(columns))) for row in X]
    np.testing.assert_allclose(found.sum(axis=1), sums, rtol=0, atol=1e-12)
    assert (found[:, columns] == 0.0).all()
    unknown = np.full((1, columns + 1), np.nan)
    assert Contributions(trees, columns + 1).of(unknown)[0].sum() == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("leaves", [8, 30])
def test_alone_is_as_in_a_batch(leaves: int) -> None:
    """A row's contributions are the same bits alone and among others; no row has none."""
    text = grown(4, 20, seed=1, num_leaves=leaves)
    ours, X = Contributions(read(text, 4), 4), rows(150, 4, seed=2)

    alone = np.concatenate([ours.of(row[None]) for row in X])

    assert alone.tobytes() == ours.of(X).tobytes()
    assert ours.of(X[:0]).shape == (0, 5)


def test_tables_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answers kept of small trees are those of following them."""
    trees, X = read(grown(3, 20, seed=4, num_leaves=8), 3), asked(3, seed=5)
    kept = Contributions(trees, 3)
    monkeypatch.setattr(module, "MOST_BYTES", 5000)
    followed = Contributions(trees, 3)

    assert followed.size < kept.size
    assert followed.of(X).tobytes() == kept.of(X).tobytes()


def test_read_only_rows() -> None:
    """Stored rows, which cannot be written, are explained alike."""
    trees, X = read(grown(3, 5, seed=6, num_leaves=8), 3), asked(3, seed=7)
    frozen = X.copy()
    frozen.setflags(write=False)

    assert Contributions(trees, 3).of(frozen).tobytes() == Contributions(trees, 3).of(X).tobytes()


def test_trees_without_a_split() -> None:
    """Trees of one leaf are in what the trees add on average, and no tree adds nothing."""
    X = rows(100, 2, seed=3)
    data = lgb.Dataset(X, np.ones(100), params={"verbosity": -1})
    text = lgb.train({"objective": "binary", "verbosity": -1}, data, 3).model_to_string()

    assert Contributions(read(text, 2), 2).of(X).tolist() == by_lightgbm(text, X).tolist()
    assert Contributions(Grown((), False), 2).of(X).tolist() == [[0.0] * 3] * 100


def test_worked_by_hand() -> None:
    """One of four rows went left to 1, three right to 2: 1.75 on average."""
    X = np.array([[0.5], [1.5], [np.nan]])
    found = Contributions(Grown((stump(1.0),), False), 1).of(X)

    np.testing.assert_allclose(found, [[-0.75, 1.75], [0.25, 1.75], [-0.75, 1.75]], atol=1e-15)


def test_interpreted_is_as_compiled() -> None:
    """The plain Python of the compiled loops gives the same bits, without any overflow."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.models.interpreted_contributions"],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        cwd=Path(__file__).parent.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    lines = [[float(word) for word in line.split()] for line in done.stdout.splitlines()]
    for leaves, line in zip((5, 30), lines, strict=True):
        trees = read(grown(12, 3, seed=leaves, num_leaves=leaves), 12)
        found = Contributions(trees, 12).of(asked(12, seed=leaves)[:9])
        np.testing.assert_allclose(line, found.ravel(), rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (Grown((stump(1.0, kind=4),), False), "takes 0 for missing"),
        (Grown((stump(1.0, kind=9),), False), "categorical"),
        (Grown((stump(1.0)._replace(is_linear=True),), False), "not a sum of numbers"),
        (Grown((stump(1.0),), True), "not a sum of numbers"),
        (Grown((stump(1.0)._replace(rows=[3], leaf_rows=[0, 3]),), False), "no training row"),
        (Grown((chain(129, 129),), False), "more than 128 columns"),
        (Grown((chain(128, 128),) * 103, False), "more than 33554432 bytes"),
    ],
)
def test_other_trees_are_left_to_lightgbm(other: Grown, why: str) -> None:
    """Trees that ours cannot explain are told apart, with the reason."""
    with pytest.raises(OtherTreesError, match=why):
        Contributions(other, 129)


def test_wrong_contributions_would_be_noticed() -> None:
    """Those of other trees are not LightGBM's, those of its own are."""
    text, other = (grown(3, 5, seed, num_leaves=8) for seed in (4, 5))

    assert explain_alike(Contributions(read(text, 3), 3), read(text, 3), Booster(text))
    assert not explain_alike(Contributions(read(other, 3), 3), read(text, 3), Booster(text))
