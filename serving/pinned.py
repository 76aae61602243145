"""Model versions that a job is held to, whatever is promoted while it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from features.errors import InputError
from models.bundle import to_model
from models.champions import Pin, bundle, pins
from models.fake_followers import FakeFollowers
from models.scoring import Champions

ACCOUNTS, FOLLOWERS, CONVERSION = "fake_accounts", "fake_followers", "conversion"


class ChangedModelError(InputError):
    """The registry gives another bundle for a version than it did when the job began."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """Models with their versions, and the digests of their bundles, by name.

    The version of `fake_accounts` is that of the copy that `fake_followers` carries: the
    registry's number where the champion is the same, else the first characters of its digest.
    """

    champions: Champions
    versions: dict[str, str]
    digests: dict[str, str]


def pinned(
    names: Sequence[str],
    versions: Mapping[str, str] | None = None,
    digests: Mapping[str, str] | None = None,
) -> Pinned:
    """Load the champions, or the versions that a job is held to.

    Parameters
    ----------
    names : sequence of str
        Models that are needed, `fake_followers` among them.
    versions, digests : mapping of str to str, optional
        Those of an earlier run.

    Returns
    -------
    Pinned

    Raises
    ------
    NoChampionError
        If one of them has no champion.
    ChangedModelError
        If a version is not what it was.
    """
    champions = pins()
    numbers = {name: str(pin.version) for name, pin in champions.items()}
    held = dict(numbers if versions is None else versions)
    expected = digests or {name: pin.digest for name, pin in champions.items()}
    models: dict[str, Any] = {}
    for name in names:
        # By its alias wherever possible: that needs no MLflow.
        alias = held.get(name) == numbers.get(name)
        found = bundle(name, "champion" if alias else held[name])
        if found.digest != expected[name]:
            raise ChangedModelError(
                f"{name}: version {held[name]} has another digest than at the beginning; begin anew"
            )
        models[name] = to_model(found, held[name])
    if versions is None:
        held[ACCOUNTS] = _accounts_version(models[FOLLOWERS], champions.get(ACCOUNTS))
    return Pinned(
        Champions(**models),
        {name: held[name] for name in (ACCOUNTS, *names)},
        {name: expected[name] for name in names},
    )


def _accounts_version(followers: FakeFollowers, champion: Pin | None) -> str:
    carried = followers.accounts.version
    if champion is not None and champion.digest.startswith(carried):
        return str(champion.version)
    return carried
