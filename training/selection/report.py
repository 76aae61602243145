"""What a training says of the choice behind its rows: the support, and the facts for its card."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from features.arrays import PLATFORMS, Flags, Floats
from features.catalogue import NAMES
from features.tables import Tables
from features.tiers import TIER_NAMES, tiers
from models.support import Support
from training.dataset import Rows
from training.selection.overlap import Overlap, overlap
from training.selection.pool import Pool, pool
from training.selection.propensity import Propensity, propensity
from training.selection.support import support_of

DIGITS = 4
KEY = "selection"
"""The setting that holds the facts."""


@dataclass(frozen=True, slots=True)
class Trait:
    """Something a marketer would say of a creator.

    Parameters
    ----------
    name : str
        Such as "nano".
    inside, outside : float
        Share of the eligible inside and outside the support that it is true of.
    lost : float
        Share of those it is true of that lie outside.
    """

    name: str
    inside: float
    outside: float
    lost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The choice behind a model's rows.

    Parameters
    ----------
    briefs : int
        Whose choices were looked at.
    stages : mapping of str to Overlap
        "applying" out of the eligible, "chosen" out of the applicants, "overall" both at once.
    outside : float
        Share of the eligible that the model has no right to speak about.
    widened : float
        Share whose interval is wider for being unlike the chosen.
    rise : float
        Variance of the log mean per unit of depth.
    traits : sequence of Trait
        What tells those outside from those inside, the most telling first.
    """

    briefs: int
    stages: Mapping[str, Overlap]
    outside: float
    widened: float
    rise: float
    traits: tuple[Trait, ...]

    def text(self) -> str:
        """Return the facts as compact JSON, figures rounded to four digits."""
        return json.dumps(_rounded(asdict(self)), separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> "Report":
        """Return the facts that `text` wrote, figures rounded."""
        told = json.loads(text)
        return cls(
            **{
                **told,
                "stages": {name: _overlap(one) for name, one in told["stages"].items()},
                "traits": tuple(Trait(**one) for one in told["traits"]),
            }
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """What is carried with the model, and what is said of it; no report where nothing is known."""

    support: Support
    report: Report | None

    def settings(self) -> dict[str, str]:
        """Return what a training keeps with its settings."""
        return {} if self.report is None else {KEY: self.report.text()}


def selection(
    tables: Tables, as_of: int, rows: Rows | None, seed: int, expected: Floats | None = None
) -> Selection:
    """Look at the choice behind the collaborations known at a moment.

    Parameters
    ----------
    tables, as_of, rows, seed, expected
        As in `training.selection.support.support`.

    Returns
    -------
    Selection
    """
    seen = pool(tables, as_of, seed)
    found = support_of(seen, rows, expected)
    if not found.offset.columns:
        return Selection(found, None)
    return Selection(found, report(seen, propensity(seen, seed), found, tables))


def report(seen: Pool, chance: Propensity, found: Support, tables: Tables) -> Report:
    """Return the facts about a pool."""
    depth = found.depth(seen.X)
    outside = depth > found.limit
    return Report(
        briefs=len(np.unique(seen.brief)),
        stages=stages(seen, chance),
        outside=float(np.average(outside, weights=seen.weight)),
        widened=float(np.average(depth > 0.0, weights=seen.weight)),
        rise=found.rise,
        traits=_traits(seen, outside, tables),
    )


def stages(seen: Pool, chance: Propensity) -> dict[str, Overlap]:
    """Return the overlap of each choice that was made: applying, chosen, and both at once.

    Parameters
    ----------
    seen : Pool
        Pairs of brief and creator.
    chance : Propensity
        Theirs.

    Returns
    -------
    dict of str to Overlap
        As in `Report`; a choice that took everybody or nobody is left out.
    """
    listed = seen.applied
    every = {
        "applying": overlap(chance.applying, listed, seen.weight, seen.brief),
        "chosen": overlap(
            chance.chosen[listed], seen.chosen[listed], seen.weight[listed], seen.brief[listed]
        ),
        "overall": overlap(chance.overall, seen.chosen, seen.weight, seen.brief),
    }
    return {name: one for name, one in every.items() if one is not None}


def _traits(seen: Pool, outside: Flags, tables: Tables) -> tuple[Trait, ...]:
    """Return what is said more often, or less, of those outside."""
    if not outside.any() or outside.all():
        return ()
    found = []
    for name, true in _said(seen, tables).items():
        if true.any():
            share = [
                np.average(true[part], weights=seen.weight[part]) for part in (~outside, outside)
            ]
            lost = np.average(outside[true], weights=seen.weight[true])
            found.append(Trait(name, float(share[0]), float(share[1]), float(lost)))
    return tuple(sorted(found, key=lambda one: -abs(one.outside - one.inside)))


def _said(seen: Pool, tables: Tables) -> dict[str, Flags]:
    """Return what a marketer would say of creators, and of which rows it is true."""

    def column(name: str) -> Floats:
        return seen.X[:, NAMES.index(name)]

    tier = np.array([one or "" for one in tiers(10.0 ** column("log_followers"))])
    platform = tables.creators.platform[seen.creator]
    return {
        **{f"{name} creators": tier == name for name in TIER_NAMES},
        "unknown number of followers": tier == "",
        **{f"on {name}": platform == place for place, name in enumerate(PLATFORMS)},
        "another category than the brief's": column("category_match") == 0.0,
        "home outside the target countries": column("home_country_match") == 0.0,
        "no audience breakdown": np.isnan(column("audience_top_country")),
        "no known impressions": np.isnan(column("log_impressions_90d")),
        "no known engagement": np.isnan(column("engagement_rate_90d")),
        "no post in 90 days": column("posts_per_week_90d") == 0.0,
        "an account younger than a year": column("account_age_days") < 365.0,
        "never worked with a brand here": column("prior_collaborations_365d") == 0.0,
    }


def _rounded(told: Any) -> Any:
    """Return the same with every number shortened."""
    if isinstance(told, dict):
        return {key: _rounded(one) for key, one in told.items()}
    if isinstance(told, list | tuple):
        return [_rounded(one) for one in told]
    return float(f"{told:.{DIGITS}g}") if isinstance(told, float) else told


def _overlap(told: Mapping[str, Any]) -> Overlap:
    lists = {key: tuple(one) for key, one in told.items() if isinstance(one, list)}
    return Overlap(**{**told, **lists})
