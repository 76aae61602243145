"""The file that names the champions a server answers from: one process writes it, workers read it.

Its content says which versions; its time of change says when the registry last confirmed them. It
lies in the folder of the server's own state and is replaced as a whole. A worker that is started
anew takes it, so that it answers as the others do, and never asks the registry.
"""

import hashlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from features.home import home
from models.champions import MODELS, SNAPSHOT, Pin
from models.database import database, tracking_uri
from models.layout import BundleError, contents

FILE = "champions.json"
PLACE = "CREDENCE_CHAMPION_FILE"
"""Environment variable: where the file of this server is."""

MOST_BYTES = 2**16
STALE_SECONDS = 15.0
"""So long after the registry last answered, what is served counts as stale."""

_MOST_VERSION = 10**9
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The champions that answer, and those that were promoted but are no good."""

    registry: str
    """Which registry named them: a hash, since its address may hold a password."""
    pins: dict[str, Pin]
    refused: dict[str, Pin] = {}


class UnusableFileError(RuntimeError):
    """The file is not there, or is none that a server writes."""


def path_of(state: Path) -> Path:
    """Return where the file is in the folder of a server's own state."""
    return state / FILE


def of_server() -> Path | None:
    """Return the file of the server that this process is a worker of, None outside of one."""
    given = os.environ.get(PLACE)
    return Path(given) if given else None


def registry_mark() -> str:
    """Return what tells this registry from others."""
    return hashlib.sha256(tracking_uri().encode()).hexdigest()


def read(path: Path) -> Named:
    """Return what a file names.

    Parameters
    ----------
    path : Path
        Written by `write`; whatever else it holds is refused.

    Raises
    ------
    UnusableFileError
        If it is missing, too large, damaged, or names what cannot be a version.
    """
    try:
        named = msgspec.json.decode(contents(path, MOST_BYTES), type=Named)
    except (BundleError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnusableFileError(f"{path}: names no champions: {error}") from error
    for name, pin in [*named.pins.items(), *named.refused.items()]:
        if not is_sound(name, pin):
            raise UnusableFileError(f"{path}: names what is no version of a model")
    return named


def write(path: Path, named: Named) -> None:
    """Replace the file at once, and on disk; the registry counts as heard now.

    Parameters
    ----------
    path : Path
        The file.
    named : Named
        What it is to say.
    """
    replace_file(path, msgspec.json.encode(named))


def replace_file(path: Path, data: bytes) -> None:
    """Put a small file in place at once: a reader and a crash see the old one or the new one.

    Parameters
    ----------
    path : Path
        Where it goes; its folder is made where it is missing.
    data : bytes
        All of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def is_sound(name: str, pin: Pin) -> bool:
    """Return whether a pin can be a version of a model: what a registry says is not trusted."""
    possible = 0 < pin.version < _MOST_VERSION and _DIGEST.fullmatch(pin.digest) is not None
    return name in MODELS and possible


def mark_heard(path: Path) -> None:
    """Note that the registry has just confirmed what the file names."""
    os.utime(path)


def mark_unheard(path: Path) -> None:
    """Note that what the file names was not confirmed by the registry."""
    os.utime(path, (0, 0))


def is_stale(path: Path) -> bool:
    """Return whether the registry has been silent for too long, or nobody listens to it."""
    try:
        silent = time.time() - path.stat().st_mtime
    except OSError:
        return True
    # A time to come is a clock that was set back: the next answer puts it right.
    return abs(silent) > STALE_SECONDS


def last_good() -> dict[str, Pin]:
    """Return the champions that served last on this machine, for when the registry is silent.

    Returns
    -------
    dict of str to Pin
        Of the file that a server of the same registry changed last; else those that a command last
        found in this folder's own registry; empty where there is neither.
    """
    mark = registry_mark()
    for path in _latest_first():
        try:
            named = read(path)
        except UnusableFileError:
            continue
        if named.registry == mark and named.pins:
            return named.pins
    return _found_by_a_command() if database() is not None else {}


def _latest_first() -> Iterator[Path]:
    """Yield the files of all servers of this home, those written last first."""
    # Not by their time of change, which may say that the registry was silent.
    yield from sorted(
        (home() / "serving").glob(f"*/{FILE}"), key=lambda path: path.stat().st_ctime, reverse=True
    )


class _Aliases(msgspec.Struct):
    """What every command that scores keeps of the registry, as far as it is asked for here."""

    champions: dict[str, Pin]


def _found_by_a_command() -> dict[str, Pin]:
    try:
        kept = contents(home() / "bundles" / SNAPSHOT, MOST_BYTES)
        found = msgspec.json.decode(kept, type=_Aliases).champions
    except (BundleError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return {name: pin for name, pin in found.items() if is_sound(name, pin)}
