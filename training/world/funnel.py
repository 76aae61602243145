"""What a collaboration sells on average: impressions, match, trust, price, season."""

from dataclasses import dataclass

import numpy as np

from training.world import figures
from training.world.draws import Floats, Ints
from training.world.growth import Scene
from training.world.market import Brands, Briefs
from training.world.metrics import reach_rate
from training.world.population import Population, price

# Conversions of a usual post of 30,000 followers, between the bottom-up funnel's 1-3 and the ten to
# twenty times more of Beichert et al.'s discount codes.
_AT_30K = 9.0
# Revenue per follower falls with size (Beichert et al. 2024).
_ELASTICITY = 0.65
# What no column shows is kept small: benchmarks/world_hardness.py says how hard the world is by it.
_APPEAL, _BRAND = 0.24, 0.14
# By type of collaboration (figures.COLLABORATION), platform (figures.PLATFORMS).
_TYPE = np.array([0.0, -0.60, -0.10, 0.50, 0.30])
_SALES_BY_PLATFORM = np.array([0.0, -0.35, 0.20, 0.10, -0.10])
# Buying inclination of a month, January first: gifts in November and December.
_SEASON = np.array([-0.05, -0.04, 0.0, 0.0, 0.02, 0.0, -0.04, -0.04, 0.0, 0.03, 0.14, 0.16])
_DRIFT_PER_DAY = -0.25 / 546


@dataclass(frozen=True, slots=True)
class Pairs:
    """Creators who take, or might take, briefs."""

    creator: Ints
    brief: Ints
    day: Floats  # agreed
    fee: Floats  # NaN where none is paid
    with_brand: Ints  # earlier collaborations with the brand
    rivals: Ints  # with other brands of its category in the last 180 days


def match(people: Population, asked: Briefs, creator: Ints, brief: Ints) -> Floats:
    """Return the part of the audience that is targeted: overlaps by dimension, multiplied."""
    product = np.ones(len(creator))
    for shares, weights in (
        (people.country_share, asked.countries),
        (people.gender_share(), asked.genders),
        (people.age_share, asked.ages),
    ):
        wanted = weights[brief]
        overlap = np.minimum(wanted, shares[creator]).sum(axis=1)
        product *= np.where(wanted.sum(axis=1) > 0, overlap, 1.0)
    return product


def affinity(creator_category: Ints, brief_category: Ints) -> Ints:
    """Return 2 for the same category, 1 for a related one, 0 for another."""
    group = np.array(figures.CATEGORY_GROUP)
    related = group[creator_category] == group[brief_category]
    return np.where(creator_category == brief_category, 2, np.where(related, 1, 0))


def log_mean(scene: Scene, makers: Brands, asked: Briefs, pairs: Pairs) -> Floats:
    """Return the log of the expected conversions at day 30 after publishing."""
    people, creator, brief = scene.people, pairs.creator, pairs.brief
    brand = asked.brand[brief]
    real = scene.growth.real[creator, scene.day(pairs.day)]
    platform = people.platform[creator]
    exposure = _log_exposure(real) + people.reach[creator]
    exposure += 0.5 * np.log(np.array(figures.PLATFORM_REACH)[platform])
    close = affinity(people.category[creator], asked.category[brief])
    value = _ELASTICITY * exposure + _SALES_BY_PLATFORM[platform]
    value += _offer(makers, asked)[brief] + _moment(scene, pairs.day)
    # The right people buy more of what the creator is known for.
    fit = np.log(0.05 + 0.95 * match(people, asked, creator, brief))
    value += np.array([0.55, 0.80, 0.85])[close] * (fit + 1.5) - 1.5
    value += np.array([-0.40, 0.0, 0.25])[close]
    value += _trust(people, creator, close)
    value += _APPEAL * people.appeal[creator] + _BRAND * makers.effect[brand]
    value += _circumstances(people, asked, pairs)
    return np.asarray(value)


def log_naive(makers: Brands, asked: Briefs) -> Floats:
    """Return the log conversions a brand expects from anyone of the size it has in mind."""
    middle = np.sqrt(asked.low * asked.high)
    exposure = _ELASTICITY * _log_exposure(0.85 * middle)
    return np.asarray(np.log(_AT_30K) + exposure + 0.20 * _offer(makers, asked))


def _log_exposure(followers: Floats) -> Floats:
    """Return log impressions against those of 30,000 real followers."""
    usual = 30_000 * float(reach_rate(np.array([30_000.0]))[0])
    return np.asarray(np.log(followers * reach_rate(followers) / usual))


def _offer(makers: Brands, asked: Briefs) -> Floats:
    """Return what lies in the brief alone: type, amount of content, price, novelty."""
    dear = np.log(makers.order_value[asked.brand] / figures.ORDER_VALUE_MEDIAN)
    content = _TYPE[asked.kind] + 0.70 * np.log(asked.deliverables)
    return np.asarray(content - 0.25 * dear - 0.60 * asked.launch)


def _moment(scene: Scene, day: Floats) -> Floats:
    """Return season and drift, on top of the level at 30,000 followers."""
    moment = scene.time.at(day).astype("datetime64[us]").astype("datetime64[M]")
    month = moment.astype(np.int64) % 12
    return np.asarray(np.log(_AT_30K) + _SEASON[month] + _DRIFT_PER_DAY * day)


def _trust(people: Population, creator: Ints, close: Ints) -> Floats:
    """Return the effect of engagement, an inverted U, and of too many paid posts.

    Engagement counts for a third where the audience does not care for the subject.
    """
    engagement = people.engagement[creator] / 0.47
    helps = 0.22 * engagement - 0.10 * (engagement**2 - 1)
    paid = np.maximum(people.sponsored_rate[creator] - 0.15, 0)
    return np.asarray(np.where(close > 0, helps, 0.3 * helps) - 4.0 * paid)


def _circumstances(people: Population, asked: Briefs, pairs: Pairs) -> Floats:
    """Return the effect of haste, repetition, rivals, and what the fee buys."""
    usual = price(people.followers)[pairs.creator]
    paid = np.nan_to_num(np.log(np.maximum(pairs.fee, 1) / usual), nan=0.0)
    rushed = np.clip((24 - asked.lead[pairs.brief]) / 12, 0, 1)
    return np.asarray(
        -0.70 * rushed
        + 0.20 * np.minimum(pairs.with_brand, 3)
        - 0.30 * np.minimum(pairs.rivals, 2)
        + 0.15 * np.clip(paid, -1, 1)
    )
