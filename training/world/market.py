"""Brands and their briefs."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from training.world import figures
from training.world.columns import known, maps, moments, names, table
from training.world.draws import Flags, Floats, Ints, Strings, choose, ids, lognormal, owners
from training.world.population import price
from training.world.schemas import TABLES
from training.world.timeline import Timeline

HELD_OUT = 200
_TYPE_WEIGHTS = (0.45, 0.20, 0.08, 0.15, 0.12)
# Share of each compensation (figures.COMPENSATION) by type of collaboration.
_PAY = np.array(
    [
        [0.85, 0.10, 0.00, 0.05],
        [0.10, 0.90, 0.00, 0.00],
        [0.40, 0.05, 0.55, 0.00],
        [0.15, 0.05, 0.00, 0.80],
        [0.80, 0.10, 0.00, 0.10],
    ]
)


@dataclass(frozen=True, slots=True)
class Brands:
    """Brands; effect, ambition and taste reach no table."""

    ids: Strings
    category: Ints
    country: Ints
    order_value: Floats
    priced: Flags
    observed_day: Floats
    popularity: Floats
    effect: Floats  # on the log of conversions
    ambition: Floats  # on the log of the goals it sets
    budget: Floats  # multiple of the usual price


@dataclass(frozen=True, slots=True)
class Briefs:
    """Briefs sorted by creation; the last HELD_OUT of them find nobody."""

    ids: Strings
    brand: Ints
    day: Floats
    category: Ints
    kind: Ints
    pay: Ints
    deliverables: Ints
    countries: Floats  # (n, countries) weights, rows of zero where not targeted
    genders: Floats  # (n, 2)
    ages: Floats  # (n, ages)
    goal: Ints
    budget: Floats
    low: Floats  # follower range
    high: Floats
    ranged: Flags  # the range is written into the brief
    lead: Floats  # days until publish_by
    launch: Flags
    slots: Ints  # creators looked for


def brands(rng: np.random.Generator, count: int, salt: int) -> Brands:
    """Draw `count` brands."""
    effect = rng.standard_normal(count)
    return Brands(
        ids=ids("b", count, salt),
        category=choose(rng, figures.CATEGORY_WEIGHTS, count),
        country=choose(rng, figures.COUNTRY_WEIGHTS, count),
        order_value=np.round(
            lognormal(rng, figures.ORDER_VALUE_MEDIAN, figures.ORDER_VALUE_SIGMA, count), 2
        ),
        priced=rng.random(count) < 0.75,
        observed_day=rng.uniform(0, 40, count),
        popularity=rng.gamma(1.5, 1.0, count) + 0.1,
        effect=effect,
        ambition=rng.standard_normal(count),
        budget=lognormal(rng, 1.0, 0.3, count),
    )


def briefs(
    rng: np.random.Generator, makers: Brands, wanted: int, time: Timeline, salt: int
) -> Briefs:
    """Draw briefs of four to eight creators each, `wanted` in all, and the held-out ones."""
    slots = rng.integers(4, 9, wanted // 4 + 2)
    upto = int(np.searchsorted(np.cumsum(slots), wanted)) + 1
    slots = slots[:upto]
    slots[-1] -= slots.sum() - wanted
    slots = np.concatenate([slots, np.zeros(HELD_OUT, dtype=np.int64)])
    n = len(slots)
    first = min(45.0, time.days / 4)
    day = first + (time.days - 4 - first) * np.sort(rng.random(upto) ** 0.9)
    day = np.concatenate([day, np.sort(rng.uniform(time.days - 60, time.days - 1, HELD_OUT))])
    brand = choose(rng, makers.popularity.tolist(), n)
    centre = np.exp(_size(rng, n))
    ratio = np.maximum(lognormal(rng, 2.6, 0.35, n), 1.4)
    kind = choose(rng, _TYPE_WEIGHTS, n)
    deliverables = 1 + np.minimum(rng.poisson(0.9, n), 4)
    pay_edges = np.cumsum(_PAY, axis=1)[kind][:, :-1]
    own = rng.random(n) < 0.88
    category = np.where(own, makers.category[brand], choose(rng, figures.CATEGORY_WEIGHTS, n))
    usual = price(centre) * np.sqrt(deliverables) * makers.budget[brand]
    return Briefs(
        ids=ids("f", n, salt),
        brand=brand,
        day=day,
        category=category,
        kind=kind,
        pay=(pay_edges <= rng.random((n, 1))).sum(axis=1).astype(np.int64),
        deliverables=deliverables.astype(np.int64),
        countries=_countries(rng, makers.country[brand]),
        genders=_genders(rng, category),
        ages=_ages(rng, category),
        goal=np.ones(n, dtype=np.int64),
        budget=np.round(usual * np.maximum(slots, 5) * lognormal(rng, 1.1, 0.25, n), -1) + 50,
        low=np.maximum(np.round(centre / ratio, -2), 1_000),
        high=np.round(centre * ratio, -2) + 1_000,
        ranged=rng.random(n) < 0.85,
        lead=np.round(rng.gamma(2.0, 12.0, n) + 8),
        launch=rng.random(n) < 0.15,
        slots=slots,
    )


def _size(rng: np.random.Generator, n: int) -> Floats:
    """Log followers a brief has in mind: most want the middle."""
    middle = np.array([5.5e3, 2.6e4, 1.5e5, 7.0e5])
    size = np.log(middle)[rng.choice(4, n, p=[0.27, 0.45, 0.21, 0.07])]
    return np.asarray(size + 0.35 * rng.standard_normal(n))


def _countries(rng: np.random.Generator, home: Ints) -> Floats:
    """Home alone, home and one or two others, or nowhere in particular."""
    n, total = len(home), len(figures.COUNTRIES)
    weights = np.zeros((n, total))
    others = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    weights[np.arange(n), home] = 1.0
    for place in (1, 2):
        rows = np.flatnonzero(others >= place)
        away = choose(rng, figures.COUNTRY_WEIGHTS, len(rows))
        weights[rows, away] += np.round(rng.uniform(0.2, 0.8, len(rows)), 1)
    weights /= weights.sum(axis=1, keepdims=True)
    weights[rng.random(n) < 0.06] = 0.0
    return np.asarray(np.round(weights, 3))


def _genders(rng: np.random.Generator, category: Ints) -> Floats:
    n = len(category)
    female = rng.random(n) < np.array(figures.CATEGORY_FEMALE)[category]
    weights = np.stack([female, ~female], axis=1).astype(np.float64)
    mixed = rng.random(n) < 0.25
    weights[mixed] = weights[mixed] * 0.4 + 0.3
    weights[rng.random(n) < 0.4] = 0.0
    return weights


def _ages(rng: np.random.Generator, category: Ints) -> Floats:
    n, bands = len(category), len(figures.AGES)
    centre = np.array([1.6, 1.6, 2.0, 2.5, 2.3, 2.0, 1.2, 2.6, 3.2, 2.1])[category]
    first = np.clip(np.rint(centre - 0.5 + 0.6 * rng.standard_normal(n)), 0, bands - 2)
    weights = np.zeros((n, bands))
    first = first.astype(np.int64)
    weights[np.arange(n), first] = 0.5
    weights[np.arange(n), first + 1] = 0.5
    third = np.flatnonzero((rng.random(n) < 0.4) & (first < bands - 2))
    weights[third] *= 0.8
    weights[third, first[third] + 2] = 0.2
    weights[rng.random(n) < 0.35] = 0.0
    return weights


def brand_table(makers: Brands, time: Timeline) -> pa.Table:
    """Return `brands`."""
    priced = makers.priced
    return table(
        TABLES["brands"],
        {
            "brand_id": makers.ids,
            "category": names(figures.CATEGORIES, makers.category),
            "country": names(figures.COUNTRIES, makers.country),
            "average_order_value": known(makers.order_value, priced),
            "observed_at": moments(time.at(makers.observed_day), priced),
        },
    )


def brief_table(asked: Briefs, makers: Brands, time: Timeline) -> pa.Table:
    """Return `briefs`; a brief like its brand leaves the category out."""
    own = asked.category == makers.category[asked.brand]
    # Two in five leave out what the brand says anyway.
    left_out = own & (owners(np.ones(len(own), dtype=np.int64)) % 5 < 2)
    return table(
        TABLES["briefs"],
        {
            "brief_id": asked.ids,
            "brand_id": makers.ids.take(pa.array(asked.brand)),
            "created_at": moments(time.at(asked.day)),
            "category": names(figures.CATEGORIES, np.where(left_out, -1, asked.category)),
            "collaboration_type": names(figures.COLLABORATION, asked.kind),
            "deliverables": asked.deliverables,
            "target_countries": maps(figures.COUNTRIES, asked.countries),
            "target_genders": maps(figures.GENDERS, asked.genders),
            "target_ages": maps(figures.AGES, asked.ages),
            "conversion_goal": asked.goal,
            "budget": asked.budget,
            "followers_min": known(asked.low.astype(np.int64), asked.ranged),
            "followers_max": known(asked.high.astype(np.int64), asked.ranged),
            "publish_by": moments(time.at(asked.day + asked.lead)),
            "is_launch": asked.launch,
        },
    )


def goals(rng: np.random.Generator, makers: Brands, asked: Briefs, naive: Floats) -> Ints:
    """Return conversion goals: what is expected, stretched by temper and by self-knowledge."""
    n = len(naive)
    stretch = -0.65 + 0.25 * makers.ambition[asked.brand] + 0.12 * makers.effect[asked.brand]
    goal = np.exp(naive + stretch + 0.55 * rng.standard_normal(n))
    # Above a dozen, people think in fives.
    goal = np.where(goal > 12, 5 * np.rint(goal / 5), np.rint(goal))
    return np.maximum(goal, 1).astype(np.int64)
