"""The linear part of a model: a penalised fit of standardised columns, of one sign where asked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, minimize

from features.arrays import Floats, Ints
from models.offset import Offset
from training.likelihoods import Likelihood

INTERCEPT_RIDGE = 1e-3  # all but free


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
    none = np.zeros(p)
    return Offset(tuple(columns), 0.0, centre, scale, none, none)


def fit(
    blank: Offset,
    X: Floats,
    asked: Likelihood,
    *,
    signs: Mapping[str, int],
    ridge: float,
    start: Offset | None = None,
) -> Offset:
    """Fit the linear part by penalised likelihood, coefficients of one sign where asked.

    Parameters
    ----------
    blank : Offset
        Centre and unit of the columns, from `reference`.
    X : ndarray of float64, shape (n, p)
        The columns, NaN for unknown.
    asked : Likelihood
        What each row says.
    signs : mapping of str to int
        +1 or -1 for columns that may only raise or lower the score.
    ridge : float
        Penalty on the squared coefficients of the standardised columns, in rows.
    start : Offset, optional
        A fit of the same columns to begin the search at.

    Returns
    -------
    Offset
        With the coefficients.
    """
    p = len(blank.columns)
    D = blank.design(X)
    sign = np.zeros(2 * p + 1, np.int64)
    sign[1 : p + 1] = [signs.get(name, 0) for name in blank.columns]
    # What never varies (the indicator of a column known everywhere, say) teaches nothing.
    held = np.r_[False, np.ptp(D[:, 1:], axis=0) == 0.0]
    penalty = np.r_[INTERCEPT_RIDGE, np.full(2 * p, ridge)]
    first = np.r_[asked.start(), np.zeros(2 * p)]
    if start is not None:
        first = np.r_[start.intercept, start.weight, start.missing]
    beta = _minimise(D, asked, penalty=penalty, bounds=_bounds(sign, held), start=first)
    return replace(
        blank,
        intercept=float(beta[0]),
        weight=beta[1 : p + 1],
        missing=beta[p + 1 :],
    )


def _bounds(sign: Ints, held: npt.NDArray[np.bool_]) -> Bounds:
    """Return the range of each coefficient."""
    low = np.where(held | (sign > 0), 0.0, -np.inf)
    high = np.where(held | (sign < 0), 0.0, np.inf)
    return Bounds(low, high)


def _minimise(
    D: Floats, asked: Likelihood, *, penalty: Floats, bounds: Bounds, start: Floats
) -> Floats:
    """Return the coefficients of D's columns at the minimum."""

    def loss(beta: Floats) -> tuple[float, Floats]:
        raw = D @ beta
        pull, _ = asked.slopes(raw)
        shrunk = penalty * beta
        return float(asked.losses(raw).sum() + 0.5 * shrunk @ beta), D.T @ pull + shrunk

    found = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 1000, "maxcor": 30, "ftol": 1e-9, "gtol": 1e-4},
    )
    return np.asarray(found.x, np.float64)
