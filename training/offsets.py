"""The linear part of a model: a ridge logistic of columns and goals, with its uncertainty.

One form fits all three models. A row is asked k questions: `hit`, in [0, 1], is whether (or how
much) the goal was reached, and sigmoid(offset(x) - c(goal)) is its probability. With counts this is
the proportional-odds model, c increasing and piecewise linear in the logarithm of the goal; with
k = 1 and goal 1 it is the ordinary logistic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, minimize
from scipy.special import expit

from features.arrays import Floats, Ints
from models.offset import Offset

FLATTEST = 0.2  # smallest slope of c in log-odds per unit of log(goal): P falls as the goal rises
INTERCEPT_RIDGE = 1e-3  # all but free
SMOOTH = 1.0  # ridge on the differences between neighbouring slopes of c


@dataclass(frozen=True, slots=True)
class Questions:
    """What rows are asked: k goals each, whether they were reached, and each question's weight.

    Parameters
    ----------
    log_goal : ndarray of float64, shape (n, k)
        Natural logarithm of the goals; 0 where there is only one question.
    hit : ndarray of float64, shape (n, k)
        1 reached, 0 not, between them a share.
    weight : ndarray of float64, shape (n, k)
        Weight of each question; a row's weights usually sum to 1.
    """

    log_goal: Floats
    hit: Floats
    weight: Floats

    def take(self, rows: Ints) -> "Questions":
        """Return the questions of some rows."""
        return Questions(self.log_goal[rows], self.hit[rows], self.weight[rows])


def single(hit: Floats, weight: Floats | None = None) -> Questions:
    """Return one question a row: the label itself, in [0, 1]."""
    column = hit.reshape(-1, 1)
    weights = np.ones_like(column) if weight is None else weight.reshape(-1, 1)
    return Questions(np.zeros_like(column), column, weights)


@dataclass(frozen=True, slots=True)
class Curve:
    """The part of the goal: c is 0 at the first knot and rises by `rises[j]` after `knots[j]`.

    Parameters
    ----------
    knots, rises : ndarray of float64, shape (m,)
        In log(goal), and in log-odds per unit of it; empty for models without a goal.
    """

    knots: Floats
    rises: Floats

    def at(self, log_goal: Floats) -> Floats:
        """Return c of goals, of any shape."""
        heights: Floats = ramps(log_goal, self.knots) @ self.rises
        return heights


FLAT = Curve(np.zeros(0), np.zeros(0))


def ramps(log_goal: Floats, knots: Floats) -> Floats:
    """Return how far each goal lies into the stretch after each knot, the last one unbounded."""
    ends = np.r_[knots[1:], np.inf] if len(knots) else knots
    return np.clip(log_goal[..., None], knots, ends) - knots


def reference(X: Floats, columns: Sequence[str]) -> Offset:
    """Return an offset without coefficients: the centre and unit of each column.

    Parameters
    ----------
    X : ndarray of float64, shape (n, p)
        Training rows, NaN for unknown.
    columns : sequence of str, length p
        Their names.

    Returns
    -------
    Offset
        Medians, and the middle nine tenths in units of the normal distribution; a column that
        hardly varies is measured by its standard deviation.
    """
    if not columns:
        return Offset.constant(0.0)
    known = ~np.isnan(X)
    filled = np.where(known.any(axis=0), X, 0.0)
    low, centre, high = np.nanquantile(filled, [0.05, 0.5, 0.95], axis=0)
    spread, deviation = (high - low) / 3.29, np.nanstd(filled, axis=0)
    scale = np.where(spread > 0.0, spread, np.where(deviation > 0.0, deviation, 1.0))
    p = len(columns)
    none, size = np.zeros(p), 2 * p + 1
    return Offset(tuple(columns), 0.0, centre, scale, none, none, np.zeros((size, size)))


def fit(
    blank: Offset,
    X: Floats,
    asked: Questions,
    *,
    signs: Mapping[str, int],
    ridge: float,
    knots: Floats = FLAT.knots,
    start: tuple[Offset, Curve] | None = None,
    sure: bool = False,
) -> tuple[Offset, Curve]:
    """Fit the linear part by penalised likelihood, coefficients of one sign where asked.

    Parameters
    ----------
    blank : Offset
        Centre and unit of the columns, from `reference`.
    X : ndarray of float64, shape (n, p)
        The columns, NaN for unknown.
    asked : Questions
        What each row is asked.
    signs : mapping of str to int
        +1 or -1 for columns that may only raise or lower the score.
    ridge : float
        Penalty on the squared coefficients of the standardised columns, in rows.
    knots : ndarray of float64, shape (m,)
        Where the slope of c may change, in log(goal); empty for models without a goal.
    start : tuple of (Offset, Curve), optional
        A fit of the same columns to begin the search at.
    sure : bool
        Whether to leave out the covariance, which costs as much as the fit.

    Returns
    -------
    tuple of (Offset, Curve)
        Coefficients with their Laplace covariance (those held at a bound count as known), and c.
    """
    p = len(blank.columns)
    D, steps = blank.design(X), ramps(asked.log_goal, knots)
    sign = np.zeros(2 * p + 1, np.int64)
    sign[1 : p + 1] = [signs.get(name, 0) for name in blank.columns]
    # What never varies (the indicator of a column known everywhere, say) teaches nothing.
    held = np.r_[False, np.ptp(D[:, 1:], axis=0) == 0.0]
    penalty = np.r_[INTERCEPT_RIDGE, np.full(2 * p, ridge)]
    first = np.r_[np.zeros(2 * p + 1), np.ones(len(knots))]
    if start is not None:
        begun, curve = start
        first = np.r_[begun.intercept, begun.weight, begun.missing, curve.rises]
    bounds = _bounds(sign, held, len(knots))
    beta, rises = _minimise(D, steps, asked, penalty=penalty, bounds=bounds, start=first)
    covariance = np.zeros((2 * p + 1, 2 * p + 1))
    if not sure:
        free = np.flatnonzero(~held & ((sign == 0) | (beta != 0.0)))
        curvature = _curvature(D @ beta, rises, steps, asked)
        covariance[np.ix_(free, free)] = _covariance(D[:, free], steps, curvature, penalty[free])
    fitted = replace(
        blank,
        intercept=float(beta[0]),
        weight=beta[1 : p + 1],
        missing=beta[p + 1 :],
        covariance=covariance,
    )
    return fitted, Curve(knots, rises)


def _bounds(sign: Ints, held: npt.NDArray[np.bool_], goals: int) -> Bounds:
    """Return the range of each coefficient, then of each slope of c."""
    low = np.where(held | (sign > 0), 0.0, -np.inf)
    high = np.where(held | (sign < 0), 0.0, np.inf)
    return Bounds(np.r_[low, np.full(goals, FLATTEST)], np.r_[high, np.full(goals, np.inf)])


def _minimise(
    D: Floats, steps: Floats, asked: Questions, *, penalty: Floats, bounds: Bounds, start: Floats
) -> tuple[Floats, Floats]:
    """Return the coefficients of D's columns and the slopes of c at the minimum."""
    q, m = D.shape[1], steps.shape[-1]
    bend = np.diff(np.eye(m), axis=0)

    def loss(theta: Floats) -> tuple[float, Floats]:
        beta, rises = theta[:q], theta[q:]
        logits = (D @ beta)[:, None] - steps @ rises
        # One exponential serves both the loss and the probability.
        small = np.exp(-np.abs(logits))
        chance = np.where(logits >= 0.0, 1.0, small) / (1.0 + small)
        losses = np.maximum(logits, 0.0) + np.log1p(small) - asked.hit * logits
        shrunk, bent = penalty * beta, SMOOTH * bend.T @ (bend @ rises)
        value = np.vdot(asked.weight, losses) + 0.5 * (shrunk @ beta + bent @ rises)
        pull = asked.weight * (chance - asked.hit)
        along = np.tensordot(pull, steps, axes=2)
        return float(value), np.r_[D.T @ pull.sum(axis=1) + shrunk, bent - along]

    found = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 1000, "maxcor": 30, "ftol": 1e-9, "gtol": 1e-4},
    )
    best = np.asarray(found.x, np.float64)
    return best[:q], best[q:]


def _curvature(base: Floats, rises: Floats, steps: Floats, asked: Questions) -> Floats:
    """Return the second derivative of each question's loss by its log-odds."""
    chance = expit(base[:, None] - steps @ rises)
    curvature: Floats = asked.weight * chance * (1.0 - chance)
    return curvature


def _covariance(D: Floats, steps: Floats, curvature: Floats, penalty: Floats) -> Floats:
    """Return the inverse Hessian's block of D's columns, the slopes of c being unknown too."""
    q, m = D.shape[1], steps.shape[-1]
    bend = np.diff(np.eye(m), axis=0)
    cross = -D.T @ np.einsum("nk,nkm->nm", curvature, steps)
    goals = np.einsum("nk,nki,nkj->ij", curvature, steps, steps)
    hessian = np.zeros((q + m, q + m))
    hessian[:q, :q] = (D.T * curvature.sum(axis=1)) @ D + np.diag(penalty)
    hessian[:q, q:], hessian[q:, :q] = cross, cross.T
    hessian[q:, q:] = goals + SMOOTH * bend.T @ bend + 1e-6 * np.eye(m)
    inverse: Floats = np.linalg.inv(hessian)[:q, :q]
    return (inverse + inverse.T) / 2.0
