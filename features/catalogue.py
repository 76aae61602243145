"""Every feature, in the order of the columns of X."""

import hashlib

from features.audience import audience
from features.engagement import engagement
from features.engagement_variation import variation
from features.fit import fit
from features.fit_offer import offer
from features.fit_past import past
from features.growth import growth
from features.growth_causes import causes
from features.growth_jumps import jumps
from features.growth_size import size
from features.growth_year import year
from features.posting import posting
from features.spec import Family, Feature

# One family may be spread over modules; base features come first: they need no brief.
BASE_FAMILIES = (size, growth, jumps, causes, year, engagement, variation, posting, audience)
FIT_FAMILIES = (fit, offer, past)


def _joined(families: tuple[Family, ...]) -> tuple[Feature, ...]:
    return tuple(feature for family in families for feature in family.features)


BASE = _joined(BASE_FAMILIES)
FIT = _joined(FIT_FAMILIES)
CATALOGUE = BASE + FIT
NAMES = tuple(feature.name for feature in CATALOGUE)


def catalogue_hash() -> str:
    """Return the SHA-256 of the features' hashes, in order.

    Returns
    -------
    str
        Hexadecimal; changes with any name, unit, window, definition or the order.
    """
    return hashlib.sha256("\n".join(feature.hash for feature in CATALOGUE).encode()).hexdigest()
