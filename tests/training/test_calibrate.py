"""Calibration on held-out rows, and keeping it current."""

import numpy as np
import pytest
from scipy.special import expit

from features.arrays import Floats
from models.calibration import Calibration
from training.calibrate import abroad, isotonic, near_identity, recalibration, refresh, sigmoid


def _drawn(intercept: float, slope: float, n: int = 20_000) -> tuple[Floats, Floats]:
    random = np.random.default_rng(5)
    raw = random.normal(size=n)
    return raw, (random.random(n) < expit(intercept + slope * raw)).astype(np.float64)


def test_sigmoid_recovers_level_and_slope() -> None:
    """Scores that are too bold are brought back to the log-odds that made the outcomes."""
    raw, hit = _drawn(-0.8, 0.6)

    found = sigmoid(raw, hit)

    assert found.intercept == pytest.approx(-0.8, abs=0.05)  # three standard errors
    assert found.slope == pytest.approx(0.6, abs=0.05)


def test_mean_of_the_calibrated_is_the_rate() -> None:
    """After calibration the mean probability is the observed rate."""
    raw, hit = _drawn(-0.8, 0.6, 500)

    found = sigmoid(raw, hit)

    assert found.probability(raw).mean() == pytest.approx(hit.mean(), abs=0.002)  # half a row each


def test_few_outcomes_move_only_the_level() -> None:
    """With few rows of the rarer outcome the slope stays 1 and the level stays finite."""
    raw = np.linspace(-1.0, 1.0, 30)

    found = sigmoid(raw, np.zeros(30))

    assert found.slope == 1.0
    assert -20.0 < found.intercept < -2.0


def test_without_rows_nothing_is_changed() -> None:
    """No row at all leaves even odds, and a finite doubt."""
    found = sigmoid(np.zeros(0), np.zeros(0))

    assert (found.intercept, found.slope) == (0.0, 1.0)
    assert np.isfinite(found.covariance).all()


def test_weights_count_as_rows() -> None:
    """A row of weight two is two rows."""
    raw, hit = _drawn(-0.8, 0.6, 400)

    doubled = sigmoid(np.r_[raw, raw], np.r_[hit, hit])
    weighed = sigmoid(raw, hit, np.full(400, 2.0))

    assert weighed.slope == pytest.approx(doubled.slope, abs=1e-3)  # sklearn's tolerance
    assert weighed.intercept == pytest.approx(doubled.intercept, abs=1e-3)


def test_shares_calibrate_like_outcomes() -> None:
    """A share between 0 and 1 counts as rows of both outcomes."""
    raw = np.linspace(-2.0, 2.0, 500)

    found = sigmoid(raw, expit(-0.5 + 0.7 * raw))

    assert found.slope == pytest.approx(0.7, abs=1e-2)


def test_recent_rows_set_the_level() -> None:
    """The slope stays, the level follows the recent rows."""
    raw, hit = _drawn(-0.8, 0.6)
    old = sigmoid(raw, hit)
    late_raw, late = _drawn(0.4, 0.6, 3000)

    found = refresh(old, late_raw, late)

    assert found.slope == old.slope
    assert found.intercept == pytest.approx(0.4, abs=0.15)
    assert found.covariance[0] > old.covariance[0]


def test_one_recent_row_changes_little() -> None:
    """A single recent row does not overthrow the level of thousands."""
    raw, hit = _drawn(-0.8, 0.6)
    old = sigmoid(raw, hit)

    found = refresh(old, np.zeros(1), np.ones(1))

    assert 0.0 < found.intercept - old.intercept < 0.6


def test_no_recent_row_changes_nothing() -> None:
    """Without recent rows the calibration stays as it is."""
    old = sigmoid(*_drawn(-0.8, 0.6, 400))

    assert refresh(old, np.zeros(0), np.zeros(0)) == old


@pytest.mark.parametrize(("bold", "slope"), [(2.0, 0.5), (0.7, 1.0)])
def test_abroad_finds_the_slope_whatever_the_levels(bold: float, slope: float) -> None:
    """Too bold scores are blurred, too timid ones left; levels of sources change nothing."""
    random = np.random.default_rng(5)
    source = random.integers(0, 3, 30_000)
    raw = random.normal(size=30_000) * 1.5
    chance = expit(raw + np.array([-1.5, 0.0, 1.0])[source])
    hit = (random.random(30_000) < chance).astype(np.float64)

    found = abroad(bold * raw, hit, np.ones(30_000), source)

    assert found.intercept == 0.0
    assert found.slope == pytest.approx(slope, abs=0.03)


def test_abroad_of_few_accounts_is_the_identity() -> None:
    """With few accounts of a class nothing is said of how log-odds carry."""
    raw = np.linspace(-1.0, 1.0, 60)

    found = abroad(raw, np.zeros(60), np.ones(60), np.zeros(60, np.int64))

    assert (found.intercept, found.slope) == (0.0, 1.0)


def _calibrated(n: int, bent: bool = False, seed: int = 3) -> tuple[Floats, Floats]:
    """Return log-odds and hits; bent ones are right at the ends and two too high between."""
    random = np.random.default_rng(seed)
    raw = random.normal(0.0, 2.0, n)
    true = raw - 2.0 * np.exp(-(raw**2)) if bent else raw
    return raw, (random.random(n) < expit(true)).astype(np.float64)


def test_log_odds_that_are_right_stay_nearly_as_they_are() -> None:
    """With few rows the identity is kept, with many a right slope is found to be right."""
    for n, tolerance in ((5, 0.35), (4000, 0.12)):
        found = near_identity(*_calibrated(n))
        assert found.intercept == pytest.approx(0.0, abs=tolerance)
        assert found.slope == pytest.approx(1.0, abs=tolerance)


def test_the_curve_rises_and_follows_the_bend() -> None:
    """An isotonic curve never falls, and is nearer to a bent truth than any line."""
    raw, hit = _calibrated(20_000, bent=True)
    grid = np.linspace(-3.0, 3.0, 61)
    true = grid - 2.0 * np.exp(-(grid**2))

    curve, line = isotonic(raw, hit).log_odds(grid), near_identity(raw, hit).log_odds(grid)

    assert (np.diff(curve) >= 0.0).all()
    assert np.abs(curve - true).mean() < 0.5 * np.abs(line - true).mean()


@pytest.mark.parametrize(("n", "bent", "wins"), [(6000, True, True), (6000, False, False)])
def test_the_curve_ships_only_where_it_wins(n: int, bent: bool, wins: bool) -> None:
    """On rows it was not fitted on the curve must be better by two standard errors."""
    raw, hit = _calibrated(n, bent)

    assert bool(recalibration(raw, hit, np.arange(n) // 3, seed=7).curve) is wins


def test_few_rows_get_no_curve() -> None:
    """Below two thousand rows a bend is left to a line."""
    raw, hit = _calibrated(1999, bent=True)

    assert not recalibration(raw, hit, np.arange(1999), seed=7).curve


def test_right_log_odds_are_left_alone() -> None:
    """What is right needs no correction; what is too bold by half gets one."""
    raw, hit = _calibrated(1500)

    assert recalibration(raw, hit, np.arange(1500), seed=7) == Calibration()
    assert recalibration(1.5 * raw, hit, np.arange(1500), seed=7).slope < 0.8
