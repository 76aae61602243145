"""Fits the account model: sources weigh alike, and each is also judged by models without it."""

from dataclasses import replace

import numpy as np
from scipy.special import logit

from features.arrays import UNKNOWN_TIME, Flags, Floats, Ints
from models.accounts import ACCOUNT_COLUMNS
from models.fake_accounts import FakeAccounts
from models.manifest import Data
from models.sample import EXACT, REACH
from training.calibrate import sigmoid
from training.contest import best
from training.crossing import Candidate, candidates, plan
from training.evaluate import importance, judge
from training.held_out import HeldOut
from training.labelled import Rows, weights
from training.learning import Task, usable
from training.metrics import log_losses
from training.offsets import single
from training.splits import folds
from training.trained import Trained
from training.transfer import at_own_share, doubt
from training.trees import Growth

NAME = "fake_accounts"
GROWTH = Growth(rounds=250, leaves=8, rate=0.08, least_rows=40)
# Where every study agrees: fewer followers and posts, no picture, no bio, digits look fake.
SIGNS = {
    "log_followers": -1,
    "log_posts": -1,
    "log_following_ratio": 1,
    "log_posts_to_following": -1,
    "zero_posts": 1,
    "has_profile_pic": -1,
    "username_digits": 1,
    "username_digit_ratio": 1,
    "log_bio_length": -1,
    "empty_bio": 1,
}
MOST_SOURCES = 8  # folds; more sources share one

# Sources leave out what they did not collect: each group is hidden in so many training rows.
ABSENT = 0.10
TOGETHER = (
    (("has_profile_pic",), ABSENT),
    (("is_private",), ABSENT),
    (("username_length", "username_digits"), ABSENT),
    (("username_digit_ratio",), ABSENT),
    (("log_bio_length", "empty_bio"), ABSENT),
)


def train(rows: Rows, data: Data, *, on_world: bool, seed: int) -> Trained:
    """Fit and evaluate the account model.

    Parameters
    ----------
    rows : Rows
        Labelled accounts.
    data : Data
        Where they come from.
    on_world : bool
        Whether they are simulated.
    seed : int
        Of everything random.

    Returns
    -------
    Trained
        Known rows of the evaluation are a fifth of the accounts, by a twin without them; unseen
        ones are those of each source, by models of the other sources. Form, trees and calibration
        are chosen by the latter: to hold on a new source is what the model is for.
    """
    everything = np.arange(len(rows.X))
    task = _task(rows, everything, seed)
    chosen = plan(task)
    rivals = candidates(task, chosen)
    odds = {form: _held_odds(task, rival) for form, rival in rivals.items()}
    fake, source = rows.accounts.is_fake, rows.accounts.source
    losses = {
        form: float(log_losses(fake, at_own_share(found, source)).mean())
        for form, found in odds.items()
    }
    form = best(losses)
    model = replace(_model(task, rivals[form]), doubt=doubt(odds[form], fake, source))
    kept, aside = next(folds(rows.group, seed, 5))
    few = _task(rows, kept, seed)
    twin = _model(few, candidates(few, chosen, (form,))[form])
    foreign = everything if len(rows.accounts.sources) > 1 else everything[:0]
    judged = np.r_[aside, foreign]
    held = _held_out(
        rows,
        judged,
        np.arange(len(judged)) < len(aside),
        np.r_[
            at_own_share(twin.log_odds(rows.accounts.values[aside]), source[aside]),
            at_own_share(odds[form], source)[foreign],
        ],
    )
    return Trained(
        name=NAME,
        model=model,
        columns=model.served.columns,
        settings={
            "form": form,
            "ridge": f"{chosen.ridge:g}",
            "rounds": str(chosen.rounds if form == "trees" else 0),
            "judged_on": "held-out sources" if len(foreign) else "held-out accounts",
            **{f"log_loss_{name}": f"{value:.5f}" for name, value in losses.items()},
        },
        held_out=held,
        origin=[rows.accounts.sources[number] for number in source[judged].tolist()],
        metrics=judge(held, seed),
        data=data,
        trained_on_world=on_world,
        importance=importance(model.served),
        answer=lambda other: at_own_share(
            other.log_odds(rows.accounts.values[judged]), source[judged]
        ),
    )


def _task(rows: Rows, chosen: Ints, seed: int) -> Task:
    """Return the task of some rows, its folds being sources where there are several."""
    X, fake = rows.X[chosen], rows.accounts.is_fake[chosen]
    source = rows.accounts.source[chosen]
    places = usable(ACCOUNT_COLUMNS, X)
    several = len(np.unique(source)) > 1
    return Task(
        columns=tuple(ACCOUNT_COLUMNS[place] for place in places),
        X=X[:, places],
        asked=single(fake, weights(fake, source)),
        groups=source if several else rows.group[chosen],
        seed=seed,
        signs=SIGNS,
        together=TOGETHER,
        growth=GROWTH,
        parts=MOST_SOURCES,
    )


def _model(task: Task, candidate: Candidate) -> FakeAccounts:
    """Calibrate held-out scores at the share of all rows; the share's doubt is added later."""
    fake, weight = task.asked.hit[:, 0], task.asked.weight[:, 0]
    return FakeAccounts(
        version="",
        served=candidate.fitted.served,
        calibration=sigmoid(candidate.held, fake, weight),
        training_share=float(fake.mean()),
        doubt=EXACT,
    )


def _held_odds(task: Task, candidate: Candidate) -> Floats:
    """Return the log-odds of all accounts by models without their source."""
    model = _model(task, candidate)
    held = model.calibration.log_odds(candidate.held) - logit(model.training_share)
    return np.clip(held, -REACH, REACH)


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
    )
