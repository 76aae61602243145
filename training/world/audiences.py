"""What a creator tells of the audience, and what a panel finds by hand."""

import numpy as np
import pyarrow as pa

from training.world import figures
from training.world.columns import moments, names, table
from training.world.draws import Floats, ordinals, owners
from training.world.growth import Scene
from training.world.schemas import TABLES

_LISTED = 5  # countries that a platform's breakdown names


def breakdowns(rng: np.random.Generator, scene: Scene) -> pa.Table:
    """Return `audience`: countries, genders and ages of those who share them, every few months."""
    people, days = scene.people, scene.time.days
    creator = np.flatnonzero(people.demographics)
    first = np.maximum(people.joined_day[creator], rng.uniform(0, 60, len(creator)))
    every = rng.uniform(60, 170, len(creator))
    count = np.ceil((days - 1 - first) / every).astype(np.int64)
    row = owners(count)
    who, day = creator[row], first[row] + every[row] * ordinals(count)
    parts = []
    for dimension, vocabulary, shares in (
        ("country", figures.COUNTRIES, people.country_share),
        ("gender", figures.GENDERS[:2], people.gender_share()),
        ("age", figures.AGES, people.age_share),
    ):
        seen = _seen(rng, shares[who])
        if dimension == "country":
            seen = np.where(seen >= np.sort(seen, axis=1)[:, [-_LISTED]], seen, 0.0)
        rows, value = np.nonzero(seen)
        columns = {
            "creator_id": people.ids.take(pa.array(who[rows])),
            "observed_at": moments(scene.time.at(day[rows])),
            "dimension": pa.repeat(dimension, len(rows)),
            "value": names(vocabulary, value),
            "share": seen[rows, value],
        }
        parts.append(table(TABLES["audience"], columns))
    return pa.concat_tables(parts)


def _seen(rng: np.random.Generator, shares: Floats) -> Floats:
    """Let shares drift a little between looks, and round them."""
    seen = shares * np.exp(0.06 * rng.standard_normal(shares.shape))
    seen *= (shares.sum(axis=1) / seen.sum(axis=1))[:, None]
    return np.asarray(np.minimum(np.round(seen, 4), 1.0))


def audit_table(rng: np.random.Generator, scene: Scene) -> pa.Table:
    """Return `audits`: the share among 200 to 600 followers looked at by hand, once or twice."""
    people, days = scene.people, scene.time.days
    creator = np.flatnonzero(people.audited)
    who = creator[owners(1 + (rng.random(len(creator)) < 0.5).astype(np.int64))]
    first = np.maximum(people.joined_day[who], 60)
    day = first + rng.random(len(who)) * (days - 1 - first)
    order = np.lexsort((day, who))
    who, day = who[order], day[order]
    looked = rng.integers(200, 601, len(who))
    # A careful eye errs in one account of a hundred either way.
    share = 0.01 + 0.98 * scene.growth.share()[who, scene.day(day)]
    return table(
        TABLES["audits"],
        {
            "creator_id": people.ids.take(pa.array(who)),
            "observed_at": moments(scene.time.at(day)),
            "fake_share": np.round(rng.binomial(looked, share) / looked, 4),
            "source": names(("panel_a", "panel_b"), rng.integers(0, 2, len(who))),
        },
    )
