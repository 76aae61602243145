"""Puts the parts together: people, growth, market, deals, posts, outcomes, truth."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from training.world import audiences, dealing, funnel, market, metrics, outcomes, posts
from training.world.dealing import Trade
from training.world.growth import Scene, grow
from training.world.population import creator_table, population
from training.world.samples import account_table, sample_table
from training.world.schemas import TABLES, TRUTH
from training.world.snapshots import snapshot_table
from training.world.timeline import timeline
from training.world.truth import expected, truth_tables

COLLABORATIONS_PER_CREATOR = 5
# Each part has its own stream, so that a change in one leaves the draws of the others alone.
_PARTS = (
    "people", "growth", "brands", "briefs", "goals", "applications", "deals", "posts", "texts",
    "totals", "metrics", "snapshots", "audience", "followers", "audits", "accounts", "counts",
    "outcomes", "truth",
)  # fmt: skip
_Streams = Mapping[str, np.random.Generator]


@dataclass(frozen=True, slots=True)
class World:
    """A simulated marketplace: the tables anyone sees, and the truth behind them."""

    tables: dict[str, pa.Table]
    truth: dict[str, pa.Table]


def simulate(creators: int = 2_000, seed: int = 7, months: int = 18) -> World:
    """Simulate a marketplace with known truth; equal arguments give equal tables, byte for byte.

    Parameters
    ----------
    creators : int
        Number of creators, at least 20; collaborations are five times as many.
    seed : int
        Any whole number from 0 on.
    months : int
        Calendar months of history, at least 6, ending on 2026-07-01.

    Returns
    -------
    World
        `tables` of DESIGN.md section 2, and `truth`, which no training may read.

    Raises
    ------
    ValueError
        If there are too few creators or months.
    """
    if creators < 20:
        message = f"creators must be at least 20 so that briefs find applicants, not {creators}"
        raise ValueError(message)
    streams = np.random.SeedSequence(seed).spawn(len(_PARTS))
    rng = {
        part: np.random.Generator(np.random.PCG64(stream))
        for part, stream in zip(_PARTS, streams, strict=True)
    }
    time = timeline(months)
    people = population(rng["people"], creators, time.days, seed)
    scene = Scene(people, grow(rng["growth"], people, time.days), time, seed)
    trade = _trade(rng, scene)
    mean = expected(scene, trade)
    tables = _tables(rng, scene, trade)
    shown = metrics.usual_impressions(scene, trade.deals.creator, trade.deals.agreed)
    final = outcomes.counts(rng["counts"], mean)
    tables["outcomes"] = outcomes.outcome_table(rng["outcomes"], scene, trade, shown, final)
    truth = truth_tables(rng["truth"], scene, trade, mean)
    return World({name: tables[name] for name in TABLES}, {name: truth[name] for name in TRUTH})


def _trade(rng: _Streams, scene: Scene) -> Trade:
    n = len(scene.people.followers)
    makers = market.brands(rng["brands"], max(12, round(150 * np.sqrt(n / 2_000))), scene.salt)
    wanted = COLLABORATIONS_PER_CREATOR * n
    asked = market.briefs(rng["briefs"], makers, wanted, scene.time, scene.salt)
    asked.goal[:] = market.goals(rng["goals"], makers, asked, funnel.log_naive(makers, asked))
    applied = dealing.apply(rng["applications"], scene, makers, asked)
    return Trade(makers, asked, applied, dealing.agree(rng["deals"], scene, asked, applied))


def _tables(rng: _Streams, scene: Scene, trade: Trade) -> dict[str, pa.Table]:
    deals = trade.deals
    out = np.flatnonzero(~np.isnan(deals.published))
    brand = trade.asked.brand[deals.brief[out]]
    agreed = posts.Agreed(deals.creator[out], deals.published[out], brand)
    written = posts.write_posts(rng["posts"], scene, agreed, trade.makers.category)
    final = metrics.totals(rng["totals"], written, scene)
    return {
        "creators": creator_table(scene.people, scene.time),
        "snapshots": snapshot_table(rng["snapshots"], scene, written),
        "posts": posts.post_table(rng["texts"], written, scene, trade.makers.ids),
        "post_metrics": metrics.metric_table(rng["metrics"], written, scene, final),
        "audience": audiences.breakdowns(rng["audience"], scene),
        "followers": sample_table(rng["followers"], scene),
        "brands": market.brand_table(trade.makers, scene.time),
        "briefs": market.brief_table(trade.asked, trade.makers, scene.time),
        "applications": dealing.application_table(trade, scene),
        "collaborations": dealing.deal_table(trade, scene),
        "audits": audiences.audit_table(rng["audits"], scene),
        "accounts": account_table(rng["accounts"]),
    }
