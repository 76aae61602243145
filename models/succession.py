"""Who serves: moves the champion forward and back, one process at a time."""

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from features.home import home
from models import registry
from models.champions import no_champion
from models.records import ConflictError, RegistryError, Version

EVIDENCE = "promotion.json"
"""Artifact of a version's run: what its last promotion rested on."""


def promote(version: Version, *, over: Version | None, evidence: Mapping[str, object]) -> None:
    """Make a version the champion, if the champion is still the one that its gates saw.

    Parameters
    ----------
    version : Version
        The one to serve.
    over : Version or None
        The champion that the decision was taken against.
    evidence : mapping of str to object
        Plain data; kept as the version's tag "promotion" and with its run as promotion.json.

    Raises
    ------
    ConflictError
        If another process moved the champion in between.
    """
    name, number = version.name, version.number
    with _alone():
        standing = registry.champion(name)
        if _number(standing) != _number(over):
            raise ConflictError(
                f"{name}: version {_number(standing)} became champion in between, the gates of"
                f" version {number} saw {_number(over)}; run `credence promote"
                f" {name.replace('_', '-')} {number}` to judge it against the new one"
            )
        text = json.dumps({"over": _number(over), **evidence}, sort_keys=True, indent=1)
        registry.annotate(version, {"promotion": text}, EVIDENCE, text)
        if standing is None or standing.number != number:
            before = [] if standing is None else [standing.number]
            registry.crown(name, number, [*registry.former(name), *before])


def rollback(name: str) -> tuple[int, int]:
    """Give a model back the champion it had before; again and again walks further back.

    Parameters
    ----------
    name : str
        Registered name.

    Returns
    -------
    tuple of int
        The version that was champion, and the one that is.

    Raises
    ------
    NoChampionError
        If it has none.
    RegistryError
        If it never had another.
    """
    with _alone():
        standing = registry.champion(name)
        former = registry.former(name)
        if standing is None:
            raise no_champion(name)
        if not former:
            raise RegistryError(
                f"{name}: no champion before version {_number(standing)}; `credence models` lists"
                " the versions, `credence promote` makes one of them champion"
            )
        registry.crown(name, former[-1], former[:-1])
    return standing.number, former[-1]


def _number(version: Version | None) -> int | None:
    return None if version is None else version.number


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the home's lock: MLflow has no compare-and-set, so ours is one process at a time."""
    path = home() / "registry.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
