"""Tiers of creators by followers, half-open."""

from bisect import bisect_right

import numpy as np

from features.arrays import Floats

# Lower edge of each tier, followers. Agencies differ; these are ours, and configuration.
TIERS = (("nano", 0), ("micro", 10_000), ("mid", 80_000), ("macro", 500_000), ("mega", 1_000_000))
TIER_NAMES = tuple(name for name, _ in TIERS)
_EDGES = [float(edge) for _, edge in TIERS[1:]]


def tier(followers: float) -> str | None:
    """Return the tier of a creator with so many followers, None if unknown.

    Parameters
    ----------
    followers : float
        Count, or NaN.

    Returns
    -------
    str or None
        One of TIER_NAMES.
    """
    return tiers(np.array([followers]))[0]


def tiers(followers: Floats) -> list[str | None]:
    """Return the tier of each creator, None where the followers are unknown.

    Parameters
    ----------
    followers : ndarray of float64, shape (n,)
        Counts, NaN unknown.

    Returns
    -------
    list of (str or None)
        One of TIER_NAMES each.
    """
    return [
        TIER_NAMES[bisect_right(_EDGES, one)] if one == one else None  # noqa: PLR0124  (NaN)
        for one in followers.tolist()
    ]
