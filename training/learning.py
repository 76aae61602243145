"""The one recipe of all three models: a linear offset of masked rows, and trees on top of it."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from threadpoolctl import threadpool_limits

from features.arrays import Flags, Floats, Ints
from models.offset import Offset
from models.served import Served
from training.likelihoods import USUAL_DISPERSION, Likelihood
from training.offsets import fit, reference
from training.trees import Growth, grow, mask

RIDGES = (300.0, 30.0, 3.0)  # in rows: what a coefficient of one unit has to be worth
WORKERS = 2  # folds fitted at once

Form = Literal["constant", "linear", "trees"]
FORMS: tuple[Form, ...] = ("constant", "linear", "trees")  # simplest first


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be learned, from which rows.

    Parameters
    ----------
    columns : tuple of str, length p
        Names of X's columns.
    X : ndarray of float64, shape (n, p)
        NaN for unknown.
    asked : Likelihood
        What each row says.
    groups : ndarray of int64, shape (n,)
        Rows of one group (a creator) are never on both sides of a fold.
    seed : int
        Of the folds, the masks and the trees.
    signs : mapping of str to int
        Monotone columns.
    together : tuple of (columns, share)
        Columns hidden together in that share of the training rows.
    growth : Growth
        Of the trees.
    parts : int
        Folds of cross-validation, where there are as many groups.
    kept : ndarray of bool, shape (n,), optional
        Rows that every fold learns from and none judges; by default none.
    """

    columns: tuple[str, ...]
    X: Floats
    asked: Likelihood
    groups: Ints
    seed: int
    signs: Mapping[str, int] = field(default_factory=dict)
    together: tuple[tuple[Sequence[str], float], ...] = ()
    growth: Growth = field(default_factory=Growth)
    parts: int = 4
    kept: Flags | None = None

    def take(self, rows: Ints) -> "Task":
        """Return the task on some of its rows."""
        return replace(
            self,
            X=self.X[rows],
            asked=self.asked.take(rows),
            groups=self.groups[rows],
            kept=None if self.kept is None else self.kept[rows],
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What cross-validation chose.

    Parameters
    ----------
    ridge : float
        Of the offset.
    rounds : int
        Trees on it; 0 where none helps.
    dispersion : float
        Of counts around the linear part; hits have none.
    """

    ridge: float
    rounds: int
    dispersion: float = USUAL_DISPERSION


def usable(columns: Sequence[str], X: Floats) -> list[int]:
    """Return the columns that take at least two known values; the others teach nothing."""
    return [
        place
        for place in range(len(columns))
        if len(np.unique(X[~np.isnan(X[:, place]), place])) > 1
    ]


def learn(task: Task, plan: Plan, form: Form) -> Served:
    """Fit one form on all rows of a task.

    Parameters
    ----------
    task : Task
        The training rows.
    plan : Plan
        Ridge, number of trees and dispersion.
    form : "constant", "linear" or "trees"
        How much of it.

    Returns
    -------
    Served
        Byte for byte the same for the same task, plan and form.
    """
    with steady():
        return learn_forms(task, masked(task), plan, (form,))[form]


def learn_forms(
    task: Task, hidden: Floats, plan: Plan, forms: Sequence[Form]
) -> dict[Form, Served]:
    """Fit several forms on rows that were masked before; they share their linear part.

    Parameters
    ----------
    task : Task
        The training rows.
    hidden : ndarray of float64, shape (n, p)
        Their masked columns.
    plan : Plan
        Ridge, number of trees and dispersion.
    forms : sequence of "constant", "linear" or "trees"
        Which.

    Returns
    -------
    dict of str to Served
    """
    task = replace(task, asked=task.asked.dispersed(plan.dispersion))
    found: dict[Form, Served] = {}
    if "constant" in forms:
        alone = replace(task, columns=(), X=task.X[:, :0])
        offset = linear(alone, hidden[:, :0], plan.ridge)
        found["constant"] = Served(task.columns, offset)
    if "linear" in forms or "trees" in forms:
        offset = linear(task, hidden, plan.ridge)
        if "linear" in forms:
            found["linear"] = Served(task.columns, offset)
        if "trees" in forms:
            found["trees"] = _with_trees(task, hidden, plan.rounds, offset)
    return found


def linear(task: Task, hidden: Floats, ridge: float, *, start: Offset | None = None) -> Offset:
    """Fit the linear part on masked rows."""
    return fit(
        reference(hidden, task.columns),
        hidden,
        task.asked,
        signs=task.signs,
        ridge=ridge,
        start=start,
    )


def _with_trees(task: Task, hidden: Floats, rounds: int, offset: Offset) -> Served:
    """Grow the trees on a linear part; none is a model without trees."""
    if not rounds:
        return Served(task.columns, offset)
    booster, _ = grow(
        hidden,
        offset.raw(hidden),
        task.asked,
        replace(task.growth, rounds=rounds),
        signs=directions(task),
        seed=task.seed,
    )
    return Served(task.columns, offset, booster.model_to_string(num_iteration=-1))


def directions(task: Task) -> list[int]:
    """Return the monotone direction of each column."""
    return [task.signs.get(name, 0) for name in task.columns]


def masked(task: Task) -> Floats:
    """Return X with values hidden at random, so that the unknown is known to every split."""
    together = [
        (np.array([task.columns.index(n) for n in names if n in task.columns], np.int64), share)
        for names, share in task.together
    ]
    return mask(task.X, together, task.seed)


@contextmanager
def steady() -> Iterator[ThreadPoolExecutor]:
    """Hold BLAS to one thread, for more would add in another order, and give workers to folds."""
    with threadpool_limits(1), ThreadPoolExecutor(WORKERS) as pool:
        yield pool
