"""What /metrics says of the moment: which models and which store answer, how old, and if ready."""

import platform
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import version

from serving.exposition import Gauge
from serving.group import EPOCH
from serving.state import Snapshot


def of(snapshot: Snapshot, now: datetime) -> Iterator[Gauge]:
    """Return the gauges of a snapshot.

    Parameters
    ----------
    snapshot : Snapshot
        Models and store.
    now : datetime
        The clock.
    """
    yield Gauge(
        "credence_build_info",
        "Versions of the service and of Python; always 1.",
        {"version": version("credence"), "python": platform.python_version()},
        1,
    )
    yield from _models(snapshot, now)
    yield from _store(snapshot, now)
    yield from _ready(snapshot)


def _models(snapshot: Snapshot, now: datetime) -> Iterator[Gauge]:
    """Return how old the data of each model that answers is, where it says so."""
    for role, group in (("champion", snapshot.models), ("store", snapshot.kept)):
        for name, bundle in group.bundles.items():
            end = bundle.manifest.data.end
            if end:
                yield Gauge(
                    "credence_model_age_seconds",
                    "Time since the end of the data that a model was trained on.",
                    {"model": name, "version": group.versions.get(name, ""), "serves": role},
                    (now - datetime.fromisoformat(end)).total_seconds(),
                )


def _store(snapshot: Snapshot, now: datetime) -> Iterator[Gauge]:
    """Return the age and size of the published store, if there is one."""
    store = snapshot.store
    if store is None:
        return
    moment = EPOCH + timedelta(microseconds=store.as_of)
    told = "Time since the as_of of the published store."
    yield Gauge("credence_store_age_seconds", told, {}, (now - moment).total_seconds())
    told = "Creators of the published store."
    yield Gauge("credence_store_creators", told, {}, store.meta.creators)


def _ready(snapshot: Snapshot) -> Iterator[Gauge]:
    """Return why the service is not ready, or less than it could be: all reasons, each 0 or 1."""
    reasons = {
        "no_model": not snapshot.models.bundles,
        "model_missing": bool(snapshot.missing),
        "model_refused": bool(snapshot.refused),
        "no_store": snapshot.store is None,
        "store_stale": snapshot.stale,
        "store_lags": bool(snapshot.lagging),
        "registry_silent": snapshot.unheard,
    }
    for reason, so in reasons.items():
        told = "1 for what keeps the service from all its answers; /readyz has the names."
        yield Gauge("credence_lacks", told, {"reason": reason}, int(so))
