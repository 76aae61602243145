"""How late conversions come."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.arrivals import UNKNOWN, Arrivals, arrivals

HALF = Arrivals(np.array([5.0, 30.0]), np.array([0.5, 1.0]))


def test_worked_by_hand() -> None:
    """Half by day 5, then linear; nothing is known of the days before, all has come after."""
    found = HALF.at(np.array([2.0, 5.0, 17.5, 30.0, 60.0]))

    np.testing.assert_array_equal(found, [np.nan, 0.5, 0.75, 1.0, 1.0])


@given(
    st.lists(
        st.tuples(st.floats(1.0, 29.9), st.integers(0, 30), st.integers(1, 30)),
        min_size=20,
        max_size=60,
    )
)
def test_shares_rise_to_one(looks: list[tuple[float, int, int]]) -> None:
    """Whatever was seen, the share is between 0 and 1 and never falls with age."""
    days, count, whole = (np.array(column, np.float64) for column in zip(*looks, strict=True))

    found = arrivals(days, np.minimum(count, whole), whole)

    share = found.at(np.linspace(1.0, 40.0, 80))
    known = share[~np.isnan(share)]
    assert ((known >= 0.0) & (known <= 1.0)).all()
    assert (np.diff(known) >= 0.0).all()
    assert share[-1] == 1.0


def test_delays_of_a_world_are_found() -> None:
    """Conversions that come at a known pace show it."""
    random = np.random.default_rng(4)
    whole = random.poisson(8.0, 4000).astype(np.float64)
    days = random.choice([1.0, 3.0, 7.0, 14.0], 4000)
    count = random.binomial(whole.astype(np.int64), 1.0 - np.exp(-days / 6.0))

    found = arrivals(days, count.astype(np.float64), whole)

    pace = 1.0 - np.exp(-np.array([1.0, 3.0, 7.0, 14.0]) / 6.0)
    np.testing.assert_allclose(found.at(np.array([1.0, 3.0, 7.0, 14.0])), pace, atol=0.02)


def test_few_conversions_teach_nothing() -> None:
    """Below a hundred conversions no delay is learned, and young collaborations tell nothing."""
    found = arrivals(np.full(9, 7.0), np.full(9, 5.0), np.full(9, 10.0))

    assert found is UNKNOWN
    assert np.isnan(found.at(np.array([7.0, 29.0]))).all()
    assert found.at(np.array([30.0])) == pytest.approx(1.0)
