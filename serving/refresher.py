"""The one process of a server that talks to the registry, and asks which versions are champions.

What it finds it fetches, has proven in a process apart and then names in a file, which the workers
follow. A registry that is down, hangs or talks nonsense keeps nobody waiting but this process: the
file stays as it is, and grows stale.
"""

import logging
import os
import random
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path

from models import registry
from models.champions import MODELS, Pin, pins
from models.database import database
from models.fetch import fetch, local
from models.layout import BundleError
from models.records import RegistryError
from serving import champion_file, logs
from serving.champion_file import Named, UnusableFileError
from serving.orphans import end_with
from serving.overdue import OverdueError, within
from serving.proofs import is_proven
from serving.proving import Prover
from serving.store_models import Needs, published_name

SECONDS, FILE_SECONDS = 2.0, 1.0
"""How long it rests between two questions to a tracking server, and to a file, where a look at it
answers most; less or more by a fifth, so that machines take turns."""

ASK_SECONDS = 5.0
FIRST_SECONDS = 60.0
"""How long the first answers may take: MLflow is imported, and looks at its database."""
FETCH_SECONDS = 120.0
RETRY_SECONDS = 60.0
"""How long a version that is no good is left alone before it is looked at again."""

WARM_AT = 6
"""The turn after which it prepares for a promotion, since workers load at first."""

IMPATIENT = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": "5"}
"""MLflow's own patience: a question that failed is asked again by the next round."""

_log = logging.getLogger("credence")


class NoDigestError(RegistryError):
    """The registry names a champion without what its bundle must hash to."""


class Refresher:
    """Follows the champions of a registry.

    Parameters
    ----------
    path : Path
        The file that the workers follow.
    ask : callable
        Returns the champion of each model.
    anew : bool
        A server starts: a model that has no champion any more does not serve on.
    """

    def __init__(
        self,
        path: Path,
        ask: Callable[[], Mapping[str, Pin]] = pins,
        *,
        anew: bool = False,
    ) -> None:
        self._path = path
        self._ask = ask
        self._anew = anew
        self._refused: dict[tuple[str, Pin], tuple[float, str]] = {}
        self._patience = FIRST_SECONDS
        self._silent: str | None = None
        self._prover = Prover()
        self._needs = Needs()
        self._named = _of_this_registry(path)

    @property
    def named(self) -> Named:
        """What the file is to say."""
        return self._named

    def turn(self) -> str:
        """Ask once, and see to what was answered.

        Returns
        -------
        str
            Why the registry does not count as heard, "" where it does.
        """
        try:
            with within(self._patience):
                asked = self._ask()
            why = self.take(asked)
            self._needs.fetch(published_name(), self._fetched)
        except (Exception, OverdueError) as error:
            # A registry may answer anything at all, and MLflow stumble over it anyhow.
            why = _words(error)
        if why != (self._silent or ""):
            self._tell(why)
        self._silent = why
        return why

    def warm_up(self) -> None:
        """Have at hand what the next promotion needs, MLflow at first; from then on be strict."""
        if self._patience != ASK_SECONDS:
            with suppress(Exception, OverdueError), within(FIRST_SECONDS):
                registry.champion(MODELS[0])
            self._patience = ASK_SECONDS
        self._prover.begin()

    def close(self) -> None:
        """End what was begun."""
        self._prover.end()

    def take(self, asked: Mapping[str, Pin]) -> str:
        """See to it that champions are on this machine and proven, then name them.

        Parameters
        ----------
        asked : mapping of str to Pin
            What the registry says.

        Returns
        -------
        str
            Why it does not count as heard: it knows nothing of what serves, or gives nothing out.
        """
        if not asked:
            return "the registry has no champion of any model"
        if self._silent == "" and set(self._named.pins) <= set(asked):
            # What follows may take a while, and the registry has nothing to do with it.
            champion_file.mark_heard(self._path)
        found, late = self._brought(asked)
        serving = {n: p for n, p in self._named.pins.items() if n in asked or not self._anew}
        refused = {name: asked[name] for name, why in found.items() if why}
        serving |= {name: asked[name] for name, why in found.items() if not why}
        forgotten = sorted(set(serving) - set(asked))
        if forgotten:
            late = f"the registry has no champion of {', '.join(forgotten)} any more"
        self._name(Named(champion_file.registry_mark(), serving, refused))
        if not late:
            champion_file.mark_heard(self._path)
        return late

    def _brought(self, asked: Mapping[str, Pin]) -> tuple[dict[str, str], str]:
        """Return why each version must not serve, "" where it may, and what could not be had."""
        found, new, late = dict[str, str](), dict[str, Pin](), ""
        for name, pin in asked.items():
            until, why = self._refused.get((name, pin), (0.0, ""))
            known = self._named.pins.get(name) == pin and local(name, pin.version).exists()
            try:
                found[name] = why if until > time.monotonic() else self._why_not(name, pin, known)
            except (Exception, OverdueError) as error:
                # The version before serves until the files can be had.
                late = _words(error)
            else:
                if not found[name] and not known:
                    new[name] = pin
        for name, why in self._prover.refusals(new).items():
            self._refuse(name, new[name], why)
            found[name] = why
        return found, late

    def _why_not(self, name: str, pin: Pin, known: bool) -> str:
        """Bring a version to this machine; return why its files are no good, "" where they are."""
        if not champion_file.is_sound(name, pin):
            raise NoDigestError(f"the registry tells no digest of the champion of {name}")
        if not known and not is_proven(pin.digest):
            self._prover.begin()
        try:
            self._fetched(name, pin.version)
        except BundleError as error:
            self._refuse(name, pin, str(error))
            return str(error)
        return ""

    def _refuse(self, name: str, pin: Pin, why: str) -> None:
        """Leave a version alone for a while: files may be put right, and nobody else would look."""
        told = logs.event("model_refused", model=name, version=str(pin.version))
        _log.error("%s %s is refused: %s", name, pin.version, why, extra=told)
        self._refused[name, pin] = time.monotonic() + RETRY_SECONDS, why

    def _fetched(self, name: str, version: int) -> None:
        """Bring a bundle to this machine."""
        if not local(name, version).exists():
            with within(FETCH_SECONDS):
                fetch(name, version)

    def _name(self, named: Named) -> None:
        """Have the file say so, and put right what else it may say."""
        with suppress(UnusableFileError):
            if champion_file.read(self._path) == named:
                self._named = named
                return
        silent = champion_file.is_stale(self._path)
        champion_file.write(self._path, named)
        if silent:
            champion_file.mark_unheard(self._path)
        changed = {n: str(p.version) for n, p in named.pins.items() if self._named.pins.get(n) != p}
        self._named = named
        if changed:
            _log.info("champions by now: %s", changed, extra=logs.event("champions", **changed))

    def _tell(self, why: str) -> None:
        """Log that the registry fell silent, or is heard again."""
        if not why:
            _log.info("the registry answers", extra=logs.event("registry_heard"))
            return
        told = logs.event("registry_silent", why=why)
        _log.warning("the last good champions serve: %s", why, extra=told)


def _of_this_registry(path: Path) -> Named:
    """Return what a file names, nothing where it is none or another registry's."""
    mark = champion_file.registry_mark()
    try:
        named = champion_file.read(path)
    except UnusableFileError:
        return Named(mark, {})
    return named if named.registry == mark else Named(mark, {})


def _words(error: BaseException) -> str:
    """Return what went wrong; what MLflow says of it may hold the registry's password."""
    if isinstance(error, OverdueError):
        return "no answer in time"
    cause = error.__cause__
    return type(error).__name__ + (f" ({type(cause).__name__})" if cause else "")


def _main() -> None:
    """Follow the registry for a server, or `once`: then say what was found."""
    parent, path, how = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    end_with(parent)
    for name, value in IMPATIENT.items():
        os.environ.setdefault(name, value)
    logs.start()
    refresher = Refresher(path, anew=how == "once")
    if how == "once":
        silent = refresher.turn()
        refresher.close()
        sys.exit(1 if silent else 0)
    for turn in count():
        refresher.turn()
        if turn >= WARM_AT:
            refresher.warm_up()
        rest = SECONDS if database() is None else FILE_SECONDS
        time.sleep(rest * random.uniform(0.8, 1.2))  # noqa: S311 - no secret


if __name__ == "__main__":
    _main()
