"""The page docs/features.md, written from the catalogue."""

import math
from pathlib import Path

from features.catalogue import CATALOGUE, catalogue_hash
from features.spec import Feature

PAGE = Path(__file__).parent.parent / "docs" / "features.md"

_FAMILIES = {
    "growth": "How large the account is and how its following grows: organic growth, bursts of "
    "bought followers, slow drip, and spikes that a post explains.",
    "engagement": "How the audience answers posts, how that varies, and the habits of posting.",
    "audience": "Who follows, from the last follower sample and the last audience breakdown.",
    "fit": "How creator and brief match, what is offered, and what earlier collaborations brought.",
}

_HEAD = """# Features

Written by `python -m features.documentation` from the catalogue; do not edit.

Every feature is a number for one creator at one moment, `as_of`; those of the family fit also for
one brief and offer. Only rows known strictly before `as_of` count, and a window of `d` days is
[as_of - d days, as_of). Unknown is NaN, never 0: a feature is unknown where the tables it needs
hold no visible row of the creator; one that needs none (`-`) rests on the creator's own row, the
brief, its brand or the offer. In training, what these state without a time (verified, accepted
compensation, minimum fee, order value) stays unused. A step leads from one snapshot to the next,
at least .75 days later.

{n} features; catalogue {digest}.
"""


def page() -> str:
    """Return the whole page.

    Returns
    -------
    str
        Markdown.
    """
    parts = [_HEAD.format(n=len(CATALOGUE), digest=f"`{catalogue_hash()[:16]}`")]
    for family, about in _FAMILIES.items():
        features = [feature for feature in CATALOGUE if feature.family == family]
        parts.append(f"\n## {family.capitalize()}\n\n{about}\n")
        parts.append("\n| feature | definition | unit | bounds | window | needs |\n")
        parts.append("|---|---|---|---|---|---|\n")
        parts.extend(_row(feature) for feature in features)
    return "".join(parts)


def _row(feature: Feature) -> str:
    """Return a feature as a line of its family's table."""
    low, high = (_number(bound) for bound in feature.bounds)
    window = f"{feature.window_days} d" if feature.window_days else "all"
    needs = ", ".join(feature.needs) or "-"
    definition = feature.definition.replace("|", "\\|")
    cells = (f"`{feature.name}`", definition, feature.unit, f"{low} to {high}", window, needs)
    return f"| {' | '.join(cells)} |\n"


def _number(bound: float) -> str:
    """Return a bound in a few characters."""
    if math.isinf(bound):
        return "∞" if bound > 0 else "-∞"
    return f"{bound:.4g}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
