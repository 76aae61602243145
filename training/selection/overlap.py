"""How far the chosen and those who were not are alike: what can be corrected at all."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from scipy.special import logit

from features.arrays import Flags, Floats, Ints
from training.selection.logistic import logistic
from training.selection.weighted import effective, weights

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """One choice out of a population.

    Parameters
    ----------
    taken, left : int
        Rows of either kind.
    auc : float
        The chance that a chosen one has the higher propensity than another of the same brief: .5 is
        a choice at random of what columns show, 1 leaves nothing to compare.
    slope : float
        Of a calibration of its log-odds; 1 is calibrated.
    chosen, others : tuple of float
        Quantiles of the propensity at QUANTILES.
    below_1, below_5 : float
        Share of the population whose propensity lies below the 1 % and the 5 % quantile of the
        chosen's.
    effective : float
        Effective sample size of the chosen, weighted for the population.
    clipped : float
        Share of the chosen whose weight was cut.
    """

    taken: int
    left: int
    auc: float
    slope: float
    chosen: tuple[float, ...]
    others: tuple[float, ...]
    below_1: float
    below_5: float
    effective: float
    clipped: float

    def numbers(self) -> Mapping[str, object]:
        """Return the figures as plain numbers."""
        return asdict(self)


def overlap(propensity: Floats, chosen: Flags, weight: Floats, brief: Ints) -> Overlap | None:
    """Compare the propensities of the chosen with the others'.

    Parameters
    ----------
    propensity : ndarray of float64, shape (n,)
        Cross-fitted.
    chosen : ndarray of bool, shape (n,)
    weight : ndarray of float64, shape (n,)
        How many each row stands for.
    brief : ndarray of int64, shape (n,)
        Rows among which each choice was made.

    Returns
    -------
    Overlap or None
        None without rows of both kinds.
    """
    if chosen.all() or not chosen.any():
        return None
    own = propensity[chosen]
    low, lower = np.quantile(own, [0.01, 0.05])
    cut = weights(own)
    return Overlap(
        taken=int(chosen.sum()),
        left=int((~chosen).sum()),
        auc=auc_within(propensity, chosen, weight, brief),
        slope=_slope(propensity, chosen, weight),
        chosen=_quantiles(own, weight[chosen]),
        others=_quantiles(propensity[~chosen], weight[~chosen]),
        below_1=float(np.average(propensity < low, weights=weight)),
        below_5=float(np.average(propensity < lower, weights=weight)),
        effective=effective(cut),
        clipped=float(np.mean(cut < 1.0 / own)),
    )


def auc_within(propensity: Floats, chosen: Flags, weight: Floats, brief: Ints) -> float:
    """Return the AUC over pairs of one brief; NaN where no brief holds both kinds."""
    order = np.argsort(brief, kind="stable")
    edges = np.flatnonzero(np.diff(brief[order])) + 1
    right, pairs = 0.0, 0.0
    for rows in np.split(order, edges):
        one, other = rows[chosen[rows]], rows[~chosen[rows]]
        ahead = np.sign(propensity[one][:, None] - propensity[other])
        mass = weight[one][:, None] * weight[other]
        right, pairs = right + float(((ahead + 1.0) / 2.0 * mass).sum()), pairs + float(mass.sum())
    return right / pairs if pairs else float("nan")


def _quantiles(values: Floats, weight: Floats) -> tuple[float, ...]:
    found = np.quantile(values, QUANTILES, method="inverted_cdf", weights=weight)
    return tuple(float(one) for one in found)


def _slope(propensity: Floats, chosen: Flags, weight: Floats) -> float:
    odds = logit(np.clip(propensity, 1e-6, 1.0 - 1e-6)).reshape(-1, 1)
    if np.ptp(odds) == 0.0:
        return float("nan")
    return float(logistic(odds, chosen, weight, ridge=1e-6).coef_[0, 0])
