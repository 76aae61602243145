"""Who applies, who is chosen, and on what terms."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from training.world import figures
from training.world.columns import known, moments, names, table
from training.world.draws import Flags, Floats, Ints, Strings, ids
from training.world.funnel import affinity, match
from training.world.growth import Scene
from training.world.market import Brands, Briefs
from training.world.metrics import like_rate
from training.world.population import price
from training.world.schemas import TABLES


@dataclass(frozen=True, slots=True)
class Applications:
    """Creators who applied to briefs."""

    brief: Ints
    creator: Ints
    day: Floats
    fee: Floats  # asked
    chosen: Flags
    declined: Floats  # day, NaN never


@dataclass(frozen=True, slots=True)
class Deals:
    """Collaborations sorted by the day they were agreed."""

    ids: Strings
    brief: Ints
    creator: Ints
    agreed: Floats
    published: Floats  # NaN never
    pay: Ints
    fee: Floats  # NaN none


@dataclass(frozen=True, slots=True)
class Trade:
    """Everything brands and creators agreed on."""

    makers: Brands
    asked: Briefs
    applied: Applications
    deals: Deals


def eligible(scene: Scene, asked: Briefs, brief: int, day: int) -> Ints:
    """Return the creators inside the brief's follower range who take what it pays with."""
    total = scene.growth.real[:, day] + scene.growth.fake[:, day]
    inside = (total >= asked.low[brief]) & (total <= asked.high[brief])
    return np.flatnonzero(inside & scene.people.accepts[:, asked.pay[brief]])


def apply(rng: np.random.Generator, scene: Scene, makers: Brands, asked: Briefs) -> Applications:
    """Draw applications and choices, brief by brief."""
    people, days = scene.people, scene.time.days
    eager = 0.5 * rng.standard_normal(len(people.followers)) + 0.25 * people.appeal
    parts: list[tuple[Ints, Ints, Flags]] = []
    for brief in np.flatnonzero(asked.slots > 0).tolist():
        slots = int(asked.slots[brief])
        able = _able(rng, scene, asked, brief)
        close = affinity(people.category[able], asked.category[[brief]])
        home = people.country[able] == makers.country[asked.brand[brief]]
        drawn = eager[able] + 1.1 * close + 2.0 * home + rng.gumbel(size=len(able))
        most = min(int(slots * rng.uniform(1.6, 3.6)) + 1, len(able))
        applied = able[np.argsort(-drawn, kind="stable")[:most]]
        liked = _liking(rng, scene, asked, applied, brief)
        order = np.argsort(-liked, kind="stable")
        parts.append((np.full(most, brief), applied[order], np.arange(most) < slots))
    row, creator, chosen = (np.concatenate(column) for column in zip(*parts, strict=True))
    n = len(creator)
    day = np.minimum(asked.day[row] + np.minimum(rng.exponential(3.0, n), 12), days - 1.5)
    usual = price(scene.growth.total()[creator, scene.day(day)])
    fee = usual * np.sqrt(asked.deliverables[row]) * np.exp(0.35 * rng.standard_normal(n))
    declined = np.where(rng.random(n) < 0.6, day + 4 + rng.exponential(6.0, n), np.nan)
    declined = np.where(~chosen & (declined < days), declined, np.nan)
    return Applications(row, creator, day, np.round(fee) + 5, chosen, declined)


def _able(rng: np.random.Generator, scene: Scene, asked: Briefs, brief: int) -> Ints:
    """Return who might apply: the eligible, a few others; in a small world the nearest."""
    day, fewest = int(asked.day[brief]), 2 * int(asked.slots[brief])
    able = eligible(scene, asked, brief, day)
    able = np.union1d(able, np.flatnonzero(rng.random(len(scene.people.followers)) < 0.01))
    if len(able) >= fewest:
        return able
    total = scene.growth.real[:, day] + scene.growth.fake[:, day]
    middle = np.sqrt(asked.low[brief] * asked.high[brief])
    return np.sort(np.argsort(np.abs(np.log(total / middle)), kind="stable")[:fewest])


def _liking(
    rng: np.random.Generator, scene: Scene, asked: Briefs, creator: Ints, brief: int
) -> Floats:
    """Return what the brand thinks of applicants: size, engagement, fit, and something unseen."""
    people, day = scene.people, int(asked.day[brief])
    real = scene.growth.real[creator, day]
    total = real + scene.growth.fake[creator, day]
    shown = np.log(like_rate(real) * real / total) + people.engagement[creator]
    shown += 0.35 * people.pod[creator]
    row = np.full(len(creator), brief)
    return np.asarray(
        0.35 * np.log(total)
        + 0.5 * shown
        + 0.8 * np.sqrt(match(people, asked, creator, row))
        + 0.35 * affinity(people.category[creator], asked.category[row])
        + 0.45 * people.appeal[creator]
        + 1.3 * people.demographics[creator]  # who shows an audience is trusted
        + rng.gumbel(size=len(creator))
    )


def agree(rng: np.random.Generator, scene: Scene, asked: Briefs, applied: Applications) -> Deals:
    """Turn choices into collaborations: agreed in days, published in weeks, some never."""
    rows, days = np.flatnonzero(applied.chosen), scene.time.days
    n = len(rows)
    agreed = np.minimum(applied.day[rows] + 1 + rng.exponential(4.0, n), days - 0.01)
    order = np.argsort(agreed, kind="stable")
    rows, agreed = rows[order], agreed[order]
    published = agreed + np.minimum(2 + rng.gamma(2.0, 5.0, n), 60)
    gone = (rng.random(n) < 0.06) | (published >= days)
    pay = asked.pay[applied.brief[rows]]
    fee = np.round(applied.fee[rows] * np.exp(-0.08 + 0.12 * rng.standard_normal(n)))
    return Deals(
        ids=ids("k", n, scene.salt),
        brief=applied.brief[rows],
        creator=applied.creator[rows],
        agreed=agreed,
        published=np.where(gone, np.nan, published),
        pay=pay,
        fee=np.where(pay == 0, fee, np.nan),
    )


def history(trade: Trade, creator: Ints, brief: Ints, day: Floats) -> tuple[Ints, Ints]:
    """Count earlier collaborations with the brand, and with its rivals in the last 180 days."""
    deals, asked, n = trade.deals, trade.asked, len(creator)
    order = np.argsort(deals.creator, kind="stable")
    owner = deals.creator[order]
    first = np.searchsorted(owner, creator, side="left")
    size = np.searchsorted(owner, creator, side="right") - first
    pair = np.repeat(np.arange(n), size)
    earlier = order[first[pair] + np.arange(len(pair)) - (np.cumsum(size) - size)[pair]]
    agreed, brand = deals.agreed[earlier], asked.brand[deals.brief[earlier]]
    mine = asked.brand[brief][pair]
    category = trade.makers.category
    same = (agreed < day[pair]) & (brand == mine)
    rival = (agreed < day[pair]) & (agreed >= day[pair] - 180) & (brand != mine)
    rival &= category[brand] == category[mine]
    return np.bincount(pair[same], minlength=n), np.bincount(pair[rival], minlength=n)


def application_table(trade: Trade, scene: Scene) -> pa.Table:
    """Return `applications`."""
    applied, asked = trade.applied, trade.asked
    return table(
        TABLES["applications"],
        {
            "brief_id": asked.ids.take(pa.array(applied.brief)),
            "creator_id": scene.people.ids.take(pa.array(applied.creator)),
            "applied_at": moments(scene.time.at(applied.day)),
            "asked_fee": known(applied.fee, asked.pay[applied.brief] == 0),
            "declined_at": moments(scene.time.at(applied.declined), ~np.isnan(applied.declined)),
        },
    )


def deal_table(trade: Trade, scene: Scene) -> pa.Table:
    """Return `collaborations`."""
    deals = trade.deals
    return table(
        TABLES["collaborations"],
        {
            "collaboration_id": deals.ids,
            "brief_id": trade.asked.ids.take(pa.array(deals.brief)),
            "creator_id": scene.people.ids.take(pa.array(deals.creator)),
            "agreed_at": moments(scene.time.at(deals.agreed)),
            "published_at": moments(scene.time.at(deals.published), ~np.isnan(deals.published)),
            "compensation": names(figures.COMPENSATION, deals.pay),
            "fee": known(deals.fee, ~np.isnan(deals.fee)),
        },
    )
