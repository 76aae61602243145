"""What `credence serve` does before and around the workers: check, resolve, announce, start."""

import logging
import os
import socket
import sys
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

from features.errors import InputError
from features.home import home
from serving import champion_file, key_file, logs, metrics, packed, quotas, refreshing
from serving.cors import ORIGINS, Cors
from serving.gate import KEYED, QUOTAS

LOOPBACK = {"127.0.0.1": "127.0.0.1", "localhost": "127.0.0.1", "::1": "::1", "[::1]": "::1"}
"""Hosts that a server without keys may bind to, with their addresses."""

_log = logging.getLogger("credence")

# One thread a worker: with a busy neighbour, two cost a hundred times at the 95th percentile.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class NotLoopbackError(InputError):
    """A server without keys was asked to listen where strangers reach it."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"--host {host}: without keys the server answers to this machine only; expected one of"
            f" {', '.join(LOOPBACK)}. To offer it to others, make a key: `credence keys create`"
        )


def serve(
    host: str = "127.0.0.1",
    port: int = 3000,
    workers: int = 1,
    log: Path | None = None,
    *,
    cors: Sequence[str] = (),
    example: bool = False,
) -> None:
    """Serve the champions and the published store until a signal ends it.

    Parameters
    ----------
    host : str
        A name or address of the loopback interface; with keys, any address of this machine.
    port : int
        Where to listen.
    workers : int
        Processes.
    log : Path, optional
        Folder for a Parquet log of predictions.
    cors : sequence of str
        Origins whose pages may read answers; those of CREDENCE_CORS where none are given.
    example : bool
        Print a request to try and its answer once the workers are ready.

    Raises
    ------
    InputError
        For a host that is not loopback without keys, keys that cannot be read, an origin that is
        none, a port in use, or without any champion.
    """
    if cors:
        os.environ[ORIGINS] = " ".join(cors)
    address, keyed = _checked(host)
    _refuse_taken(address, port)
    prepare(port, log, workers, keyed=keyed)
    # BentoML empties its metrics folder at start: each server has its own, named by its port.
    os.environ["BENTOML_HOME"] = str(_state(port))
    _announce(address, port, workers, keyed=keyed)
    if example and not keyed:
        from serving.example import show_when_ready

        show_when_ready(address, port)
    # Reads BENTOML_HOME when it is imported.
    from serving.service import run

    _follow()
    run(address, port, workers)


def adopt(host: str, port: int, workers: int) -> None:
    """Do for a server that `bentoml serve` is about to start what `serve` does.

    BentoML's own state folder stays where it is: the Bento may lie there.

    Parameters
    ----------
    host : str
        Where it will listen.
    port : int
        Likewise.
    workers : int
        Processes.

    Raises
    ------
    InputError
        As `serve` does.
    """
    address, keyed = _checked(host)
    given = os.environ.get("CREDENCE_LOG")
    prepare(port, Path(given) if given else None, workers, keyed=keyed)
    _announce(address, port, workers, keyed=keyed)
    _follow()


def _checked(host: str) -> tuple[str, bool]:
    """Return the address to bind to, and whether there are keys; what a Bento brings is there."""
    packed.unpack()
    Cors.of_server()
    keyed = bool(key_file.read(key_file.path()))
    return _address(host, keyed), keyed


def _announce(address: str, port: int, workers: int, *, keyed: bool) -> None:
    """Say where the server is and whom it answers."""
    url = f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"
    told = f"serving on {url} with {workers} worker{'s' * (workers > 1)}; {_who(address, keyed)}"
    if sys.stderr.isatty():
        print(told, file=sys.stderr, flush=True)
    else:
        # Whoever collects lines of a service reads JSON from the first one on.
        logs.start()
        _log.info(told, extra=logs.event("server_started", url=url, workers=workers, keyed=keyed))


def _follow() -> None:
    """Follow the registry, if there is one."""
    if champion_file.of_server() is not None:
        refreshing.follow()


def _state(port: int) -> Path:
    """Return the folder of a server's own state."""
    return home().resolve() / "serving" / str(port)


def _address(host: str, keyed: bool) -> str:
    """Return the address to bind to."""
    if host in LOOPBACK:
        return LOOPBACK[host]
    if not keyed:
        raise NotLoopbackError(host)
    try:
        return str(ip_address(host.strip("[]")))
    except ValueError:
        raise InputError(
            f"--host {host}: expected an IP address of this machine, such as 0.0.0.0 for all it has"
        ) from None


def _who(address: str, keyed: bool) -> str:
    """Say who is answered."""
    if not keyed:
        return "no keys are configured, so only this machine is answered"
    asked = f"a key of {key_file.path()} is asked for"
    if address in LOOPBACK.values():
        return asked
    return f"{asked}. Keys travel as they are: put a proxy with TLS before this server"


def _refuse_taken(address: str, port: int) -> None:
    """Raise where something listens on the port already."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise InputError(
                f"--port {port} of {address}: {error.strerror}; choose another port, or end what"
                " listens there"
            ) from error


def prepare(port: int, log: Path | None, workers: int = 1, *, keyed: bool = False) -> None:
    """Set what the workers find in their environment.

    Parameters
    ----------
    port : int
        Names the folder of BentoML's own state.
    log : Path, optional
        Folder of the prediction log.
    workers : int
        How many there will be.
    keyed : bool
        Whether there are keys.

    Raises
    ------
    NoChampionError
        Without any champion there is nothing to serve.
    """
    os.environ["CREDENCE_HOME"] = str(home().resolve())
    state = _state(port)
    if not packed.name_champions():
        refreshing.resolve(state)
    if log is not None:
        log.mkdir(parents=True, exist_ok=True)
        os.environ["CREDENCE_LOG"] = str(log.resolve())
    quotas.create(state / "quotas", workers)
    os.environ[QUOTAS] = str(state / "quotas")
    metrics.share(state / "tallies", workers)
    # A worker that is started anew while the file is missing must not open the gate.
    os.environ.pop(KEYED, None)
    if keyed:
        os.environ[KEYED] = "1"
    os.environ["BENTOML_DO_NOT_TRACK"] = "True"
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")
