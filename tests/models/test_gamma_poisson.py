"""Tails of the gamma-Poisson distribution, asked through a story that recalibrates nothing."""

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from features.arrays import Floats
from models.story import Story
from tests.models.interpreted_story import told

means = st.floats(-20.0, math.log(1e6))
dispersions = st.floats(math.log(1e-4), math.log(1e3)).map(math.exp)
goals = st.integers(1, 10**6)


def log_odds(log_mean: float, dispersion: float, goal: float) -> float:
    """Return the log-odds of one goal."""
    return float(Story(0.0).log_odds(*np.array([[log_mean], [dispersion], [goal]]))[0])


def tails(log_mean: Floats, dispersion: Floats, goal: Floats) -> Floats:
    return Story(0.0).tail(log_mean, dispersion, goal)


def on_grid(values: Floats) -> Floats:
    """Return logs of means that the story does not round."""
    return np.asarray(np.round(values * 2.0**20) / 2.0**20)


def log_tail(mean: float, dispersion: float, goal: int) -> float:
    """Return log P(N >= goal), goal far above the mean, as a sum of probabilities by lgamma."""
    size, count = 1.0 / dispersion, np.arange(goal, goal + 5000.0)
    logs = special.gammaln(count + size) - special.gammaln(count + 1.0) - math.lgamma(size)
    logs += count * math.log(mean / (mean + size)) - size * math.log1p(mean * dispersion)
    return float(special.logsumexp(logs))


@given(means, dispersions, goals, goals)
def test_a_higher_goal_is_less_likely(
    log_mean: float, dispersion: float, one: int, other: int
) -> None:
    """The log-odds fall as the goal rises, strictly and however far out."""
    easy, hard = min(one, other), max(one, other)
    assert (log_odds(log_mean, dispersion, easy) > log_odds(log_mean, dispersion, hard)) == (
        easy < hard
    )


@given(means, dispersions, goals)
def test_the_next_goal_is_less_likely(log_mean: float, dispersion: float, goal: int) -> None:
    """One conversion more is enough to make a goal less likely."""
    assert log_odds(log_mean, dispersion, goal + 1) < log_odds(log_mean, dispersion, goal)


@given(means, dispersions, goals, st.floats(0.0, 40.0).map(lambda x: 2.0**-x))
def test_a_higher_mean_is_never_worse(
    log_mean: float, dispersion: float, goal: int, more: float
) -> None:
    """The log-odds never fall as the mean rises, by however little."""
    asked = log_odds(log_mean, dispersion, goal)
    assert log_odds(log_mean + more, dispersion, goal) >= asked
    assert log_odds(math.nextafter(log_mean, 99.0), dispersion, goal) >= asked


@given(means, dispersions, st.floats(1.0, 1e12))
def test_log_odds_are_finite(log_mean: float, dispersion: float, goal: float) -> None:
    """Log-odds are numbers and probabilities lie between 0 and 1 whatever is asked."""
    assert math.isfinite(log_odds(log_mean, dispersion, goal))
    assert 0.0 < tails(*np.array([[log_mean], [dispersion], [goal]]))[0] < 1.0


def test_as_scipy_has_it() -> None:
    """Tails agree with scipy's negative binomial distribution."""
    rng = np.random.default_rng(1)
    log_mean = on_grid(rng.uniform(math.log(1e-3), math.log(300.0), 4000))
    dispersion = np.exp(rng.uniform(math.log(1e-4), math.log(1e3), 4000))
    goal = np.ceil(np.exp(rng.uniform(0.0, math.log(1000.0), 4000)))
    size = 1.0 / dispersion
    expected = stats.nbinom.sf(goal - 1.0, size, size / (size + np.exp(log_mean)))
    assert tails(log_mean, dispersion, goal) == pytest.approx(expected, abs=1e-12)


def test_large_counts_as_scipy_has_them() -> None:
    """Tails of large counts, near the mean, agree with the incomplete beta function."""
    rng = np.random.default_rng(2)
    log_mean = on_grid(rng.uniform(math.log(1e3), math.log(1e6), 4000))
    dispersion, mean = np.exp(rng.uniform(math.log(1e-4), math.log(1e3), 4000)), np.exp(log_mean)
    deviation = np.sqrt(mean + dispersion * mean**2)
    goal = np.maximum(np.ceil(mean + deviation * rng.normal(size=4000)), 1.0)
    odds = dispersion * mean
    expected = special.betainc(goal, 1.0 / dispersion, odds / (1.0 + odds))
    assert tails(log_mean, dispersion, goal) == pytest.approx(expected, abs=1e-9)


def test_geometric_worked_by_hand() -> None:
    """With dispersion 1 and mean 1, P(N >= g) is 2 to the power -g."""
    for goal in (1, 2, 10, 1000):
        odds = 2.0**-goal / (1.0 - 2.0**-goal)
        assert log_odds(0.0, 1.0, goal) == pytest.approx(math.log(odds), rel=1e-13, abs=1e-14)
    assert log_odds(0.0, 1.0, 100_000) == pytest.approx(-100_000 * math.log(2.0), rel=1e-13)


def test_nothing_worked_by_hand() -> None:
    """P(N = 0) is (1 + d m) to the power -1/d, also where it is less than 1e-300."""
    for mean, dispersion in ((1000.0, 0.01), (1e6, 0.015), (1e6, 1e-4)):
        none = -math.log1p(dispersion * mean) / dispersion
        assert log_odds(math.log(mean), dispersion, 1) == pytest.approx(-none, rel=1e-9)


@pytest.mark.parametrize("dispersion", [0.01, 0.3, 2.0])
def test_far_tails_as_summed(dispersion: float) -> None:
    """Tails below scipy's least number are the sums of their probabilities."""
    for mean, goal in ((1.0, 300), (0.01, 120), (5.0, 2000)):
        asked = log_odds(math.log(mean), dispersion, goal)
        assert asked == pytest.approx(log_tail(mean, dispersion, goal), rel=1e-9)


def test_no_noise_is_poisson() -> None:
    """An interval without noise is of Poisson tails, to 1e-9 also at large counts."""
    dispersion = 0.02
    for mean in (0.5, 20.0, 1000.0, 1e6):
        inner = mean / math.sqrt(1.0 + dispersion)
        goal = math.ceil(mean * 1.001)
        asked = np.array([[math.log(mean)], [dispersion], [-1.0], [goal]])
        low = Story(0.0).scores(*asked).low[0]
        assert low == pytest.approx(stats.poisson.sf(goal - 1, inner), abs=1e-9)


def test_interpreted_is_as_compiled() -> None:
    """The plain Python of the compiled loops gives the same bits, without overflow or 0 / 0."""
    script = Path(__file__).with_name("interpreted_story.py")
    root = str(script.parents[2])
    run = subprocess.run(
        [sys.executable, script],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split("\n")[:-1] == told()
