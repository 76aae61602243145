"""What a worker answers from: the champions, and the store with the models it came with."""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from models.bundle import Bundle
from models.champions import MODELS, Pin
from models.layout import BundleError
from models.scoring import Champions
from serving import logs
from serving.loading import Loaded, load
from serving.naming import Naming
from serving.store import Store, current

SECONDS = 0.5
"""How often a worker looks whether champions or the store have changed."""

RETRY_SECONDS = 5.0
"""How long a worker waits before it tries again to load what it could not."""

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

    def answers_as(self, other: "Models") -> bool:
        """Return whether these are the very models of another."""
        pairs = ((getattr(one.champions, name) for one in (self, other)) for name in MODELS)
        return all(mine is its for mine, its in pairs)

    def loaded(self, name: str) -> Loaded | None:
        """Return a model with its bundle, None where there is none of the name."""
        bundle = self.bundles.get(name)
        return None if bundle is None else Loaded(bundle, getattr(self.champions, name))


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Everything that one response is made from.

    `kept` are the models that the store was published with: they answer whatever touches stored
    creators. `refused` names models whose newest champion has wrong files or known answers: one
    from before answers, if there was any. `stale` says that a newer store could not be opened,
    `unheard` that the registry has not confirmed the champions for a while.
    """

    models: Models = field(default_factory=Models)
    refused: tuple[str, ...] = ()
    store: Store | None = None
    kept: Models = field(default_factory=Models)
    stale: bool = False
    unheard: bool = False

    @property
    def missing(self) -> list[str]:
        """Models without a champion."""
        there = {*self.models.bundles, *self.refused}
        return [name for name in MODELS if name not in there]

    @property
    def ready(self) -> bool:
        """Whether some model answers, and an older one for each champion that is refused."""
        answering = self.models.bundles
        return bool(answering) and all(name in answering for name in self.refused)

    @property
    def lagging(self) -> list[str]:
        """Models of which the store has another version than the champion."""
        champions = self.models.bundles
        return [
            name
            for name, bundle in self.kept.bundles.items()
            if name in champions and champions[name].digest != bundle.digest
        ]


def _as_it_is(_: Snapshot) -> None:
    """Prepare nothing."""


class State:
    """The snapshot of the moment, replaced as a whole and never changed.

    Parameters
    ----------
    now : Snapshot
        What requests are answered from.
    prepare : callable
        Called with each snapshot that holds other models or another store, before requests are
        answered from it.
    naming : Naming, optional
        Says which versions are champions; without it those of `now` stay.
    """

    def __init__(
        self,
        now: Snapshot,
        prepare: Callable[[Snapshot], None] = _as_it_is,
        naming: Naming | None = None,
    ) -> None:
        self.now = now
        self._prepare = prepare
        self._naming = naming
        self._stop = threading.Event()
        self._wanted: Mapping[str, Pin] | None = None
        self._failed: tuple[str, ...] = ()
        self._seen: Path | None = None
        self._again = math.inf
        self._complaints: dict[str, str] = {}

    @classmethod
    def load(cls, prepare: Callable[[Snapshot], None] = _as_it_is) -> "State":
        """Load the champions that are named for this server, and the store.

        Parameters
        ----------
        prepare : callable
            As of the class.
        """
        state = cls(Snapshot(), prepare, Naming.of_server())
        state.refresh()
        if not state.now.models.bundles and state.now.store is None:
            prepare(state.now)
        return state

    def watch(self) -> None:
        """Follow champions and store until the process ends."""
        threading.Thread(target=self._follow, name="models", daemon=True).start()

    def _follow(self) -> None:
        while not self._stop.wait(SECONDS):
            try:
                self.refresh()
            except Exception as error:
                # The next look may find what this one stumbled over put right.
                told = logs.event(
                    "refresh_failed", error=type(error).__name__, at=logs.where(error)
                )
                _log.error("models and store stay as they are", extra=told)

    def close(self) -> None:
        """Stop following."""
        self._stop.set()

    def refresh(self) -> None:
        """Take over other champions and another store; the last good ones serve until then."""
        now = self.now
        due = time.monotonic() >= self._again
        if due:
            self._again = math.inf
        then = self._with_store(self._with_champions(now, due), due)
        if then.models is not now.models or then.kept is not now.kept:
            self._prepare(then)
            # One assignment: a request reads it once, and is answered by one version of each model.
            self.now = then
            self._told(now, then)
        elif then is not now:
            self.now = then

    def _with_champions(self, now: Snapshot, due: bool) -> Snapshot:
        """Return the snapshot with the champions as they are named by now."""
        if self._naming is None:
            return now
        self._naming.look()
        wanted = self._naming.pins
        models = now.models
        if wanted != self._wanted or (due and self._failed):
            found, self._failed = self._champions(wanted, now)
            self._wanted = wanted
            models = now.models if found.answers_as(models) else found
        refused, unheard = {*self._naming.refused, *self._failed}, self._naming.unheard
        if models is now.models and (refused, unheard) == ({*now.refused}, now.unheard):
            return now
        return replace(now, models=models, refused=tuple(sorted(refused)), unheard=unheard)

    def _champions(
        self, wanted: Mapping[str, Pin], now: Snapshot
    ) -> tuple[Models, tuple[str, ...]]:
        """Load champions, and name those that cannot be: the version before stays."""
        loaded: dict[str, Loaded] = {}
        failed = []
        for name, pin in wanted.items():
            version, before = str(pin.version), now.models.loaded(name)
            try:
                loaded[name] = _loaded(now, name, version, pin.digest)
            except BundleError as error:
                told = logs.event("model_refused", model=name, version=version)
                self._complain(name, f"{name} {version} is refused: {error}", told)
                failed.append(name)
                if before:
                    loaded[name] = before
            else:
                self._complaints.pop(name, None)
        champions = Champions(**{name: found.model for name, found in loaded.items()})
        bundles = {name: found.bundle for name, found in loaded.items()}
        return Models(champions, _scoring_versions(champions, bundles), bundles), tuple(failed)

    def _with_store(self, now: Snapshot, due: bool) -> Snapshot:
        """Return the snapshot with the store that is published."""
        path = current()
        if path is None or (path == self._seen and not (due and now.stale)):
            return now
        self._seen = path
        try:
            store = Store.open(path)
            kept = _kept(store, now)
        except Exception as error:
            # Whatever is wrong with it, what was published before is still right.
            told = logs.event("store_refused", error=type(error).__name__)
            self._complain("store", f"the published store cannot be used: {error}", told)
            return replace(now, stale=True)
        self._complaints.pop("store", None)
        return replace(now, store=store, kept=kept, stale=False)

    def _complain(self, what: str, message: str, event: Mapping[str, object]) -> None:
        """Log what cannot be loaded, once; it is tried again, as its files may be put right."""
        self._again = time.monotonic() + RETRY_SECONDS
        if self._complaints.get(what) != message:
            _log.error("%s", message, extra=event)
        self._complaints[what] = message

    def _told(self, before: Snapshot, now: Snapshot) -> None:
        """Log what was taken over."""
        if now.models is not before.models and before.models.bundles:
            versions = now.models.champions.versions()
            _log.info("champions %s", versions, extra=logs.event("models_switched", **versions))
        store = now.store
        if store is not None and store is not before.store:
            creators, as_of = store.meta.creators, store.as_of
            told = logs.event("store_switched", creators=creators, as_of_us=as_of)
            _log.info("store of %s creators at as_of %s", creators, as_of, extra=told)
        if now.lagging and now.lagging != before.lagging:
            told = logs.event("store_lags", models=now.lagging)
            _log.warning("stored creators are answered by older models: publish", extra=told)


def _scoring_versions(champions: Champions, bundles: Mapping[str, Bundle]) -> Mapping[str, str]:
    """Return the versions, that of the copied account model by its number where it has one."""
    versions = champions.versions()
    if champions.fake_followers is not None:
        carried = champions.fake_followers.accounts.version
        champion = bundles.get("fake_accounts")
        if champion is None or not champion.digest.startswith(carried):
            versions["fake_accounts"] = carried
    return versions


def _loaded(now: Snapshot, name: str, version: str, digest: str) -> Loaded:
    """Return a version: the very model that answers already, if it does."""
    for models in (now.models, now.kept):
        found = models.loaded(name)
        if found and (found.bundle.digest, found.model.version) == (digest, version):
            return found
    return load(name, version, digest)


def _kept(store: Store, now: Snapshot) -> Models:
    """Load the models that a store was published with; those that answer already are shared."""
    loaded = {
        name: _loaded(now, name, store.versions[name], digest)
        for name, digest in store.digests.items()
    }
    champions = Champions(**{name: found.model for name, found in loaded.items()})
    bundles = {name: found.bundle for name, found in loaded.items()}
    return Models(champions, store.versions, bundles)
