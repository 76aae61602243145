"""Which form ships: constant, linear or trees, whichever earns its place on held-out time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from features.arrays import Floats, Ints
from training.calibrate import sigmoid
from training.crossing import Candidate, candidates, plan
from training.learning import FORMS, Form, Plan, Task
from training.metrics import log_losses
from training.splits import Split

M = TypeVar("M")
FEWEST = 20  # rows of both outcomes without which forms cannot be told apart


@dataclass(frozen=True, slots=True)
class Kind(Generic[M]):
    """How one kind of model is made and asked.

    Parameters
    ----------
    task : callable
        The task of learning from some rows.
    model : callable
        The model of some rows and a candidate fitted on them.
    probability : callable
        What a model says of some rows.
    """

    task: Callable[[Ints], Task]
    model: Callable[[Ints, Candidate], M]
    probability: Callable[[M, Ints], Floats]


@dataclass(frozen=True, slots=True)
class Outcome(Generic[M]):
    """What was chosen, and the evidence.

    Parameters
    ----------
    model : M
        Fitted on all rows.
    form : "constant", "linear" or "trees"
        Its form.
    plan : Plan
        Its ridge and number of trees.
    losses : mapping of str to float
        Log-loss of each form on rows it did not see.
    twin : M or None
        The same recipe without the held-out rows; None where there are too few to judge it.
    later : ndarray of int64, shape (m,)
        The rows that judge the twin; empty without one.
    """

    model: M
    form: Form
    plan: Plan
    losses: Mapping[Form, float]
    twin: M | None
    later: Ints

    def settings(self) -> dict[str, str]:
        """Return what was chosen, in words."""
        return {
            "form": self.form,
            "ridge": f"{self.plan.ridge:g}",
            "rounds": str(self.plan.rounds if self.form == "trees" else 0),
            "judged_on": "held-out time" if self.twin is not None else "held-out creators",
            **{f"log_loss_{form}": f"{value:.5f}" for form, value in self.losses.items()},
        }


def contest(kind: Kind[M], label: Floats, split: Split) -> Outcome[M]:
    """Let the forms compete, and fit the winner on all rows.

    Parameters
    ----------
    kind : Kind
        How models are made and asked.
    label : ndarray of float64, shape (n,)
        0 or 1: what a probability is about.
    split : Split
        Rows of the twin.

    Returns
    -------
    Outcome
        Where later time holds too few rows, the forms are judged on held-out creators instead.
    """
    everything = np.arange(len(label))
    kept, later = np.flatnonzero(split.train), np.flatnonzero(split.test)
    if telling(label[kept]) and telling(label[later]):
        chosen = plan(kind.task(kept))
        rivals = candidates(kind.task(kept), chosen)
        twins = {form: kind.model(kept, rival) for form, rival in rivals.items()}
        losses = {
            form: float(log_losses(label[later], kind.probability(twin, later)).mean())
            for form, twin in twins.items()
        }
        form = best(losses)
        twin: M | None = twins[form]
    else:
        chosen = plan(kind.task(everything))
        losses = _across_groups(kind.task(everything), chosen)
        form, twin, later = best(losses), None, later[:0]
    found = candidates(kind.task(everything), chosen, (form,))
    # With too few rows for the form that won elsewhere, what can be fitted is fitted.
    ((form, winner),) = found.items()
    return Outcome(kind.model(everything, winner), form, chosen, losses, twin, later)


def telling(label: Floats) -> bool:
    """Return whether rows are enough, and of both outcomes, to tell forms apart."""
    return len(label) >= FEWEST and len(np.unique(label)) > 1


def best(losses: Mapping[Form, float]) -> Form:
    """Return the form with the least loss, of equal ones the simplest."""
    return min((form for form in FORMS if form in losses), key=lambda form: losses[form])


def _across_groups(task: Task, chosen: Plan) -> dict[Form, float]:
    """Return the loss of each form on the rows' own questions, by models of other groups."""
    hit = task.asked.hit[:, 0]
    return {
        form: float(log_losses(hit, sigmoid(one.held, hit).probability(one.held)).mean())
        for form, one in candidates(task, chosen).items()
    }
