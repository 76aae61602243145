"""From scores of counts to calibrated ones, on rows the scores never saw: level, slope, dispersion.

The dispersion of a row depends on which columns are unknown, since who shows less is harder to
foresee; it never depends on a value, or a better one might lower the chance of a goal.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.special import digamma

from features.arrays import Flags, Floats
from models.offset import Offset
from training.likelihoods import BIGGEST, USUAL_DISPERSION, gamma_poisson_losses

LEVEL_RIDGE = 1.0  # rows' worth of trust in the level that the scores have
SPREAD_PRIOR = (np.log(1.5), 3.0)  # of the log of the dispersion, and its worth in rows
SLOPE_RIDGE = 10.0  # rows' worth of trust in the slope 1
SPREAD_RIDGE = 30.0  # what one unknown column changes in the log of the dispersion, in rows
OFTEN = 0.02  # share of rows that must and must not know a column for it to tell the dispersion
LEAST, MOST = np.log(0.02), np.log(50.0)  # of the log of the dispersion
RECENT_RIDGE = 25.0  # of information: levels move by a fifth (sd) from one quarter to the next


@dataclass(frozen=True, slots=True)
class Tally:
    """What calibrates scores of counts.

    Parameters
    ----------
    level, slope : float
        log mean = level + slope * score.
    spread : Offset
        Log of the dispersion; without weights.
    """

    level: float
    slope: float
    spread: Offset


def tally(
    score: Floats, base: Floats, count: Floats, *, unknown: Flags, columns: tuple[str, ...]
) -> Tally:
    """Fit level, slope and dispersion together by penalised likelihood.

    Parameters
    ----------
    score : ndarray of float64, shape (n,)
        By models that never saw the row.
    base : ndarray of float64, shape (n,)
        What is added to the log mean as it is: pooled effects, the log of the share that arrived.
    count : ndarray of float64, shape (n,)
        What was seen.
    unknown : ndarray of bool, shape (n, p)
        Which columns are unknown.
    columns : tuple of str, length p
        Their names.

    Returns
    -------
    Tally
    """
    share = unknown.mean(axis=0) if len(unknown) else np.zeros(len(columns))
    told = np.flatnonzero((share >= OFTEN) & (share <= 1.0 - OFTEN))
    missing = unknown[:, told].astype(np.float64)

    def loss(at: Floats) -> tuple[float, Floats]:
        log_mean = np.minimum(at[0] + at[1] * score + base, BIGGEST)
        log = at[2] + missing @ at[3:]
        kept = np.clip(log, LEAST, MOST)
        shape, mean = np.exp(-kept), np.exp(log_mean)
        pull = shape * (mean - count) / (shape + mean)
        widen = digamma(count + shape) - digamma(shape) + np.log(shape / (shape + mean))
        widen = shape * (widen + (mean - count) / (shape + mean)) * (kept == log)
        value = gamma_poisson_losses(count, log_mean, np.exp(kept)).sum()
        off = at[:3] - [0.0, 1.0, SPREAD_PRIOR[0]]
        ridge = np.array([LEVEL_RIDGE, SLOPE_RIDGE, SPREAD_PRIOR[1]])
        value += 0.5 * (ridge @ off**2 + SPREAD_RIDGE * at[3:] @ at[3:])
        slope = np.array([pull.sum(), pull @ score, widen.sum()]) + ridge * off
        return float(value), np.r_[slope, missing.T @ widen + SPREAD_RIDGE * at[3:]]

    start = np.r_[0.0, 1.0, np.log(USUAL_DISPERSION), np.zeros(len(told))]
    bounds = [(None, None), (0.2, 3.0), (LEAST, MOST), *[(None, None)] * len(told)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    # Few rows leave the level itself unsure: that doubt is part of how far counts will vary.
    mean, dispersion = (
        np.exp(np.minimum(found[0] + found[1] * score + base, BIGGEST)),
        np.exp(found[2]),
    )
    doubt = 1.0 / (LEVEL_RIDGE + (mean / (1.0 + dispersion * mean)).sum())
    widened = np.log((1.0 + dispersion) * np.exp(doubt) - 1.0)
    none = np.zeros(len(told))
    names = tuple(columns[place] for place in told.tolist())
    spread = Offset(names, float(widened), none, none + 1.0, none, found[3:])
    return Tally(float(found[0]), float(found[1]), spread)


def recent_shift(log_mean: Floats, count: Floats, dispersion: Floats) -> float:
    """Return what to add to the log means of recent rows, drawn to nothing as far as levels last.

    Parameters
    ----------
    log_mean : ndarray of float64, shape (n,)
        Of the conversions expected so far.
    count : ndarray of float64, shape (n,)
        Conversions so far.
    dispersion : ndarray of float64, shape (n,)
        Of the counts.

    Returns
    -------
    float
    """

    def excess(shift: float) -> float:
        mean = np.exp(np.minimum(log_mean + shift, BIGGEST))
        return float(np.sum((mean - count) / (1.0 + dispersion * mean)) + RECENT_RIDGE * shift)

    return float(brentq(excess, -20.0, 20.0)) if len(count) else 0.0
