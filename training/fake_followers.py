"""Fits the prior of an audience's fake share from its history; the sample adds its likelihood."""

from dataclasses import replace

import numpy as np

from features.arrays import DAY, Flags
from features.catalogue import CATALOGUE, NAMES
from features.errors import InputError
from models.fake_accounts import FakeAccounts
from models.fake_followers import FakeFollowers, FakeFollowersScores
from models.levels import LIMIT
from models.manifest import Data, Metric
from models.references import References
from training.calibrate import RECENT_DAYS, refresh, sigmoid
from training.contest import Kind, contest
from training.crossing import Candidate
from training.dataset import Rows, posterior
from training.evaluate import HEADLINE, importance, judge
from training.frames import Seen, frames
from training.held_out import HeldOut
from training.leakage.sides import audit_sides
from training.learning import Task, usable
from training.likelihoods import hits
from training.metrics import MEASURES, mean, measure
from training.prior import prior
from training.splits import by_time, folds, is_unseen
from training.trained import Trained
from training.trees import Growth

NAME = "fake_followers"
# The sample enters by its likelihood alone; columns made of it would count it twice.
COLUMNS = tuple(one.name for one in CATALOGUE if one.family in {"growth", "engagement"})
GROWTH = Growth(rounds=300, leaves=6, rate=0.05, least_rows=25)


class NoAuditsError(InputError):
    """No audit to learn from."""

    def __init__(self) -> None:
        super().__init__("audits: none is visible at as_of; add the table, or a later --as-of")


def train(rows: Rows, accounts: FakeAccounts, data: Data, *, on_world: bool, seed: int) -> Trained:
    """Fit and evaluate the audience model.

    Parameters
    ----------
    rows : Rows
        Audits, from `training.dataset.audits`.
    accounts : FakeAccounts
        The account model that it will carry.
    data : Data
        Where the audits come from.
    on_world : bool
        Whether they are simulated.
    seed : int
        Of everything random.

    Returns
    -------
    Trained
        Judged on later audits by a twin that saw neither them nor the unseen creators.

    Raises
    ------
    NoAuditsError
        If there is no row.
    """
    if not len(rows):
        raise NoAuditsError
    split = by_time(rows.as_of, rows.known, is_unseen(rows.creator_id))
    teaching, judging = (
        rows.take(np.flatnonzero(split.train)),
        rows.take(np.flatnonzero(split.test)),
    )
    audit_sides(NAME, teaching, judging, split.cut, parts=folds(teaching.creator, seed))
    kind = Kind(
        task=lambda chosen: _task(rows.take(chosen), seed),
        model=lambda chosen, candidate: _model(rows.take(chosen), accounts, candidate),
        probability=lambda model, chosen: model.prior_risk(rows.X[chosen]),
    )
    found = contest(
        kind,
        (rows.value >= LIMIT).astype(np.float64),
        kept=np.flatnonzero(split.train),
        later=np.flatnonzero(split.test),
    )
    seen = _seen(rows, found.model)
    model = replace(found.model, frames=frames(seen), references=rows.references(NAMES, rows.X))
    kept = np.flatnonzero(split.train)
    twin = found.twin and replace(found.twin, frames=frames(seen.take(kept)))
    later = rows.take(found.later)
    known = np.isin(later.creator, rows.creator[kept])
    held, metrics = _judged(later, known, twin or model, seed)
    return Trained(
        name=NAME,
        model=model,
        columns=model.served.columns,
        settings={**found.settings(), **_settings(model)},
        held_out=held,
        origin=(),
        metrics=metrics,
        data=data,
        trained_on_world=on_world,
        importance=importance(model.served),
        answer=lambda other: posterior(other, later).risk,
    )


def _task(rows: Rows, seed: int) -> Task:
    X = rows.X[:, [NAMES.index(name) for name in COLUMNS]]
    places = usable(COLUMNS, X)
    return Task(
        columns=tuple(COLUMNS[place] for place in places),
        X=X[:, places],
        asked=hits(rows.value),
        groups=rows.creator,
        seed=seed,
        growth=GROWTH,
    )


def _model(rows: Rows, accounts: FakeAccounts, candidate: Candidate) -> FakeFollowers:
    """Put the prior's level, slope and shape on held-out scores."""
    recent = rows.as_of >= rows.as_of.max() - RECENT_DAYS * DAY
    everyone = sigmoid(candidate.held, rows.value)
    calibration = refresh(everyone, candidate.held[recent], rows.value[recent])
    return FakeFollowers(
        version="",
        served=candidate.served,
        calibration=calibration,
        prior=prior(rows.value, calibration.log_odds(candidate.held)),
        accounts=accounts,
        frames=frames(Seen.none()),
        references=References({}),
    )


def _settings(model: FakeFollowers) -> dict[str, str]:
    """Return what was learned beside the score, in words."""
    heaps = [heap for heap in (model.prior.low, model.prior.high) if heap is not None]
    return {
        "concentration": ", ".join(f"{heap.concentration:.1f}" for heap in heaps),
        "samples_last_days": f"{model.frames.lasting:.0f}",
    }


def _seen(rows: Rows, model: FakeFollowers) -> Seen:
    """Return what the samples of audited rows say; a row without one says nothing of frames."""
    sampled = rows.samples.sampled(model)
    return Seen(sampled.seen, rows.value, sampled.frame, sampled.age)


def _judged(
    later: Rows, known: Flags, twin: FakeFollowers, seed: int
) -> tuple[HeldOut, dict[str, Metric]]:
    """Measure the twin on later audits, with and without their follower samples."""
    with_sample, alone = posterior(twin, later), posterior(twin, later, sampled=False)
    held = HeldOut(
        row_id=later.row_id,
        group=later.creator_id,
        creator_id=later.creator_id,
        as_of=later.as_of,
        known=known,
        label=(later.value >= LIMIT).astype(np.float64),
        prediction=with_sample.risk,
        X=twin.inputs(later.X),
        names=twin.served.columns,
        champion=np.full(len(later), np.nan),
        slices=later.slices(),
    )
    headline = {name: MEASURES[name] for name in HEADLINE}
    metrics = judge(held, seed) | _share(later, with_sample, "", seed)
    history = measure(held.label, alone.risk, later.creator, seed, headline)
    metrics |= {f"history_{name}": figure for name, figure in history.items()}
    return held, metrics | _share(later, alone, "history_", seed)


def _share(later: Rows, scores: FakeFollowersScores, prefix: str, seed: int) -> dict[str, Metric]:
    """Measure the share itself: its error, and whether its 90 % interval holds."""
    inside = (scores.low <= later.value) & (later.value <= scores.high)
    figures = {
        "share_error": np.abs(scores.share - later.value),
        "share_coverage": inside.astype(np.float64),
        "share_width": scores.high - scores.low,
    }
    return {f"{prefix}{name}": mean(row, later.creator, seed) for name, row in figures.items()}
