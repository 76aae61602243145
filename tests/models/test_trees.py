"""LightGBM trees from their text."""

import re
from concurrent.futures import ThreadPoolExecutor

import lightgbm as lgb
import numpy as np
import pytest

from models.tree_text import DamagedTreesError
from models.trees import Trees, missing_types
from tests.models.fitted import rows, served


def zero_as_missing() -> str:
    """Return the text of trees to which 0 is as good as missing."""
    X = rows(400, 2, seed=2, unknown=0.0)
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "zero_as_missing": True}
    data = lgb.Dataset(X, X[:, 0] > 0, params={"zero_as_missing": True, "verbosity": -1})
    return lgb.train(settings, data, 3).model_to_string()


def test_no_text_adds_nothing() -> None:
    """The empty text is a model without trees."""
    assert Trees("", 3).raw(np.ones((2, 3))).tolist() == [0.0, 0.0]
    assert Trees("", 3).contributions(np.ones((2, 3))).tolist() == [[0.0] * 4] * 2
    assert missing_types("") == frozenset()


def test_no_rows() -> None:
    """No rows give no scores."""
    text = served(("a", "b", "c")).booster
    assert Trees(text, 3).raw(np.empty((0, 3))).shape == (0,)
    assert Trees(text, 3).contributions(np.empty((0, 3))).shape == (0, 4)


def test_threads_share_one_booster() -> None:
    """Eight threads that ask a fresh model at once get the same bits."""
    X = rows(200, 3, seed=1)
    text = served(("a", "b", "c")).booster
    expected = lgb.Booster(model_str=text).predict(X, raw_score=True, num_threads=1)
    fresh = Trees(text, 3)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: fresh.raw(X), range(8)))
    assert all((answer == expected).all() for answer in answers)


def test_wrong_width_is_refused() -> None:
    """A booster of other columns is refused before it scores."""
    with pytest.raises(ValueError, match="reads 3 columns, the model names 4"):
        Trees(served(("a", "b", "c")).booster, 4).raw(np.ones((1, 4)))


def test_our_own_kernel_sums_what_training_grows() -> None:
    """Trees with numeric splits are walked by ours."""
    trees = Trees(served(("a", "b", "c")).booster, 3)
    assert trees.is_walked
    assert not Trees("", 3).is_walked


def test_lightgbm_stands_in(caplog: pytest.LogCaptureFixture) -> None:
    """Trees that take 0 for missing are summed by LightGBM, and the log says so."""
    text = zero_as_missing()
    trees, asked = Trees(text, 2), rows(50, 2, seed=3)

    found = trees.raw(asked)

    assert not trees.is_walked
    assert (found == lgb.Booster(model_str=text).predict(asked, raw_score=True)).all()
    assert [record.message for record in caplog.records] == [
        "LightGBM itself sums the trees of 2 columns: a split is categorical, or takes 0 for"
        " missing"
    ]


def test_our_own_kernel_explains_what_training_grows() -> None:
    """Trees with numeric splits that know the missing are explained as LightGBM explains them."""
    text, X = served(("a", "b", "c")).booster, rows(200, 3, seed=4)
    trees = Trees(text, 3)

    assert trees.is_explained
    assert not Trees("", 3).is_explained
    theirs = np.asarray(lgb.Booster(model_str=text).predict(X, pred_contrib=True, num_threads=1))
    np.testing.assert_allclose(trees.contributions(X), theirs, rtol=0, atol=1e-9)


def test_lightgbm_explains_in_our_stead(caplog: pytest.LogCaptureFixture) -> None:
    """Trees that take 0 for missing are explained by LightGBM; the log says so once."""
    text = zero_as_missing()
    trees, asked = Trees(text, 2), rows(50, 2, seed=3)

    found = [trees.contributions(asked) for _ in range(2)]

    assert not trees.is_explained
    theirs = lgb.Booster(model_str=text).predict(asked, pred_contrib=True)
    assert all((one == theirs).all() for one in found)
    assert [record.message for record in caplog.records if "explains" in record.message] == [
        "LightGBM itself explains the trees of 2 columns: a split is categorical, or takes 0 for"
        " missing"
    ]


def test_damaged_trees_are_never_followed() -> None:
    """A tree whose split leads back to itself is refused before anything walks it."""
    text = served(("a", "b", "c")).booster
    damaged = re.sub(r"(?m)^left_child=\S+ \S+", "left_child=1 1", text, count=1)
    with pytest.raises(DamagedTreesError, match="are no tree"):
        Trees(damaged, 3).raw(np.ones((1, 3)))


def test_missing_types_are_read_from_the_text() -> None:
    """Columns that were missing in training split with type nan, others with type none."""
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1}
    X = rows(400, 2, seed=2, unknown=0.1)
    label = (np.nan_to_num(X[:, 0]) > 0).astype(float)
    sometimes = lgb.train(settings, lgb.Dataset(X, label), 3).model_to_string()
    never = lgb.train(settings, lgb.Dataset(np.nan_to_num(X), label), 3).model_to_string()
    assert missing_types(sometimes) == {"nan"}
    assert missing_types(never) == {"none"}
