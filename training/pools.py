"""Learns the pooled effects of brands, categories and markets from what was visible at the time."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from features.arrays import Codes, Flags, Floats, Times
from models.aims import NO_MARKET, Aims
from models.pools import KINDS, Pool, Pools

MOST_BETWEEN = 1.0  # variance of an effect; more is noise of few pairs
SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")
FEWEST_PAIRS = 30  # of rows that share a member; below, members are taken as alike


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What collaborations brought against what a score without groups expected of them.

    Parameters
    ----------
    aim : Aims
        Their groups, n of them.
    creator : ndarray of int64, shape (n,)
        Their creators.
    count : ndarray of float64, shape (n,)
        Conversions so far.
    mean : ndarray of float64, shape (n,)
        Conversions expected so far, by models that never saw the row.
    as_of, known : ndarray of int64, shape (n,)
        When each row was agreed, and when its count was known.
    """

    aim: Aims
    creator: Codes
    count: Floats
    mean: Floats
    as_of: Times
    known: Times


def pooled(seen: Seen, dispersion: float) -> tuple[Pools, Floats]:
    """Learn the effects, and what they were as of each row's own agreement.

    Parameters
    ----------
    seen : Seen
        Rows of training.
    dispersion : float
        Of the counts around the mean.

    Returns
    -------
    Pools
        As of the moment of training.
    ndarray of float64, shape (n,)
        The effects of all kinds together, from outcomes known before each row was agreed: its own
        collaboration never among them.
    """
    kinds: dict[str, Pool] = {}
    # Two accounts of what the kinds so far explain: by all that is known now, and as of each row.
    now, before, then = seen.mean, seen.mean, np.zeros(len(seen.count))
    for kind in KINDS:
        member = getattr(seen.aim, kind)
        between = _between(member, seen.count, now, dispersion)
        kinds[kind] = _pool(member, seen.count, now, dispersion, between)
        effect = effects_then(member, seen, before, dispersion=dispersion, between=between)
        now, before = now * np.exp(kinds[kind].at(member)[0]), before * np.exp(effect)
        then += effect
    creators = _between(seen.creator, seen.count, now, dispersion)
    information = now / (1.0 + dispersion * now)
    told = float(information.mean()) if len(information) else 0.0
    return Pools({kind: kinds[kind] for kind in KINDS}, creators, told), then


def _between(member: Codes, count: Floats, mean: Floats, dispersion: float) -> float:
    """Return the variance between members: by how much two rows of one are off together."""
    weight = mean / (1.0 + dispersion * mean)
    off = weight * (count / mean - 1.0)
    _, place = np.unique(member, return_inverse=True)

    def pairs(values: Floats) -> float:
        total, own = np.bincount(place, values), np.bincount(place, values**2)
        return float((total**2 - own).sum())

    if len(member) == 0 or pairs(np.ones(len(member))) < 2 * FEWEST_PAIRS:
        return 0.0
    return float(np.clip(pairs(off) / pairs(weight), 0.0, MOST_BETWEEN))


def _pool(member: Codes, count: Floats, mean: Floats, dispersion: float, between: float) -> Pool:
    """Return the effect of each member: its rows' excess, drawn to none by the variance between."""
    codes, place = np.unique(member, return_inverse=True)
    if between == 0.0:
        return Pool.none()
    weight = 1.0 / (1.0 + dispersion * mean)
    came = np.bincount(place, weight * count).astype(np.float64)
    expected = np.bincount(place, weight * mean).astype(np.float64)
    effect, variance = _drawn(came, expected, between)
    known = told(codes)
    return Pool(between, codes[known].astype(np.int64), effect[known], variance[known])


def told(codes: Codes) -> Flags:
    """Return which codes stand for a member; those of the unknown have no effect."""
    return np.asarray((codes != 0) & (codes != NO_MARKET))


def _drawn(came: Floats, expected: Floats, between: float) -> tuple[Floats, Floats]:
    """Return log effect and variance of what came against what was expected, as gamma's mean."""
    prior = 1.0 / between
    return np.log((prior + came) / (prior + expected)), 1.0 / (prior + expected)


def effects_then(
    member: Codes, seen: Seen, mean: Floats, *, dispersion: float, between: float
) -> Floats:
    """Return each row's effect by the rows of its member known strictly before it was agreed.

    Parameters
    ----------
    member : ndarray of int64, shape (n,)
        Of one kind; an unknown one has no effect.
    seen : Seen
        The rows.
    mean : ndarray of float64, shape (n,)
        Conversions expected so far.
    dispersion, between : float
        Of the counts, and between members.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    if between == 0.0:
        return np.zeros(len(member))
    weight = 1.0 / (1.0 + dispersion * mean)
    order = np.lexsort((seen.known, member))
    came = np.r_[0.0, np.cumsum((weight * seen.count)[order])]
    expected = np.r_[0.0, np.cumsum((weight * mean)[order])]
    sorted_member, sorted_known = member[order], seen.known[order]
    out = np.zeros(len(member))
    for code in np.unique(member[told(member)]).tolist():
        start, stop = (np.searchsorted(sorted_member, code, side) for side in SIDES)
        rows = np.flatnonzero(member == code)
        before = start + np.searchsorted(sorted_known[start:stop], seen.as_of[rows])
        effect, _ = _drawn(came[before] - came[start], expected[before] - expected[start], between)
        out[rows] = effect
    return out
