"""What a worker answers from: the champions, and the store with the models it came with."""

import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from models.bundle import Bundle, read, to_model
from models.champions import MODELS, Pin, bundle, pins
from models.fetch import local
from models.layout import BundleError
from models.scoring import Champions
from serving import logs
from serving.store import Store, current

PINS = "CREDENCE_CHAMPIONS"
"""Environment variable: the champions that `credence serve` resolved, as JSON."""

SECONDS = 0.5
"""How often a worker looks whether another store was published."""

_log = logging.getLogger("credence")


def versions_header(versions: Mapping[str, str]) -> bytes:
    """Return the value of X-Credence-Models.

    Parameters
    ----------
    versions : mapping of str to str
        Version of each model.
    """
    return ", ".join(f"{name}={version}" for name, version in sorted(versions.items())).encode()


@dataclass(frozen=True, eq=False)
class Models:
    """Versions that answer together, each proven by its known answers.

    `versions` are those that scores come from: of `fake_accounts` it is the copy that
    `fake_followers` carries.
    """

    champions: Champions = field(default_factory=Champions)
    versions: Mapping[str, str] = field(default_factory=dict)
    bundles: Mapping[str, Bundle] = field(default_factory=dict)

    @cached_property
    def header(self) -> bytes:
        """The value of X-Credence-Models: which versions answer."""
        return versions_header(self.versions)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Everything that one response is made from.

    `kept` are the models that the store was published with: they answer whatever touches stored
    creators. `refused` names champions whose files or known answers were wrong; `stale` says that
    a newer store could not be opened.
    """

    models: Models = field(default_factory=Models)
    refused: tuple[str, ...] = ()
    store: Store | None = None
    kept: Models = field(default_factory=Models)
    stale: bool = False

    @property
    def missing(self) -> list[str]:
        """Models without a champion."""
        there = {*self.models.bundles, *self.refused}
        return [name for name in MODELS if name not in there]


def _as_it_is(_: Snapshot) -> None:
    """Prepare nothing."""


class State:
    """The snapshot of the moment, replaced as a whole and never changed.

    Parameters
    ----------
    now : Snapshot
        What requests are answered from.
    prepare : callable
        Called with each snapshot before requests are answered from it.
    """

    def __init__(self, now: Snapshot, prepare: Callable[[Snapshot], None] = _as_it_is) -> None:
        self.now = now
        self._prepare = prepare
        self._stop = threading.Event()
        self._seen: Path | None = None

    @classmethod
    def load(cls, prepare: Callable[[Snapshot], None] = _as_it_is) -> "State":
        """Load the champions that were resolved for this server, and the store.

        Parameters
        ----------
        prepare : callable
            Called with each snapshot before requests are answered from it.
        """
        models, refused = _champions(_pins())
        state = cls(Snapshot(models, refused), prepare)
        state.refresh()
        if state.now.store is None:
            prepare(state.now)
        return state

    def watch(self) -> None:
        """Follow the store that is published, until the process ends."""
        threading.Thread(target=self._follow, name="store", daemon=True).start()

    def _follow(self) -> None:
        while not self._stop.wait(SECONDS):
            self.refresh()

    def close(self) -> None:
        """Stop following."""
        self._stop.set()

    def refresh(self) -> None:
        """Take over another store if one was published; the last good one serves until then."""
        now, path = self.now, current()
        if path is None or path == self._seen:
            return
        self._seen = path
        try:
            store = Store.open(path)
            kept = _kept(store, now.models)
        except Exception as error:
            # Whatever is wrong with it, what was published before is still right.
            told = logs.event("store_refused", error=type(error).__name__)
            _log.error("the published store cannot be used: %s", error, extra=told)
            self.now = replace(now, stale=True)
            return
        then = replace(now, store=store, kept=kept, stale=False)
        self._prepare(then)
        self.now = then
        creators, as_of = store.meta.creators, store.as_of
        told = logs.event("store_switched", creators=creators, as_of_us=as_of)
        _log.info("store of %s creators at as_of %s", creators, as_of, extra=told)


def _pins() -> dict[str, Pin]:
    """Return the champions that the server was started with, else those of the moment."""
    given = os.environ.get(PINS)
    return msgspec.json.decode(given, type=dict[str, Pin]) if given else pins()


def _champions(wanted: Mapping[str, Pin]) -> tuple[Models, tuple[str, ...]]:
    """Load the champions; name those that are refused."""
    bundles: dict[str, Bundle] = {}
    loaded: dict[str, Any] = {}
    refused = []
    for name, pin in wanted.items():
        try:
            found = read(local(name, pin.version), pin.digest)
            loaded[name] = to_model(found, str(pin.version))
            bundles[name] = found
        except BundleError as error:
            told = logs.event("model_refused", model=name, version=str(pin.version))
            _log.error("%s %s is refused: %s", name, pin.version, error, extra=told)
            refused.append(name)
    champions = Champions(**loaded)
    return Models(champions, _scoring_versions(champions, wanted), bundles), tuple(refused)


def _scoring_versions(champions: Champions, wanted: Mapping[str, Pin]) -> Mapping[str, str]:
    """Return the versions, that of the copied account model by its number where it has one."""
    versions = champions.versions()
    if champions.fake_followers is not None:
        carried = champions.fake_followers.accounts.version
        champion = wanted.get("fake_accounts")
        if champion is None or not champion.digest.startswith(carried):
            versions["fake_accounts"] = carried
        else:
            versions["fake_accounts"] = str(champion.version)
    return versions


def _kept(store: Store, champions: Models) -> Models:
    """Load the models that a store was published with; champions among them are shared."""
    bundles: dict[str, Bundle] = {}
    loaded: dict[str, Any] = {}
    for name, digest in store.digests.items():
        same = champions.bundles.get(name)
        if same is not None and same.digest == digest:
            bundles[name], loaded[name] = same, getattr(champions.champions, name)
            continue
        bundles[name] = _bundle(name, store.versions[name], digest)
        loaded[name] = to_model(bundles[name], store.versions[name])
    return Models(Champions(**loaded), store.versions, bundles)


def _bundle(name: str, version: str, digest: str) -> Bundle:
    """Read a bundle from this machine, else from the registry, which costs seconds."""
    try:
        return read(local(name, int(version)), digest)
    except BundleError:
        found = bundle(name, version)
    if found.digest != digest:
        raise BundleError(f"{name} {version}: the store was published with another bundle")
    return found
