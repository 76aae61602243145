"""The creators: what is known of them and what is not."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from training.world import figures
from training.world.columns import known, lists, moments, names, table
from training.world.draws import Flags, Floats, Ints, Strings, choose, ids, lognormal
from training.world.schemas import TABLES
from training.world.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Population:
    """Creators as arrays of equal length; the columns named latent reach no table."""

    ids: Strings
    platform: Ints
    country: Ints
    category: Ints
    tier: Ints
    followers: Floats  # real and fake together, at the start
    created_days: Floats  # before the start
    verified: Flags
    accepts: Flags  # (n, 4) over figures.COMPENSATION
    min_fee: Floats
    observed_day: Floats  # when the row's changeable columns were looked at
    posts_per_week: Floats
    sponsored_rate: Floats
    connected: Flags  # insights are shared
    demographics: Flags  # audience breakdowns are shared
    sampled: Flags
    audited: Flags
    joined_day: Floats  # first snapshot
    weekly: Flags  # snapshots once a week only
    country_share: Floats  # (n, countries)
    female_share: Floats
    age_share: Floats  # (n, ages)
    growth: Floats  # latent from here on: organic growth a month
    base_fake: Floats  # share of fakes among followers that came by themselves
    regime: Ints  # over figures.REGIMES
    bought_share: Floats  # share that buying leads to, for buyers
    engagement: Floats  # log effects
    reach: Floats
    appeal: Floats
    traffic: Floats  # what of the appeal shows in link clicks and saves
    pod: Flags
    like_spread: Floats
    comment_rate: Floats
    hides_likes: Flags

    def gender_share(self) -> Floats:
        """Return (n, 2) shares of women and men; one in a hundred is neither."""
        return np.stack([self.female_share, 0.99 - self.female_share], axis=1)


def population(rng: np.random.Generator, creators: int, days: int, salt: int) -> Population:
    """Draw `creators` creators for a history of `days` days."""
    n = creators
    platform = choose(rng, figures.PLATFORM_WEIGHTS, n)
    tier = choose(rng, figures.TIER_WEIGHTS, n)
    country = choose(rng, figures.COUNTRY_WEIGHTS, n)
    category = choose(rng, figures.CATEGORY_WEIGHTS, n)
    followers = _followers(rng, tier)
    pod = rng.random(n) < 0.09
    engagement, reach, appeal, traffic = _effects(rng, n)
    base_fake, regime, bought = _fakes(rng, tier)
    late = rng.random(n) < 0.15
    return Population(
        ids=ids("c", n, salt),
        platform=platform,
        country=country,
        category=category,
        tier=tier,
        followers=followers,
        created_days=200 + rng.gamma(2.0, 500.0, n),
        verified=rng.random(n) < np.array([0.02, 0.06, 0.25, 0.6, 0.85])[tier],
        accepts=_accepts(rng, tier),
        min_fee=np.round(0.55 * price(followers) * np.exp(0.35 * rng.standard_normal(n)), -1) + 10,
        observed_day=rng.uniform(0.5, 60, n),
        posts_per_week=np.clip(lognormal(rng, 1.9, 0.55, n), 0.4, 7.0),
        sponsored_rate=rng.beta(1.6, 11.0, n),
        connected=rng.random(n) < 0.65,
        demographics=rng.random(n) < 0.75,
        sampled=rng.random(n) < 0.70,
        audited=rng.random(n) < 0.60,
        joined_day=np.where(late, rng.uniform(10, 0.4 * days, n), 0.0),
        weekly=rng.random(n) < 0.2,
        country_share=_countries(rng, country),
        female_share=_females(rng, category),
        age_share=_ages(rng, platform, category),
        growth=rng.normal(np.array(figures.GROWTH_MEAN)[tier], np.array(figures.GROWTH_SD)[tier]),
        base_fake=base_fake,
        regime=regime,
        bought_share=bought,
        engagement=engagement,
        reach=reach,
        appeal=appeal,
        traffic=traffic,
        pod=pod,
        like_spread=lognormal(rng, figures.LIKE_SPREAD_MEDIAN, figures.LIKE_SPREAD_SIGMA, n),
        comment_rate=lognormal(rng, figures.COMMENT_MEDIAN, figures.COMMENT_SIGMA, n),
        hides_likes=rng.random(n) < 0.05,
    )


def price(followers: Floats) -> Floats:
    """Return the usual price of one post in dollars."""
    size = np.maximum(followers, 1) / 30_000
    return np.asarray(figures.PRICE_AT_30K * size**figures.PRICE_ELASTICITY)


def _followers(rng: np.random.Generator, tier: Ints) -> Floats:
    """Log-uniform inside the tier, thinning out towards its upper edge."""
    edges = np.log(np.array(figures.TIER_EDGES, dtype=np.float64))
    inside = rng.random(len(tier)) ** 1.25
    return np.asarray(np.exp(edges[tier] + inside * (edges[tier + 1] - edges[tier])))


def _effects(rng: np.random.Generator, n: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Log effects on likes, reach and sales, and the visible shadow of the last."""
    common = rng.standard_normal(n)
    engagement = 0.33 * common + 0.33 * rng.standard_normal(n)
    reach = 0.22 * common + 0.32 * rng.standard_normal(n)
    appeal = rng.standard_normal(n)
    traffic = 0.6 * appeal + 0.8 * rng.standard_normal(n)
    return engagement, reach, appeal, traffic


def _fakes(rng: np.random.Generator, tier: Ints) -> tuple[Floats, Ints, Floats]:
    n = len(tier)
    alpha, beta = np.array(figures.FAKE_BETA).T
    base = rng.beta(alpha[tier], beta[tier])
    regime = choose(rng, figures.REGIME_WEIGHTS, n)
    heavy = rng.random(n) < figures.BUYER_HEAVY
    bought = np.where(
        heavy, rng.beta(*figures.BUYER_HEAVY_BETA, n), rng.beta(*figures.BUYER_LIGHT_BETA, n)
    )
    return base, regime, np.where(regime > 0, np.maximum(bought, base), base)


def _accepts(rng: np.random.Generator, tier: Ints) -> Flags:
    chance = np.array(
        [[0.8, 0.9, 0.5, 0.6], [0.95, 0.7, 0.4, 0.5], [1, 0.4, 0.35, 0.4], [1, 0.2, 0.3, 0.3]]
    )
    accepted = rng.random((len(tier), 4)) < chance[np.minimum(tier, 3)]
    accepted[:, 0] |= ~accepted.any(axis=1)
    return np.asarray(accepted, dtype=np.bool_)


def _countries(rng: np.random.Generator, home: Ints) -> Floats:
    """Share of the audience by country: home first, the rest spread by size."""
    n = len(home)
    weights = np.array(figures.COUNTRY_WEIGHTS)
    shares = rng.gamma(np.broadcast_to(6 * weights, (n, len(weights))) + 0.05)
    shares[np.arange(n), home] = 0
    shares /= shares.sum(axis=1, keepdims=True)
    at_home = rng.beta(3.2, 2.0, n)
    elsewhere = rng.beta(2.0, 14.0, n)  # in countries nobody targets
    shares *= ((1 - at_home) * (1 - elsewhere))[:, None]
    shares[np.arange(n), home] = at_home
    return np.asarray(shares, dtype=np.float64)


def _females(rng: np.random.Generator, category: Ints) -> Floats:
    mean = np.array(figures.CATEGORY_FEMALE)[category]
    return np.clip(rng.beta(5 * mean, 5 * (1 - mean)), 0.02, 0.97)


def _ages(rng: np.random.Generator, platform: Ints, category: Ints) -> Floats:
    """Shares of the seven bands: a bell around the age of platform and category."""
    n = len(platform)
    centre = np.array([27.0, 22.0, 27.0, 38.0, 33.0])[platform]
    centre += np.array([0, 0, 1, 4, 3, 2, -5, 7, 9, 2], dtype=np.float64)[category]
    centre += 4.5 * rng.standard_normal(n)
    width = rng.uniform(5.5, 10, n)
    bands = np.array(figures.AGE_CENTRES)
    shares = np.exp(-0.5 * ((bands - centre[:, None]) / width[:, None]) ** 2) + 0.004
    shares /= shares.sum(axis=1, keepdims=True)
    return np.asarray(shares, dtype=np.float64)


def creator_table(people: Population, time: Timeline) -> pa.Table:
    """Return `creators`; every column but the platform is unknown of some."""
    place = np.arange(len(people.followers))
    return table(
        TABLES["creators"],
        {
            "creator_id": people.ids,
            "platform": names(figures.PLATFORMS, people.platform),
            "country": names(figures.COUNTRIES, np.where(place % 25 == 3, -1, people.country)),
            "language": names(figures.LANGUAGES, np.where(place % 25 == 8, -1, people.country)),
            "category": names(figures.CATEGORIES, np.where(place % 20 == 7, -1, people.category)),
            "created_at": moments(time.at(-people.created_days), place % 10 != 1),
            "is_verified": known(people.verified, place % 15 != 6),
            "accepts": lists(figures.COMPENSATION, people.accepts),
            "min_fee": known(people.min_fee, place % 5 != 2),
            "observed_at": moments(time.at(people.observed_day)),
        },
    )
