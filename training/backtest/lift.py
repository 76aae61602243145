"""What share of the successes the best-rated share of the collaborations holds."""

import numpy as np

from features.arrays import Floats, Ints
from models.manifest import Metric
from training.metrics import bounded, draw

GRID = np.linspace(0.0, 1.0, 51)
SHARES = (0.1, 0.2, 0.5)


def gains(score: Floats, worth: Floats, weight: Floats, grid: Floats = GRID) -> Floats:
    """Return the share of all worth found among the best-rated shares of the rows.

    Parameters
    ----------
    score : ndarray of float64, shape (n,)
        Larger comes first, NaN last; equal ones are gone through evenly.
    worth : ndarray of float64, shape (n,)
        Of each row, at least 0.
    weight : ndarray of float64, shape (n,)
        How often each row counts.
    grid : ndarray of float64, shape (g,)
        Shares of the rows.

    Returns
    -------
    ndarray of float64, shape (g,)
        NaN where nothing is worth anything.
    """
    own = np.where(np.isnan(score), -np.inf, score)
    order = np.argsort(-own, kind="stable")
    ranked, rows, found = own[order], np.cumsum(weight[order]), np.cumsum((weight * worth)[order])
    if not found[-1] > 0.0:
        return np.full(len(grid), np.nan)
    last = np.append(ranked[1:] != ranked[:-1], True)
    share = np.r_[0.0, rows[last] / rows[-1]]
    return np.interp(grid, share, np.r_[0.0, found[last] / found[-1]])


def band(score: Floats, worth: Floats, groups: Ints, seed: int) -> Floats:
    """Return the middle 90 % of the gains over bootstrap draws of groups, shape (2, g)."""
    drawn = [gains(score, worth, weight) for weight in draw(groups, seed)]
    return np.asarray(np.nanquantile(drawn, [0.05, 0.95], axis=0), np.float64)


def lifts(score: Floats, worth: Floats, groups: Ints, seed: int) -> dict[str, Metric]:
    """Return how many times the average the best-rated shares bring, with intervals.

    Parameters
    ----------
    score, worth : ndarray of float64, shape (n,)
        As in `gains`.
    groups : ndarray of int64, shape (n,)
        Rows drawn together.
    seed : int
        Of the bootstrap.

    Returns
    -------
    dict of str to Metric
        By share, such as "lift_at_10_percent".
    """
    grid = np.array(SHARES)
    whole = gains(score, worth, np.ones(len(score)), grid) / grid
    drawn = [gains(score, worth, weight, grid) / grid for weight in draw(groups, seed)]
    return {
        f"lift_at_{share * 100:.0f}_percent": bounded(
            float(whole[place]), [float(one[place]) for one in drawn], len(score)
        )
        for place, share in enumerate(SHARES)
    }
