"""A home to break: copies of the champions of CREDENCE_HOME in a registry of their own."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.serve_ready import AskedAbout
from features.home import home
from models import answers, registry
from models.bundle import Bundle, read, seal, to_model
from models.champions import pins
from models.conversion import Conversion
from models.fetch import local
from models.layout import CARD
from models.records import Run
from serving.store import published

MODELS = ("fake_accounts", "fake_followers", "conversion")


@dataclass(frozen=True, slots=True)
class Broken:
    """A home of its own, with the versions that serve at first and others that answer otherwise.

    Parameters
    ----------
    folder : Path
        CREDENCE_HOME of its servers.
    world : Path
        The tables that its store was published from.
    first, others : dict of str to int
        Version of each model.
    """

    folder: Path
    world: Path
    first: dict[str, int]
    others: dict[str, int]

    def about(self) -> AskedAbout:
        """Return whom requests can name."""
        store = published()
        assert store is not None
        briefs = store.briefs
        usable = (briefs.known < store.as_of) & (briefs.hidden > store.as_of) & (briefs.goal >= 1)
        named = [briefs.ids[row] for row in usable.nonzero()[0].tolist()]
        return AskedAbout(store.as_of, store.ids(500), named[-64:])


@contextmanager
def broken(scratch: Path) -> Iterator[Broken]:
    """Make a home of the champions and the store of CREDENCE_HOME; inside it is CREDENCE_HOME.

    Parameters
    ----------
    scratch : Path
        An empty folder, removed by whoever made it.
    """
    given = home().resolve()
    bundles = {name: _bundle(name) for name in MODELS}
    here = dict(pins())
    folder = scratch / "home"
    folder.mkdir()
    (folder / "kernels").symlink_to((given / "kernels").resolve())
    shutil.copytree(given / "online", folder / "online")
    os.environ["CREDENCE_HOME"] = str(folder)
    try:
        first = {name: register(bundles[name], here[name].version) for name in MODELS}
        others = {name: register(other(bundles[name])) for name in MODELS}
        for name, number in first.items():
            registry.crown(name, number, [])
        # The store's own version of a model is the one that serves at first.
        yield Broken(folder, given / "world", first, others)
    finally:
        os.environ["CREDENCE_HOME"] = str(given)


def _bundle(name: str) -> Bundle:
    found = pins()
    if name not in found:
        raise SystemExit(f"{home()}: {name} has no champion; run `make run`, or train and publish")
    return read(local(name, found[name].version), found[name].digest)


def register(bundle: Bundle, number: int = 0) -> int:
    """Register a bundle, again and again until it has the number; return the number it has."""
    run = Run(bundle=bundle, params={"tables": ""}, metrics=bundle.manifest.metrics, files={})
    found = registry.register(run)
    while found < number:
        found = registry.register(run)
    return found


def other(bundle: Bundle) -> Bundle:
    """Return a sound bundle of the same model that answers with other numbers."""
    model: Any = to_model(bundle)
    if isinstance(model, Conversion):
        changed: Any = replace(model, level=model.level + 0.25)
    else:
        moved = replace(model.calibration, intercept=model.calibration.intercept + 0.25)
        changed = replace(model, calibration=moved)
    card = {CARD: bundle.parts[CARD]} if CARD in bundle.parts else {}
    return seal(
        manifest=bundle.manifest,
        parts={**changed.parts(), **card},
        answers=answers.record(changed),
        upstream=bundle.upstream,
    )
