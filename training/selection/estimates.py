"""What would be found had brands not chosen: three estimates of each figure, beside the truth."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import entr

from features.arrays import Floats
from features.catalogue import NAMES
from training.metrics import log_losses
from training.selection.cases import Case
from training.selection.weighted import Weighted, doubly_robust, naive, observed, snips, top

NAIVE, SNIPS, DOUBLY_ROBUST = "naive", "snips", "doubly_robust"
ESTIMATORS = (NAIVE, SNIPS, DOUBLY_ROBUST)
PICKS = 3  # creators that a policy takes for each brief
FAINT = 1e-9  # the least chance of an outcome that is divided by


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something to be averaged.

    Parameters
    ----------
    came : ndarray of float64, shape (n,)
        What it was, NaN where nobody knows.
    expected : ndarray of float64, shape (n,)
        What the model expects it to be.
    true : ndarray of float64, shape (n,)
        What it is on average in the simulation; NaN without one.
    """

    came: Floats
    expected: Floats
    true: Floats


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure for all whom brands chose from.

    Parameters
    ----------
    by : mapping of str to Weighted
        By estimator.
    truth : float or None
        None where no simulation tells it of everybody.
    """

    by: Mapping[str, Weighted]
    truth: float | None

    def nearer(self, estimator: str) -> bool | None:
        """Tell whether an estimate is nearer to the truth than the naive one, None if unknown."""
        own, plain = (self.by[one].metric.value for one in (estimator, NAIVE))
        if own is None or plain is None or self.truth is None:
            return None
        return abs(own - self.truth) < abs(plain - self.truth)


def quantities(
    found: Case, probability: Floats, expected: Floats, true: tuple[Floats, Floats]
) -> dict[str, Quantity]:
    """Return conversions, reached goals, and the model's losses on them.

    Parameters
    ----------
    found : Case
        Pairs of brief and creator.
    probability, expected : ndarray of float64, shape (n,)
        What the model says of them.
    true : tuple of ndarray of float64, shape (n,)
        Chances and means, from `training.selection.cases.truth`.

    Returns
    -------
    dict of str to Quantity
        The model expects of its own losses what they are if its probabilities are right.
    """
    p, hit, (chances, means) = probability, found.hit, true
    on, off = log_losses(np.ones_like(p), p), log_losses(np.zeros_like(p), p)
    return {
        "conversions": Quantity(found.count, expected, means),
        "reached": Quantity(hit, p, chances),
        "brier": Quantity(
            (hit - p) ** 2, p * (1.0 - p), chances * (1.0 - p) ** 2 + (1.0 - chances) * p**2
        ),
        "log_loss": Quantity(
            np.where(hit == 1.0, on, np.where(hit == 0.0, off, np.nan)),
            entr(p) + entr(1.0 - p),
            chances * on + (1.0 - chances) * off,
        ),
    }


def estimate(
    found: Case, quantity: Quantity, seed: int, *, policy: Floats | None = None
) -> Estimate:
    """Estimate the mean of a quantity over all whom brands chose from.

    Parameters
    ----------
    found : Case
        From `Case.open`.
    quantity : Quantity
        Of its pairs.
    seed : int
        Of the bootstrap, which draws briefs.
    policy : ndarray of float64, shape (n,), optional
        How much each row counts, such as 1 for those that a ranking picks and 0 for others.

    Returns
    -------
    Estimate
    """
    brief, known = found.seen.brief, ~np.isnan(quantity.came)
    chance = observed(found.chance.chosen, found.seen.chosen, known, brief)
    likely = np.maximum(chance, FAINT)
    mass = found.seen.weight if policy is None else found.seen.weight * policy
    true = quantity.true[mass > 0.0]
    return Estimate(
        {
            NAIVE: naive(quantity.came, brief, seed, policy=mass),
            SNIPS: snips(quantity.came, likely, brief, seed, policy=mass),
            DOUBLY_ROBUST: doubly_robust(
                quantity.expected, quantity.came, likely, brief, seed, policy=mass
            ),
        },
        None
        if not len(true) or np.isnan(true).any()
        else float(np.average(true, weights=mass[mass > 0.0])),
    )


def picks(found: Case, score: Floats) -> Floats:
    """Return the policy that takes the PICKS best of each brief by a score."""
    return top(score, found.seen.brief, PICKS)


def plain(found: Case) -> dict[str, Floats]:
    """Return the columns that brands sort by without a model."""
    columns = {"followers": "log_followers", "engagement_rate": "engagement_rate_90d"}
    return {name: found.seen.X[:, NAMES.index(column)] for name, column in columns.items()}
