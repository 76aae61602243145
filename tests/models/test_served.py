"""The one served form."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.offset import Offset
from models.parts import decode, encode
from models.served import Served
from tests.models.fitted import offset, rows, served

COLUMNS = ("a", "b", "c", "d")


@given(st.integers(0, 10_000))
def test_alone_is_as_in_a_batch(seed: int) -> None:
    """Score and contributions of a row are the same bits alone and among others."""
    model = served(COLUMNS)
    X = rows(5, len(COLUMNS), seed)
    for answer in (model.raw, model.contributions):
        alone = np.stack([answer(row[None])[0] for row in X])
        assert alone.tobytes() == answer(X).tobytes()


def test_raw_is_offset_then_trees() -> None:
    """A score is the offset plus the trees, added once."""
    model = served(COLUMNS)
    X = rows(50, 4, seed=3)
    trees = Served(COLUMNS, Offset.constant(0.0), model.booster)
    assert (model.raw(X) == model.offset.raw(X[:, :2]) + trees.raw(X)).all()


def test_contributions_sum_to_raw() -> None:
    """Every column's part and the base make the score."""
    model = served(COLUMNS)
    X = rows(200, 4, seed=4)
    np.testing.assert_allclose(model.contributions(X).sum(axis=1), model.raw(X), rtol=0, atol=1e-9)


def test_offset_columns_are_found_by_name() -> None:
    """The offset may read any of the columns, in any order."""
    model = Served(COLUMNS, offset(("d", "b")))
    X = rows(20, 4, seed=5)
    assert (model.raw(X) == model.offset.raw(X[:, [3, 1]])).all()
    assert (model.contributions(X)[:, [0, 2]] == 0.0).all()


def test_memory_layout_is_irrelevant() -> None:
    """Column-major, strided and read-only rows give the same bits."""
    model = served(COLUMNS)
    X = rows(20, 4, seed=6)
    frozen = X.copy()
    frozen.setflags(write=False)
    for other in (np.asfortranarray(X), np.repeat(X, 2, axis=0)[::2], frozen):
        assert model.raw(other).tobytes() == model.raw(X).tobytes()


def test_round_trip() -> None:
    """Numbers through JSON and the trees' text give the same bits."""
    model = served(COLUMNS)
    again = Served.from_numbers(decode(encode(model.numbers())), model.booster, COLUMNS)
    X = rows(50, 4, seed=7)
    assert again.raw(X).tobytes() == model.raw(X).tobytes()


def test_wrong_columns_are_refused() -> None:
    """An offset over an unknown column and an X of the wrong width are said."""
    with pytest.raises(ValueError, match=r"columns it is not given: \['z'\]"):
        Served(COLUMNS, offset(("z",)))
    with pytest.raises(ValueError, match=r"shape \(1, 3\), expected \(n, 4\)"):
        served(COLUMNS).raw(np.ones((1, 3)))
