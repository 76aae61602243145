"""Cross-validation of the recipe: its plan, and scores of rows by models that never saw them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from features.arrays import Floats, Ints
from models.offset import Offset
from models.served import Served
from training.learning import (
    FORMS,
    RIDGES,
    Form,
    Plan,
    Task,
    directions,
    learn,
    learn_forms,
    linear,
    masked,
    steady,
)
from training.likelihoods import Likelihood
from training.splits import folds
from training.trees import grow

FEWEST_ROWS = 12  # below, only a constant is learned
FEWEST_GROUPS = 2  # below, no row can be scored without its group
FEWEST_FOR_TREES = 200  # rows; below, a tree's leaves hold nothing but noise


@dataclass(frozen=True, slots=True)
class Candidate:
    """One form fitted on all rows of a task, with scores of the same rows by models without them.

    Parameters
    ----------
    served : Served
        The score.
    held : ndarray of float64, shape (n,)
        Score of each row by models that never saw its group; NaN for a row that every fold learns
        from.
    """

    served: Served
    held: Floats


def comparable(task: Task) -> bool:
    """Return whether there are enough rows and groups for anything but a constant."""
    groups = len(np.unique(task.groups))
    return len(task.X) >= FEWEST_ROWS and groups >= FEWEST_GROUPS


def parts(task: Task) -> list[tuple[Ints, Ints]]:
    """Return (rows to learn from, rows that judge) of each fold.

    Rows that are kept are learned from in every fold. A single group beside them is judged by a
    model of the kept rows alone.
    """
    if task.kept is None:
        return list(folds(task.groups, task.seed, task.parts))
    kept, judged = np.flatnonzero(task.kept), np.flatnonzero(~task.kept)
    groups = task.groups[judged]
    if len(np.unique(groups)) < FEWEST_GROUPS:
        return [(kept, judged)]
    found = folds(groups, task.seed, task.parts)
    return [(np.sort(np.r_[judged[train], kept]), judged[held]) for train, held in found]


def plan(task: Task) -> Plan:
    """Choose the ridge and the number of trees by the loss on held-out groups.

    Parameters
    ----------
    task : Task
        The training rows.

    Returns
    -------
    Plan
        The strongest ridge and no trees where too few rows are there to compare.
    """
    if not comparable(task):
        alone = np.full(len(task.X), task.asked.start())
        return Plan(RIDGES[0], 0, task.asked.dispersion_at(alone))
    split, hidden = parts(task), masked(task)
    with steady() as pool:
        paths = list(pool.map(lambda part: _ridge_path(task, hidden, *part), split))
        losses = np.mean([[step.loss for step in path] for path in paths], axis=0)
        best = int(np.argmin(losses))
        steps = [path[best] for path in paths]
        spread = _dispersion(task, split, steps)
        if len(task.X) < FEWEST_FOR_TREES:
            return Plan(RIDGES[best], 0, spread)
        task = replace(task, asked=task.asked.dispersed(spread))
        curves = list(
            pool.map(lambda part, step: _round_losses(task, hidden, step, *part), split, steps)
        )
    length = max(len(curve) for curve in curves)
    # A fold that stopped early had stopped improving: its last loss stands for the rest.
    mean = np.mean([np.pad(curve, (0, length - len(curve)), "edge") for curve in curves], axis=0)
    return Plan(RIDGES[best], int(np.argmin(mean)), spread)


def candidates(task: Task, chosen: Plan, forms: Sequence[Form] = FORMS) -> dict[Form, Candidate]:
    """Fit forms on all rows of a task, and score the rows by models of the other groups.

    Parameters
    ----------
    task : Task
        The training rows.
    chosen : Plan
        Ridge, number of trees and dispersion.
    forms : sequence of "constant", "linear" or "trees"
        Which to fit.

    Returns
    -------
    dict of str to Candidate
        With too few rows or groups only the constant, which scores its own rows.
    """
    if not comparable(task):
        constant = learn(task, chosen, "constant")
        return {"constant": Candidate(constant, constant.raw(task.X))}
    split, hidden = parts(task), masked(task)

    def scores(train: Ints) -> list[Floats]:
        part = task.take(train)
        found = learn_forms(part, hidden[train], chosen, forms)
        return [found[form].raw(task.X) for form in forms]

    with steady() as pool:
        by_fold = np.array(list(pool.map(scores, [train for train, _ in split])))
        whole = learn_forms(task, hidden, chosen, forms)
    found = {}
    for number, form in enumerate(forms):
        held = np.full(len(task.X), np.nan)
        for fold, (_, rows) in enumerate(split):
            held[rows] = by_fold[fold, number, rows]
        found[form] = Candidate(whole[form], held)
    return found


@dataclass(frozen=True, slots=True)
class _Step:
    """A linear part by one ridge, its scores of the rows left out, and their mean loss."""

    offset: Offset
    raw: Floats
    loss: float


def _ridge_path(task: Task, hidden: Floats, train: Ints, held: Ints) -> list[_Step]:
    """Fit the linear part by each ridge, the strongest first, each from the one before."""
    part, judged = task.take(train), task.asked.take(held)
    path: list[_Step] = []
    for ridge in RIDGES:
        start = path[-1].offset if path else None
        offset = linear(part, hidden[train], ridge, start=start)
        raw = offset.raw(task.X[held])
        path.append(_Step(offset, raw, float(judged.losses(raw).mean())))
    return path


def _dispersion(task: Task, split: Sequence[tuple[Ints, Ints]], steps: Sequence[_Step]) -> float:
    """Return how much the rows left out vary around the linear parts without them."""
    judged = np.concatenate([held for _, held in split])
    return task.asked.take(judged).dispersion_at(np.concatenate([step.raw for step in steps]))


def _round_losses(task: Task, hidden: Floats, step: _Step, train: Ints, held: Ints) -> Floats:
    """Return the loss of held-out rows without trees, then after each tree."""
    judged: Likelihood = task.asked.take(held)
    _, losses = grow(
        hidden[train],
        step.offset.raw(hidden[train]),
        task.asked.take(train),
        task.growth,
        signs=directions(task),
        seed=task.seed,
        held=(task.X[held], step.raw, judged),
    )
    return np.concatenate([[float(judged.losses(step.raw).mean())], losses])
