"""Quantiles of a feature among peers, frozen when a model was trained."""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from features.arrays import PLATFORMS, Floats
from models.parts import Numbers

KNOTS = 21
"""Quantiles kept of a group: 0, 5, ..., 100 %."""

SMALLEST_GROUP = 50
"""Fewest known values of a group of peers; below, the group around it stands in."""

EVERYONE = ""

TITLES = {
    "instagram": "Instagram",
    "tiktok": "TikTok",
    "youtube": "YouTube",
    "facebook": "Facebook",
    "x": "X",
}
"""How a platform is written in a sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class References:
    """Quantiles by group of peers and feature.

    Parameters
    ----------
    groups : mapping of str to mapping of str to Floats, shape (21,)
        The group "instagram/micro", "instagram" or "" (everyone), then the feature.
    """

    groups: Mapping[str, Mapping[str, Floats]]
    # A search in a list takes a tenth of NumPy's for so few numbers.
    _lists: dict[tuple[str, str], tuple[list[float], list[float]]] = field(
        default_factory=dict, init=False, repr=False
    )

    @classmethod
    def from_matrix(
        cls, columns: Sequence[str], X: Floats, platform: Floats, tier: Sequence[str | None]
    ) -> "References":
        """Return the quantiles of rows.

        Parameters
        ----------
        columns : sequence of str
            Names of X's columns.
        X : Floats, shape (n, len(columns))
            NaN for unknown.
        platform : Floats, shape (n,)
            Position in `features.arrays.PLATFORMS`.
        tier : sequence of str or None, length n
            Of `features.tiers`.
        """
        around = [_around(p, t) for p, t in zip(platform.tolist(), tier, strict=True)]
        groups: dict[str, dict[str, Floats]] = {}
        for group in sorted({name for names in around for name in names}):
            rows = X[np.array([group in names for names in around])]
            knots = {
                name: _quantiles(values)
                for name, values in zip(columns, rows.T, strict=True)
                if np.isfinite(values).sum() >= SMALLEST_GROUP
            }
            if knots:
                groups[group] = knots
        return cls(groups)

    def percentile(
        self, name: str, value: float, platform: float, tier: str | None
    ) -> float | None:
        """Return the share of peers below a value, in percent; ties count half.

        Parameters
        ----------
        name : str
            The feature.
        value : float
            Its value; NaN has no percentile.
        platform, tier : float, str or None
            The creator's.

        Returns
        -------
        float or None
            0 to 100; None where no group is large enough.
        """
        group = self._group(name, platform, tier)
        if group is None or not math.isfinite(value):
            return None
        rising, falling = self._knots(group, name)
        value = _rounded(value)
        return 50.0 * (_rank(rising, value) + 1.0 - _rank(falling, -value))

    def peers(self, name: str, platform: float, tier: str | None) -> str | None:
        """Return whom `percentile` compares with, such as "micro creators on Instagram"."""
        group = self._group(name, platform, tier)
        if group is None:
            return None
        where, _, size = group.partition("/")
        creators = f"{size} creators" if size else "creators"
        return f"{creators} on {TITLES[where]}" if where else f"all {creators}"

    def _group(self, name: str, platform: float, tier: str | None) -> str | None:
        """Return the smallest group around a creator that knows the feature."""
        for group in _around(platform, tier):
            if name in self.groups.get(group, {}):
                return group
        return None

    def _knots(self, group: str, name: str) -> tuple[list[float], list[float]]:
        """Return the quantiles and, falling, those of the negated values; as lists, once."""
        found = self._lists.get((group, name))
        if found is None:
            knots = self.groups[group][name]
            found = self._lists[group, name] = knots.tolist(), (-knots[::-1]).tolist()
        return found

    def numbers(self) -> Numbers:
        """Return the quantiles as plain numbers."""
        return {
            group: {name: knots.tolist() for name, knots in features.items()}
            for group, features in self.groups.items()
        }

    @classmethod
    def from_numbers(cls, numbers: Numbers) -> "References":
        """Return the quantiles that `numbers` holds."""
        return cls(
            {
                group: {name: np.array(knots, dtype=np.float64) for name, knots in features.items()}
                for group, features in numbers.items()
            }
        )


def _around(platform: float, tier: str | None) -> tuple[str, ...]:
    """Return the groups that hold a creator, smallest first."""
    return _named(int(platform), tier) if math.isfinite(platform) else (EVERYONE,)


@cache
def _named(platform: int, tier: str | None) -> tuple[str, ...]:
    name = PLATFORMS[platform]
    return (f"{name}/{tier}", name, EVERYONE) if tier else (name, EVERYONE)


def _quantiles(values: Floats) -> Floats:
    """Return the knots, to six digits: a percentile needs no more, and a bundle stays small."""
    known = values[np.isfinite(values)]
    knots = np.quantile(known, np.linspace(0.0, 1.0, KNOTS))
    return np.array([_rounded(knot) for knot in knots])


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


def _rank(knots: list[float], value: float) -> float:
    """Return the share strictly below a value, between knots linearly."""
    place = bisect_left(knots, value)
    if place == 0:
        return 0.0
    if place == len(knots):
        return 1.0
    left, right = knots[place - 1], knots[place]
    return (place - 1 + (value - left) / (right - left)) / (len(knots) - 1)
