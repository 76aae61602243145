"""Trees walked by ours, beside LightGBM itself."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.arrays import Floats
from models.boosting import Booster
from models.forest import Forest, OtherTreesError
from models.tree_text import Grown, Tree, read
from models.trees import agree
from models.walks import ZERO
from tests.models.fitted import rows
from tests.models.tree_texts import SHAPES, made, text_of

EDGES = [np.nan, np.inf, -np.inf, 0.0, -0.0, ZERO, -ZERO, 1e-36, -1e-36, 5e-324, 1e308, -1e308]


def grown(width: int, trees: int, seed: int, unknown: float = 0.2, **settings: Any) -> str:
    """Return LightGBM's text of trees fitted to random numbers, whole and unknown ones too."""
    random = np.random.default_rng(seed)
    X = rows(400, width, seed, unknown)
    X[:, 0] = np.round(X[:, 0])
    label = (np.nan_to_num(X).sum(axis=1) + random.normal(size=len(X)) > 0.0).astype(float)
    fixed = {"objective": "binary", "min_data_in_leaf": 3, "num_threads": 1, "verbosity": -1}
    fixed["min_sum_hessian_in_leaf"] = 0.0
    data = lgb.Dataset(X, label, params={"verbosity": -1})
    return lgb.train({**fixed, "seed": seed, **settings}, data, trees).model_to_string()


def asked(width: int, seed: int) -> Floats:
    """Return rows like those in training, with extremes strewn in."""
    random = np.random.default_rng(seed)
    X = rows(120, width, seed + 1, unknown=0.2)
    X[:, 0] = np.round(X[:, 0])
    strewn = random.random(X.shape) < 0.2
    X[strewn] = random.choice(EDGES, int(strewn.sum()))
    return X


def by_lightgbm(text: str, X: Floats) -> Floats:
    """Return the raw scores of LightGBM's own package."""
    return np.asarray(lgb.Booster(model_str=text).predict(X, raw_score=True, num_threads=1))


def stump(threshold: float, kind: int = 10) -> Tree:
    """Return a tree of one split, on column 0."""
    return Tree([0], [-1], [-2], [kind], [threshold], [1.0, 2.0], [4], [1, 3], False)


def early(splits: int) -> Tree:
    """Return a chain of which all but one of a hundred rows leave at the first split."""
    chain = made("chain", splits + 1, 2, seed=0)
    rest = [*range(splits, 1, -1), 1]
    return chain._replace(
        rows=[100 * splits, *rest[:-1]], leaf_rows=[100 * splits - splits, *[1] * splits]
    )


@settings(max_examples=30)
@given(
    width=st.integers(1, 6),
    trees=st.integers(1, 30),
    leaves=st.integers(2, 120),
    bins=st.integers(3, 255),
    unknown=st.sampled_from([0.0, 0.2]),
    seed=st.integers(0, 10_000),
)
def test_same_bits_as_lightgbm(
    *, width: int, trees: int, leaves: int, bins: int, unknown: float, seed: int
) -> None:
    """Whatever trees training grows and whatever the rows, the sum is LightGBM's, bit for bit."""
    text = grown(width, trees, seed, unknown, num_leaves=leaves, max_bin=bins)
    X = asked(width, seed)

    assert Forest(read(text, width)).raw(X).tobytes() == by_lightgbm(text, X).tobytes()


@settings(max_examples=60)
@given(
    shapes=st.lists(
        st.tuples(st.sampled_from(SHAPES), st.sampled_from([1, 2, 3, 8, 63, 255])), max_size=20
    ),
    width=st.integers(1, 5),
    rows=st.integers(1, 40),
    seed=st.integers(0, 10_000),
)
def test_trees_of_all_shapes(
    shapes: list[tuple[str, int]], width: int, rows: int, seed: int
) -> None:
    """Stumps, chains, single leaves and broad trees with every threshold sum to LightGBM's bits."""
    trees = [made(*shape, width, seed + place) for place, shape in enumerate(shapes)]
    text = text_of(Grown(tuple(trees), False), width)
    X = asked(width, seed)[:rows]

    assert read(text, width).trees == tuple(trees)
    assert Forest(read(text, width)).raw(X).tobytes() == by_lightgbm(text, X).tobytes()


def test_alone_is_as_in_a_batch() -> None:
    """A row's sum does not depend on the rows beside it; no row has none."""
    text = grown(4, 20, seed=1, num_leaves=30)
    forest, X = Forest(read(text, 4)), asked(4, seed=2)

    assert [forest.raw(row[None])[0] for row in X] == forest.raw(X).tolist()
    assert all(forest.raw(X[:n]).tolist() == forest.raw(X)[:n].tolist() for n in range(40))


def test_read_only_rows() -> None:
    """Stored rows, which cannot be written, and columns in a row are summed alike."""
    forest, X = Forest(read(grown(3, 5, seed=6, num_leaves=8), 3)), asked(3, seed=7)
    frozen = X.copy()
    frozen.setflags(write=False)

    assert forest.raw(frozen).tobytes() == forest.raw(X).tobytes()
    assert forest.raw(np.asfortranarray(X)).tobytes() == forest.raw(X).tobytes()


def test_trees_without_a_split() -> None:
    """Labels that are all alike grow trees of one leaf, and no tree adds nothing."""
    X = rows(100, 2, seed=3)
    data = lgb.Dataset(X, np.ones(100), params={"verbosity": -1})
    text = lgb.train({"objective": "binary", "verbosity": -1}, data, 3).model_to_string()

    assert Forest(read(text, 2)).raw(X).tobytes() == by_lightgbm(text, X).tobytes()
    assert Forest(Grown((), False)).raw(X).tolist() == [0.0] * 100


def test_worked_by_hand() -> None:
    """A value of at most the threshold goes left; the unknown by default, or as 0."""
    X = np.array([[0.5], [1.0], [1.5], [np.nan]])

    assert Forest(Grown((stump(1.0),), False)).raw(X).tolist() == [1.0, 1.0, 2.0, 1.0]
    assert Forest(Grown((stump(1.0, kind=8),), False)).raw(X).tolist() == [1.0, 1.0, 2.0, 2.0]
    assert Forest(Grown((stump(1.0, kind=0),), False)).raw(X).tolist() == [1.0, 1.0, 2.0, 1.0]
    assert Forest(Grown((stump(-1.0, kind=2),), False)).raw(X).tolist() == [2.0, 2.0, 2.0, 2.0]


def test_known_from_unknown() -> None:
    """A threshold of infinity tells only the unknown apart, as LightGBM writes such a split."""
    X = np.array([[np.inf], [-np.inf], [0.0], [np.nan]])

    assert Forest(Grown((stump(np.inf, kind=8),), False)).raw(X).tolist() == [1.0, 1.0, 1.0, 2.0]


def test_interpreted_is_as_compiled() -> None:
    """The plain Python of the compiled loops gives the same bits, without any overflow."""
    root = Path(__file__).parent.parent.parent
    done = subprocess.run(
        [sys.executable, "-m", "tests.models.interpreted_forest"],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    lines = [[float(word) for word in line.split()] for line in done.stdout.splitlines()]
    for leaves, line in zip((8, 40), lines, strict=True):
        text = grown(3, 10, seed=leaves, num_leaves=leaves)
        assert line == by_lightgbm(text, asked(3, seed=leaves)).tolist()


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (Grown((stump(1.0, kind=4),), False), "takes 0 for missing"),
        (Grown((stump(1.0, kind=9),), False), "categorical"),
        (Grown((stump(1.0)._replace(is_linear=True),), False), "not a sum of numbers"),
        (Grown((stump(1.0),), True), "not a sum of numbers"),
        (Grown((early(40),), False), "18.1 times the usual ones"),
    ],
)
def test_other_trees_are_left_to_lightgbm(other: Grown, why: str) -> None:
    """Trees that we do not walk are told apart, with the reason."""
    with pytest.raises(OtherTreesError, match=why):
        Forest(other)


def test_a_wrong_sum_would_be_noticed() -> None:
    """Sums of other trees are not LightGBM's, those of its own are."""
    text, other = (grown(3, 5, seed, num_leaves=8) for seed in (4, 5))

    assert agree(Forest(read(text, 3)), read(text, 3), Booster(text))
    assert not agree(Forest(read(other, 3)), read(text, 3), Booster(text))


def test_one_wrong_bit_would_be_noticed() -> None:
    """A leaf whose last bit is another one is found out."""
    right, bent = stump(1.0), stump(1.0)._replace(leaf=[1.0, np.nextafter(2.0, 3.0)])
    trees = Grown((right,), False)

    assert agree(Forest(trees), trees, Booster(text_of(trees, 1)))
    assert not agree(Forest(Grown((bent,), False)), trees, Booster(text_of(trees, 1)))
