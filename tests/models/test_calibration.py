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
    """The sigmoid first, then the curve, constant outside its knots."""
    assert CURVED.log_odds(np.array([-9.0, 0.5 / 1.4 - 0.3 / 1.4, 9.0])).tolist() == (
        pytest.approx([-1.5, 0.25, 2.0])
    )
    assert Calibration(1.0, 2.0).probability(np.array([0.5]))[0] == pytest.approx(
        1 / (1 + math.exp(-2))
    )


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
