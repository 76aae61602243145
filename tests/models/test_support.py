"""Whom a model may speak about."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features.arrays import Floats
from features.catalogue import NAMES
from models.offset import Offset
from models.parts import decode, encode
from models.support import MOST, Support

COLUMNS = ("log_followers", "audience_match", "is_tiktok")
PLACES = [NAMES.index(name) for name in COLUMNS]
VALUES = st.one_of(st.floats(-50.0, 50.0), st.just(float("nan")))


def support(rise: float = 0.5) -> Support:
    """Return a support that is best at many followers and a good match."""
    offset = Offset(
        columns=COLUMNS,
        intercept=0.5,
        centre=np.array([4.0, 0.5, 0.0]),
        scale=np.array([0.5, 0.2, 1.0]),
        weight=np.array([1.0, 0.5, 0.0]),
        missing=np.array([0.0, -1.0, 0.0]),
    )
    return Support(
        offset=offset,
        least=-0.5,
        low=np.array([3.0, 0.0, 0.0]),
        high=np.array([6.0, 1.0, 1.0]),
        absent=np.array([1.0, 0.0, 1.0]),
        rise=rise,
        limit=0.75,
    )


def rows(*own: tuple[float, float, float]) -> Floats:
    X = np.full((len(own), len(NAMES)), np.nan)
    X[:, PLACES] = np.array(own)
    return X


def test_worked_by_hand() -> None:
    """Depth is what lacks in log-odds, plus the one column that is furthest outside."""
    X = rows(
        (4.0, 0.5, 0.0),  # log-odds .5, inside
        (3.25, 0.5, 0.0),  # log-odds -1, half a unit below the least
        (6.5, 0.5, 0.0),  # half a unit of log followers, one scale, beyond the range
        (4.0, np.nan, 0.0),  # log-odds -.5, and the chosen lack it often enough
        (np.nan, 0.5, 0.0),  # the chosen show it
        (1e9, 0.5, 0.0),  # as far as the clip
    )
    assert support().depth(X).tolist() == pytest.approx([0.0, 0.5, 1.0, 0.0, 1.0, 4.0])
    assert support().judged(X).tolist() == [True, True, False, True, False, False]
    assert support().variance(X)[1] == pytest.approx(0.25 / (1.0 + 0.25 / MOST))


@given(X=arrays(np.float64, (5, 3), elements=VALUES), rise=st.floats(0.0, 1e6))
def test_variance_is_bounded_and_nothing_inside(X: Floats, rise: float) -> None:
    """Whatever the row, the variance is at least 0 and at most MOST; at depth 0 it is 0."""
    found = support(rise)
    own = rows(*[tuple(row) for row in X.tolist()])
    variance = found.variance(own)
    assert ((variance >= 0.0) & (variance <= MOST)).all()
    assert (variance[found.depth(own) == 0.0] == 0.0).all()


@given(low=st.floats(-20.0, 6.0), less=st.floats(0.0, 10.0))
def test_doubt_grows_away_from_the_chosen(low: float, less: float) -> None:
    """Fewer followers, less like the chosen and then out of range, never lower the variance."""
    near, far = support().variance(rows((low, 0.5, 0.0), (low - less, 0.5, 0.0)))
    assert near <= far


@given(X=arrays(np.float64, (7, 3), elements=VALUES))
def test_a_row_alone_is_as_in_a_batch(X: Floats) -> None:
    """A row's variance is the same bits alone and among others."""
    own = rows(*[tuple(row) for row in X.tolist()])
    alone = [float(support().variance(own[row : row + 1])[0]) for row in range(len(own))]
    assert support().variance(own).tolist() == alone


def test_nothing_known_means_nobody_is_a_stranger() -> None:
    """Without a pool every row is inside and no interval widens."""
    X = rows((4.0, 0.5, 0.0), (-1e9, np.nan, np.nan))
    assert Support.none().variance(X).tolist() == [0.0, 0.0]
    assert Support.none().judged(X).all()


@pytest.mark.parametrize("found", [support(), Support.none()])
def test_numbers_read_back_to_the_same_bits(found: Support) -> None:
    """Through JSON, a support answers bit for bit as before."""
    again = Support.from_numbers(decode(encode(found.numbers())))
    X = rows((3.1, 0.2, 1.0), (9.0, np.nan, 0.0))
    assert again.variance(X).tolist() == found.variance(X).tolist()
    assert again.judged(X).tolist() == found.judged(X).tolist()
    assert json.loads(encode(again.numbers())) == json.loads(encode(found.numbers()))


def test_what_does_not_fit_is_refused() -> None:
    """Ranges for other columns, or a doubt that shrinks, are errors that say so."""
    numbers = support().numbers()
    with pytest.raises(ValueError, match="one value for each of 3 columns"):
        Support.from_numbers({**numbers, "low": [0.0]})
    with pytest.raises(ValueError, match="must not be negative"):
        Support.from_numbers({**numbers, "rise": -1.0})
