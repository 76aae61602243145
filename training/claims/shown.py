"""What the held-out collaborations show by themselves, and through the model as they come."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from features.arrays import Flags, Floats, Ints
from features.tiers import TIER_NAMES
from models.manifest import Metric
from training.claims.effects import SEED, place
from training.dataset import Rows
from training.metrics import bounded, draw

TURN = np.log10(80_000.0)
INSTAGRAM = 0.0  # position in PLATFORMS

Weighted = Callable[[Floats], float]  # from how often each row counts to a figure


@dataclass(frozen=True, slots=True)
class Given:
    """Held-out rows with the catalogue's columns and fake share, and their log expectation."""

    rows: Rows
    full: Floats
    expected: Floats

    def column(self, name: str) -> Floats:
        """Return one of the columns."""
        return self.full[:, place(name)]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its title, its unit, and how it is computed of which rows."""

    title: str
    unit: str
    of: Callable[[Given], tuple[Weighted, Flags]]


def measure(figure: Figure, given: Given) -> Metric:
    """Return a figure with the middle 90 % of draws of whole briefs, and the rows it is of."""
    weighted, there = figure.of(given)
    if not there.any():
        return Metric(None, None, None, 0)
    draws = [weighted(weight) for weight in draw(given.rows.group, SEED)]
    return bounded(weighted(np.ones(len(there))), draws, int(there.sum()))


def _slope(x: Floats, y: Floats, there: Flags, groups: Ints | None = None) -> Weighted:
    """Return a regression slope; within groups, where these are given."""

    def weighted(weight: Floats) -> float:
        w = weight * there
        left, right = (_apart(np.where(there, one, 0.0), w, groups) for one in (x, y))
        return float((w @ (left * right)) / (w @ left**2))

    return weighted


def _apart(values: Floats, weight: Floats, groups: Ints | None) -> Floats:
    """Return what values are off their mean, each group's own if there are groups."""
    member = np.zeros(len(values), np.int64) if groups is None else groups
    _, member = np.unique(member, return_inverse=True)
    total = np.maximum(np.bincount(member, weight), 1e-12)
    return np.asarray(values - (np.bincount(member, weight * values) / total)[member])


def _size_elasticity(given: Given) -> tuple[Weighted, Flags]:
    x = given.column("log_followers") * np.log(10.0)
    there = np.isfinite(x) & np.isfinite(given.expected)
    return _slope(x, given.expected, there, given.rows.group), there


def _impressions_elasticity(given: Given) -> tuple[Weighted, Flags]:
    x, y = given.column("log_followers"), given.column("log_impressions_90d")
    there = np.isfinite(x) & np.isfinite(y)
    return _slope(x, y, there, given.rows.platform.astype(np.int64)), there


def _engagement_slope(below: bool) -> Callable[[Given], tuple[Weighted, Flags]]:
    def of(given: Given) -> tuple[Weighted, Flags]:
        x = given.column("log_followers")
        with np.errstate(divide="ignore"):
            y = np.log10(given.column("engagement_rate_90d"))
        there = np.isfinite(x) & np.isfinite(y) & ((x < TURN) == below)
        return _slope(x, y, there, given.rows.platform.astype(np.int64)), there

    return of


def _vagueness(given: Given) -> tuple[Weighted, Flags]:
    x, y = given.column("log_followers"), given.column("audience_country_entropy")
    there = np.isfinite(x) & np.isfinite(y)
    return _slope(x, y, there), there


def _of_tier(rows: Rows, *names: str) -> Flags:
    return np.array([tier in names for tier in rows.tiers()], np.bool_)


def _micro_mega(given: Given) -> tuple[Weighted, Flags]:
    rate = given.column("engagement_rate_90d")
    there = np.isfinite(rate) & (given.rows.platform == INSTAGRAM)
    small, large = (there & _of_tier(given.rows, name) for name in (TIER_NAMES[1], TIER_NAMES[-1]))

    def weighted(weight: Floats) -> float:
        middles = [_median(rate[some], weight[some]) for some in (small, large)]
        return middles[0] / middles[1]

    return weighted, small | large


def _median(values: Floats, weight: Floats) -> float:
    drawn = np.repeat(values, weight.astype(np.int64))
    return float(np.median(drawn)) if len(drawn) else float("nan")


def _micro_conversions(given: Given) -> tuple[Weighted, Flags]:
    there = _of_tier(given.rows, TIER_NAMES[1])

    def weighted(weight: Floats) -> float:
        w = weight * there
        return float(w @ given.rows.value / w.sum())

    return weighted, there


FIGURES: dict[str, Figure] = {
    "size_elasticity": Figure(
        "1 % more followers bring so many % more expected conversions, within one brief",
        "% per 1 % of followers",
        _size_elasticity,
    ),
    "impressions_elasticity": Figure(
        "1 % more followers come with so many % more impressions, within a platform",
        "% per 1 % of followers",
        _impressions_elasticity,
    ),
    "engagement_slope_below": Figure(
        "1 % more followers come with so many % more engagement rate, below 80,000 followers",
        "% per 1 % of followers",
        _engagement_slope(below=True),
    ),
    "engagement_slope_above": Figure(
        "The same from 80,000 followers on",
        "% per 1 % of followers",
        _engagement_slope(below=False),
    ),
    "engagement_micro_mega": Figure(
        "Median engagement rate of micro creators (10k to 80k) over that of mega ones, Instagram",
        "times as high",
        _micro_mega,
    ),
    "vagueness": Figure(
        "Spread of the audience over countries (0 to 1) against followers",
        "for ten times the followers",
        _vagueness,
    ),
    "micro_conversions": Figure(
        "Mean conversions of a collaboration of a micro creator (10k to 80k)",
        "conversions",
        _micro_conversions,
    ),
}
"""Of the rows and the model's expectations as they come, nothing being moved."""
