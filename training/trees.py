"""The trees on top of an offset: LightGBM by the likelihood of the rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np

from features.arrays import Floats, Ints
from training.likelihoods import Likelihood

THREADS = (
    1  # fixed: it is part of what makes the bytes; idle threads of a busy machine cost tenfold
)
MASKED = 0.02  # share of the training rows in which a feature is hidden


@dataclass(frozen=True, slots=True)
class Growth:
    """How trees grow.

    Parameters
    ----------
    rounds : int
        Most trees to try.
    leaves : int
        Leaves of a tree: few, since campaigns are few.
    rate : float
        Share of each tree that is added.
    least_rows : int
        Fewest rows in a leaf.
    patience : int
        Trees without a better loss of the held rows before growing stops.
    """

    rounds: int = 400
    leaves: int = 8
    rate: float = 0.05
    least_rows: int = 20
    patience: int = 40


def parameters(growth: Growth, signs: Sequence[int], seed: int) -> dict[str, Any]:
    """Return LightGBM's parameters: reproducible, shallow, no reweighting of classes."""
    return {
        "num_leaves": growth.leaves,
        "learning_rate": growth.rate,
        "min_data_in_leaf": growth.least_rows,
        "min_sum_hessian_in_leaf": 1.0,
        "lambda_l2": 10.0,
        "path_smooth": 5.0,
        "feature_fraction": 0.5,
        "max_bin": 63,
        "monotone_constraints": list(signs),
        "monotone_constraints_method": "intermediate",
        "use_missing": True,
        "zero_as_missing": False,
        "boost_from_average": False,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": THREADS,
        "seed": seed,
        "verbosity": -1,
    }


def mask(X: Floats, together: Sequence[tuple[Ints, float]], seed: int) -> Floats:
    """Return X with values hidden, so that every feature is unknown somewhere in training.

    LightGBM takes a missing value as 0 in a feature that was never missing while it learned.

    Parameters
    ----------
    X : ndarray of float64, shape (n, p)
        Features; left as they are.
    together : sequence of (ndarray of int64, float)
        Columns hidden in the same rows, and in which share of them; the others are hidden on
        their own in 2 %. At least one row of each is hidden.
    seed : int
        Chooses the rows.
    """
    random = np.random.default_rng(seed)
    hidden = random.random(X.shape) < MASKED
    hidden[random.integers(len(X), size=X.shape[1]), np.arange(X.shape[1])] = True
    for columns, share in together:
        rows = random.random(len(X)) < share
        hidden[:, columns] |= rows[:, None]
    return np.where(hidden, np.nan, X)


def _some_unknown(X: Floats) -> Floats:
    """Return X with one value hidden in each column that is known in all of these rows."""
    known = np.flatnonzero(~np.isnan(X).any(axis=0))
    hidden = X.copy() if len(known) else X
    hidden[known % len(X), known] = np.nan
    return hidden


def grow(
    X: Floats,
    base: Floats,
    asked: Likelihood,
    growth: Growth,
    *,
    signs: Sequence[int],
    seed: int,
    held: tuple[Floats, Floats, Likelihood] | None = None,
) -> tuple[lgb.Booster, Floats]:
    """Grow trees that correct an offset.

    Parameters
    ----------
    X : ndarray of float64, shape (n, p)
        Masked features.
    base : ndarray of float64, shape (n,)
        Score by the offset.
    asked : Likelihood
        What each row says.
    growth : Growth
        How many trees, and of what size.
    signs : sequence of int, length p
        Monotone directions.
    seed : int
        Chooses the columns each tree sees.
    held : tuple of (X, base, likelihood), optional
        Rows whose loss is followed while the trees grow.

    Returns
    -------
    tuple of (Booster, ndarray of float64, shape (rounds,))
        The trees, and the mean loss of the held rows after each, until it no longer falls (empty
        without held rows).
    """
    data = lgb.Dataset(
        _some_unknown(X), label=base, free_raw_data=True
    )  # an objective of its own reads no label
    settings = parameters(growth, signs, seed)

    def pull(scores: Floats, _: lgb.Dataset) -> tuple[Floats, Floats]:
        return asked.slopes(base + scores)

    settings["objective"] = pull
    if held is None:
        return lgb.train(settings, data, growth.rounds), np.zeros(0)
    settings["metric"] = "none"
    X_held, base_held, judged = held
    losses: list[float] = []

    def follow(scores: Floats, _: lgb.Dataset) -> tuple[str, float, bool]:
        losses.append(float(judged.losses(base_held + scores).mean()))
        return "loss", losses[-1], False

    valid = data.create_valid(X_held, label=base_held)
    stop = lgb.early_stopping(growth.patience, verbose=False)
    booster = lgb.train(
        settings, data, growth.rounds, valid_sets=[valid], feval=follow, callbacks=[stop]
    )
    return booster, np.array(losses)
