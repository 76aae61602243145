"""One curve from which the probability of a goal, the expected count and its interval are all read.

P(conversions >= goal) = sigmoid(intercept + slope * (score - cost(goal))), where the score knows
nothing of the goal and the cost rises with it. So the probability falls as the goal rises, and the
three answers cannot contradict each other.
"""

from dataclasses import dataclass, field
from functools import cache

import numpy as np

from features.arrays import Floats
from features.compiled import kernel, kernel_part
from models.arithmetic import exponential, logarithm, logit, sigmoid
from models.calibration import Calibration
from models.parts import Numbers

STEEPEST = 2.5
"""Least fall of the log-odds per unit of log goal beyond the last knot. P falls at least like
goal ** -2.5, so that the expected count and its variance are finite."""

EXACT = 64
"""Counts up to here are summed one by one, larger ones by trapezoids."""

MOST = 1_000_000
"""Largest count that is considered."""

LOG_MOST = 14.0
"""Above its logarithm, so that no exponential overflows."""

Z90 = 1.6448536269514722
"""Normal quantile of a two-sided 90 % interval."""

TAIL = 0.10
"""Probability on either side of the count's 80 % interval."""


@dataclass(frozen=True, slots=True, eq=False)
class ConversionScores:
    """Scores of n pairs of creator and brief; NaN where there is no goal.

    Parameters
    ----------
    probability : Floats, shape (n,)
        That the collaboration reaches the goal.
    low, high : Floats, shape (n,)
        90 % interval of the probability.
    expected : Floats, shape (n,)
        Expected number of conversions, whatever the goal.
    expected_low, expected_high : Floats, shape (n,)
        80 % prediction interval of the number: whole numbers, widened to hold `expected`.
    """

    probability: Floats
    low: Floats
    high: Floats
    expected: Floats
    expected_low: Floats
    expected_high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """The fitted curve.

    Parameters
    ----------
    log_goals : Floats, shape (k,)
        Rising knots in the log of the goal; the first is 0, a goal of one conversion.
    costs : Floats, shape (k,)
        Rising cost at the knots, in the units of the score; the first is 0. Linear between knots;
        beyond the last it goes on as the last piece does, and at least as steeply as STEEPEST.
    calibration : Calibration
        Intercept and slope, without a curve.
    inflation : float
        Factor on the variance of the score, found on held-out rows; at least 0.
    """

    log_goals: Floats
    costs: Floats
    calibration: Calibration
    inflation: float = 1.0
    _tail: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        goals, costs = self.log_goals, self.costs
        if len(goals) != len(costs) or not len(goals) or goals[0] != 0.0 or costs[0] != 0.0:
            raise ValueError(f"story: knots must begin at (0, 0), got {goals} and {costs}")
        if not ((np.diff(goals) > 0.0).all() and (np.diff(costs) > 0.0).all()):
            raise ValueError(f"story: knots and costs must rise, got {goals} and {costs}")
        if self.calibration.curve or not self.inflation >= 0.0:
            raise ValueError("story: expected a calibration without a curve and an inflation >= 0")
        last = (costs[-1] - costs[-2]) / (goals[-1] - goals[-2]) if len(goals) > 1 else 0.0
        object.__setattr__(
            self, "_tail", float(max(last, STEEPEST, STEEPEST / self.calibration.slope))
        )

    def cost(self, goal: Floats) -> Floats:
        """Return the cost of goals, shape (n,); a goal between two counts is the upper one."""
        out = np.empty(len(goal))
        _costs(np.array(goal, dtype=np.float64), self._knots(), self._tail, out)
        return out

    def scores(self, score: Floats, variance: Floats, goal: Floats) -> ConversionScores:
        """Return everything the curve tells.

        Parameters
        ----------
        score : Floats, shape (n,)
            Score of the pair, before the cost of the goal.
        variance : Floats, shape (n,)
            Variance of the score.
        goal : Floats, shape (n,)
            Conversions to reach, at least 1; NaN for none.

        Returns
        -------
        ConversionScores
        """
        raw = score - self.cost(goal)
        slope = self.calibration.slope
        spread = slope * slope * self.inflation * variance + self.calibration.variance(raw)
        curve = self._curve()
        counts, weights = _counts()
        out = np.empty((6, len(score)))
        _probabilities(raw, np.sqrt(spread), curve, out[:3])
        _expected(np.ascontiguousarray(score), self.cost(counts), weights, curve, out[3])
        _bounds(np.ascontiguousarray(score), self._knots(), curve, out[3:])
        out[:, np.isnan(raw)] = np.nan
        return ConversionScores(*out)

    def _curve(self) -> Floats:
        """Return intercept, slope and how the cost rises beyond its last knot."""
        return np.array([self.calibration.intercept, self.calibration.slope, self._tail])

    def _knots(self) -> Floats:
        return np.array([self.log_goals, self.costs])

    def numbers(self) -> Numbers:
        """Return the curve as plain numbers."""
        return {
            "log_goals": self.log_goals.tolist(),
            "costs": self.costs.tolist(),
            "calibration": self.calibration.numbers(),
            "inflation": float(self.inflation),
        }

    @classmethod
    def from_numbers(cls, numbers: Numbers) -> "Story":
        """Return the curve that `numbers` describes."""
        return cls(
            np.array(numbers["log_goals"], dtype=np.float64),
            np.array(numbers["costs"], dtype=np.float64),
            Calibration.from_numbers(numbers["calibration"]),
            numbers["inflation"],
        )


@cache
def _counts() -> tuple[Floats, Floats]:
    """Return counts g and weights w: the sum of w * P(N >= g) is that over all counts up to MOST.

    Beyond EXACT the counts are 1/8 octave apart and P is taken as linear between two of them.
    """
    counts = [float(g) for g in range(1, EXACT + 1)]
    weights = [1.0] * EXACT
    eighth = 0
    while counts[-1] < MOST:
        eighth += 1
        last, new = counts[-1], min(float(round(EXACT * 2.0 ** (eighth / 8.0))), float(MOST))
        weights[-1] += (new - last - 1.0) / 2.0
        weights.append((new - last + 1.0) / 2.0)
        counts.append(new)
    return np.array(counts), np.array(weights)


@kernel_part
def _interpolated(x: float, knots: Floats, values: Floats, beyond: float) -> float:
    """Return the rising line through the knots at x >= 0, going on with the slope `beyond`."""
    last = len(knots) - 1
    if x >= knots[last]:
        above: float = values[last] + beyond * (x - knots[last])
        return above
    j = 1
    while x >= knots[j]:
        j += 1
    slope = (values[j] - values[j - 1]) / (knots[j] - knots[j - 1])
    between: float = values[j - 1] + slope * (x - knots[j - 1])
    return between


@kernel
def _costs(goal: Floats, knots: Floats, tail: float, out: Floats) -> None:
    for i in range(len(goal)):
        if goal[i] >= 1.0:
            out[i] = _interpolated(logarithm(np.ceil(goal[i])), knots[0], knots[1], tail)
        else:
            out[i] = np.nan


@kernel
def _probabilities(raw: Floats, deviation: Floats, curve: Floats, out: Floats) -> None:
    for i in range(len(raw)):
        log_odds = curve[0] + curve[1] * raw[i]
        out[0, i] = sigmoid(log_odds)
        out[1, i] = sigmoid(log_odds - Z90 * deviation[i])
        out[2, i] = sigmoid(log_odds + Z90 * deviation[i])


@kernel
def _expected(score: Floats, costs: Floats, weights: Floats, curve: Floats, out: Floats) -> None:
    for i in range(len(score)):
        total = 0.0
        for j in range(len(costs)):
            total += weights[j] * sigmoid(curve[0] + curve[1] * (score[i] - costs[j]))
        out[i] = total


@kernel_part
def _crossing(score: float, probability: float, knots: Floats, curve: Floats) -> float:
    """Return the largest count that is reached with more than the probability, at most MOST."""
    cost = score - (logit(probability) - curve[0]) / curve[1]
    if not cost > 0.0:
        return 0.0
    log_count = _interpolated(cost, knots[1], knots[0], 1.0 / curve[2])
    count: float = np.ceil(exponential(min(log_count, LOG_MOST))) - 1.0
    return min(count, float(MOST))


@kernel
def _bounds(score: Floats, knots: Floats, curve: Floats, out: Floats) -> None:
    """Write the interval of the count below the expected one, which stands in the first row."""
    for i in range(len(score)):
        low = _crossing(score[i], 1.0 - TAIL, knots, curve)
        high = _crossing(score[i], TAIL, knots, curve)
        out[1, i] = min(low, np.floor(out[0, i]))
        out[2, i] = max(high, np.ceil(out[0, i]))
