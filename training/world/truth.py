"""What no model may read: the fake shares and the chances behind the tables."""

import numpy as np
import pyarrow as pa

from training.world import figures, funnel, outcomes
from training.world.columns import known, moments, names, table
from training.world.dealing import Trade, eligible, history
from training.world.draws import Floats
from training.world.funnel import Pairs
from training.world.growth import SPIKES, Scene
from training.world.population import price
from training.world.schemas import TRUTH


def expected(scene: Scene, trade: Trade) -> Floats:
    """Return the expected conversions of every collaboration."""
    deals = trade.deals
    before = history(trade, deals.creator, deals.brief, deals.agreed)
    pairs = Pairs(deals.creator, deals.brief, deals.agreed, deals.fee, *before)
    return np.exp(funnel.log_mean(scene, trade.makers, trade.asked, pairs))


def truth_tables(
    rng: np.random.Generator, scene: Scene, trade: Trade, mean: Floats
) -> dict[str, pa.Table]:
    """Return the tables of `truth/`; `mean` are the expected conversions of the collaborations."""
    goal = trade.asked.goal[trade.deals.brief]
    return {
        "creators": _creators(scene),
        "fake_shares": _fake_shares(scene),
        "spikes": _spikes(scene),
        "collaborations": table(
            TRUTH["collaborations"],
            {
                "collaboration_id": trade.deals.ids,
                "conversion_probability": outcomes.chance(mean, goal),
                "expected_conversions": mean,
            },
        ),
        "applications": _applications(scene, trade),
        "briefs": _held_out(rng, scene, trade),
    }


def _creators(scene: Scene) -> pa.Table:
    people = scene.people
    return table(
        TRUTH["creators"],
        {
            "creator_id": people.ids,
            "fake_share": scene.growth.share()[:, -1],
            "buys": names(figures.REGIMES, people.regime),
            "pod": people.pod,
            "appeal": people.appeal,
        },
    )


def _fake_shares(scene: Scene) -> pa.Table:
    """Return the share of every creator at the start of every month, and at the end."""
    share, n = scene.growth.share(), len(scene.people.followers)
    months = np.array(scene.time.months())
    who, when = np.repeat(np.arange(n), len(months)), np.tile(months, n)
    return table(
        TRUTH["fake_shares"],
        {
            "creator_id": scene.people.ids.take(pa.array(who)),
            "as_of": moments(when),
            "fake_share": share[who, scene.time.day(when)],
        },
    )


def _spikes(scene: Scene) -> pa.Table:
    """Return every jump of the followers: the benign ones, then the bursts that were bought."""
    benign, bursts = scene.growth.events, scene.growth.bursts
    who, day, kind, size = (
        np.concatenate([getattr(benign, name), getattr(bursts, name)])
        for name in ("creator", "day", "kind", "size")
    )
    return table(
        TRUTH["spikes"],
        {
            "creator_id": scene.people.ids.take(pa.array(who)),
            "happened_at": moments(scene.time.at(day.astype(np.float64))),
            "kind": names(SPIKES, kind),
            "size": size,
        },
    )


def _applications(scene: Scene, trade: Trade) -> pa.Table:
    """Return the chance of everybody who applied, had they been chosen at once and as asked."""
    applied, asked = trade.applied, trade.asked
    creator, brief = applied.creator, applied.brief
    fee = np.where(asked.pay[brief] == 0, applied.fee, np.nan)
    pairs = Pairs(creator, brief, applied.day, fee, *history(trade, creator, brief, applied.day))
    mean = np.exp(funnel.log_mean(scene, trade.makers, asked, pairs))
    return table(
        TRUTH["applications"],
        {
            "brief_id": asked.ids.take(pa.array(brief)),
            "creator_id": scene.people.ids.take(pa.array(creator)),
            "as_of": moments(scene.time.at(applied.day)),
            "conversion_probability": outcomes.chance(mean, asked.goal[brief]),
            "expected_conversions": mean,
        },
    )


def _held_out(rng: np.random.Generator, scene: Scene, trade: Trade) -> pa.Table:
    """Return the chance of every eligible creator for the briefs that found nobody.

    They agree at the end of the history, for the fee they would ask.
    """
    asked, last = trade.asked, scene.time.days - 1
    alone = np.flatnonzero(asked.slots == 0)
    able = [eligible(scene, asked, brief, last) for brief in alone.tolist()]
    brief = np.repeat(alone, [len(rows) for rows in able])
    creator = np.concatenate(able)
    day = np.full(len(creator), scene.time.days - 0.001)
    usual = price(scene.growth.total()[creator, last]) * np.sqrt(asked.deliverables[brief])
    fee = np.round(usual * np.exp(0.35 * rng.standard_normal(len(creator)))) + 5
    fee = np.where(asked.pay[brief] == 0, fee, np.nan)
    pairs = Pairs(creator, brief, day, fee, *history(trade, creator, brief, day))
    mean = np.exp(funnel.log_mean(scene, trade.makers, asked, pairs))
    return table(
        TRUTH["briefs"],
        {
            "brief_id": asked.ids.take(pa.array(brief)),
            "creator_id": scene.people.ids.take(pa.array(creator)),
            "as_of": moments(np.full(len(creator), scene.time.end)),
            "compensation": names(figures.COMPENSATION, asked.pay[brief]),
            "fee": known(fee, ~np.isnan(fee)),
            "conversion_probability": outcomes.chance(mean, asked.goal[brief]),
            "expected_conversions": mean,
        },
    )
