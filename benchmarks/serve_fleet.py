"""The servers that are compared, started side by side."""

import http.client
import json
import math
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.peers.ready import READY
from benchmarks.serve_bodies import Bodies
from benchmarks.serve_home import Home
from benchmarks.serve_servers import Cores, Server, started

ON, OFF = "credence", "credence, all off"
BARE, FASTAPI, BENTOML = "bare", "FastAPI", "BentoML"
EVERYONE = (ON, OFF, BARE, FASTAPI, BENTOML)

SETTLING = 15.0
"""Seconds before anything is measured."""

CREDENCE = ["-m", "cli", "serve", "--port", "PORT"]
_QUICKEST = ["--loop", "uvloop", "--http", "httptools", "--lifespan", "off"]
_UVICORN = ["-m", "uvicorn", "--port", "PORT", "--no-access-log", "--log-level", "warning"]
_BENTOML = ["-m", "bentoml", "serve", "--host", "127.0.0.1", "--port", "PORT"]


@contextmanager
def fleet(
    home: Home, names: Collection[str], cores: Cores, scratch: Path
) -> Iterator[dict[str, Server]]:
    """Start servers, wait until all of them answer, and end them.

    Parameters
    ----------
    home : Home
        What they serve.
    names : collection of str
        Of EVERYONE.
    cores : Cores
        Where they run.
    scratch : Path
        An empty folder, for their state and output.
    """
    keyed, key = home.keyed(scratch / "keyed")
    rows = {READY: str(home.ready)}
    quiet = {"BENTOML_HOME": str(scratch / "bentoml"), "BENTOML_DO_NOT_TRACK": "True"}
    off = {"CREDENCE_HOME": str(home.shared(scratch / "open")), "CREDENCE_METRICS": "off"}
    commands = {
        ON: (CREDENCE, {"CREDENCE_HOME": str(keyed)}, (f"Authorization: Bearer {key}",)),
        OFF: (CREDENCE, off, ()),
        BARE: ([*_UVICORN, *_QUICKEST, "benchmarks.peers.bare:app"], rows, ()),
        FASTAPI: ([*_UVICORN, "benchmarks.peers.plain:app"], rows, ()),
        BENTOML: ([*_BENTOML, "benchmarks.peers.bento:Peer"], {**rows, **quiet}, ()),
    }
    first = Bodies(home.about()).stored()[0]
    with ExitStack() as stack:
        servers = {}
        for number, name in enumerate(names):
            command, environment, headers = commands[name]
            servers[name] = stack.enter_context(
                started(
                    name,
                    [sys.executable, *command],
                    log=scratch / f"{number}.log",
                    cores=cores,
                    environment=environment,
                    headers=headers,
                )
            )
        for server in servers.values():
            server.wait(first)
        _expect_same_work(servers, first)
        # Those of ours look up and prove their champions beside their first answers.
        time.sleep(SETTLING)
        yield servers


def _expect_same_work(servers: Mapping[str, Server], body: bytes) -> None:
    """Refuse to compare servers that do not predict the same of a creator."""
    peers = {
        name: _scores(servers[name], body) for name in (BARE, FASTAPI, BENTOML) if name in servers
    }
    for name, found in peers.items():
        for key in ("conversion", "fake_followers"):
            if not math.isclose(found[key], peers[BARE][key], rel_tol=1e-12):
                raise SystemExit(f"{name} answers {found}, {BARE} {peers[BARE]}")
    for name in {ON, OFF} & servers.keys():
        found = _scores(servers[name], body)
        if not (found["conversion"] and found["fake_followers"]):
            raise SystemExit(f"{name} lacks the scores of a model: {found}")


def _scores(server: Server, body: bytes) -> Any:
    connection = http.client.HTTPConnection(*server.address, timeout=30)
    try:
        headers = dict(line.split(": ", 1) for line in server.headers)
        connection.request(
            "POST", "/v1/score", body, {"Content-Type": "application/json", **headers}
        )
        return json.loads(connection.getresponse().read())["scores"][0]
    finally:
        connection.close()
