"""Fits the conversion model: expected conversions, and how far what comes will vary around them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from features.arrays import Floats
from features.catalogue import NAMES
from features.errors import InputError
from models.calibration import Calibration
from models.conversion import FAKE_SHARE, Conversion
from models.fake_followers import FakeFollowers
from models.manifest import Data, Metric
from models.story import ConversionScores
from models.support import Support
from training.contest import Kind, contest
from training.dataset import Rows, posterior
from training.evaluate import importance, judge
from training.forecast import COLUMNS, Cases, forecast, inputs, task
from training.held_out import HeldOut
from training.leakage.sides import audit_sides
from training.metrics import mean
from training.splits import by_time, folds, is_unseen
from training.trained import Trained

NAME = "conversion"


class NoOutcomesError(InputError):
    """No mature collaboration to learn from."""

    def __init__(self) -> None:
        super().__init__(
            "collaborations: none has an outcome observed 30 days or more after publishing and"
            " before as_of; give --tables with such outcomes, or a later --as-of"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a conversion model is learned from.

    Parameters
    ----------
    rows : Rows
        Collaborations, the young ones too, as they are known at the moment of training.
    earlier : callable
        From an earlier moment to the rows with the labels of then.
    support : Support
        Whom brands chose from.
    followers : FakeFollowers
        The audience model to carry.
    """

    rows: Rows
    earlier: Callable[[int], Rows]
    support: Support
    followers: FakeFollowers


def train(given: Given, data: Data, *, seed: int) -> Trained:
    """Fit, choose the form and judge it.

    Parameters
    ----------
    given : Given
        What to learn from.
    data : Data
        Where it comes from.
    seed : int
        Of everything random.

    Returns
    -------
    Trained
        Judged on all later collaborations by a twin that knew nothing of them nor of any outcome
        that came after the cut, and once more by a twin that never saw a fifth of the creators.

    Raises
    ------
    NoOutcomesError
        If there is no mature row.
    """
    rows, followers = given.rows, given.followers
    mature = rows.share == 1.0
    if not mature.any():
        raise NoOutcomesError
    # Later labels first, then those of the cut: the twin learns from the second part.
    split = by_time(rows.as_of[mature], rows.known[mature], is_unseen(rows.creator_id)[mature])
    then = given.earlier(split.cut)
    judging = rows.take(np.flatnonzero(mature)[split.test])
    parts = folds(then.creator, seed) if len(np.unique(then.creator)) > 1 else ()
    audit_sides(NAME, then, judging, split.cut, parts=parts)
    cases = Cases.of(rows.beside(then), followers)
    first, second = np.arange(len(rows)), len(rows) + np.arange(len(then))
    kind = Kind(
        task=lambda chosen: task(cases.take(chosen), seed),
        model=lambda chosen, candidate: forecast(cases.take(chosen), followers, candidate, seed),
        probability=lambda model, chosen: scores(model, cases.rows.take(chosen)).probability,
    )
    found = contest(
        kind,
        np.where(mature, rows.value >= rows.goal, np.nan)[first],
        everything=first,
        kept=second,
        later=first[mature][split.test],
        strangers=is_unseen(cases.rows.creator_id),
    )
    later = rows.take(found.later)
    judged = scores(found.twin or found.model, later)
    held = replace(
        _held_out(later, cases.share[found.later], judged),
        known=np.isin(later.creator, then.creator),
        apart=_apart(found.apart, later),
    )
    columns = np.column_stack([rows.X, cases.share[first]])
    model = replace(
        found.model,
        support=given.support,
        references=rows.references((*NAMES, FAKE_SHARE), columns),
    )
    return Trained(
        name=NAME,
        model=model,
        columns=model.served.columns,
        settings={**found.settings(), **_settings(model, rows)},
        held_out=held,
        origin=(),
        metrics=judge(held, seed) | _counts(later, judged, seed),
        data=data,
        trained_on_world=False,
        importance=importance(model.served),
        answer=lambda other: scores(other, later).probability,
    )


def scores(model: Conversion, rows: Rows) -> ConversionScores:
    """Return a model's scores of collaborations, by its own audience model."""
    return model.score(rows.X, posterior(model.followers, rows).share, rows.aim)


def _held_out(later: Rows, share: Floats, judged: ConversionScores) -> HeldOut:
    """Return the rows that judge a twin, with what it says of them."""
    return HeldOut(
        row_id=later.row_id,
        group=[str(group) for group in later.group.tolist()],
        creator_id=later.creator_id,
        as_of=later.as_of,
        known=np.ones(len(later), np.bool_),
        label=(later.value >= later.goal).astype(np.float64),
        prediction=judged.probability,
        X=inputs(later, share),
        names=COLUMNS,
        champion=np.full(len(later), np.nan),
        slices=later.slices(),
    )


def _apart(model: Conversion | None, later: Rows) -> Floats:
    """Return what a model that never saw them says of the strangers, NaN of all others."""
    found = np.full(len(later), np.nan)
    if model is not None:
        strange = is_unseen(later.creator_id)
        found[strange] = scores(model, later.take(np.flatnonzero(strange))).probability
    return found


def _settings(model: Conversion, rows: Rows) -> dict[str, str]:
    """Return what was learned beside the score, in words."""
    pools = model.pools
    return {
        "young_rows": str(int((rows.share < 1.0).sum())),
        "noise": f"{model.story.noise:.3f}",
        "calibration": _named(model.story.recalibration),
        **{f"variance_{kind}": f"{pool.between:.4f}" for kind, pool in pools.kinds.items()},
        "variance_creator": f"{pools.creators:.4f}",
    }


def _named(calibration: Calibration) -> str:
    if calibration.curve:
        return "isotonic"
    return "none" if calibration == Calibration() else "sigmoid"


def _counts(later: Rows, judged: ConversionScores, seed: int) -> dict[str, Metric]:
    """Measure the counts: whether the 80 % interval holds them, and how far their mean is off."""
    inside = (judged.expected_low <= later.value) & (later.value <= judged.expected_high)
    many = np.flatnonzero(judged.expected >= 5.0)
    return {
        "count_coverage": mean(inside.astype(np.float64), later.group, seed),
        "count_coverage_5": mean(inside[many].astype(np.float64), later.group[many], seed),
        "count_expected": mean(judged.expected, later.group, seed),
        "count_observed": mean(later.value, later.group, seed),
    }
