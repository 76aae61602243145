"""From raw log-odds to probabilities: a sigmoid on rows the score never saw, kept current."""

from dataclasses import replace

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from features.arrays import Floats, Ints
from models.calibration import Calibration
from training.splits import folds

FLATTEST, STEEPEST = 0.1, 3.0  # slopes beyond these are noise of few rows
FEWEST = 50  # rows of the rarer outcome; below, only the intercept is fitted
RECENT_DAYS = 90
IDENTITY_RIDGE = 2.0  # rows' worth of trust in log-odds as they are
FEW = 200  # rows below which standard errors tell nothing, and log-odds are corrected anyway
MANY = 2000  # rows from which an isotonic curve is tried
RECENT_PRIOR = 4.0  # rows' worth of information that the intercept of all rows keeps


def sigmoid(raw: Floats, hit: Floats, weight: Floats | None = None) -> Calibration:
    """Fit intercept and slope on held-out rows.

    Parameters
    ----------
    raw : ndarray of float64, shape (n,)
        Log-odds by models that never saw the row's group.
    hit : ndarray of float64, shape (n,)
        What came: 1, 0 or a share between them.
    weight : ndarray of float64, shape (n,), optional
        Of the rows; one each by default.

    Returns
    -------
    Calibration
        With the covariance of the two. The slope stays 1 where outcomes are too few or too alike.
    """
    weights = np.ones_like(hit) if weight is None else weight
    rarer = min(weights @ hit, weights @ (1.0 - hit))
    slope = _slope(raw, hit, weights) if rarer >= FEWEST else 1.0
    intercept = level(slope * raw, hit, weights)
    chance = expit(intercept + slope * raw)
    curvature = weights * chance * (1.0 - chance)
    # A prior of one unit on either keeps the covariance finite without rows.
    hessian = np.eye(2) + np.array(
        [[curvature.sum(), curvature @ raw], [curvature @ raw, curvature @ raw**2]]
    )
    inverse = np.linalg.inv(hessian)
    covariance = (float(inverse[0, 0]), float(inverse[0, 1]), float(inverse[1, 1]))
    return Calibration(intercept, slope, covariance=covariance)


def abroad(raw: Floats, hit: Floats, weight: Floats, source: Ints) -> Calibration:
    """Fit how far log-odds carry to sources that no model saw: a slope of at most 1.

    Every source gets an intercept of its own that is then forgotten: the level of a new audience is
    its own share, which the audience itself tells. A slope above 1 is not used either: models that
    learn from fewer sources than the one that ships are less sure than that one.

    Parameters
    ----------
    raw : ndarray of float64, shape (n,)
        Log-odds of accounts by models that never saw their source.
    hit : ndarray of float64, shape (n,)
        1 fake, 0 real.
    weight : ndarray of float64, shape (n,)
        Of the accounts.
    source : ndarray of int64, shape (n,)
        Where each account comes from.

    Returns
    -------
    Calibration
        Intercept 0; the slope stays 1 where accounts of a class are too few.
    """
    if min(hit.sum(), len(hit) - hit.sum()) < FEWEST:
        return Calibration()
    levels = (source[:, None] == np.unique(source)).astype(np.float64)
    form = LogisticRegression(C=np.inf, fit_intercept=False)
    columns = np.column_stack([raw, levels])
    slope = float(form.fit(columns, hit, sample_weight=weight).coef_[0, 0])
    return Calibration(slope=float(np.clip(slope, FLATTEST, 1.0)))


def refresh(fitted: Calibration, raw: Floats, hit: Floats) -> Calibration:
    """Re-fit the intercept on recent rows: base rates drift, and month terms extrapolate badly.

    Parameters
    ----------
    fitted : Calibration
        From all rows.
    raw, hit : ndarray of float64, shape (m,)
        Held-out log-odds and outcomes of the recent rows; none leaves the calibration as it is.

    Returns
    -------
    Calibration
        The same slope, the recent level, drawn to the old one by four rows' worth of information.
    """
    if not len(raw):
        return fitted
    base = fitted.log_odds(raw)

    def excess(shift: float) -> float:
        return float(np.sum(expit(base + shift) - hit) + RECENT_PRIOR * shift / 4.0)

    shift = float(brentq(excess, -20.0, 20.0))
    chance = expit(base + shift)
    variance = 1.0 / (float(chance @ (1.0 - chance)) + RECENT_PRIOR / 4.0)
    _, both, slope = fitted.covariance
    # The new level's own error cannot be smaller than what few recent rows leave.
    level = max(fitted.covariance[0], variance)
    return replace(fitted, intercept=fitted.intercept + shift, covariance=(level, both, slope))


def recalibration(raw: Floats, hit: Floats, group: Ints, seed: int) -> Calibration:
    """Correct log-odds that are about right already: not at all, by a sigmoid, or by a curve.

    Parameters
    ----------
    raw : ndarray of float64, shape (n,)
        Log-odds by models that never saw the row's group.
    hit : ndarray of float64, shape (n,)
        0 or 1.
    group : ndarray of int64, shape (n,)
        Whose rows stay together when the corrections are compared.
    seed : int
        Of the folds.

    Returns
    -------
    Calibration
        The simplest that is not beaten, by more than two standard errors of the loss on rows it was
        not fitted on, by the next; the isotonic curve is tried from MANY rows on. Below FEW rows a
        sigmoid near the identity.
    """
    if len(hit) < FEW:
        return near_identity(raw, hit)
    best = Calibration()
    if len(np.unique(group)) < 2:
        return best
    held = raw
    for fit in (near_identity, isotonic) if len(hit) >= MANY else (near_identity,):
        other = np.empty(len(raw))
        for train, rest in folds(group, seed):
            other[rest] = fit(raw[train], hit[train]).log_odds(raw[rest])
        gain = np.logaddexp(0.0, held) - np.logaddexp(0.0, other) - hit * (held - other)
        if gain.mean() > 2.0 * gain.std() / np.sqrt(len(gain)):
            best, held = fit(raw, hit), other
    return best


def near_identity(raw: Floats, hit: Floats) -> Calibration:
    """Fit intercept and slope, drawn to 0 and 1 by a few rows' worth of information."""

    def loss(at: Floats) -> tuple[float, Floats]:
        odds = at[0] + at[1] * raw
        pull, off = expit(odds) - hit, np.array([at[0], at[1] - 1.0])
        value = (np.logaddexp(0.0, odds) - hit * odds).sum() + 0.5 * IDENTITY_RIDGE * off @ off
        return float(value), np.array([pull.sum(), pull @ raw]) + IDENTITY_RIDGE * off

    bounds = [(None, None), (FLATTEST, STEEPEST)]
    start = np.array([0.0, 1.0])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return Calibration(float(found[0]), float(found[1]))


def isotonic(raw: Floats, hit: Floats) -> Calibration:
    """Fit a rising curve on log-odds: linear between the middles of the isotonic steps."""
    fitted = IsotonicRegression(out_of_bounds="clip").fit(raw, hit)
    level, place = np.unique(fitted.predict(raw), return_inverse=True)
    # Steps of one outcome alone say how far to go, not where: there the line goes on.
    told = (level > 0.0) & (level < 1.0)
    middle = (np.bincount(place, raw) / np.bincount(place))[told]
    return Calibration(curve=tuple(zip(middle.tolist(), logit(level[told]).tolist(), strict=True)))


def _slope(raw: Floats, hit: Floats, weights: Floats) -> float:
    """Return the slope of a logistic regression; a share counts as rows of both outcomes."""
    both = np.r_[raw, raw].reshape(-1, 1)
    outcome = np.r_[np.ones(len(raw)), np.zeros(len(raw))]
    mass = np.r_[weights * hit, weights * (1.0 - hit)]
    some = mass > 0.0
    model = LogisticRegression(C=np.inf).fit(both[some], outcome[some], sample_weight=mass[some])
    return float(np.clip(model.coef_[0, 0], FLATTEST, STEEPEST))


def level(base: Floats, hit: Floats, weights: Floats) -> float:
    """Return the level at which expected and observed hits agree, one row of each outcome added.

    Parameters
    ----------
    base : ndarray of float64, shape (n,)
        Log-odds that the level is added to.
    hit : ndarray of float64, shape (n,)
        What came.
    weights : ndarray of float64, shape (n,)
        Of the rows.

    Returns
    -------
    float
    """
    ones, zeros = weights @ hit + 0.5, weights @ (1.0 - hit) + 0.5
    rate = ones / (ones + zeros)

    def excess(added: float) -> float:
        return float(weights @ expit(base + added) - rate * weights.sum())

    if not len(base):
        return float(np.log(ones / zeros))
    bound = float(np.abs(base).max()) + 20.0
    return float(brentq(excess, -bound, bound))
