"""One distribution of the count, from which the goal's probability and the number are both read.

The conversions N of a collaboration are gamma-Poisson around a mean that knows nothing of the goal;
the log-odds that a goal is reached may be recalibrated by a rising map. So the probability falls as
the goal rises, the expected number is the sum of the probabilities of all goals, and the answers
cannot contradict each other.
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from features.arrays import Floats, owned
from features.compiled import kernel, kernel_part
from models.arithmetic import exponential, logarithm, sigmoid, sigmoids
from models.calibration import Calibration
from models.counts import FARTHEST, MOST, RARE, recalibrated, searched, summed, walked
from models.gamma_poisson import log_odds_among, log_odds_of, remainders
from models.parts import Numbers

LEAST, GREATEST = 1e-4, 1e3
"""Bounds of a row's dispersion."""

POISSON = 1e-15
"""Dispersion that stands for none."""

LOG_LEAST, LOG_MOST = -20.0, 13.815510557964274
"""Bounds of the log of the mean: next to nothing, and MOST."""

LOG_BEYOND = 16.0
"""Bound of the log of the mean at the ends of an interval."""

GRAIN = 2.0**-36
"""Logs of means are whole multiples of it, so that no rounding error can swap two of them."""

CERTAIN = 1.0 - 2.0**-53
"""The largest probability that is given."""

BELOW = (
    -3.2905267314918945,
    -1.9599639845400545,
    -1.6448536269514722,
    -1.4395314709384563,
    -1.284405813205462,
)
ABOVE = (
    1.284405813205462,
    1.4395314709384563,
    1.6448536269514722,
    1.9599639845400545,
    3.2905267314918945,
)
"""Normal quantiles between which 90 % lie, with .05, 2.5, 5, 7.5 and 9.95 % below."""

LOG_9 = 2.1972245773362196
"""Log-odds of 90 %; the count's 80 % interval lies between its 10 % and its 90 % quantile."""


class ConversionScores(NamedTuple):
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


class Told(NamedTuple):
    """A story for compiled loops.

    Parameters
    ----------
    fixed : Floats, shape (3,)
        Noise, and the log-odds that stand for 90 % and 10 %.
    line : Floats, shape (2,)
        Intercept and slope of the recalibration.
    knots : Floats, shape (2, k)
        Of its curve.
    is_bare : bool
        Whether the recalibration changes nothing.
    """

    fixed: Floats
    line: Floats
    knots: Floats
    is_bare: bool


@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """How a mean and a dispersion become probabilities and numbers.

    Parameters
    ----------
    noise : float
        Dispersion that nobody could have known beforehand, 0 (Poisson) to 1000. What a row's
        dispersion has above it is persistent but unseen, and makes the probability's interval.
    recalibration : Calibration
        Of the log-odds that a goal is reached. Its covariance is not used.
    """

    noise: float
    recalibration: Calibration = field(default_factory=Calibration)
    told: Told = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not 0.0 <= self.noise <= GREATEST:
            raise ValueError(f"story: expected a noise of 0 to {GREATEST:g}, got {self.noise}")
        map_ = self.recalibration
        fixed = np.array([self.noise, map_.raw(LOG_9), map_.raw(-LOG_9)])
        line = np.array([map_.intercept, map_.slope])
        is_bare = (map_.intercept, map_.slope, map_.curve) == (0.0, 1.0, ())
        object.__setattr__(self, "told", Told(fixed, line, map_.knots(), is_bare))

    def scores(
        self, log_mean: Floats, dispersion: Floats, doubt: Floats, goal: Floats
    ) -> ConversionScores:
        """Return everything that the distribution tells.

        Parameters
        ----------
        log_mean : Floats, shape (n,)
            Log of the mean count; taken as at least -20 and at most the log of 1,000,000.
        dispersion : Floats, shape (n,)
            Variance of the count is mean + dispersion * mean²; taken as at least the noise and
            .0001, at most 1000.
        doubt : Floats, shape (n,)
            What is added to the variance of the log of the mean that the dispersion implies;
            negative for a row that is better known than most.
        goal : Floats, shape (n,)
            Conversions to reach, at least 1; one between two counts is the upper one; NaN for none.

        Returns
        -------
        ConversionScores
            NaN in rows of which anything is unknown. A row's values do not depend on the rows
            beside it, to the last bit. Without a recalibration `expected` is the mean.
        """
        known = np.stack([log_mean, dispersion, doubt])
        out = np.empty((6, known.shape[1]))
        tell(self.told, known, owned(goal, np.float64), out)
        return ConversionScores(*out)

    def log_odds(self, log_mean: Floats, dispersion: Floats, goal: Floats) -> Floats:
        """Return the recalibrated log-odds that goals are reached, NaN where there is none.

        Parameters are those of `scores`. Log-odds are finite: -400 is a probability of 1e-174.
        """
        asked = np.empty((3, len(log_mean)))
        asked[0], asked[1], asked[2] = log_mean, dispersion, goal
        out = np.empty(asked.shape[1])
        _log_odds(asked, self.told.fixed, self.told.line, self.told.knots, out)
        return out

    def tail(self, log_mean: Floats, dispersion: Floats, count: Floats) -> Floats:
        """Return the recalibrated probability of at least `count` conversions, 1 for 0."""
        out = np.empty(len(log_mean))
        sigmoids(np.maximum(self.log_odds(log_mean, dispersion, np.maximum(count, 1.0)), RARE), out)
        return np.where(count <= 0.0, 1.0, np.minimum(out, CERTAIN))

    def numbers(self) -> Numbers:
        """Return the story as plain numbers."""
        return {"noise": float(self.noise), "recalibration": self.recalibration.numbers()}

    @classmethod
    def from_numbers(cls, numbers: Numbers) -> "Story":
        """Return the story that `numbers` describes."""
        return cls(numbers["noise"], Calibration.from_numbers(numbers["recalibration"]))


@kernel_part
def _bounded(value: float, least: float, most: float) -> float:
    return min(max(value, least), most)


@kernel_part
def _grained(log_mean: float) -> float:
    """Return the log of the mean within its bounds and on the grid."""
    inside = _bounded(log_mean, LOG_LEAST, LOG_MOST)
    rounded: float = np.floor(inside / GRAIN + 0.5) * GRAIN
    return rounded


@kernel_part
def _row(asked: Floats, i: int, noise: float) -> tuple[float, float, float]:
    """Return log of the mean, dispersion and goal of a row; goal NaN if anything is unknown."""
    goal = min(np.ceil(asked[2, i]), FARTHEST) if asked[2, i] >= 1.0 else math.nan
    for j in range(min(len(asked), 4)):
        if math.isnan(asked[j, i]):
            goal = math.nan
    return _grained(asked[0, i]), _bounded(asked[1, i], max(noise, LEAST), GREATEST), goal


@kernel
def _log_odds(asked: Floats, fixed: Floats, line: Floats, knots: Floats, out: Floats) -> None:
    for i in range(asked.shape[1]):
        log_mean, dispersion, goal = _row(asked, i, fixed[0])
        out[i] = goal
        if not math.isnan(goal):
            odds = log_odds_of(goal, exponential(log_mean), dispersion)
            out[i] = recalibrated(odds, line, knots)


@kernel
def _sums(asked: Floats, fixed: Floats, line: Floats, knots: Floats, out: Floats) -> None:
    """Write the expected count of every row, where it is not the mean."""
    for i in range(asked.shape[1]):
        log_mean, dispersion, goal = _row(asked, i, fixed[0])
        if not math.isnan(goal):
            out[i] = summed(exponential(log_mean), dispersion, line, knots)


@kernel_part
def _shortest(
    goal: float, normal: tuple[float, float, float], chance: float, line: Floats, knots: Floats
) -> tuple[float, float]:
    """Return the narrowest interval of 90 % of what the factor may make of the goal, and `chance`.

    The chance of a far goal is skewed: with equal tails its interval would reach up for little.
    `normal` are mean and deviation of the log mean, and the dispersion around it.
    """
    middle, deviation, spread = normal
    known = remainders(goal, 1.0 / spread)
    low, high = 0.0, 1.0
    for j in range(len(BELOW)):
        first = _tail(goal, middle + BELOW[j] * deviation, spread, known)
        last = _tail(goal, middle + ABOVE[j] * deviation, spread, known)
        first, last = _chance(first, line, knots), _chance(last, line, knots)
        if max(last, chance) - min(first, chance) < high - low:
            low, high = min(first, chance), max(last, chance)
    return low, high


@kernel_part
def _tail(goal: float, log_mean: float, spread: float, known: tuple[float, float, float]) -> float:
    """Return the log-odds of the goal around a mean."""
    mean = exponential(_bounded(log_mean, LOG_LEAST, LOG_BEYOND))
    return log_odds_among(goal, mean, spread, known)


@kernel_part
def _chance(log_odds: float, line: Floats, knots: Floats) -> float:
    """Return the recalibrated probability."""
    return min(sigmoid(max(recalibrated(log_odds, line, knots), RARE)), CERTAIN)


@kernel
def _scores(asked: Floats, fixed: Floats, line: Floats, knots: Floats, out: Floats) -> None:
    """Write the six scores of every row; `asked` ends with the expected count, 0 for the mean.

    The dispersion splits into the noise and a persistent part: a log-normal factor of mean 1 on the
    mean, of the variance that makes both together the dispersion. The interval moves this factor.
    """
    noise, targets = fixed[0], fixed[1:]
    for i in range(asked.shape[1]):
        log_mean, dispersion, goal = _row(asked, i, noise)
        if math.isnan(goal):
            out[:, i] = math.nan
            continue
        unseen = logarithm((1.0 + dispersion) / (1.0 + noise))
        deviation = math.sqrt(max(unseen + asked[3, i], 0.0))
        odds = recalibrated(log_odds_of(goal, exponential(log_mean), dispersion), line, knots)
        chance = min(sigmoid(max(odds, RARE)), CERTAIN)
        normal = (log_mean - 0.5 * unseen, deviation, max(noise, POISSON))
        low, high = _shortest(goal, normal, chance, line, knots)
        out[0, i], out[1, i], out[2, i] = chance, low, high
        mean = exponential(log_mean)
        out[3, i] = min(asked[4, i] if asked[4, i] > 0.0 else mean, float(MOST))
        out[4:, i] = math.nan
        walked(mean, dispersion, targets, out[4:, i])
        for j in range(2):
            if math.isnan(out[4 + j, i]):
                out[4 + j, i] = searched(mean, dispersion, targets[j])
        out[4, i] = min(out[4, i], np.floor(out[3, i]))
        out[5, i] = max(out[5, i], np.ceil(out[3, i]))


@kernel
def tell(told: Told, known: Floats, goal: Floats, out: Floats) -> None:
    """Write the six scores of rows whose log mean, dispersion and doubt are known, shape (3, n)."""
    asked = np.zeros((5, len(goal)))
    for i in range(len(goal)):
        asked[0, i], asked[1, i], asked[2, i] = known[0, i], known[1, i], goal[i]
        asked[3, i] = known[2, i]
    if not told.is_bare:
        _sums(asked, told.fixed, told.line, told.knots, asked[4])
    _scores(asked, told.fixed, told.line, told.knots, out)
