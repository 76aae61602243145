"""Every figure of a backtest, each with its n and its 90 % interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from features.arrays import Flags, Floats
from models.manifest import Metric
from training.backtest import ranking
from training.backtest.judged import ENGAGEMENT, FOLLOWERS, TRUTH, Judged
from training.backtest.lift import lifts
from training.backtest.ranking import DEPTHS, Order, Tally, tallies
from training.backtest.replay import CONSTANT, CREDENCE, FORECASTERS, LOGISTIC
from training.cards.slices import FEWEST, FEWEST_A_CLASS
from training.metrics import MEASURES, mean, measure

RANDOM, HINDSIGHT = "random", "hindsight"
RANKERS = (CREDENCE, LOGISTIC, ENGAGEMENT, FOLLOWERS, RANDOM, HINDSIGHT)
"""HINDSIGHT sorts by what came of it: the most that an order can bring."""

PROBABILITY = (
    "log_loss",
    "brier",
    "auc",
    "calibration_slope",
    "calibration_intercept",
    "ece",
)
COMPARED = ("log_loss", "brier", "auc")
BY_QUARTER = ("log_loss", "calibration_intercept", "calibration_slope", "auc")
RATIOS = ("conversions", "cost_per_conversion")

Metrics = Mapping[str, Metric]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a backtest found.

    Parameters
    ----------
    probability : mapping of str to mapping of str to Metric
        By forecaster, then by measure.
    less : mapping of str to mapping of str to Metric
        By rival, then by measure: that of Credence less the rival's, paired.
    count : mapping of str to Metric
        Of the expected count and its 80 % interval.
    ranking : mapping of str to mapping of str to Metric
        By measure, such as "ndcg_at_3", then by ranker; n counts briefs.
    ranking_less, ranking_times : mapping of str to mapping of str to Metric
        By measure, then by rival: Credence less it, and over it, paired.
    deciding : mapping of int to int
        By k, how many of the briefs have more than k judged: only they tell orders apart.
    lift : mapping of str to mapping of str to Metric
        By ranker, then by share of the collaborations: goals reached there over the average.
    quarters : mapping of str to mapping of str to mapping of str to Metric
        By quarter, then by forecaster, then by measure.
    slices : mapping of str to mapping of str to mapping of str to Metric
        By what the rows are told apart by, then by slice, then by measure.
    truth : mapping of str to Metric
        Against the truth of a simulated world; empty without one.
    """

    probability: Mapping[str, Metrics]
    less: Mapping[str, Metrics]
    count: Metrics
    ranking: Mapping[str, Metrics]
    ranking_less: Mapping[str, Metrics]
    ranking_times: Mapping[str, Metrics]
    deciding: Mapping[int, int]
    lift: Mapping[str, Metrics]
    quarters: Mapping[str, Mapping[str, Metrics]]
    slices: Mapping[str, Mapping[str, Metrics]]
    truth: Metrics


def figures(rows: Judged, seed: int) -> Figures:
    """Measure everything.

    Parameters
    ----------
    rows : Judged
        At least one collaboration.
    seed : int
        Of the bootstrap, which draws briefs.

    Returns
    -------
    Figures
    """
    kept = {name: MEASURES[name] for name in PROBABILITY}
    said = rows.probability
    ranked = tallies(rows.brief, rows.hit, rows.conversions, rows.fee, orders(rows))
    _, sizes = np.unique(rows.brief, return_counts=True)
    return Figures(
        probability={
            name: measure(rows.hit, p, rows.brief, seed, kept) for name, p in said.items()
        },
        less={name: _less(rows, name, seed) for name in FORECASTERS[1:]},
        count=_count(rows, seed),
        ranking=_ranking(ranked, seed),
        ranking_less=_against(ranked, seed),
        ranking_times=_times(ranked, seed),
        deciding={depth: int((sizes > depth).sum()) for depth in DEPTHS},
        lift={
            name: lifts(order.hit, rows.hit, rows.brief, seed)
            for name, order in orders(rows).items()
            if name not in {RANDOM, HINDSIGHT}
        },
        quarters={name: _quarter(rows, name, seed) for name in dict.fromkeys(rows.quarter)},
        slices={
            name: {one: _slice(rows, of, one, seed) for one in _largest(of)}
            for name, of in rows.slices.items()
        },
        truth=_truth(rows, seed) if TRUTH in said else {},
    )


def orders(rows: Judged) -> dict[str, Order]:
    """Return how each ranker sorts.

    Credence answers two questions, and each measure takes the answer to its own: goals reached are
    sorted by the probability, conversions and what they cost by the expected number. The others
    have one answer for both.
    """
    flat = np.zeros(len(rows))
    own = rows.probability[CREDENCE]
    return {
        CREDENCE: Order(own, rows.count["expected"]),
        LOGISTIC: Order(rows.probability[LOGISTIC], rows.probability[LOGISTIC]),
        ENGAGEMENT: Order(rows.plain[ENGAGEMENT], rows.plain[ENGAGEMENT]),
        FOLLOWERS: Order(rows.plain[FOLLOWERS], rows.plain[FOLLOWERS]),
        RANDOM: Order(flat, flat),
        HINDSIGHT: Order(rows.hit, rows.conversions),
    }


def _less(rows: Judged, rival: str, seed: int) -> dict[str, Metric]:
    other = rows.probability[rival]
    paired = {
        name: lambda y, p, w, one=MEASURES[name]: one(y, p, w) - one(y, other, w)
        for name in COMPARED
    }
    return measure(rows.hit, rows.probability[CREDENCE], rows.brief, seed, paired)


def _count(rows: Judged, seed: int) -> dict[str, Metric]:
    low, high = rows.count["expected_low"], rows.count["expected_high"]
    inside = (low <= rows.conversions) & (rows.conversions <= high)
    return {
        "expected_conversions": mean(rows.count["expected"], rows.brief, seed),
        "observed_conversions": mean(rows.conversions, rows.brief, seed),
        "interval_coverage": mean(inside.astype(np.float64), rows.brief, seed),
    }


def _ranking(ranked: Mapping[str, Mapping[str, Tally]], seed: int) -> dict[str, Metrics]:
    return {
        name: {ranker: ranking.value(one, seed) for ranker, one in every.items()}
        for name, every in ranked.items()
    }


def _against(ranked: Mapping[str, Mapping[str, Tally]], seed: int) -> dict[str, Metrics]:
    return {
        name: {
            rival: ranking.difference(every[CREDENCE], every[rival], seed)
            for rival in RANKERS[1:]
            if rival != HINDSIGHT
        }
        for name, every in ranked.items()
    }


def _times(ranked: Mapping[str, Mapping[str, Tally]], seed: int) -> dict[str, Metrics]:
    return {
        name: {
            rival: ranking.quotient(every[CREDENCE], every[rival], seed) for rival in RANKERS[1:]
        }
        for name, every in ranked.items()
        if name.startswith(RATIOS)
    }


def _quarter(rows: Judged, name: str, seed: int) -> dict[str, Metrics]:
    inside = rows.of_quarter(name)
    kept = {one: MEASURES[one] for one in BY_QUARTER}
    return {
        forecaster: measure(rows.hit[inside], p[inside], rows.brief[inside], seed, kept)
        for forecaster, p in rows.probability.items()
    }


def _largest(of: Sequence[str]) -> list[str]:
    """Return the slices by falling size, the unknown one last."""
    names, counts = np.unique(np.array(of, np.str_), return_counts=True)
    order = np.lexsort((names, -counts, names == ""))
    return [str(name) for name in names[order]]


def _slice(rows: Judged, of: Sequence[str], name: str, seed: int) -> Metrics:
    """Measure one slice; the log-loss only where it has rows enough of either outcome."""
    inside: Flags = np.array([one == name for one in of], np.bool_)
    hit, p, brief = rows.hit[inside], rows.probability[CREDENCE][inside], rows.brief[inside]
    found = {"observed": mean(hit, brief, seed), "predicted": mean(p, brief, seed)}
    names = ("log_loss", "calibration_intercept")
    if len(hit) < FEWEST or min(hit.sum(), len(hit) - hit.sum()) < FEWEST_A_CLASS:
        return found | dict.fromkeys(names, Metric(None, None, None, len(hit)))
    return found | measure(hit, p, brief, seed, {one: MEASURES[one] for one in names})


def _truth(rows: Judged, seed: int) -> dict[str, Metric]:
    """Measure how near the answers come to the simulation's own probabilities."""
    true, constant, loss = rows.probability[TRUTH], "log_loss_constant", MEASURES["log_loss"]

    def closed(y: Floats, p: Floats, weight: Floats) -> float:
        own_rate = MEASURES[constant](y, p, weight)
        return (own_rate - loss(y, p, weight)) / (own_rate - loss(y, true, weight))

    low, high = rows.count["low"], rows.count["high"]
    found = {
        f"gap_closed_{name}": measure(
            rows.hit, rows.probability[name], rows.brief, seed, {"gap": closed}
        )["gap"]
        for name in (CREDENCE, LOGISTIC, CONSTANT)
    }
    inside = ((low <= true) & (true <= high)).astype(np.float64)
    return found | {
        "interval_holds_truth": mean(inside, rows.brief, seed),
        "interval_width": mean(high - low, rows.brief, seed),
    }
