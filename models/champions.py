"""The champions, ready to score: resolved without MLflow while the registry has not changed."""

import uuid
from collections.abc import Collection
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from features.errors import InputError
from features.home import home
from models import registry
from models.bundle import Bundle, read, to_model
from models.database import database, stamp
from models.fetch import fetch, local
from models.layout import UPSTREAM
from models.records import UnknownVersionError, Version

if TYPE_CHECKING:
    from models.notebook import Model
    from models.scoring import Champions

MODELS = tuple(UPSTREAM)
SNAPSHOT = "aliases.json"


class NoChampionError(InputError):
    """A command needs a model that was never trained, or never promoted."""


class Pin(msgspec.Struct, frozen=True):
    """A version by number and by the digest of its bundle."""

    version: int
    digest: str


class _Snapshot(msgspec.Struct, frozen=True):
    """Champions, and the mark of the registry that named them."""

    stamp: list[str]
    champions: dict[str, Pin]


def pins() -> dict[str, Pin]:
    """Return the champion of each model that has one.

    Returns
    -------
    dict of str to Pin
        From HOME/bundles/aliases.json while the SQLite registry is the one it was read from, else
        from the registry; a tracking server is always asked.
    """
    path = database()
    if path is None:
        return _asked()
    if not path.exists():
        return {}
    mark = stamp(path)  # taken before asking: a change in between makes the snapshot stale
    kept = _kept()
    if kept is not None and kept.stamp == mark:
        return kept.champions
    found = _asked()
    # A home that cannot be written costs time, not the answer.
    with suppress(OSError):
        _keep(_Snapshot(mark, found))
    return found


def load_champions(required: Collection[str] = ()) -> "Champions":
    """Load the champion of every model.

    Parameters
    ----------
    required : collection of str
        Models without which the caller has nothing to do.

    Returns
    -------
    Champions
        None for a model without one.

    Raises
    ------
    NoChampionError
        If a required model has none.
    BundleError
        If a bundle is damaged or does not give its known answers.
    """
    from models.scoring import Champions

    found = pins()
    for name in required:
        if name not in found:
            raise no_champion(name)
    fitted: dict[str, Any] = {
        name: to_model(_bundle(name, pin), str(pin.version)) for name, pin in found.items()
    }
    return Champions(**fitted)


def load(name: str, version: str | int = "champion") -> "Model":
    """Load one model for a notebook.

    Parameters
    ----------
    name : str
        "fake_accounts", "fake_followers" or "conversion".
    version : str or int
        A version's number, "champion" or "challenger".

    Returns
    -------
    Model
        With `score(tables, pairs)`.

    Raises
    ------
    NoChampionError
        If it has no such version.
    """
    from models.notebook import Model

    pin = _pin(name, version)
    found = _bundle(name, pin)
    return Model(name, pin.version, found.manifest, to_model(found, str(pin.version)))


def bundle(name: str, version: str | int = "champion") -> Bundle:
    """Return the bundle of a version: its parts, manifest and upstream bundles, checked.

    Parameters
    ----------
    name : str
        Registered name.
    version : str or int
        A version's number, "champion" or "challenger".

    Returns
    -------
    Bundle

    Raises
    ------
    NoChampionError
        If it has no such version.
    """
    return _bundle(name, _pin(name, version))


def find(name: str, version: str | int) -> Version:
    """Return a version by its number or alias.

    Parameters
    ----------
    name : str
        Registered name.
    version : str or int
        A version's number, "champion" or "challenger".

    Returns
    -------
    Version

    Raises
    ------
    InputError
        If there is no such model or version.
    """
    _expect_model(name)
    text = str(version)
    if text in (registry.CHAMPION, registry.CHALLENGER):
        named = [one for one in registry.versions(name) if text in one.aliases]
        if not named:
            raise no_champion(name)
        return named[0]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InputError(
            f"{name}: version {text!r} is neither a number, champion nor challenger;"
            " `credence models` lists them"
        )
    try:
        return registry.version(name, int(text))
    except UnknownVersionError as error:
        raise InputError(str(error)) from error


def _expect_model(name: str) -> None:
    if name not in MODELS:
        raise InputError(f"unknown model {name!r}, expected one of {', '.join(MODELS)}")


def _pin(name: str, version: str | int) -> Pin:
    """Return a version's digest, the champion's without a need for MLflow."""
    _expect_model(name)
    if version != registry.CHAMPION:
        one = find(name, version)
        return Pin(one.number, one.digest)
    if name not in (found := pins()):
        raise no_champion(name)
    return found[name]


def _bundle(name: str, pin: Pin) -> Bundle:
    """Read the local copy, fetched where there is none; a damaged one is refused."""
    folder = local(name, pin.version)
    return read(folder if folder.exists() else fetch(name, pin.version), pin.digest)


def no_champion(name: str) -> NoChampionError:
    """Return the error of a model that has no champion, with the remedy."""
    command = f"credence train {name.replace('_', '-')}"
    return NoChampionError(f"{name} has no champion in {home()}; run `{command}`")


def _asked() -> dict[str, Pin]:
    found = {name: registry.champion(name) for name in MODELS}
    return {name: Pin(one.number, one.digest) for name, one in found.items() if one is not None}


def _kept() -> _Snapshot | None:
    try:
        return msgspec.json.decode((home() / "bundles" / SNAPSHOT).read_bytes(), type=_Snapshot)
    except (OSError, msgspec.DecodeError):
        return None


def _keep(snapshot: _Snapshot) -> None:
    path = home() / "bundles" / SNAPSHOT
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{SNAPSHOT}.{uuid.uuid4().hex}")
    draft.write_bytes(msgspec.json.encode(snapshot))
    draft.replace(path)
