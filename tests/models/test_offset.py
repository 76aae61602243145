"""The linear part of a score."""

import numpy as np
import pytest

from models.offset import Offset
from models.parts import decode, encode
from tests.models.fitted import offset, rows

NAN = float("nan")


def by_hand() -> Offset:
    return Offset(
        columns=("a", "b"),
        intercept=-1.0,
        centre=np.array([1.0, 0.0]),
        scale=np.array([2.0, 1.0]),
        weight=np.array([0.5, -1.0]),
        missing=np.array([0.25, 0.0]),
    )


def test_worked_by_hand() -> None:
    """Standardised values times weights; unknown stands at the reference and adds its indicator."""
    X = np.array([[3.0, 2.0], [NAN, 2.0], [NAN, NAN]])
    assert by_hand().raw(X).tolist() == [-1.0 + 0.5 - 2.0, -1.0 + 0.25 - 2.0, -0.75]
    assert by_hand().design(X)[1].tolist() == [1.0, 0.0, 2.0, 1.0, 0.0]


def test_outliers_count_to_the_clip() -> None:
    """Nothing lies further than four scale units from the centre, infinity included."""
    X = np.array([[1e9, 0.0], [np.inf, 0.0], [9.0, 0.0]])
    assert set(by_hand().raw(X).tolist()) == {-1.0 + 0.5 * 4.0}


def test_alone_is_as_in_a_batch() -> None:
    """A row's value is the same bits alone and among others."""
    form = offset(tuple("abcdefg"))
    X = rows(40, 7, seed=1)
    assert [form.raw(row[None])[0] for row in X] == form.raw(X).tolist()


def test_terms_sum_to_raw() -> None:
    """Intercept and terms are the whole score."""
    form = offset(tuple("abc"))
    X = rows(40, 3, seed=2)
    np.testing.assert_allclose(form.intercept + form.terms(X).sum(axis=1), form.raw(X), atol=1e-12)


def test_round_trip() -> None:
    """Numbers through JSON give the same bits."""
    form = offset(tuple("abc"))
    again = Offset.from_numbers(decode(encode(form.numbers())))
    X = rows(40, 3, seed=3)
    assert again.raw(X).tolist() == form.raw(X).tolist()
    assert again.numbers() == form.numbers()


def test_constant() -> None:
    """No columns is a constant."""
    form = Offset.constant(-0.7)
    assert form.raw(np.empty((2, 0))).tolist() == [-0.7, -0.7]


def test_wrong_shapes_are_refused() -> None:
    """A coefficient too few is said by name, and so is a scale of zero."""
    form = by_hand()
    with pytest.raises(ValueError, match=r"weight has shape \(1,\), expected \(2,\)"):
        Offset(form.columns, 0.0, form.centre, form.scale, np.ones(1), form.missing)
    with pytest.raises(ValueError, match="scale must be above 0"):
        Offset(form.columns, 0.0, form.centre, np.zeros(2), form.weight, form.missing)
