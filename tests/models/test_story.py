"""The curve of probability and count."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.arrays import Floats
from models.calibration import Calibration
from models.parts import decode, encode
from models.story import ConversionScores, Story
from tests.models.fitted import story

scores = st.floats(-12.0, 25.0)
goals = st.integers(1, 10**6)


def tell(
    score: float, goal: float, variance: float = 0.2, curve: Story | None = None
) -> dict[str, float]:
    found = (curve or story()).scores(
        np.array([score]), np.array([variance]), np.array([float(goal)])
    )
    return {name: getattr(found, name)[0] for name in ConversionScores.__slots__}


COUNTS = np.arange(1.0, 200_001.0)
COSTS = story().cost(COUNTS)


def chances(score: float) -> Floats:
    """Return P(N >= count) of one score at every count, by the formula."""
    line = story().calibration
    return 1.0 / (1.0 + np.exp(-(line.intercept + line.slope * (score - COSTS))))


@given(scores, goals, goals)
def test_a_higher_goal_is_never_more_likely(score: float, one: int, other: int) -> None:
    """The probability never rises with the goal."""
    easy, hard = tell(score, min(one, other)), tell(score, max(one, other))
    assert hard["probability"] <= easy["probability"]


@given(scores, goals, goals)
def test_the_count_does_not_know_the_goal(score: float, one: int, other: int) -> None:
    """Expected count and its interval are the same bits whatever the goal."""
    for name in ("expected", "expected_low", "expected_high"):
        assert tell(score, one)[name] == tell(score, other)[name]


@given(scores, scores, goals)
def test_a_higher_score_is_better(one: float, other: float, goal: int) -> None:
    """Probability, expected count and its interval rise with the score."""
    worse, better = tell(min(one, other), goal), tell(max(one, other), goal)
    for name in ("probability", "expected", "expected_low", "expected_high"):
        assert worse[name] <= better[name]


@given(scores, goals, st.floats(0.0, 4.0))
def test_laws_of_any_answer(score: float, goal: int, variance: float) -> None:
    """Everything is finite, intervals hold what they are about and counts are whole."""
    found = tell(score, goal, variance)
    assert all(math.isfinite(value) for value in found.values())
    assert 0.0 <= found["low"] <= found["probability"] <= found["high"] <= 1.0
    assert 0.0 <= found["expected_low"] <= found["expected"] <= found["expected_high"] <= 10**6
    assert found["expected_low"] == int(found["expected_low"])
    assert found["expected_high"] == int(found["expected_high"])


@given(st.floats(-6.0, 4.0))
def test_expected_is_the_sum_of_the_curve(score: float) -> None:
    """The expected count is the sum of P(N >= g) over g, within half a per cent."""
    assert tell(score, 1)["expected"] == pytest.approx(chances(score).sum(), rel=0.005)


@given(st.floats(-6.0, 12.0))
def test_interval_is_that_of_the_curve(score: float) -> None:
    """The count lies below the interval with at most 10 %, and no more above it."""
    found = tell(score, 1)
    low, high = int(found["expected_low"]), int(found["expected_high"])
    below, above = chances(score)[[max(low, 1) - 1, high]]
    assert low == 0 or below >= 0.9 - 1e-9
    assert above <= 0.1 + 1e-9


def test_more_doubt_widens_the_interval() -> None:
    """The interval grows with the score's variance and with the calibrator's."""
    width = [found["high"] - found["low"] for found in (tell(0.0, 2, v) for v in (0.0, 0.1, 1.0))]
    assert 0.0 < width[0] < width[1] < width[2]


def test_tail_is_steep_enough() -> None:
    """Beyond the last knot the log-odds fall by at least 2.5 per unit of log goal."""
    flat = Story(np.array([0.0, 1.0]), np.array([0.0, 0.1]), Calibration(0.0, 0.5))
    one, other = flat.cost(np.array([1e3, 1e4]))
    assert 0.5 * (other - one) / math.log(10.0) >= 2.5 - 1e-12
    assert np.isfinite(tell(30.0, 1, curve=flat)["expected"])


def test_one_knot_is_enough() -> None:
    """A curve of its tail alone answers."""
    bare = Story(np.zeros(1), np.zeros(1), Calibration())
    assert bare.cost(np.array([1.0, math.e**2])).tolist() == pytest.approx([0.0, 2.5 * math.log(8)])


def test_goals() -> None:
    """A goal between two counts is the upper one; a row without one spoils no other."""
    assert tell(1.0, 2.5) == tell(1.0, 3)
    found = story().scores(np.array([1.0, 1.0]), np.zeros(2), np.array([np.nan, 3.0]))
    values = np.array([getattr(found, name) for name in ConversionScores.__slots__])
    assert np.isnan(values[:, 0]).all()
    assert values[:, 1].tolist() == list(tell(1.0, 3, 0.0).values())


def test_alone_is_as_in_a_batch() -> None:
    """A row's answer is the same bits alone and among others."""
    rng = np.random.default_rng(5)
    score, variance = rng.normal(scale=4.0, size=50), rng.random(50)
    goal = np.ceil(np.exp(rng.normal(1.0, 1.5, 50)))
    batch = story().scores(score, variance, goal)
    for row in range(50):
        part = slice(row, row + 1)
        alone = story().scores(score[part], variance[part], goal[part])
        for name in ConversionScores.__slots__:
            assert getattr(alone, name)[0] == getattr(batch, name)[row]


def test_round_trip() -> None:
    """Numbers through JSON are the same numbers."""
    again = Story.from_numbers(decode(encode(story().numbers())))
    assert again.numbers() == story().numbers()
    assert again.cost(np.array([77.0])).tolist() == story().cost(np.array([77.0])).tolist()


def test_impossible_curves_are_refused() -> None:
    """Knots that do not begin at (0, 0) or do not rise are refused."""
    with pytest.raises(ValueError, match=r"begin at \(0, 0\)"):
        Story(np.array([1.0]), np.array([0.0]), Calibration())
    with pytest.raises(ValueError, match="must rise"):
        Story(np.array([0.0, 1.0]), np.array([0.0, 0.0]), Calibration())
    with pytest.raises(ValueError, match="without a curve"):
        Story(np.zeros(1), np.zeros(1), Calibration(curve=((0.0, 0.0), (1.0, 1.0))))
