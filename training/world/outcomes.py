"""What collaborations bring: counts over-dispersed, late, partial, sometimes taken back."""

import numpy as np
import pyarrow as pa
from scipy.special import betainc

from training.world.columns import known, moments, table
from training.world.dealing import Deals, Trade
from training.world.draws import Flags, Floats, Ints
from training.world.growth import Scene
from training.world.schemas import TABLES
from training.world.timeline import DAY, Timeline

DISPERSION = 4.5  # gamma shape of what nobody could know beforehand


def chance(mean: Floats, goal: Ints) -> Floats:
    """Return P(N >= goal) of the gamma-Poisson count with this mean and shape DISPERSION."""
    odds = mean / (mean + DISPERSION)
    return np.asarray(betainc(goal.astype(np.float64), DISPERSION, odds))


def counts(rng: np.random.Generator, mean: Floats) -> Ints:
    """Draw the conversions at day 30."""
    return rng.poisson(mean * rng.gamma(DISPERSION, 1 / DISPERSION, len(mean))).astype(np.int64)


def arrived(age: Floats) -> Floats:
    """Return the share of day 30's conversions that came by `age` days, half soon, half late."""
    share = 1 - 0.5 * np.exp(-age / 1.5) - 0.5 * np.exp(-age / 11)
    at_30 = 1 - 0.5 * np.exp(-30 / 1.5) - 0.5 * np.exp(-30 / 11)
    return np.asarray(np.where(age <= 0, 0.0, share / at_30))


def outcome_table(
    rng: np.random.Generator, scene: Scene, trade: Trade, shown: Floats, final: Ints
) -> pa.Table:
    """Return `outcomes`: the cumulated counts of each published collaboration at its looks.

    `shown` are the impressions each will have had and `final` its conversions at day 30.
    """
    deals, n = trade.deals, len(trade.deals.agreed)
    row, age = _looks(rng, deals, scene.time)
    conversions = _cumulated(rng, final[row], age, np.diff(row, prepend=-1) > 0)
    refund = (age > 31) & (rng.random(len(row)) < 0.04)
    conversions = np.maximum(conversions - refund * rng.integers(1, 3, len(row)), 0)
    impressions = np.floor(shown[row] * (1 - np.exp(-age / 2.5))).astype(np.int64)
    # Many clicks go to an order, and many to none.
    per_order = 8 + rng.gamma(4.0, 4.0, n)[row]
    clicks = np.floor(conversions * per_order + 0.002 * impressions).astype(np.int64)
    value = trade.makers.order_value[trade.asked.brand[deals.brief]]
    basket = (value * np.exp(0.15 * rng.standard_normal(n)))[row]
    tracked = (rng.random(n) < 0.75)[row]
    counted = (rng.random(n) < 0.985)[row]
    built = table(
        TABLES["outcomes"],
        {
            "collaboration_id": deals.ids.take(pa.array(row)),
            "observed_at": moments(
                scene.time.at(deals.published)[row] + np.rint(age * DAY).astype(np.int64)
            ),
            "impressions": known(impressions, tracked),
            "clicks": known(clicks, tracked),
            "conversions": known(conversions, counted),
            "revenue": known(np.round(conversions * basket, 2), counted),
        },
    )
    # A few reports are sent twice.
    again = np.flatnonzero(rng.random(len(row)) < 0.003)
    return built.take(pa.array(np.sort(np.concatenate([np.arange(len(row)), again]))))


def _looks(rng: np.random.Generator, deals: Deals, time: Timeline) -> tuple[Ints, Floats]:
    """Return collaboration and age in days of each report; some pass day 30 by, some stop early."""
    n = len(deals.agreed)
    plan = np.array(
        [
            [1.0, 3, 7, 14, 30, 60],
            [0, 0, 7, 0, 30, 0],
            [0, 3, 0, 21, 33, 45],
            [0, 3, 7, 14, 0, 0],
        ]
    )
    ages = plan[rng.choice(4, n, p=[0.41, 0.33, 0.22, 0.04])]
    ages = np.where(np.isnan(deals.published)[:, None], 0, ages)
    left = np.nan_to_num(time.days - deals.published)
    rows, looks = np.nonzero((ages > 0) & (ages < left[:, None]))
    return rows.astype(np.int64), ages[rows, looks]


def _cumulated(rng: np.random.Generator, final: Ints, age: Floats, opening: Flags) -> Ints:
    """Thin the count at day 30 to the ages before it, consistently; later ones add a few.

    `opening` marks the first look at each collaboration; looks are in order of age.
    """
    n = len(final)
    count = np.zeros(n, dtype=np.int64)
    share = arrived(np.minimum(age, 30.0))
    place = np.arange(n) - np.maximum.accumulate(np.where(opening, np.arange(n), 0))
    for step in range(int(place.max(initial=-1)) + 1):
        here = np.flatnonzero(place == step)
        before = count[here - 1] if step else np.zeros(len(here), dtype=np.int64)
        past = share[here - 1] if step else np.zeros(len(here))
        coming = np.clip((share[here] - past) / np.maximum(1 - past, 1e-12), 0, 1)
        young = before + rng.binomial(np.maximum(final[here] - before, 0), coming)
        tail = rng.poisson(final[here] * np.maximum(arrived(age[here]) - 1, 0))
        late = np.maximum(final[here], before) + tail
        count[here] = np.where(age[here] <= 30, young, late)
    return count
