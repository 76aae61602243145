"""Figures of probabilities against outcomes, each with its n and a 90 % bootstrap interval."""

from collections.abc import Callable, Mapping

import numpy as np
from scipy.optimize import brentq, root
from scipy.special import expit, logit, xlog1py, xlogy
from scipy.stats import rankdata
from sklearn.calibration import calibration_curve

from features.arrays import Floats, Ints
from models.manifest import Metric

REPLICATES = 100
BINS = 10  # of equal mass, for the expected calibration error
SURE = 1e-6  # probabilities are kept off 0 and 1 by this where their logarithms are needed

Measure = Callable[[Floats, Floats, Floats], float]


def _kept_off(p: Floats) -> Floats:
    return np.clip(p, SURE, 1.0 - SURE)


def log_losses(y: Floats, p: Floats) -> Floats:
    """Return the log-loss of each row."""
    sure = _kept_off(p)
    return np.asarray(-(xlogy(y, sure) + xlog1py(1.0 - y, -sure)), np.float64)


def _log_loss(y: Floats, p: Floats, weight: Floats) -> float:
    return float(np.average(log_losses(y, p), weights=weight))


def _constant(y: Floats, p: Floats, weight: Floats) -> float:
    """Return the log-loss of the rows' own base rate, the best constant in hindsight."""
    return _log_loss(y, np.full_like(p, np.average(y, weights=weight)), weight)


def _ece(y: Floats, p: Floats, weight: Floats) -> float:
    """Return the mean distance between rate and probability over bins of equal mass."""
    drawn = np.repeat(np.arange(len(y)), weight.astype(np.int64))
    rate, mean = calibration_curve(y[drawn], p[drawn], n_bins=BINS, strategy="quantile")
    return float(np.mean(np.abs(rate - mean)))


def _auc(y: Floats, p: Floats, weight: Floats) -> float:
    """Return the chance that a hit ranks above a miss, ties counting half, by the ranks' sum.

    It is sklearn's roc_auc_score to the last digits; that takes twenty times as long, and the
    bootstrap asks a thousand times. Weights are whole numbers of draws.
    """
    drawn = np.repeat(np.arange(len(y)), weight.astype(np.int64))
    hit, ranks = y[drawn], rankdata(p[drawn])
    hits = hit.sum()
    return float((ranks @ hit - hits * (hits + 1.0) / 2.0) / (hits * (len(hit) - hits)))


def _average_precision(y: Floats, p: Floats, weight: Floats) -> float:
    """Return the precision at every step of recall, averaged; tied predictions are one step.

    It is sklearn's average_precision_score to the last digits, in a fifth of its time.
    """
    order = np.argsort(-p, kind="stable")
    hits, drawn = np.cumsum((weight * y)[order]), np.cumsum(weight[order])
    last = np.flatnonzero(np.append(np.diff(p[order]) != 0.0, True) & (drawn > 0.0))
    recalled = np.diff(hits[last], prepend=0.0)
    return float(recalled @ (hits[last] / drawn[last]) / hits[-1])


def _slope(y: Floats, p: Floats, weight: Floats) -> float:
    """Return the slope of the outcome on the log-odds; 1 is calibrated, below is overconfident.

    That of scikit-learn's unpenalised logistic regression, for the bootstrap in a tenth of its
    time; NaN of a constant, and where a threshold tells the outcomes apart.
    """
    odds = logit(_kept_off(p))
    if np.ptp(odds) == 0.0:
        return float("nan")

    def score(at: Floats) -> tuple[Floats, Floats]:
        chance = expit(at[0] + at[1] * odds)
        pull, bend = weight * (chance - y), weight * chance * (1.0 - chance)
        cross = bend @ odds
        return (
            np.array([pull.sum(), pull @ odds]),
            np.array([[bend.sum(), cross], [cross, bend @ odds**2]]),
        )

    found = root(score, np.array([0.0, 1.0]), jac=True)
    return float(found.x[1]) if found.success else float("nan")


def _intercept(y: Floats, p: Floats, weight: Floats) -> float:
    """Return what must be added to all log-odds for the mean to be right."""
    odds = logit(_kept_off(p))
    return float(brentq(lambda shift: weight @ (expit(odds + shift) - y), -40.0, 40.0))


MEASURES: Mapping[str, Measure] = {
    "log_loss": _log_loss,
    "log_loss_constant": _constant,
    "auc": _auc,
    "average_precision": _average_precision,
    "brier": lambda y, p, w: float(np.average((p - y) ** 2, weights=w)),
    "calibration_slope": _slope,
    "calibration_intercept": _intercept,
    "ece": _ece,
    "base_rate": lambda y, p, w: float(np.average(y, weights=w)),  # noqa: ARG005
}


def measure(
    y: Floats, p: Floats, groups: Ints, seed: int, measures: Mapping[str, Measure] = MEASURES
) -> dict[str, Metric]:
    """Measure probabilities against outcomes.

    Parameters
    ----------
    y : ndarray of float64, shape (n,)
        Outcomes, 0 or 1.
    p : ndarray of float64, shape (n,)
        Probabilities.
    groups : ndarray of int64, shape (n,)
        Rows drawn together by the bootstrap: those of one brief, or of one creator.
    seed : int
        Of the bootstrap.
    measures : mapping of str to callable
        What to measure, of (y, p, weight).

    Returns
    -------
    dict of str to Metric
        Values with 90 % percentile intervals; unknown where only one outcome occurs.
    """
    if len(np.unique(y)) < 2:
        return dict.fromkeys(measures, Metric(None, None, None, len(y)))
    draws = [weight for weight in draw(groups, seed) if 0.0 < weight @ y < weight.sum()]
    every = np.ones_like(y)
    return {
        name: bounded(one(y, p, every), [one(y, p, weight) for weight in draws], len(y))
        for name, one in measures.items()
    }


def mean(values: Floats, groups: Ints, seed: int) -> Metric:
    """Return the mean of values with its interval, rows of a group drawn together.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        One a row.
    groups : ndarray of int64, shape (n,)
        Rows drawn together.
    seed : int
        Of the bootstrap.

    Returns
    -------
    Metric
        Unknown without rows.
    """
    if not len(values):
        return Metric(None, None, None, 0)
    means = [float(np.average(values, weights=weight)) for weight in draw(groups, seed)]
    return bounded(float(values.mean()), means, len(values))


def draw(groups: Ints, seed: int) -> list[Floats]:
    """Return how often each row is drawn in each bootstrap replicate, whole groups at a time.

    Parameters
    ----------
    groups : ndarray of int64, shape (n,)
        Rows drawn together.
    seed : int
        The same seed and groups give the same draws, so that differences can be paired.

    Returns
    -------
    list of ndarray of float64, shape (n,)
        One a replicate.
    """
    _, group = np.unique(groups, return_inverse=True)
    count = int(group.max()) + 1
    times = np.random.default_rng(seed).multinomial(
        count, np.full(count, 1.0 / count), size=REPLICATES
    )
    return [one[group].astype(np.float64) for one in times]


def bounded(value: float, replicates: list[float], n: int) -> Metric:
    """Return a value with the middle 90 % of its replicates.

    Parameters
    ----------
    value : float
        On all rows.
    replicates : list of float
        On each draw of them; none leaves the interval unknown.
    n : int
        Number of rows.
    """
    known = [one for one in replicates if np.isfinite(one)]
    if not np.isfinite(value) or not known:
        return Metric(value if np.isfinite(value) else None, None, None, n)
    low, high = np.quantile(known, [0.05, 0.95])
    return Metric(value, float(low), float(high), n)
