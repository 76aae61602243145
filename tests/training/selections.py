"""Pools whose choice is known."""

import numpy as np
from scipy.special import expit

from features.arrays import Floats
from features.catalogue import NAMES
from training.selection.pool import Pool

SEEN = "engagement_rate_90d"


def drawn(
    briefs: int = 150,
    each: int = 12,
    *,
    pull: float = 1.5,
    applications: bool = True,
    seed: int = 4,
) -> tuple[Pool, Floats]:
    """Return a pool chosen for one column, and the chances it was chosen with.

    Of each brief's creators two thirds applied, whatever they are like; the rest stand for 5 each.
    """
    random = np.random.default_rng(seed)
    n = briefs * each
    brief = np.repeat(np.arange(briefs), each)
    X = np.full((n, len(NAMES)), np.nan)
    value = random.normal(size=n)
    X[:, NAMES.index(SEEN)] = value
    X[:, NAMES.index("log_followers")] = random.normal(4.5, 0.4, n)
    applied = (np.arange(n) % 3 > 0) & applications
    chance = expit(-0.7 + pull * value)
    open_to = applied if applications else np.ones(n, np.bool_)
    chosen = open_to & (random.random(n) < chance)
    deal = np.where(chosen, np.cumsum(chosen) - 1, -1)
    pool = Pool(
        brief=brief,
        creator=np.arange(n),
        as_of=np.full(n, 10**15),
        chosen=chosen,
        applied=applied,
        deal=deal,
        weight=np.where(applied | chosen, 1.0, 5.0),
        X=X,
    )
    return pool, chance
