"""How likely each of a pool was to be chosen, by models that did not see its brief.

Two stages where there are applications: who applies of those who could, whom the brand chooses of
those who applied; one where there are none. Brands choose among a brief's creators, so columns
enter as distances from the brief's mean, and each brief's propensities sum to as many as it took.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from features.arrays import Flags, Floats, Ints
from features.catalogue import NAMES
from training.offsets import reference
from training.selection.logistic import logistic
from training.selection.pool import Pool
from training.splits import folds

COLUMNS = (
    "log_followers",
    "account_age_days",
    "follower_growth_90d",
    "growth_jumps_unexplained_365d",
    "engagement_rate_90d",
    "comment_like_ratio_90d",
    "reach_rate_90d",
    "log_impressions_90d",
    "posts_per_week_90d",
    "sponsored_share_90d",
    "audience_top_country",
    "is_tiktok",
    "is_youtube",
    "is_verified",
    "audience_match",
    "country_match",
    "category_match",
    "home_country_match",
    "in_follower_range",
    "prior_collaborations_365d",
    "prior_collaborations_brand",
    "rival_collaborations_180d",
    "prior_conversions",
    "prior_conversion_rate",
)
"""What a brand can see of a creator before it chooses; nothing of the offer."""

FEWEST = 50  # of either outcome; a stage with fewer counts everybody of a brief alike
SURE = 1e-4  # propensities are kept off 0 and 1 by this
SLOPE_RIDGE = 1e-3  # all but free
STEEPEST = 2.0
STEPS = 60  # halvings: to the last bit of a log-odds


@dataclass(frozen=True, slots=True)
class Propensity:
    """The propensities of a pool.

    Parameters
    ----------
    applying : ndarray of float64, shape (n,)
        Of applying, seen from all who could; 1 where there are no applications.
    chosen : ndarray of float64, shape (n,)
        Of being chosen, once the creator has applied (is eligible, without applications).
    """

    applying: Floats
    chosen: Floats

    @property
    def overall(self) -> Floats:
        """Return the chance of being chosen, seen from all who could."""
        return np.maximum(self.applying * self.chosen, SURE * SURE)


def propensity(pool: Pool, seed: int) -> Propensity:
    """Return cross-fitted propensities of a pool.

    Parameters
    ----------
    pool : Pool
        Pairs of brief and creator.
    seed : int
        Of the folds.

    Returns
    -------
    Propensity
        In a brief the chances of those who applied sum to the chosen, the chances of applying (each
        counted by its weight) to those who did.
    """
    everyone = np.ones(len(pool), np.bool_)
    if not pool.applied.any():
        return Propensity(np.ones(len(pool)), _stage(pool, pool.chosen, everyone, seed))
    return Propensity(
        _stage(pool, pool.applied, everyone, seed),
        _stage(pool, pool.chosen, pool.applied, seed),
    )


def _stage(pool: Pool, taken: Flags, among: Flags, seed: int) -> Floats:
    """Return everybody's chance to be taken, had it been among those whom the choice was made of.

    Parameters
    ----------
    pool : Pool
        Pairs of brief and creator.
    taken, among : ndarray of bool, shape (n,)
        Who was taken, and of whom.
    seed : int
        Of the folds.
    """
    X = pool.X[:, [NAMES.index(name) for name in COLUMNS]]
    _, place = np.unique(pool.brief, return_inverse=True)
    mass = np.where(among, pool.weight, 0.0)
    share = _mean(taken.astype(np.float64), place, mass)
    open_ = (share > 0.0) & (share < 1.0)
    raw, learnable = np.zeros(len(X)), among & open_[place]
    if min((learnable & taken).sum(), (learnable & ~taken).sum()) >= FEWEST and open_.sum() > 1:
        D = reference(X[learnable], COLUMNS).design(X)[:, 1:]
        mean = [_mean(column, place, among.astype(np.float64))[place] for column in D.T]
        D = np.column_stack([(D.T - mean).T, logit(np.clip(share, SURE, 1.0 - SURE))[place]])
        for train, held in folds(place, seed):
            rows = train[learnable[train]]
            raw[held] = logistic(D[rows], taken[rows], mass[rows]).decision_function(D[held])
        raw *= _slope(levelled(raw, place, mass, share), taken, mass)
    return levelled(raw, place, mass, share)


def _slope(chance: Floats, taken: Flags, mass: Floats) -> float:
    """Return what calibrates log-odds once each brief is level: they are then too timid."""
    some = mass > 0.0
    odds = logit(np.clip(chance[some], SURE, 1.0 - SURE)).reshape(-1, 1)
    fitted = logistic(odds, taken[some], mass[some], ridge=SLOPE_RIDGE)
    return float(np.clip(fitted.coef_[0, 0], 1.0 / STEEPEST, STEEPEST))


def _mean(values: Floats, place: Ints, weight: Floats) -> Floats:
    """Return the weighted mean of every brief's rows; 0 for a brief without weight."""
    mass = np.bincount(place, weight)
    return np.asarray(np.bincount(place, values * weight) / np.where(mass > 0.0, mass, 1.0))


def levelled(raw: Floats, place: Ints, weight: Floats, share: Floats) -> Floats:
    """Return probabilities whose weighted mean in each brief is the share that was taken.

    Parameters
    ----------
    raw : ndarray of float64, shape (n,)
        Log-odds, each brief's up to a constant.
    place : ndarray of int64, shape (n,)
        Briefs, numbered from 0.
    weight : ndarray of float64, shape (n,)
        Of the rows; those of weight 0 are told their chance and count for nothing.
    share : ndarray of float64, shape (m,)
        What was taken in each brief.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    wanted = np.clip(share, SURE, 1.0 - SURE)
    bound = np.abs(raw).max(initial=0.0) + logit(1.0 - SURE) + 1.0
    low, high = np.full(len(share), -bound), np.full(len(share), bound)
    for _ in range(STEPS):
        middle = (low + high) / 2.0
        found = _mean(expit(raw + middle[place]), place, weight)
        low, high = np.where(found < wanted, middle, low), np.where(found < wanted, high, middle)
    return np.asarray(np.clip(expit(raw + high[place]), SURE, 1.0))
