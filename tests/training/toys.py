"""Small learning problems with a known truth."""

from functools import cache

import numpy as np

from features.arrays import Floats
from training.learning import Task
from training.likelihoods import Counts, Hits, hits
from training.trees import Growth

COLUMNS = ("up", "down", "bent", "noise")
SMALL = Growth(rounds=60, leaves=6, rate=0.1, least_rows=20, patience=10)


def columns(n: int, seed: int) -> Floats:
    """Return four normal columns, a twentieth of each unknown."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, len(COLUMNS)))
    X[random.random(X.shape) < 0.05] = np.nan
    return X


def log_odds(X: Floats) -> Floats:
    """Return the truth: up raises, down lowers, bent helps at both ends."""
    known = np.nan_to_num(X)
    return -0.6 + 1.0 * known[:, 0] - 0.7 * known[:, 1] + 0.8 * (np.abs(known[:, 2]) - 0.8)


@cache
def binary(n: int = 1200, seed: int = 1) -> Task:
    """Return a task of hits, rows of three forming a group."""
    X = columns(n, seed)
    chance = 1.0 / (1.0 + np.exp(-log_odds(X)))
    hit = (np.random.default_rng(seed + 1).random(n) < chance).astype(np.float64)
    return Task(
        columns=COLUMNS,
        X=X,
        asked=hits(hit),
        groups=np.arange(n) // 3,
        seed=7,
        signs={"up": 1, "down": -1},
        growth=SMALL,
    )


def hit_of(task: Task) -> Floats:
    """Return the labels of a task of hits."""
    assert isinstance(task.asked, Hits)
    return task.asked.hit


DISPERSION = 0.5


@cache
def counted(n: int = 900, seed: int = 3) -> Task:
    """Return a task of gamma-Poisson counts, a third of them seen when half had arrived."""
    random = np.random.default_rng(seed)
    X = columns(n, seed)
    share = np.where(np.arange(n) % 3 == 0, 0.5, 1.0)
    mean = np.exp(log_odds(X) + 1.0) * random.gamma(1 / DISPERSION, DISPERSION, n)
    return Task(
        columns=COLUMNS,
        X=X,
        asked=Counts(random.poisson(share * mean).astype(np.float64), np.log(share)),
        groups=np.arange(n) // 3,
        seed=7,
        signs={"up": 1, "down": -1},
        growth=SMALL,
    )
