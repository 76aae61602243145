"""The linear part: against scikit-learn, and its signs."""

import numpy as np
from sklearn.linear_model import LogisticRegression

from tests.training import toys
from training.likelihoods import hits
from training.offsets import fit, reference


def test_one_question_is_ridge_logistic_regression() -> None:
    """Without goals and signs the fit is scikit-learn's ridge logistic regression."""
    task = toys.binary()
    blank = reference(task.X, task.columns)

    found = fit(blank, task.X, task.asked, signs={}, ridge=5.0)

    design = blank.design(task.X)[:, 1:]
    oracle = LogisticRegression(C=1 / 5.0, tol=1e-8, max_iter=5000)
    oracle.fit(design, toys.hit_of(task))
    ours = np.r_[found.weight, found.missing]
    np.testing.assert_allclose(ours, oracle.coef_[0], atol=2e-3)  # the intercept's tiny ridge


def test_signs_bind() -> None:
    """A coefficient of the wrong sign is held at 0."""
    task = toys.binary()
    blank = reference(task.X, task.columns)

    found = fit(blank, task.X, task.asked, signs={"up": -1, "down": 1}, ridge=5.0)

    assert found.weight[0] == found.weight[1] == 0.0


def test_what_never_varies_has_no_coefficient() -> None:
    """A column that is known everywhere has no indicator, and a constant one no coefficient."""
    X = np.random.default_rng(2).normal(size=(300, 2))
    X[:, 1] = 4.0
    hit = (X[:, 0] > 0.3).astype(np.float64)

    found = fit(reference(X, ("one", "two")), X, hits(hit), signs={}, ridge=3.0)

    assert found.weight[0] > 0.0
    assert found.weight[1] == 0.0
    assert found.missing.tolist() == [0.0, 0.0]


def test_counts_are_fitted_whatever_has_arrived() -> None:
    """Coefficients of counts are those that made them, though a third had only half arrived."""
    task = toys.counted(4000)
    X = task.X.copy()
    X[:, 2] = np.abs(np.nan_to_num(X[:, 2])) - 0.8  # as it enters the truth

    found = fit(reference(X, task.columns), X, task.asked, signs={}, ridge=1.0)

    by_unit = found.weight / found.scale
    np.testing.assert_allclose(by_unit, [1.0, -0.7, 0.8, 0.0], atol=0.08)
    np.testing.assert_allclose(task.asked.dispersion_at(found.raw(X)), toys.DISPERSION, atol=0.08)


def test_starting_elsewhere_ends_alike() -> None:
    """A warm start reaches the same minimum."""
    task = toys.counted()
    blank = reference(task.X, task.columns)

    first = fit(blank, task.X, task.asked, signs=task.signs, ridge=300.0)
    warm = fit(blank, task.X, task.asked, signs=task.signs, ridge=3.0, start=first)
    cold = fit(blank, task.X, task.asked, signs=task.signs, ridge=3.0)

    np.testing.assert_allclose(warm.weight, cold.weight, atol=1e-3)  # two searches, one minimum
