"""Which champions a server starts with, and the process that follows them while it runs."""

import logging
import os
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from features.home import home
from models.champions import SNAPSHOT, NoChampionError, Pin
from models.database import database, stamp
from models.fetch import local
from models.layout import BundleError, contents
from models.records import RegistryError
from serving import champion_file, logs
from serving.apart import command, environment
from serving.champion_file import MOST_BYTES, PLACE
from serving.naming import PINS
from serving.refresher import Refresher

START_SECONDS = 20.0
"""How long a start waits for a tracking server where it could do without."""
FIRST_START_SECONDS = 600.0
"""The same for a file, which does not hang, and where nothing is known yet: bundles are fetched."""

REFRESHER = "serving.refresher"
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
LASTED = 60.0
"""A refresher that ran for so many seconds is started anew at once."""

_log = logging.getLogger("credence")


class _Aliases(msgspec.Struct):
    """What a command found in the registry, and the registry's mark of that time."""

    stamp: list[str]
    champions: dict[str, Pin]


def resolve(state: Path) -> None:
    """Name the champions that a server starts with, in the file that its workers follow.

    The registry is asked in a process apart, unless a command has just done so. Where it is silent,
    those that served last on this machine do, and count as stale.

    Parameters
    ----------
    state : Path
        Folder of the server's own state.

    Raises
    ------
    NoChampionError
        Without any champion there is nothing to serve.
    RegistryError
        If the registry is silent, and none has served on this machine.
    BundleError
        If none of the champions is any good.
    """
    path = champion_file.path_of(state)
    os.environ[PLACE] = str(path)
    before = {n: pin for n, pin in champion_file.last_good().items() if _is_here(n, pin)}
    known = _known()
    if known is None:
        hangs = bool(before) and database() is None
        heard = _ask_apart(path, START_SECONDS if hangs else FIRST_START_SECONDS)
    elif heard := bool(known):
        _taken(Refresher(path, anew=True), known)
    if not heard:
        _fall_back(path, before, was_asked=known is None)
    named = champion_file.read(path)
    if not named.pins:
        raise BundleError(f"no champion is any good: {', '.join(named.refused)}; train anew")
    os.environ[PINS] = msgspec.json.encode(named.pins).decode()


def _fall_back(path: Path, before: dict[str, Pin], *, was_asked: bool) -> None:
    """Name those that served before."""
    if not before and was_asked:
        raise RegistryError(
            f"the registry does not answer, and no champion has served from {home()} before: check"
            " CREDENCE_TRACKING_URI"
        )
    if not before:
        raise NoChampionError(f"no model has a champion in {home()}; run `credence train all`")
    refresher = Refresher(path)
    _taken(refresher, {**before, **refresher.named.pins})
    champion_file.mark_unheard(path)
    told = logs.event("champions_stale", **{name: str(pin.version) for name, pin in before.items()})
    _log.warning("the registry is silent: the champions of before serve", extra=told)


def _taken(refresher: Refresher, pins: Mapping[str, Pin]) -> None:
    """Name champions by what is on this machine."""
    try:
        refresher.take(pins)
    finally:
        refresher.close()


def _known() -> dict[str, Pin] | None:
    """Return the champions where no process must be asked for them, else None."""
    place = database()
    if place is None:
        return None
    if not place.exists():
        return {}
    try:
        kept = contents(home() / "bundles" / SNAPSHOT, MOST_BYTES)
        found = msgspec.json.decode(kept, type=_Aliases)
    except (BundleError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    here = all(_is_here(name, pin) for name, pin in found.champions.items())
    return found.champions if here and found.stamp == stamp(place) else None


def _is_here(name: str, pin: Pin) -> bool:
    return champion_file.is_sound(name, pin) and local(name, pin.version).exists()


def _ask_apart(path: Path, seconds: float) -> bool:
    """Return whether the registry answered a process that asked it."""
    try:
        done = subprocess.run(
            command(REFRESHER, str(path), "once"), env=environment(), timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def follow() -> None:
    """Have the registry followed for this server until it ends; returns at once."""
    path = champion_file.of_server()
    assert path is not None
    threading.Thread(target=_follow, args=(path,), name="refresher", daemon=True).start()


def _follow(path: Path) -> None:
    """Run the refresher, and another whenever one ends."""
    pause = FIRST_PAUSE
    while True:
        began = time.monotonic()
        # The kernel ends it with the thread that started it: this one lasts as long as the server.
        # Ctrl-C in a terminal is for that one, which then ends it.
        process = subprocess.Popen(
            command(REFRESHER, str(path), "follow"), env=environment(), start_new_session=True
        )
        process.wait()
        pause = FIRST_PAUSE if time.monotonic() - began > LASTED else min(2 * pause, LONGEST_PAUSE)
        told = logs.event("refresher_lost", wait=pause)
        _log.error("the refresher ended; another is started in %.0f s", pause, extra=told)
        time.sleep(pause)
