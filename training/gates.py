"""Gates: what must hold, on rows that neither saw, before a challenger replaces a champion."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from features.arrays import Floats
from models.manifest import Metric
from training.metrics import MEASURES, log_losses, measure

WORST_LOSS = 0.005  # nats: the upper bound of the loss in log-loss that is let pass
CONFIDENCE = 90.0  # per cent, one-sided
SLOPES = (0.85, 1.15)  # of the label's log-odds on the predicted ones
LEAK = 0.97  # AUC above which one raw feature all but is the label

DRAWS, DRAWS_AT_ONCE = 2000, 100
SEED = 20_250_630
FEWEST_GROUPS = 5  # fewer briefs, creators or sources cannot be drawn from with any meaning
FEWEST_A_CLASS = 10  # rows of each label below which an AUC is chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Held-out rows, none of which the challenger or the champion was trained on.

    Parameters
    ----------
    label : Floats, shape (n,)
        0 or 1.
    challenger : Floats, shape (n,)
        Its probabilities.
    champion : Floats, shape (n,), or None
        Those of the standing champion, NaN for a row that it saw; None where none stands.
    group : ndarray, shape (n,)
        Brief, creator or source: rows of one group are not independent.
    X : Floats, shape (n, p)
        Raw features.
    names : sequence of str
        The p names.
    answers : str or None
        What is wrong with the challenger's known answers.
    """

    label: Floats
    challenger: Floats
    champion: Floats | None
    group: npt.NDArray[Any]
    X: Floats
    names: Sequence[str]
    answers: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a gate found: whether it passed (None: it does not apply), and the figures."""

    passed: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate: a stable code, a title for people, and the check."""

    code: str
    title: str
    check: Callable[[Evidence], Finding]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A gate with what it found."""

    code: str
    title: str
    passed: bool | None
    text: str


def run(evidence: Evidence) -> list[Outcome]:
    """Ask every gate.

    Parameters
    ----------
    evidence : Evidence
        Rows that neither model saw.

    Returns
    -------
    list of Outcome
        One a gate, in the order of `GATES`.
    """
    found = [(gate, gate.check(evidence)) for gate in GATES]
    return [Outcome(gate.code, gate.title, it.passed, it.text) for gate, it in found]


def passes(outcomes: Sequence[Outcome]) -> bool:
    """Return whether no gate failed."""
    return all(outcome.passed is not False for outcome in outcomes)


def words(metric: Metric) -> str:
    """Return a figure with its interval and rows, in words."""
    if metric.value is None or math.isnan(metric.value):
        return f"unknown ({metric.n} rows of one label, or one prediction)"
    if metric.low is None or metric.high is None:
        return f"{metric.value:.4f} ({metric.n} rows)"
    return f"{metric.value:.4f} [{metric.low:.4f}, {metric.high:.4f}] ({metric.n} rows)"


def upper_bound(differences: Floats, group: npt.NDArray[Any]) -> float:
    """Return the one-sided 90 % upper bound of a mean by drawing whole groups with replacement.

    Parameters
    ----------
    differences : Floats, shape (n,)
        One figure a row.
    group : ndarray, shape (n,)
        What is drawn.

    Returns
    -------
    float
        The same for the same input: the draws are seeded.
    """
    _, place = np.unique(group, return_inverse=True)
    sums = np.bincount(place, weights=differences)
    sizes = np.bincount(place).astype(np.float64)
    generator = np.random.default_rng(SEED)
    even = np.full(len(sums), 1 / len(sums))
    means = []
    for _ in range(DRAWS // DRAWS_AT_ONCE):  # all at once would take gigabytes for many groups
        drawn = generator.multinomial(len(sums), even, size=DRAWS_AT_ONCE).astype(np.float64)
        means.append((drawn @ sums) / (drawn @ sizes))
    return float(np.percentile(np.concatenate(means), CONFIDENCE))


def no_worse(evidence: Evidence) -> Finding:
    """Pass if the challenger's log-loss is, with 90 % confidence, at most .005 above."""
    if evidence.champion is None:
        return Finding(None, "no champion stands")
    shared = np.isfinite(evidence.champion)
    groups = len(np.unique(evidence.group[shared]))
    if groups < FEWEST_GROUPS:
        return Finding(
            False,
            f"{shared.sum()} rows of {groups} groups that neither saw, at least {FEWEST_GROUPS}"
            " groups are needed; train on later data, or with the champion's tables",
        )
    label = evidence.label[shared]
    differences = log_losses(label, evidence.challenger[shared]) - log_losses(
        label, evidence.champion[shared]
    )
    bound = upper_bound(differences, evidence.group[shared])
    return Finding(
        bound <= WORST_LOSS,
        f"log-loss {differences.mean():+.4f} against the champion, 90 % bound {bound:+.4f}, at most"
        f" {WORST_LOSS:+.3f}; {len(label)} rows, {groups} groups",
    )


def calibrated(evidence: Evidence) -> Finding:
    """Pass if the calibration slope lies in .85 to 1.15."""
    found = _measured(evidence, "calibration_slope")
    low, high = SLOPES
    return Finding(
        found.value is not None and low <= found.value <= high,
        f"calibration slope {words(found)}, expected {low} to {high}",
    )


def beats_constant(evidence: Evidence) -> Finding:
    """Pass if the log-loss is below that of the rows' own base rate."""
    own = _measured(evidence, "log_loss")
    constant = _measured(evidence, "log_loss_constant")
    return Finding(
        own.value is not None and constant.value is not None and own.value < constant.value,
        f"log-loss {words(own)}, the rows' own rate has {words(constant)}",
    )


def no_leak(evidence: Evidence) -> Finding:
    """Pass if no raw feature, nor its being unknown, has an AUC above .97 either way."""
    found = [
        (_separation(evidence.label, column), name)
        for name, column in zip(evidence.names, evidence.X.T, strict=True)
    ]
    worst, name = max(found, default=(0.5, "none"))
    return Finding(
        worst <= LEAK,
        f"highest AUC of one raw feature is {worst:.3f} ({name}), at most {LEAK};"
        f" {len(evidence.label)} rows",
    )


def proven(evidence: Evidence) -> Finding:
    """Pass if the challenger, read back from its bundle, gave its known answers."""
    return Finding(evidence.answers is None, evidence.answers or "known answers are right")


GATES = (
    Gate("no_worse", "no worse than the champion", no_worse),
    Gate("calibrated", "calibrated", calibrated),
    Gate("beats_constant", "better than the constant", beats_constant),
    Gate("no_leak", "no single feature tells the label", no_leak),
    Gate("proven", "known answers are right", proven),
)


def _measured(evidence: Evidence, name: str) -> Metric:
    _, group = np.unique(evidence.group, return_inverse=True)
    measures = {name: MEASURES[name]}
    return measure(evidence.label, evidence.challenger, group, SEED, measures)[name]


def _separation(label: Floats, column: Floats) -> float:
    """Return how well a column tells the labels apart: an AUC turned to lie above .5."""
    known = np.isfinite(column)
    areas = (_area(label[known], column[known]), _area(label, known.astype(np.float64)))
    return max(max(area, 1 - area) for area in areas)


def _area(label: Floats, column: Floats) -> float:
    from sklearn.metrics import roc_auc_score

    if min(label.sum(), (1 - label).sum()) < FEWEST_A_CLASS:
        return 0.5
    return float(roc_auc_score(label, column))
