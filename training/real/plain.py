"""The baseline beside the product: plain LightGBM on the raw columns, raw and after EM."""

import lightgbm as lgb
import numpy as np

from features.arrays import Floats
from features.tables import Accounts

# Untuned: small trees for small files, what a first attempt would take.
PLAIN = {
    "objective": "binary",
    "num_leaves": 7,
    "learning_rate": 0.05,
    "verbose": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "seed": 1,
}
ROUNDS = 150
STEPS, ENOUGH = 1000, 1e-7  # of EM: at most so many, until the share moves by less


def plain(train: Accounts, test: Accounts) -> Floats:
    """Return the raw probabilities of plain LightGBM, at its training share.

    Parameters
    ----------
    train, test : Accounts
        What it learns from, and what it is asked.
    """
    booster = lgb.train(PLAIN, lgb.Dataset(train.values, train.is_fake), ROUNDS)
    return np.asarray(booster.predict(test.values), np.float64)


def plain_hits(X: Floats, hit: Floats, new: Floats) -> Floats:
    """Return the probabilities of plain LightGBM for new rows."""
    booster = lgb.train(PLAIN, lgb.Dataset(X, hit), ROUNDS)
    return np.asarray(booster.predict(new), np.float64)


def plain_counts(
    X: Floats, count: Floats, exposure: Floats, new: Floats, its_exposure: Floats
) -> Floats:
    """Return the expected counts of plain LightGBM's Poisson trees for new rows."""
    rate = count.sum() / exposure.sum()
    data = lgb.Dataset(X, count, init_score=np.log(rate * exposure))
    booster = lgb.train(PLAIN | {"objective": "poisson"}, data, ROUNDS)
    log_ratio = np.asarray(booster.predict(new, raw_score=True), np.float64)
    return np.asarray(np.exp(log_ratio) * rate * its_exposure)


def at_em_share(
    probability: Floats, prior: float, weight: Floats | None = None
) -> tuple[Floats, float]:
    """Return probabilities at the share that EM finds in them, and that share.

    Parameters
    ----------
    probability : ndarray of float64, shape (n,)
        At the training share.
    prior : float
        The training share.
    weight : ndarray of float64, shape (n,), optional
        How often each account counts.

    References
    ----------
    .. [1] Saerens, Latinne and Decaestecker, "Adjusting the outputs of a classifier to new a
       priori probabilities", Neural Computation 14 (2002), eq. (2.9).
    """
    share, found = prior, probability
    for _ in range(STEPS):
        fake = probability * share / prior
        found = fake / (fake + (1.0 - probability) * (1.0 - share) / (1.0 - prior))
        before, share = share, float(np.average(found, weights=weight))
        if abs(share - before) < ENOUGH:
            break
    return found, share
