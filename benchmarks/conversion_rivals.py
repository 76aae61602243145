"""LightGBM as it comes and LightGBM with sensible settings, on the model's own columns."""

from typing import Any

import lightgbm as lgb
import numpy as np
from sklearn.model_selection import GroupKFold

from features.arrays import Floats, Ints

# What a careful person would settle on for some thousand rows, early stopping choosing the trees.
TUNED: dict[str, Any] = {
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_data_in_leaf": 30,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
}
_ALWAYS: dict[str, Any] = {
    "objective": "binary",
    "verbose": -1,
    "num_threads": 1,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
}
ROUNDS, MOST, PATIENCE = 100, 1_000, 50
LATEST = 0.2  # share of the training rows, the latest ones, that stop the tuned trees
FEWEST = 20  # rows, or hits, without which a share of them can stop nothing
FEW = 2_000  # rows below which trees are kept smaller, and stopped by folds instead of by time
SMALL: dict[str, Any] = {"num_leaves": 7, "min_data_in_leaf": 15}
FOLDS = 5
SURE = 1e-4  # a probability of exactly 0 or 1 would cost it everything


def default(X: Floats, hit: Floats, new: Floats) -> Floats:
    """Return the probabilities of LightGBM with its default settings."""
    return _kept_off(lgb.train(_ALWAYS, lgb.Dataset(X, hit), ROUNDS), new)


def tuned(X: Floats, hit: Floats, new: Floats, *, time: Floats) -> Floats:
    """Return those of LightGBM with sensible settings, stopped on its latest rows, then refitted.

    Parameters
    ----------
    X, hit : ndarray of float64, shapes (n, p) and (n,)
        What it learns from.
    new : ndarray of float64, shape (m, p)
        What it is asked.
    time : ndarray of float64, shape (n,)
        When each row began.
    """
    order = np.argsort(time, kind="stable")
    early, late = np.split(order, [int((1.0 - LATEST) * len(order))])
    settings, rounds = _ALWAYS | TUNED, ROUNDS
    if min(hit[late].sum(), (1.0 - hit[late]).sum()) >= FEWEST:
        data = lgb.Dataset(X[early], hit[early])
        stop = lgb.early_stopping(PATIENCE, verbose=False)
        watched = [lgb.Dataset(X[late], hit[late], reference=data)]
        found = lgb.train(settings, data, MOST, valid_sets=watched, callbacks=[stop])
        rounds = max(found.best_iteration, 1)
    return _kept_off(lgb.train(settings, lgb.Dataset(X, hit), rounds), new)


def competent(X: Floats, hit: Floats, new: Floats, *, time: Floats, groups: Ints) -> Floats:
    """Return those of `tuned`; where rows are few, of smaller trees that folds stop.

    Parameters
    ----------
    X, hit, new, time
        As in `tuned`.
    groups : ndarray of int64, shape (n,)
        Rows that stay together in a fold.
    """
    if len(hit) >= FEW:
        return tuned(X, hit, new, time=time)
    settings = _ALWAYS | TUNED | SMALL
    parts = min(FOLDS, len(np.unique(groups)))
    if parts < 2 or min(hit.sum(), (1.0 - hit).sum()) < parts:
        return np.full(len(new), (hit.sum() + 0.5) / (len(hit) + 1.0))
    folds = list(GroupKFold(parts).split(X, groups=groups))
    stop = lgb.early_stopping(PATIENCE, verbose=False)
    found = lgb.cv(settings, lgb.Dataset(X, hit), MOST, folds=folds, callbacks=[stop])
    rounds = len(np.atleast_1d(np.asarray(found["valid binary_logloss-mean"])))
    return _kept_off(lgb.train(settings, lgb.Dataset(X, hit), rounds), new)


def _kept_off(booster: lgb.Booster, new: Floats) -> Floats:
    return np.clip(np.asarray(booster.predict(new), np.float64), SURE, 1.0 - SURE)
