"""Figures for all who could have been chosen, from the outcomes of those who were.

Outcomes of the chosen are weighted by one over the chance of having one (Schnabel et al. 2016),
weights no larger than CLIP times their mean: a bounded error for a smaller variance. They are
divided by their own sum, so that a figure stays inside the range of its values. What a model
expects of everybody, corrected by how far the weighted outcomes lie from it, is doubly robust:
right if either the chances or the model are. Neither corrects for what brands saw and no column
shows.
"""

from dataclasses import dataclass, field

import numpy as np

from features.arrays import Flags, Floats, Ints
from models.manifest import Metric
from training.metrics import bounded, draw

CLIP = 10.0


@dataclass(frozen=True, slots=True)
class Weighted:
    """A figure for a population of which some rows have an outcome.

    Parameters
    ----------
    metric : Metric
        With its interval over draws of whole briefs, the propensities taken as known; its n counts
        the outcomes.
    effective : float
        Effective sample size: so many equally weighted outcomes would be as good.
    clipped : float
        Share of the outcomes whose weight was cut.
    draws : tuple of float
        The figure on each draw of briefs; the same draws for equal briefs and seeds.
    """

    metric: Metric
    effective: float
    clipped: float
    draws: tuple[float, ...] = field(repr=False)


def weights(propensity: Floats, clip: float = CLIP) -> Floats:
    """Return one over the propensities, cut at `clip` times their mean.

    Parameters
    ----------
    propensity : ndarray of float64, shape (n,)
        Above 0.
    clip : float
        At least 1.
    """
    inverse = 1.0 / propensity
    return np.asarray(np.minimum(inverse, clip * inverse.mean()) if len(inverse) else inverse)


def effective(weight: Floats) -> float:
    """Return the effective sample size of weights: n of equal ones, 1 of a single heavy one."""
    total = float(weight @ weight)
    return float(weight.sum()) ** 2 / total if total > 0.0 else 0.0


def observed(propensity: Floats, chosen: Flags, seen: Flags, brief: Ints) -> Floats:
    """Return the chance of having an outcome: of being chosen, times the brief's share of outcomes.

    Parameters
    ----------
    propensity : ndarray of float64, shape (n,)
        Of being chosen.
    chosen, seen : ndarray of bool, shape (n,)
        Who was chosen, and whose outcome is known. Of a brief's chosen it is taken to be known at
        random: whether a collaboration is published and counted in time is not the brand's choice.
    brief : ndarray of int64, shape (n,)
        Of each row.

    Returns
    -------
    ndarray of float64, shape (n,)
        0 in briefs without an outcome.
    """
    _, place = np.unique(brief, return_inverse=True)
    known = np.bincount(place, seen & chosen)
    return np.asarray(propensity * (known / np.maximum(np.bincount(place, chosen), 1.0))[place])


def naive(values: Floats, groups: Ints, seed: int, *, policy: Floats | None = None) -> Weighted:
    """Return the mean over the outcomes there are, as if they had been drawn at random.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        What each row came to, NaN where nobody knows.
    groups : ndarray of int64, shape (n,)
        Briefs, which the bootstrap draws.
    seed : int
        Of the bootstrap.
    policy : ndarray of float64, shape (n,), optional
        How much each row counts, such as 1 for those that a ranking picks and 0 for others.
    """
    return snips(values, np.ones(len(values)), groups, seed, policy=policy)


def snips(
    values: Floats,
    propensity: Floats,
    groups: Ints,
    seed: int,
    *,
    policy: Floats | None = None,
    clip: float = CLIP,
) -> Weighted:
    """Return the self-normalised inverse propensity estimate of the mean over all rows.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        What each row came to (conversions, a loss), NaN where nobody knows.
    propensity : ndarray of float64, shape (n,)
        Of having a known value; above 0 where it is known.
    groups : ndarray of int64, shape (n,)
        Briefs, which the bootstrap draws.
    seed : int
        Of the bootstrap.
    policy : ndarray of float64, shape (n,), optional
        How much each row counts in the population.
    clip : float
        Weights are cut at so many times their mean.
    """
    nothing = np.zeros(len(values))
    return doubly_robust(nothing, values, propensity, groups, seed, policy=policy, clip=clip)


def doubly_robust(
    direct: Floats,
    values: Floats,
    propensity: Floats,
    groups: Ints,
    seed: int,
    *,
    policy: Floats | None = None,
    clip: float = CLIP,
) -> Weighted:
    """Return the mean that a model expects of all rows, corrected by the weighted outcomes.

    Parameters
    ----------
    direct : ndarray of float64, shape (n,)
        What the model expects of each row's value.
    values, propensity, groups, seed, policy, clip
        As in `snips`.
    """
    mass = np.ones(len(values)) if policy is None else policy
    known = ~np.isnan(values) & (mass > 0.0)
    cut = weights(propensity[known], clip)
    weight, left = np.zeros(len(values)), np.zeros(len(values))
    weight[known] = mass[known] * cut
    left[known] = values[known] - direct[known]

    def estimate(drawn: Floats) -> float:
        people, seen = drawn @ mass, drawn @ weight
        corrected = (drawn * weight) @ left / seen if seen > 0.0 else 0.0
        return float((drawn * mass) @ direct / people + corrected) if people > 0.0 else np.nan

    n = int(known.sum())
    value = estimate(np.ones(len(values))) if n or direct.any() else np.nan
    draws = [estimate(drawn) for drawn in draw(groups, seed)] if len(values) else []
    return Weighted(
        bounded(value, draws, n),
        effective(weight[known]),
        float(np.mean(cut < 1.0 / propensity[known])) if n else 0.0,
        tuple(draws),
    )


def ratio(one: Weighted, other: Weighted) -> Metric:
    """Return one figure over another of the same rows and seed, with its paired interval.

    Parameters
    ----------
    one, other : Weighted
        Such as the values of two rankings.

    Returns
    -------
    Metric
        Its n counts the outcomes behind the first; unknown where the other is not above 0.
    """
    above = np.array([np.nan if one.metric.value is None else one.metric.value, *one.draws])
    below = np.array([np.nan if other.metric.value is None else other.metric.value, *other.draws])
    times = np.full(len(above), np.nan)
    np.divide(above, below, out=times, where=below > 0.0)
    return bounded(float(times[0]), times[1:].tolist(), one.metric.n)


def top(score: Floats, groups: Ints, k: int) -> Floats:
    """Return the policy that takes the k best of each group: 1 for these, 0 for the rest.

    Parameters
    ----------
    score : ndarray of float64, shape (n,)
        Higher is better, NaN last; of equal ones the earlier row.
    groups : ndarray of int64, shape (n,)
        Briefs.
    k : int
        How many each takes; all where there are fewer.
    """
    order = np.lexsort((np.where(np.isnan(score), np.inf, -score), groups))
    ranked = groups[order]
    place = np.arange(len(score)) - np.searchsorted(ranked, ranked, side="left")
    picked = np.zeros(len(score))
    picked[order[place < k]] = 1.0
    return picked
