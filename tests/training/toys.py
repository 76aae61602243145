"""Small learning problems with a known truth."""

from functools import cache

import numpy as np

from features.arrays import Floats
from training.learning import Task
from training.offsets import Questions, single
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
    """Return a task with one question a row, rows of three forming a group."""
    X = columns(n, seed)
    chance = 1.0 / (1.0 + np.exp(-log_odds(X)))
    hit = (np.random.default_rng(seed + 1).random(n) < chance).astype(np.float64)
    return Task(
        columns=COLUMNS,
        X=X,
        asked=single(hit),
        groups=np.arange(n) // 3,
        seed=7,
        signs={"up": 1, "down": -1},
        growth=SMALL,
    )


def counts(n: int, seed: int = 3) -> tuple[Floats, Floats, Floats]:
    """Return columns, log-logistic counts around their truth, and goals."""
    random = np.random.default_rng(seed)
    X = columns(n, seed)
    location = log_odds(X) + 1.5 + random.logistic(scale=0.5, size=n)
    return X, np.floor(np.exp(location)), np.rint(np.exp(random.uniform(0.0, 3.0, n)))


@cache
def graded(n: int = 900) -> Task:
    """Return a task whose rows are asked for their own goal and three more."""
    X, count, goal = counts(n)
    asked = np.column_stack([goal, np.tile([1.0, 4.0, 12.0], (n, 1))])
    hit = (count[:, None] >= asked).astype(np.float64)
    return Task(
        columns=COLUMNS,
        X=X,
        asked=Questions(np.log(asked), hit, np.full(hit.shape, 0.25)),
        groups=np.arange(n) // 3,
        seed=7,
        signs={"up": 1, "down": -1},
        knots=np.log([1.0, 4.0, 12.0]),
        growth=SMALL,
    )
