"""Fits the conversion model: one score that knows no goal, and the curve from it to counts."""

from dataclasses import replace

import numpy as np

from features.arrays import DAY, Floats, Ints
from features.catalogue import CATALOGUE, NAMES
from features.errors import InputError
from models.conversion import FAKE_SHARE, GOAL_COLUMNS, Conversion
from models.fake_followers import FakeFollowers
from models.manifest import Data, Metric
from models.references import References
from models.story import ConversionScores, Story
from training.calibrate import RECENT_DAYS, refresh, sigmoid
from training.contest import Kind, contest
from training.crossing import Candidate
from training.dataset import Rows, posterior
from training.evaluate import importance, judge
from training.held_out import HeldOut
from training.learning import Task, usable
from training.metrics import mean
from training.offsets import Questions
from training.splits import by_time, is_unseen
from training.trained import Trained
from training.trees import Growth

NAME = "conversion"
COLUMNS = (*(name for name in NAMES if name not in GOAL_COLUMNS), FAKE_SHARE)
# Where the field agrees (docs/domain.md 3b, 3d); it does not on followers, engagement or interest.
SIGNS = {
    **{one.name: one.monotone for one in CATALOGUE if one.monotone},
    "log_impressions_90d": 1,
    "reach_rate_90d": 1,
    "view_rate_90d": 1,
    FAKE_SHARE: -1,
}
# Pairs often come without an offer: half of the training rows have none either.
OFFER = (
    "log_fee",
    "fee_per_thousand_followers",
    "fee_to_minimum",
    "compensation_accepted",
    "pays_money",
)
HIDDEN_OFFERS = 0.5
GROWTH = Growth(rounds=400, leaves=8, rate=0.05, least_rows=30)
OWN_WEIGHT = 0.4  # of the brief's own goal among a collaboration's questions
GOALS = 7  # further goals that every collaboration is asked, spread over the counts


class NoOutcomesError(InputError):
    """No mature collaboration to learn from."""

    def __init__(self) -> None:
        super().__init__(
            "collaborations: none has an outcome observed 30 days or more after publishing and"
            " before as_of; give --tables with such outcomes, or a later --as-of"
        )


def train(
    rows: Rows, followers: FakeFollowers, data: Data, *, on_world: bool, seed: int
) -> Trained:
    """Fit and evaluate the conversion model.

    Parameters
    ----------
    rows : Rows
        Mature collaborations, from `training.dataset.collaborations`.
    followers : FakeFollowers
        The audience model that it will carry; its share is one of the columns.
    data : Data
        Where the collaborations come from.
    on_world : bool
        Whether they are simulated.
    seed : int
        Of everything random.

    Returns
    -------
    Trained
        Judged on later collaborations by a twin that saw neither them, nor outcomes that came
        after the cut, nor the unseen creators.

    Raises
    ------
    NoOutcomesError
        If there is no row.
    """
    if not len(rows):
        raise NoOutcomesError
    share = posterior(followers, rows).share
    split = by_time(rows.as_of, rows.known, is_unseen(rows.creator_id))

    def scores(model: Conversion, chosen: Ints) -> ConversionScores:
        return model.score(rows.X[chosen], share[chosen], rows.goal[chosen])

    kind = Kind(
        task=lambda chosen: task(rows.take(chosen), share[chosen], seed),
        model=lambda chosen, candidate: _model(rows.take(chosen), followers, candidate),
        probability=lambda model, chosen: scores(model, chosen).probability,
    )
    found = contest(kind, (rows.value >= rows.goal).astype(np.float64), split)
    later = rows.take(found.later)
    judged = scores(found.twin or found.model, found.later)
    held = HeldOut(
        row_id=later.row_id,
        group=[str(group) for group in later.group.tolist()],
        creator_id=later.creator_id,
        as_of=later.as_of,
        known=np.isin(later.creator, rows.creator[split.train]),
        label=(later.value >= later.goal).astype(np.float64),
        prediction=judged.probability,
        X=inputs(later, share[found.later]),
        names=COLUMNS,
        champion=np.full(len(later), np.nan),
        slices=later.slices(),
    )
    return Trained(
        name=NAME,
        model=replace(
            found.model,
            references=rows.references((*NAMES, FAKE_SHARE), np.column_stack([rows.X, share])),
        ),
        columns=found.model.served.columns,
        settings={**found.settings(), "inflation": f"{found.model.story.inflation:.3f}"},
        held_out=held,
        origin=(),
        metrics=judge(held, seed) | _counts(later, judged, seed),
        data=data,
        trained_on_world=on_world,
        importance=importance(found.model.served),
        answer=lambda other: answer(other, later),
    )


def inputs(rows: Rows, share: Floats) -> Floats:
    """Return `COLUMNS` of collaborations with these fake shares, shape (n, p)."""
    places = [NAMES.index(name) for name in COLUMNS[:-1]]
    return np.column_stack([rows.X[:, places], share])


def answer(model: Conversion, rows: Rows) -> Floats:
    """Return the probabilities of collaborations by any model, with its own audience model."""
    share = posterior(model.followers, rows).share
    return model.score(rows.X, share, rows.goal).probability


def task(rows: Rows, share: Floats, seed: int) -> Task:
    """Return the task of learning from collaborations.

    Parameters
    ----------
    rows : Rows
        Collaborations.
    share : ndarray of float64, shape (n,)
        Their fake shares.
    seed : int
        Of everything random.

    Returns
    -------
    Task
        Each collaboration is asked whether it reached its own goal, and the goals of a fixed grid.
    """
    X = inputs(rows, share)
    places = usable(COLUMNS, X)
    grid = goals(rows.value, rows.goal)
    return Task(
        columns=tuple(COLUMNS[place] for place in places),
        X=X[:, places],
        asked=questions(rows.value, rows.goal, grid),
        groups=rows.creator,
        seed=seed,
        signs=SIGNS,
        together=((OFFER, HIDDEN_OFFERS),),
        knots=np.log(grid),
        growth=GROWTH,
    )


def goals(count: Floats, goal: Floats) -> Floats:
    """Return whole goals from 1 on, even on a log scale up to where counts and goals thin out."""
    most = max(np.quantile(count, 0.98), np.quantile(goal, 0.95), 1.0)
    return np.unique(np.rint(np.geomspace(1.0, most, GOALS)))


def questions(count: Floats, goal: Floats, grid: Floats) -> Questions:
    """Ask each collaboration whether it reached its own goal, and each goal of the grid.

    Goals that depended on the row's own count would bias the answer; these do not.

    Parameters
    ----------
    count : ndarray of float64, shape (n,)
        Conversions by day 30.
    goal : ndarray of float64, shape (n,)
        The brief's.
    grid : ndarray of float64, shape (k,)
        Further goals.

    Returns
    -------
    Questions
        k + 1 a row, its own first; weights sum to 1.
    """
    asked = np.column_stack([goal, np.tile(grid, (len(goal), 1))])
    weight = np.full(asked.shape, (1.0 - OWN_WEIGHT) / len(grid))
    weight[:, 0] = OWN_WEIGHT
    return Questions(np.log(asked), (count[:, None] >= asked).astype(np.float64), weight)


def _model(rows: Rows, followers: FakeFollowers, found: Candidate) -> Conversion:
    """Calibrate held-out scores at the rows' own goals, the level on the latest of them."""
    hit = (rows.value >= rows.goal).astype(np.float64)
    recent = rows.as_of >= rows.as_of.max() - RECENT_DAYS * DAY
    calibration = refresh(sigmoid(found.held, hit), found.held[recent], hit[recent])
    curve = found.fitted.curve
    # One knot more carries the last stretch's slope, which goes on beyond it.
    knots = np.r_[curve.knots, curve.knots[-1] + np.log(2.0)]
    return Conversion(
        version="",
        served=found.fitted.served,
        story=Story(knots, curve.at(knots), calibration, found.inflation),
        followers=followers,
        references=References({}),
    )


def _counts(later: Rows, judged: ConversionScores, seed: int) -> dict[str, Metric]:
    """Measure the counts: whether the 80 % interval holds them, and how far their mean is off."""
    inside = (judged.expected_low <= later.value) & (later.value <= judged.expected_high)
    return {
        "count_coverage": mean(inside.astype(np.float64), later.group, seed),
        "count_expected": mean(judged.expected, later.group, seed),
        "count_observed": mean(later.value, later.group, seed),
    }
