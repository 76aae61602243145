"""What a conversion model is made of: scores of counts, calibrated, pooled and widened."""

from dataclasses import dataclass, replace

import numpy as np

from features.arrays import DAY, Floats, Ints
from features.catalogue import CATALOGUE, NAMES
from models.conversion import FAKE_SHARE, GOAL_COLUMNS, WORKED, Conversion
from models.fake_followers import FakeFollowers
from models.references import References
from models.story import Story
from models.support import Support
from training.calibrate import RECENT_DAYS, recalibration
from training.crossing import Candidate
from training.dataset import Rows, posterior
from training.learning import Task, usable
from training.likelihoods import Counts
from training.pools import Seen, pooled
from training.tally import recent_shift, tally
from training.trees import Growth

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
GROWTH = Growth(rounds=400, leaves=8, rate=0.05, least_rows=20)
# Of the log-variance that a forecast leaves open, the part that somebody could know: between what
# pairs of one creator and brand share, .4, and .64 of published spreads (docs/decisions.md).
PERSISTENT = 0.6
OUT_OF_PROPORTION = 10.0  # times the 99 % quantile of the counts, but at least:
FEW_CAP = 50.0
MOST = 1e6
MOST_NOISE = 100.0


@dataclass(frozen=True, slots=True)
class Cases:
    """Rows with the share of their audience that looks inauthentic."""

    rows: Rows
    share: Floats

    @classmethod
    def of(cls, rows: Rows, followers: FakeFollowers) -> "Cases":
        """Return rows with the share that an audience model gives them."""
        return cls(rows, posterior(followers, rows).share)

    def take(self, chosen: Ints) -> "Cases":
        """Return some of the rows."""
        return Cases(self.rows.take(chosen), self.share[chosen])


def inputs(rows: Rows, share: Floats) -> Floats:
    """Return `COLUMNS` of collaborations with these fake shares, shape (n, p)."""
    places = [NAMES.index(name) for name in COLUMNS[:-1]]
    return np.column_stack([rows.X[:, places], share])


def task(cases: Cases, seed: int) -> Task:
    """Return the task of learning from collaborations.

    Parameters
    ----------
    cases : Cases
        Collaborations, young ones counting for the share that has arrived.
    seed : int
        Of everything random.

    Returns
    -------
    Task
    """
    X = inputs(cases.rows, cases.share)
    places = usable(COLUMNS, X)
    return Task(
        columns=tuple(COLUMNS[place] for place in places),
        X=X[:, places],
        asked=Counts(capped(cases.rows.value), np.log(cases.rows.share)),
        groups=cases.rows.creator,
        seed=seed,
        signs=SIGNS,
        together=((OFFER, HIDDEN_OFFERS),),
        growth=GROWTH,
    )


def capped(count: Floats) -> Floats:
    """Return counts without the few that are out of all proportion, which would carry the fit."""
    usual = float(np.quantile(count, 0.99)) if len(count) else 0.0
    return np.minimum(count, min(max(FEW_CAP, OUT_OF_PROPORTION * usual), MOST))


def forecast(cases: Cases, followers: FakeFollowers, found: Candidate, seed: int) -> Conversion:
    """Put pools, level, dispersion and the goals' calibration on held-out scores.

    Parameters
    ----------
    cases : Cases
        The rows that were learned from.
    followers : FakeFollowers
        The audience model to carry.
    found : Candidate
        The score, and the rows' scores by models that never saw them.
    seed : int
        Of the folds that choose the goals' calibration.

    Returns
    -------
    Conversion
        Without support and references.
    """
    rows, columns = cases.rows, found.served.columns
    arrived, count = np.log(rows.share), capped(rows.value)
    X = inputs(rows, cases.share)[:, [COLUMNS.index(name) for name in columns]]
    unknown = np.isnan(X)
    alone = tally(found.held, arrived, count, unknown=unknown, columns=columns)
    dispersion = float(np.exp(alone.spread.raw(_of(alone.spread.columns, columns, X))).mean())
    seen = Seen(
        aim=rows.aim,
        creator=rows.creator,
        count=count,
        mean=np.exp(alone.level + alone.slope * found.held + arrived),
        as_of=rows.as_of,
        known=rows.known,
    )
    pools, effect = pooled(seen, dispersion)
    fitted = tally(found.held, effect + arrived, count, unknown=unknown, columns=columns)
    log_mean = fitted.level + fitted.slope * found.held + effect
    spread = np.exp(fitted.spread.raw(_of(fitted.spread.columns, columns, X)))
    noise = float(np.expm1((1.0 - PERSISTENT) * np.log1p(spread).mean()))
    noise = min(noise, MOST_NOISE)
    recent = rows.as_of >= rows.as_of.max() - RECENT_DAYS * DAY
    shift = recent_shift((log_mean + arrived)[recent], count[recent], spread[recent])
    mature = np.flatnonzero(rows.share == 1.0)
    raw = Story(noise).log_odds(log_mean[mature], spread[mature], rows.goal[mature])
    hit = (rows.value >= rows.goal)[mature].astype(np.float64)
    usual = float(pools.total_variance(rows.aim, rows.X[:, NAMES.index(WORKED)]).mean())
    return Conversion(
        version="",
        served=found.served,
        level=fitted.level + shift,
        slope=fitted.slope,
        spread=fitted.spread,
        pools=replace(pools, usual=usual),
        support=Support.none(),
        story=Story(noise, recalibration(raw, hit, rows.creator[mature], seed)),
        followers=followers,
        references=References({}),
    )


def _of(some: tuple[str, ...], columns: tuple[str, ...], X: Floats) -> Floats:
    return X[:, [columns.index(name) for name in some]]
