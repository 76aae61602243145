"""From raw log-odds to calibrated ones."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calibration import Calibration
from models.parts import decode, encode

CURVED = Calibration(0.3, 1.4, curve=((-2.0, -1.5), (0.0, -1.5), (1.0, 2.0)))
raws = st.lists(st.floats(-20.0, 20.0), min_size=2, max_size=20).map(lambda x: np.sort(np.array(x)))


@given(raws)
def test_order_is_kept(raw: np.ndarray) -> None:
    """A larger score never gets a smaller probability."""
    for calibration in (Calibration(), Calibration(-1.0, 0.2), CURVED):
        assert (np.diff(calibration.probability(raw)) >= 0.0).all()


@given(raws)
def test_alone_is_as_in_a_batch(raw: np.ndarray) -> None:
    """A score's probability is the same bits alone and among others."""
    batch = CURVED.probability(raw).tolist()
    assert [CURVED.probability(raw[i : i + 1])[0] for i in range(len(raw))] == batch


def test_worked_by_hand() -> None:
    """The sigmoid first, then the curve, which goes on with slope 1 outside its knots."""
    straight = np.array([-9.0, -1.0, 0.5, 9.0])
    assert CURVED.log_odds((straight - 0.3) / 1.4).tolist() == (
        pytest.approx([-8.5, -1.5, 0.25, 10.0])
    )
    assert Calibration(1.0, 2.0).probability(np.array([0.5]))[0] == pytest.approx(
        1 / (1 + math.exp(-2))
    )


@given(st.floats(-30.0, 30.0))
def test_raw_is_the_way_back(log_odds: float) -> None:
    """The raw log-odds of calibrated ones are the largest that lead to them."""
    for calibration in (Calibration(), Calibration(-1.0, 0.2), CURVED):
        raw = calibration.raw(log_odds)
        there, beyond = calibration.log_odds(np.array([raw, raw + 1e-6]))
        assert there == pytest.approx(log_odds, abs=1e-9)
        assert beyond > log_odds


def test_raw_of_a_flat_piece() -> None:
    """Where the curve is flat, the way back leads to the end of the flat piece."""
    assert CURVED.raw(-1.5) == pytest.approx((0.0 - 0.3) / 1.4)


def test_variance() -> None:
    """The variance of a line is a parabola in the score."""
    line = Calibration(0.0, 1.0, covariance=(0.04, -0.01, 0.09))
    assert line.variance(np.array([0.0, 2.0])).tolist() == pytest.approx([0.04, 0.36])


def test_round_trip() -> None:
    """Numbers through JSON are the same numbers."""
    assert Calibration.from_numbers(decode(encode(CURVED.numbers()))) == CURVED


def test_falling_maps_are_refused() -> None:
    """A slope of zero, a falling curve and equal knots are refused."""
    with pytest.raises(ValueError, match="slope must be above 0, got 0"):
        Calibration(0.0, 0.0)
    with pytest.raises(ValueError, match="curve must rise"):
        Calibration(curve=((0.0, 1.0), (1.0, 0.5)))
    with pytest.raises(ValueError, match="curve must rise"):
        Calibration(curve=((0.0, 1.0), (0.0, 2.0)))
