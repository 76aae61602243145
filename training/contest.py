"""Which form ships: constant, linear or trees, whichever earns its place on held-out time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from features.arrays import Flags, Floats, Ints
from training.crossing import Candidate, candidates, plan
from training.learning import FORMS, Form, Plan, Task
from training.metrics import log_losses

M = TypeVar("M")
FEWEST = 20  # rows of both outcomes without which nothing can be judged
DECISIVE = 30  # later rows of the rarer outcome; with fewer, chance would choose the form


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
    apart : M or None
        A second twin, of the same form, that never saw some creators.
    judge : str
        What the form was chosen on.
    """

    model: M
    form: Form
    plan: Plan
    losses: Mapping[Form, float]
    twin: M | None
    later: Ints
    apart: M | None = None
    judge: str = "held-out time"

    def settings(self) -> dict[str, str]:
        """Return what was chosen, in words."""
        return {
            "form": self.form,
            "ridge": f"{self.plan.ridge:g}",
            "rounds": str(self.plan.rounds if self.form == "trees" else 0),
            "judged_on": self.judge,
            **{f"log_loss_{form}": f"{value:.5f}" for form, value in self.losses.items()},
        }


def contest(
    kind: Kind[M],
    label: Floats,
    *,
    kept: Ints,
    later: Ints,
    everything: Ints | None = None,
    strangers: Flags | None = None,
) -> Outcome[M]:
    """Let the forms compete, and fit the winner on all rows.

    Parameters
    ----------
    kind : Kind
        How models are made and asked.
    label : ndarray of float64, shape (n,)
        0 or 1: what a probability is about; NaN where that is not known yet.
    kept, later : ndarray of int64
        Rows that the twin learns from, and rows that judge it. Those of the twin may stand after
        the n rows: the same ones as they were known then.
    everything : ndarray of int64, optional
        Rows of the model; by default all n.
    strangers : ndarray of bool, optional
        Rows that a second twin must not learn from; by default there is none.

    Returns
    -------
    Outcome
        Where later time holds too few rows to judge a twin, or too few of the rarer outcome to tell
        forms apart, they are judged on held-out creators instead.
    """
    rows = np.arange(len(label)) if everything is None else everything
    if len(kept) >= FEWEST and telling(label[~np.isnan(label)]) and telling(label[later]):
        chosen = plan(kind.task(kept))
        rivals = candidates(kind.task(kept), chosen)
        twins = {form: kind.model(kept, rival) for form, rival in rivals.items()}
        losses = {
            form: float(log_losses(label[later], kind.probability(twin, later)).mean())
            for form, twin in twins.items()
        }
        judge = "held-out time"
        if _rarer(label[later]) < DECISIVE:
            losses, judge = _across_groups(kind.task(kept), chosen, rivals), "held-out creators"
        form = best(losses)
        twin: M | None = twins[form]
    else:
        chosen = plan(kind.task(rows))
        losses = _across_groups(kind.task(rows), chosen, candidates(kind.task(rows), chosen))
        form, twin, later, judge = best(losses), None, later[:0], "held-out creators"
    apart: M | None = None
    if twin is not None and strangers is not None:
        familiar = kept[~strangers[kept]]
        # Without enough rows for the form, what can be fitted is fitted.
        for rival in candidates(kind.task(familiar), chosen, (form,)).values():
            apart = kind.model(familiar, rival)
    found = candidates(kind.task(rows), chosen, (form,))
    # With too few rows for the form that won elsewhere, what can be fitted is fitted.
    ((form, winner),) = found.items()
    return Outcome(kind.model(rows, winner), form, chosen, losses, twin, later, apart, judge)


def telling(label: Floats) -> bool:
    """Return whether rows are enough, and of both outcomes, to tell forms apart."""
    return len(label) >= FEWEST and len(np.unique(label)) > 1


def best(losses: Mapping[Form, float]) -> Form:
    """Return the form with the least loss, of equal ones the simplest."""
    return min((form for form in FORMS if form in losses), key=lambda form: losses[form])


def _rarer(label: Floats) -> float:
    return float(min(label.sum(), len(label) - label.sum()))


def _across_groups(task: Task, chosen: Plan, rivals: Mapping[Form, Candidate]) -> dict[Form, float]:
    """Return the loss of each form on all rows, by models of other groups."""
    asked = task.asked.dispersed(chosen.dispersion)
    return {form: float(asked.losses(one.held).mean()) for form, one in rivals.items()}
