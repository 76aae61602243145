"""Figures against scikit-learn, and their intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    log_loss,
    roc_auc_score,
)

from features.arrays import Floats
from training.metrics import MEASURES, bounded, draw, mean, measure


def _rows(n: int = 600, seed: int = 3) -> tuple[Floats, Floats]:
    random = np.random.default_rng(seed)
    chance = random.beta(1.0, 3.0, n)
    return (random.random(n) < chance).astype(np.float64), chance


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 6), st.integers(0, 3)), min_size=4, max_size=40
    )
)
def test_figures_are_those_of_scikit_learn(rows: list[tuple[bool, int, int]]) -> None:
    """AUC, average precision, log-loss and Brier score equal scikit-learn's, tied and weighted."""
    y = np.array([1.0, 0.0] + [float(hit) for hit, _, _ in rows])
    p = np.array([0.5, 0.5] + [0.05 + 0.15 * place for _, place, _ in rows])
    w = np.array([1.0, 1.0] + [float(times) for _, _, times in rows])

    names = ("auc", "average_precision", "log_loss", "brier")
    found = {name: MEASURES[name](y, p, w) for name in names}

    precision = average_precision_score(y, p, sample_weight=w)
    assert found["average_precision"] == pytest.approx(precision, abs=1e-12)
    assert found["auc"] == pytest.approx(roc_auc_score(y, p, sample_weight=w), abs=1e-12)
    assert found["log_loss"] == pytest.approx(log_loss(y, p, sample_weight=w), abs=1e-12)
    assert found["brier"] == pytest.approx(brier_score_loss(y, p, sample_weight=w), abs=1e-12)


def test_calibrated_rows_measure_as_calibrated() -> None:
    """Probabilities that made the outcomes have slope 1, intercept 0 and a small ECE."""
    y, p = _rows(20_000)
    every = np.ones_like(y)

    found = {name: MEASURES[name](y, p, every) for name in MEASURES}

    assert found["calibration_slope"] == pytest.approx(1.0, abs=0.05)
    assert found["calibration_intercept"] == pytest.approx(0.0, abs=0.06)
    assert found["ece"] < 0.015


def test_slope_is_that_of_a_logistic_regression() -> None:
    """The calibration slope equals scikit-learn's logistic regression without penalty."""
    y, p = _rows()
    weight = np.random.default_rng(2).poisson(1.0, 600).astype(np.float64)
    odds = np.log(p / (1.0 - p)).reshape(-1, 1)

    oracle = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)
    oracle.fit(odds, y, sample_weight=weight)

    assert MEASURES["calibration_slope"](y, p, weight) == pytest.approx(
        oracle.coef_[0, 0], rel=1e-5
    )


def test_separated_outcomes_have_no_slope() -> None:
    """Where a threshold tells the outcomes apart no finite slope is best."""
    y = np.repeat([0.0, 1.0], 20)

    assert np.isnan(MEASURES["calibration_slope"](y, 0.2 + 0.6 * y, np.ones(40)))


def test_constant_is_the_base_rate_in_hindsight() -> None:
    """No constant has a lower log-loss than the one a model is compared with."""
    y, p = _rows()
    every = np.ones_like(y)

    best = MEASURES["log_loss_constant"](y, p, every)

    assert all(
        best <= MEASURES["log_loss"](y, np.full_like(y, rate), every) for rate in (0.1, 0.2, 0.3)
    )


def test_measures_carry_rows_and_interval() -> None:
    """Every figure comes with n and an interval around it."""
    y, p = _rows()

    found = measure(y, p, np.arange(len(y)) // 4, 7)

    assert set(found) == set(MEASURES)
    for name in ("auc", "log_loss", "brier", "base_rate"):
        figure = found[name]
        assert figure.n == 600
        assert None not in (figure.value, figure.low, figure.high)
        assert figure.low < figure.value < figure.high  # type: ignore[operator]


def test_same_seed_same_interval() -> None:
    """Intervals do not change from run to run."""
    y, p = _rows()

    assert measure(y, p, np.arange(600), 7) == measure(y, p, np.arange(600), 7)


def test_one_outcome_measures_nothing() -> None:
    """Rows of one outcome, or none at all, have unknown figures, not errors."""
    for n in (0, 5):
        found = measure(np.ones(n), np.full(n, 0.4), np.arange(n), 7)
        assert {figure.value for figure in found.values()} == {None}
        assert {figure.n for figure in found.values()} == {n}


def test_constant_predictions_have_no_slope() -> None:
    """The slope of a constant is unknown, its other figures are not."""
    y, _ = _rows()

    found = measure(y, np.full(600, 0.3), np.arange(600), 7)

    assert found["calibration_slope"].value is None
    assert found["auc"].value == 0.5


def test_groups_are_drawn_whole() -> None:
    """Rows of a group are drawn as often as each other, and on average once."""
    draws = np.array(draw(np.array([5, 5, 9, 9, 9]), 7))

    assert (draws[:, 0] == draws[:, 1]).all()
    assert (draws[:, 2] == draws[:, 4]).all()
    assert set(draws[:, [0, 2]].sum(axis=1)) == {2.0}


def test_mean_of_nothing_is_unknown() -> None:
    """Without rows a mean is unknown; with rows it has its interval."""
    assert mean(np.zeros(0), np.zeros(0, np.int64), 7).value is None
    assert mean(np.array([1.0, 3.0]), np.arange(2), 7).value == 2.0


def test_bounds_leave_out_what_is_not_finite() -> None:
    """Replicates that could not be measured do not widen the interval."""
    figure = bounded(2.0, [1.0, float("nan"), 3.0], 9)

    assert figure.low == pytest.approx(1.1)
    assert bounded(2.0, [], 9).low is None
