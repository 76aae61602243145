"""LightGBM trees from their text."""

from concurrent.futures import ThreadPoolExecutor

import lightgbm as lgb
import numpy as np
import pytest

from models.trees import Trees, missing_types
from tests.models.fitted import rows, served


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


def test_missing_types_are_read_from_the_text() -> None:
    """Columns that were missing in training split with type nan, others with type none."""
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1}
    X = rows(400, 2, seed=2, unknown=0.1)
    label = (np.nan_to_num(X[:, 0]) > 0).astype(float)
    sometimes = lgb.train(settings, lgb.Dataset(X, label), 3).model_to_string()
    never = lgb.train(settings, lgb.Dataset(np.nan_to_num(X), label), 3).model_to_string()
    assert missing_types(sometimes) == {"nan"}
    assert missing_types(never) == {"none"}
