"""The linear part: against scikit-learn, its signs, its curve and its uncertainty."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tests.training import toys
from training.offsets import FLATTEST, Curve, fit, ramps, reference, single


def test_one_question_is_ridge_logistic_regression() -> None:
    """Without goals and signs the fit is scikit-learn's ridge logistic regression."""
    task = toys.binary()
    blank = reference(task.X, task.columns)

    found, _ = fit(blank, task.X, task.asked, signs={}, ridge=5.0)

    design = blank.design(task.X)[:, 1:]
    oracle = LogisticRegression(C=1 / 5.0, tol=1e-8, max_iter=5000)
    oracle.fit(design, task.asked.hit[:, 0])
    ours = np.r_[found.weight, found.missing]
    np.testing.assert_allclose(ours, oracle.coef_[0], atol=2e-3)  # the intercept's tiny ridge


def test_covariance_is_that_of_the_penalised_likelihood() -> None:
    """The Laplace covariance is the inverse of the penalised information matrix."""
    task = toys.binary()
    blank = reference(task.X, task.columns)

    found, _ = fit(blank, task.X, task.asked, signs={}, ridge=5.0)

    design = blank.design(task.X)
    chance = 1.0 / (1.0 + np.exp(-found.raw(task.X)))
    information = (design.T * (chance * (1.0 - chance))) @ design
    information += np.diag(np.r_[1e-3, np.full(8, 5.0)])
    np.testing.assert_allclose(found.covariance, np.linalg.inv(information), rtol=1e-6)


def test_signs_bind() -> None:
    """A coefficient of the wrong sign is held at 0, and counts as known."""
    task = toys.binary()
    blank = reference(task.X, task.columns)

    found, _ = fit(blank, task.X, task.asked, signs={"up": -1, "down": 1}, ridge=5.0)

    assert found.weight[0] == found.weight[1] == 0.0
    assert found.covariance[1, 1] == 0.0


def test_what_never_varies_has_no_coefficient() -> None:
    """A column that is known everywhere has no indicator, and a constant one no coefficient."""
    X = np.random.default_rng(2).normal(size=(300, 2))
    X[:, 1] = 4.0
    hit = (X[:, 0] > 0.3).astype(np.float64)

    found, _ = fit(reference(X, ("one", "two")), X, single(hit), signs={}, ridge=3.0)

    assert found.weight[0] > 0.0
    assert found.weight[1] == 0.0
    assert found.missing.tolist() == [0.0, 0.0]


def test_costs_rise_with_the_goal() -> None:
    """The curve of the goal rises everywhere, and recovers the slope that made the counts."""
    task = toys.graded()

    _, curve = fit(
        reference(task.X, task.columns),
        task.X,
        task.asked,
        signs={},
        ridge=3.0,
        knots=task.knots,
    )

    assert (curve.rises >= FLATTEST).all()
    assert curve.rises.mean() == pytest.approx(2.0, abs=0.35)  # 1 / the scale of the counts


def test_curve_is_linear_between_knots() -> None:
    """Worked by hand: slopes 1 and 3 from 0 and 2 on."""
    curve = Curve(np.array([0.0, 2.0]), np.array([1.0, 3.0]))

    assert curve.at(np.array([0.0, 1.0, 2.0, 4.0])).tolist() == [0.0, 1.0, 2.0, 8.0]


def test_no_knots_cost_nothing() -> None:
    """Models without a goal have an empty curve that takes nothing off."""
    assert ramps(np.zeros((3, 1)), np.zeros(0)).shape == (3, 1, 0)
    assert Curve(np.zeros(0), np.zeros(0)).at(np.zeros(2)).tolist() == [0.0, 0.0]


def test_starting_elsewhere_ends_alike() -> None:
    """A warm start reaches the same minimum."""
    task = toys.graded()
    blank = reference(task.X, task.columns)
    settings = {"signs": task.signs, "knots": task.knots}

    first = fit(blank, task.X, task.asked, ridge=300.0, **settings)  # type: ignore[arg-type]
    warm, _ = fit(blank, task.X, task.asked, ridge=3.0, start=first, **settings)  # type: ignore[arg-type]
    cold, _ = fit(blank, task.X, task.asked, ridge=3.0, **settings)  # type: ignore[arg-type]

    np.testing.assert_allclose(warm.weight, cold.weight, atol=1e-3)  # two searches, one minimum
