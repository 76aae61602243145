"""Fits whom the model may speak about, and how much wider its doubt becomes outside."""

from dataclasses import replace

import numpy as np

from features.arrays import Flags, Floats
from features.catalogue import NAMES
from features.tables import Tables
from models.support import Support
from training.dataset import Rows
from training.offsets import reference
from training.selection.logistic import logistic
from training.selection.pool import Pool, pool
from training.selection.propensity import COLUMNS

EDGE = 0.05  # of the chosen lie below the log-odds at which doubt begins to grow
OUTSIDE = 0.01  # of the chosen lie below those at which the model has no right to speak any more
TAIL = 0.002  # of the chosen lie beyond either end of a column's range
RARELY = 0.01  # a column that fewer of the chosen lack is one that the chosen show
FEWEST = 100  # chosen pairs, and others, without whom nothing is known of the support

# How many collaborations a creator has had is left to the pools, which widen for a new one; whom a
# brief rules out by its range of followers may still be like those whom other briefs chose.
SHOWN = tuple(name for name in COLUMNS if not name.startswith(("prior_", "rival_", "in_")))

UNBOUNDED = 1e300  # JSON has no word for the infinite
SMALLEST = 0.05  # expected conversions; fewer would be divided by

FLOOR = 0.25
"""Least variance of the log mean per unit of depth. Among the chosen, errors hardly grow where
choices thin out, and beyond them there is nothing to measure: no growth is no evidence of none.
At this rate intervals hold the truth as often beyond the edge as inside in simulated worlds, where
without it they do so less often the deeper a row lies (benchmarks/selection_support.py)."""


def support(
    tables: Tables, as_of: int, rows: Rows | None, seed: int, expected: Floats | None = None
) -> Support:
    """Return the support of a model that learned from the collaborations known at a moment.

    Parameters
    ----------
    tables : Tables
        Raw tables.
    as_of : int
        Moment of training, microseconds.
    rows : Rows, optional
        The collaborations that it learned from, to measure how its errors grow.
    seed : int
        Of the draws.
    expected : ndarray of float64, shape (n,), optional
        Conversions by day 30 that models which had not seen the rows expected of them; without it
        doubt grows at its least rate.

    Returns
    -------
    Support
        `Support.none()` where too few were chosen, or nobody else could have been.
    """
    return support_of(pool(tables, as_of, seed), rows, expected)


def support_of(seen: Pool, rows: Rows | None = None, expected: Floats | None = None) -> Support:
    """Return the support that a pool shows, as `support` does."""
    if min(seen.chosen.sum(), (~seen.chosen).sum()) < FEWEST:
        return Support.none()
    found = _placed(seen)
    return found if rows is None or expected is None else measured(found, rows, expected)


def measured(found: Support, rows: Rows, expected: Floats) -> Support:
    """Return a support whose doubt grows as errors were seen to, and never slower than at least.

    Parameters
    ----------
    found : Support
        From `support`.
    rows : Rows
        Collaborations.
    expected : ndarray of float64, shape (n,)
        Conversions by day 30 that models which had not seen the rows expected of them.

    Returns
    -------
    Support
    """
    if not found.offset.columns:
        return found
    # Of young collaborations a part has come, and a part of what is expected.
    seen = growth(found.distance(rows.X), rows.value, expected * rows.share)
    return replace(found, rise=max(FLOOR, seen))


def _placed(seen: Pool) -> Support:
    """Return where the chosen of a pool lie among all that could have been."""
    every = seen.X[:, [NAMES.index(name) for name in SHOWN]]
    blank = reference(every, SHOWN)
    # Each brief counts once among the chosen and once among all: the log-odds are then those of
    # the two densities, whatever the briefs' sizes.
    weight = np.r_[_by_brief(seen, seen.chosen), _by_brief(seen, np.ones(len(seen), np.bool_))]
    design = blank.design(every)[:, 1:]
    label = np.repeat([True, False], len(seen))
    used = weight > 0.0
    model = logistic(np.r_[design, design][used], label[used], weight[used])
    k, coefficients = len(SHOWN), model.coef_[0]
    offset = replace(
        blank,
        intercept=float(model.intercept_[0]),
        weight=coefficients[:k],
        missing=coefficients[k:],
    )
    chosen = every[seen.chosen]
    low, high = _range(chosen)
    beyond, least = np.quantile(offset.raw(chosen), [OUTSIDE, EDGE])
    return Support(
        offset=offset,
        least=float(least),
        low=low,
        high=high,
        absent=(np.isnan(chosen).mean(axis=0) < RARELY).astype(np.float64),
        rise=FLOOR,
        limit=float(least - beyond),
    )


def _range(chosen: Floats) -> tuple[Floats, Floats]:
    """Return where nearly all known values lie; a column without any is bounded nowhere."""
    known = ~np.isnan(chosen).all(axis=0)
    low, high = np.full((2, chosen.shape[1]), np.nan)
    low[known], high[known] = np.nanquantile(chosen[:, known], [TAIL, 1.0 - TAIL], axis=0)
    return np.where(known, low, -UNBOUNDED), np.where(known, high, UNBOUNDED)


def _by_brief(seen: Pool, rows: Flags) -> Floats:
    """Return weights that give the rows of each brief the mass of its chosen."""
    _, place = np.unique(seen.brief, return_inverse=True)
    mass = np.where(rows, seen.weight, 0.0)
    chosen, total = np.bincount(place, seen.chosen), np.bincount(place, mass)
    return np.asarray(mass * (chosen / np.maximum(total, 1.0))[place])


def growth(distance: Floats, count: Floats, expected: Floats) -> float:
    """Return by how much the relative variance of counts grows per unit of distance.

    Parameters
    ----------
    distance : ndarray of float64, shape (n,)
        How unlike the chosen each row is, negative for the most alike.
    count, expected : ndarray of float64, shape (n,)
        What came, and what was expected of the row before it was seen.

    Returns
    -------
    float
        The slope of a weighted regression of (count - expected)^2 / expected^2 beyond chance's
        1 / expected, which estimates the variance of the log mean.
    """
    if len(count) < FEWEST:
        return 0.0
    mean = np.maximum(expected, SMALLEST)
    excess = ((count - mean) ** 2 - mean) / mean**2
    usual = max(float(np.average(excess, weights=mean / (1.0 + mean))), 0.0)
    weight = (1.0 / mean + usual) ** -2.0  # what the excess of a row varies, about
    centred = distance - np.average(distance, weights=weight)
    spread = np.average(centred**2, weights=weight)
    if spread == 0.0:
        return 0.0
    return float(np.average(centred * excess, weights=weight) / spread)
