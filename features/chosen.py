"""Which features are asked for, and what must be computed for them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.arrays import Ints
from features.catalogue import BASE, BASE_FAMILIES, NAMES
from features.drivers import Wanted
from features.errors import InputError
from features.view_creator import Parts

MODULES = (
    "size",
    "growth",
    "jumps",
    "causes",
    "year",
    "engagement",
    "variation",
    "posting",
    "audience",
)
"""Names of BASE_FAMILIES, in their order."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Places of features in the catalogue, and what must be filled in for them."""

    places: Ints
    wanted: Wanted


def choice_of(names: Sequence[str] | None) -> Choice:
    """Return the features of these names, the whole catalogue by default.

    Parameters
    ----------
    names : sequence of str, optional

    Returns
    -------
    Choice

    Raises
    ------
    InputError
        If a name is no feature, or stands twice.
    """
    if names is None:
        return CATALOGUE
    places = places_of(names)
    return Choice(places, wanted_by(places))


def places_of(names: Sequence[str]) -> Ints:
    """Return the places of features in the catalogue.

    Parameters
    ----------
    names : sequence of str

    Returns
    -------
    ndarray of int64

    Raises
    ------
    InputError
        If a name is no feature, or stands twice.
    """
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        raise InputError(
            f"no feature is called {unknown[0]!r}; `docs/features.md` lists those there are"
        )
    if len(set(names)) < len(names):
        twice = sorted(name for name in set(names) if list(names).count(name) > 1)
        raise InputError(f"the feature {twice[0]!r} is asked for more than once")
    place = {name: number for number, name in enumerate(NAMES)}
    return np.array([place[name] for name in names], dtype=np.int64)


def wanted_by(places: Ints) -> Wanted:
    """Return what must be filled in for these features; those of a brief need the creator's facts.

    Parameters
    ----------
    places : ndarray of int64
        In the catalogue.

    Returns
    -------
    Wanted
    """
    features = np.zeros(len(BASE), dtype=np.bool_)
    features[places[places < len(BASE)]] = True
    facts = bool((places >= len(BASE)).any())
    ends = np.cumsum([len(family.features) for family in BASE_FAMILIES])
    modules = np.array([some.any() for some in np.split(features, ends[:-1])])
    asked = {name for name, some in zip(MODULES, modules.tolist(), strict=True) if some}
    snapshots = asked & {"size", "growth", "jumps", "causes", "year"}
    parts = Parts(
        snapshots=bool(snapshots),
        scores=bool(asked & {"jumps", "causes"}),
        year="year" in asked,
        posts=facts or bool(asked - {"size", "jumps", "audience"}),
        audience="audience" in asked,
    )
    return Wanted(features, modules, facts, parts)


CATALOGUE = Choice(np.arange(len(NAMES)), wanted_by(np.arange(len(NAMES))))
