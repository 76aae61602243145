"""The conversion model's recipe on real advertising, the nearest there is to creators' sales.

It is that of `training.learning`: a regularised linear part, trees on top, the form that tells
groups it never saw best; counts are gamma-Poisson with an exposure, outcomes are hits.
"""

from collections.abc import Callable

import numpy as np
from sklearn.metrics import d2_tweedie_score

from features.arrays import Floats
from training.calibrate import sigmoid
from training.crossing import Candidate, candidates, plan
from training.forecast import GROWTH
from training.learning import Task
from training.likelihoods import Counts, Likelihood, hits
from training.real.analogues_sets import Ads
from training.splits import folds
from training.trees import Growth

FOLDS = 5
FEW = 2_000  # rows below which trees are kept shallower than the conversion model's own
SHALLOW = Growth(rounds=400, leaves=4, rate=0.03, least_rows=20)
BINS = 10
Answer = Callable[[Ads, Ads], Floats]
"""What a model of some rows says of others."""


def learned(ads: Ads, asked: Likelihood, seed: int) -> Candidate:
    """Return the form that tells groups it never saw best, fitted on all rows."""
    task = Task(
        ads.columns, ads.X, asked, ads.group, seed, growth=SHALLOW if len(ads) < FEW else GROWTH
    )
    chosen = plan(task)
    found = candidates(task, chosen)
    told = asked.dispersed(chosen.dispersion)
    return min(found.values(), key=lambda one: float(told.losses(one.held).mean()))


def learned_counts(train: Ads, new: Ads, seed: int) -> Floats:
    """Return the expected purchases of new rows, their exposure being known."""
    found = learned(train, Counts(train.bought, np.log(train.exposure)), seed)
    return np.exp(found.served.raw(new.X)) * new.exposure


def learned_hits(train: Ads, new: Ads, seed: int) -> Floats:
    """Return the probability of any purchase of new rows, calibrated on rows held out."""
    hit = hit_of(train)
    found = learned(train, hits(hit), seed)
    return sigmoid(found.held, hit).probability(found.served.raw(new.X))


def hit_of(ads: Ads) -> Floats:
    """Return whether anything was bought."""
    return (ads.bought > 0.0).astype(np.float64)


def across(ads: Ads, answer: Answer, seed: int) -> Floats:
    """Return the answer about every row by models that never saw its group."""
    found = np.empty(len(ads))
    for train, held in folds(ads.group, seed, FOLDS):
        found[held] = answer(ads.take(train), ads.take(held))
    return found


def d2(ads: Ads, expected: Floats, weight: Floats, *, by_rate: bool) -> float:
    """Return the share of the Poisson deviance explained.

    Parameters
    ----------
    ads : Ads
        What came.
    expected : ndarray of float64, shape (n,)
        Purchases expected.
    weight : ndarray of float64, shape (n,)
        How often each row counts.
    by_rate : bool
        Whether the constant to beat is one rate per impression; else it is one count per ad.
    """
    unit = ads.exposure if by_rate else np.ones(len(ads))
    return float(
        d2_tweedie_score(ads.bought / unit, expected / unit, sample_weight=unit * weight, power=1)
    )


def psi(before: Floats, after: Floats) -> float:
    """Return the population stability index of a column, over tenths of it before or its values."""
    values = np.unique(before[~np.isnan(before)])
    edges = values if len(values) <= BINS else np.quantile(values, np.arange(1, BINS) / BINS)
    shares = []
    for column in (before, after):
        place = np.where(np.isnan(column), len(edges) + 1, np.searchsorted(edges, column, "right"))
        count = np.bincount(place, minlength=len(edges) + 2) + 0.5
        shares.append(count / count.sum())
    return float((shares[1] - shares[0]) @ np.log(shares[1] / shares[0]))
