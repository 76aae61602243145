"""Fits the account model: each source is judged by models of the others and of the world."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logit

from features.arrays import UNKNOWN_TIME, Flags, Floats, Ints
from models.accounts import ACCOUNT_COLUMNS
from models.fake_accounts import FakeAccounts
from models.manifest import Data, Metric
from models.sample import EXACT, REACH, Doubt
from training.calibrate import abroad
from training.contest import best
from training.crossing import Candidate, candidates
from training.evaluate import HEADLINE, WITHOUT, importance, judge
from training.held_out import HeldOut
from training.labelled import Rows
from training.learning import Form, Plan, Task, usable
from training.likelihoods import Hits, hits
from training.metrics import MEASURES, log_losses, measure
from training.sources import Mixture, mix
from training.splits import folds
from training.trained import Trained
from training.transfer import at_best_level, at_own_share, doubt
from training.trees import Growth

NAME = "fake_accounts"
GROWTH = Growth(leaves=8, rate=0.08, least_rows=40)
# Two or three sources do not choose a number of trees: what they chose changed with the seed, and
# both directions between the public Instagram files are flat from 40 to 160.
PLAN = Plan(ridge=3.0, rounds=70)
# Where every study agrees: fewer followers and posts, no picture, no bio, digits look fake.
SIGNS = {
    "log_followers": -1,
    "log_posts": -1,
    "log_following_ratio": 1,
    "log_posts_to_following": -1,
    "zero_posts": 1,
    "has_profile_pic": -1,
    "username_digit_ratio": 1,
    "log_bio_length": -1,
    "empty_bio": 1,
}
MOST_SOURCES = 8  # folds; more sources share one
TRAINING_SHARE = 0.5  # sources hold any share of fakes: classes count the same
WORLD = "world"  # the name under which its accounts count

# Sources leave out what they did not collect: each group is hidden in so many training rows.
ABSENT = 0.20
TOGETHER = (
    (("has_profile_pic",), ABSENT),
    (("is_private",), ABSENT),
    (("username_digit_ratio",), ABSENT),
    (("log_bio_length", "empty_bio"), ABSENT),
)


def train(rows: Rows, data: Data, *, world: Rows | None, seed: int) -> Trained:
    """Fit and evaluate the account model.

    Parameters
    ----------
    rows : Rows
        Labelled accounts.
    data : Data
        Where they come from.
    world : Rows or None
        Accounts of the built-in world to learn from beside them; None where `rows` are those.
    seed : int
        Of everything random.

    Returns
    -------
    Trained
        Unseen rows of the evaluation are those of each source, by models that learned from the
        other sources and the world alone; known ones are a fifth of the accounts, by a twin without
        them. Form, trees and calibration are chosen by the former: to hold on a source that it
        never saw is what the model is for.
    """
    mixture = mix(rows, world)
    task = _task(mixture, np.arange(len(mixture.X)), seed)
    found = _contest(rows, mixture, task)
    held, origin = _judged(rows, mixture, found, seed)
    model = found.model
    return Trained(
        name=NAME,
        model=model,
        columns=model.served.columns,
        settings={
            "form": found.form,
            "ridge": f"{PLAN.ridge:g}",
            "rounds": str(PLAN.rounds if found.form == "trees" else 0),
            "judged_on": "each source by models without it",
            **{f"log_loss_{name}": f"{value:.5f}" for name, value in found.losses.items()},
            **_worth(rows, mixture),
        },
        held_out=held,
        origin=[rows.accounts.sources[number] for number in rows.accounts.source[origin].tolist()],
        metrics=judge(held, seed) | _by_source(rows, held, seed),
        data=data,
        trained_on_world=world is None,
        importance=importance(model.served),
        answer=lambda other: at_own_share(
            other.log_odds(rows.accounts.values[origin]), rows.accounts.source[origin]
        ),
    )


@dataclass(frozen=True, slots=True)
class _Winner:
    """The form that held best on sources it never saw, with the log-odds it gave them there."""

    form: Form
    model: FakeAccounts
    odds: Floats
    losses: Mapping[Form, float]


def _contest(rows: Rows, mixture: Mixture, task: Task) -> _Winner:
    """Let the forms compete on left-out sources, and doubt the winner by what it showed there."""
    given = np.flatnonzero(mixture.given)
    rivals = candidates(task, PLAN)
    odds = {form: _held_odds(task, rival)[given] for form, rival in rivals.items()}
    fake, source = rows.accounts.is_fake, rows.accounts.source
    weight = mixture.worth[source] / np.bincount(source)[source]
    losses = {
        form: float(
            np.average(log_losses(fake, at_best_level(found, fake, source)), weights=weight)
        )
        for form, found in odds.items()
    }
    form = best(losses)
    model = _model(task, rivals[form])
    doubted = replace(model, doubt=_doubt(rows, mixture, task, model, odds[form]))
    return _Winner(form, doubted, odds[form], losses)


def _doubt(rows: Rows, mixture: Mixture, task: Task, model: FakeAccounts, odds: Floats) -> Doubt:
    """Return the doubt about shares: of labelled sources as they showed it, of a world as one.

    The sources of a world are of one making and say nothing of how far another audience is.
    """
    fake, source = rows.accounts.is_fake, rows.accounts.source
    if mixture.given.all():
        return doubt(odds, fake, np.zeros_like(source))
    # Beside models without the source, models that saw four fifths of it.
    form: Form = "trees" if model.served.booster else "linear"
    within = replace(task, groups=mixture.group, parts=5)
    known = _odds(model, candidates(within, PLAN, (form,))[form])[mixture.given]
    return doubt(odds, fake, source, known)


def _judged(rows: Rows, mixture: Mixture, found: _Winner, seed: int) -> tuple[HeldOut, Ints]:
    """Return what is said of a fifth of the accounts and of each source, and which rows these are.

    A twin without the fifth judges it, at the share that each source's part of it seems to hold.
    """
    kept, aside = next(folds(rows.group, seed, 5))
    given, beside = np.flatnonzero(mixture.given), np.flatnonzero(~mixture.given)
    few = _task(mixture, np.r_[kept, beside], seed)
    twin = _model(few, candidates(few, PLAN, (found.form,))[found.form])
    several = len(np.unique(mixture.source)) > 1
    foreign = given if several else given[:0]
    judged = np.r_[aside, foreign]
    source = rows.accounts.source
    held = _held_out(
        rows,
        judged,
        np.arange(len(judged)) < len(aside),
        np.r_[
            at_own_share(twin.log_odds(rows.accounts.values[aside]), source[aside]),
            at_own_share(found.odds, source)[foreign],
        ],
    )
    return held, judged


def _task(mixture: Mixture, chosen: Ints, seed: int) -> Task:
    """Return the task of some rows: its folds are the labelled sources, or groups of a lone one."""
    X, source = mixture.X[chosen], mixture.source[chosen]
    places = usable(ACCOUNT_COLUMNS, X)
    given = mixture.given[chosen]
    several = len(np.unique(source)) > 1
    return Task(
        columns=tuple(ACCOUNT_COLUMNS[place] for place in places),
        X=X[:, places],
        asked=hits(mixture.fake[chosen], mixture.weights(chosen)),
        groups=source if several else mixture.group[chosen],
        seed=seed,
        signs=SIGNS,
        together=TOGETHER,
        growth=GROWTH,
        parts=MOST_SOURCES,
        kept=None if given.all() else ~given,
    )


def _model(task: Task, candidate: Candidate) -> FakeAccounts:
    """Calibrate held-out scores at a share of one half; the share's doubt is added later."""
    judged = ~np.isnan(candidate.held)
    assert isinstance(task.asked, Hits)
    fake, weight = task.asked.hit[judged], task.asked.weight[judged]
    return FakeAccounts(
        version="",
        served=candidate.served,
        calibration=abroad(candidate.held[judged], fake, weight, task.groups[judged]),
        training_share=TRAINING_SHARE,
        doubt=EXACT,
    )


def _held_odds(task: Task, candidate: Candidate) -> Floats:
    """Return the log-odds of all accounts by models without their source."""
    return _odds(_model(task, candidate), candidate)


def _odds(model: FakeAccounts, candidate: Candidate) -> Floats:
    """Return the log-odds that held-out scores come to by a model's calibration."""
    held = model.calibration.log_odds(candidate.held) - logit(model.training_share)
    return np.clip(held, -REACH, REACH)


def _worth(rows: Rows, mixture: Mixture) -> dict[str, str]:
    """Return how much each source counted."""
    names = [*rows.accounts.sources, WORLD][: len(mixture.worth)]
    return {
        f"worth_{_plain(name)}": f"{value:.3f}"
        for name, value in zip(names, mixture.worth.tolist(), strict=True)
    }


def _by_source(rows: Rows, held: HeldOut, seed: int) -> dict[str, Metric]:
    """Measure each source by the models that never saw it."""
    headline = {name: MEASURES[name] for name in (*HEADLINE, "average_precision")}
    groups = np.asarray(held.group, dtype=np.str_)
    found: dict[str, Metric] = {}
    for number, name in enumerate(rows.accounts.sources):
        here = np.flatnonzero(~held.known)[rows.accounts.source == number]
        _, group = np.unique(groups[here], return_inverse=True)
        figures = measure(held.label[here], held.prediction[here], group, seed, headline)
        found |= {f"{WITHOUT}{_plain(name)}_{kind}": figure for kind, figure in figures.items()}
    return found


def _plain(name: str) -> str:
    """Return a source's name in the letters that names of figures may hold."""
    return re.sub(r"[^A-Za-z0-9]+", "_", name)


def _held_out(rows: Rows, judged: Ints, known: Flags, prediction: Floats) -> HeldOut:
    """Return the judged rows; one that two models judge has a name of its own for each."""
    names = [
        rows.row_id[row] + ("" if seen else ":unseen")
        for row, seen in zip(judged.tolist(), known.tolist(), strict=True)
    ]
    return HeldOut(
        row_id=names,
        group=[str(group) for group in rows.group[judged].tolist()],
        creator_id=[""] * len(judged),
        as_of=np.full(len(judged), UNKNOWN_TIME),
        known=known,
        label=rows.accounts.is_fake[judged],
        prediction=prediction,
        X=rows.X[judged],
        names=ACCOUNT_COLUMNS,
        champion=np.full(len(judged), np.nan),
        slices=rows.slices(judged),
    )
