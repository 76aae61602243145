"""POST /v1/audit beside what nobody can do without: decoding the rows and summing the trees.

Requests go over one keep-alive connection to a `credence serve` of its own. In turn with them this
process decodes the same bodies with msgspec into the typed request and asks
`lightgbm.Booster.predict` for the same accounts, whose columns it is given ready. Whatever else the
machine is doing falls on both. Turns are short runs, since LightGBM's idle threads spin for a while
and would take the server's core; bodies rotate, or the processor would learn the trees' ways.

`CREDENCE_HOME` may name a home whose `fake_accounts` has a champion; without one the default is
trained in a temporary home.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import lightgbm as lgb
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.turns import ROUNDS, interleaved, milliseconds, spread
from features.arrays import Floats
from features.profiles import FOLLOWER_VALUES
from models.accounts import ACCOUNT_COLUMNS, account_matrix
from models.champions import load_champions, pins
from models.fake_accounts import FakeAccounts
from models.sample import log_likelihoods
from models.served import Served
from models.trees import Trees
from serving.decode import audit_request
from serving.sampled import values_of

T = TypeVar("T")

BODIES = 16
WAIT_SECONDS = 90


def accounts_of_the_world(folder: Path) -> pa.Table:
    """Return sampled followers of a small simulated world, those with every column."""
    credence("world", "--out", str(folder / "world"), "--creators", "60", home=folder)
    table = pq.read_table(folder / "world" / "followers.parquet", columns=list(FOLLOWER_VALUES))
    return table.drop_null()


def bodies(accounts: pa.Table, n: int, *, probabilities: bool = False) -> list[bytes]:
    """Return requests that audit n accounts each."""
    random = np.random.default_rng(7)
    chosen = [
        accounts.take(random.integers(0, len(accounts), n)).to_pylist() for _ in range(BODIES)
    ]
    return [
        json.dumps({"followers": rows, "probabilities": probabilities}).encode() for rows in chosen
    ]


def credence(*arguments: str, home: Path) -> None:
    """Run a command with its state in `home`."""
    subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        env={**os.environ, "CREDENCE_HOME": str(home)},
        check=True,
        capture_output=True,
    )


@contextmanager
def served() -> Iterator[http.client.HTTPConnection]:
    """Serve the champions with one worker and yield a connection that is kept alive."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "cli", "serve", "--port", str(port)]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield ready(server, port)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(WAIT_SECONDS)


def ready(server: "subprocess.Popen[bytes]", port: int) -> http.client.HTTPConnection:
    """Return a connection once the server says it is ready."""
    end = time.monotonic() + WAIT_SECONDS
    while server.poll() is None and time.monotonic() < end:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_SECONDS)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().read() and connection.sock is not None:
                return connection
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"no server on port {port} after {WAIT_SECONDS} s")


def asked(connection: http.client.HTTPConnection, body: bytes) -> bytes:
    """Return the answer to an audit; a server drops a connection that was idle for seconds."""
    try:
        connection.request("POST", "/v1/audit", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
    except (ConnectionError, http.client.RemoteDisconnected):
        connection.close()
        return asked(connection, body)
    answer = response.read()
    if response.status != 200:
        raise RuntimeError(f"{response.status}: {answer.decode()}")
    return answer


def matrices(model: FakeAccounts, requests: Sequence[bytes]) -> list[Floats]:
    """Return what the trees of the account model read of the accounts of each request."""
    places = [ACCOUNT_COLUMNS.index(name) for name in model.served.columns]
    found = [account_matrix(values_of(audit_request(body).followers)) for body in requests]
    return [np.ascontiguousarray(X[:, places]) for X in found]


def compare(
    connection: http.client.HTTPConnection,
    model: FakeAccounts,
    requests: Sequence[bytes],
    times: int,
) -> None:
    """Print the service's time beside that of the bare steps."""
    booster, ready_rows = lgb.Booster(model_str=model.served.booster), matrices(model, requests)

    def bare(threads: int) -> Callable[[int], object]:
        def run(turn: int) -> object:
            audit_request(requests[turn % BODIES])
            return booster.predict(ready_rows[turn % BODIES], raw_score=True, num_threads=threads)

        return run

    found = interleaved(
        {
            "POST /v1/audit": lambda turn: asked(connection, requests[turn % BODIES]),
            "bare, one thread": bare(1),
            "bare, default threads": bare(0),
            "msgspec, untyped": lambda turn: msgspec.json.decode(requests[turn % BODIES]),
        },
        times,
    )
    service = found["POST /v1/audit"]
    for name, seconds in found.items():
        shown = f"   ratio {spread(service, seconds)}" if name.startswith("bare") else ""
        print(f"  {name:<24}{milliseconds(seconds)}{shown}", flush=True)


def breakdown(model: FakeAccounts, requests: Sequence[bytes], times: int) -> None:
    """Print where the service's time goes, step by step in this process."""
    typed = [audit_request(body) for body in requests]
    values = [values_of(request.followers) for request in typed]
    X = matrices(model, requests)
    odds = [model.log_odds(rows) for rows in values]
    n = np.array([0, len(values[0])])
    answers = [model.audience(rows).probabilities.tolist() for rows in values]
    booster = lgb.Booster(model_str=model.served.booster)
    trees = Trees(model.served.booster, len(model.served.columns))

    def at(items: Sequence[T], step: Callable[[T], object]) -> Callable[[int], object]:
        return lambda turn: step(items[turn % BODIES])

    found = interleaved(
        {
            "decode": at(requests, audit_request),
            "rows -> array": at(typed, lambda request: values_of(request.followers)),
            "account columns": at(values, account_matrix),
            "offset": at(X, Served(model.served.columns, model.served.offset).raw),
            "trees": at(X, trees.raw),
            "(LightGBM, 1 thread)": at(
                X, lambda rows: booster.predict(rows, raw_score=True, num_threads=1)
            ),
            "likelihood": at(odds, lambda rows: log_likelihoods(rows, n, model.doubt)),
            "whole audience": at(values, model.audience),
            "encode probabilities": at(answers, msgspec.json.encode),
        },
        times,
    )
    for name, seconds in found.items():
        print(f"  {name:<24}{milliseconds(seconds)}")


def measure(folder: Path) -> None:
    """Print every comparison with the champion of the present home."""
    accounts = accounts_of_the_world(folder)
    model = load_champions(("fake_accounts",)).fake_accounts
    assert model is not None
    kind = (
        "walks" if Trees(model.served.booster, len(model.served.columns)).is_walked else "LightGBM"
    )
    print(f"fake_accounts {model.version}: {model.served.booster.count('Tree=')} trees, by {kind}")
    with served() as connection:
        for n, probabilities, times in (
            (1_000, False, 200),
            (1_000, True, 200),
            (10_000, False, 40),
        ):
            requests = bodies(accounts, n, probabilities=probabilities)
            for body in requests:
                asked(connection, body)
            print(
                f"\n{n} followers, probabilities {probabilities}: {len(requests[0])} bytes,"
                f" {ROUNDS} rounds of {times}"
            )
            compare(connection, model, requests, times)
    print("\n1000 followers, in this process:")
    breakdown(model, bodies(accounts, 1_000), 200)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        if "CREDENCE_HOME" not in os.environ:
            os.environ["CREDENCE_HOME"] = str(Path(name) / "home")
        home = Path(os.environ["CREDENCE_HOME"])
        if "fake_accounts" not in pins():
            print(f"training fake_accounts in {home}", flush=True)
            credence("train", "fake-accounts", home=home)
        measure(Path(name))


if __name__ == "__main__":
    main()
