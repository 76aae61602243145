"""100 model swaps under load: each answer has the numbers of the versions that it states.

Two clients ask half of the time, for stored creators, for creators with a history, for audiences.
Champions are promoted and rolled back in the registry, one after the other, and halfway the store
is published again. An answer counts if every number in it is, to the last bit, what a batch job
says by the versions in its header and body. `python -m benchmarks.fault_swaps`, some ten minutes,
with the champions and the published store of CREDENCE_HOME.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.fault_home import MODELS, Broken, broken
from benchmarks.fault_log import Log
from benchmarks.fault_offline import ACCOUNTS, Json, Offline, differs
from benchmarks.serve_bodies import Bodies
from benchmarks.serve_servers import Cores, Server, resident, started
from models import registry, succession

BOUND_SECONDS = 10.0
"""How long a promotion may take to reach every worker."""
GROWTH = 1.10
"""By how much a worker's memory may grow from the tenth swap on."""
CLIENTS = 2
_AUDIT = (
    b'{"followers":[{"followers":310,"following":290,"posts":42},'
    b'{"followers":9,"following":900,"posts":0}]}'
)


class Question(NamedTuple):
    """One request of the load."""

    kind: str
    path: str
    body: bytes


@dataclass(slots=True)
class Load:
    """Clients that ask until they are told to stop, and judge every answer."""

    server: Server
    offline: Offline
    questions: Sequence[Question]
    stop: threading.Event = field(default_factory=threading.Event)
    wrong: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    combinations: set[tuple[str, str]] = field(default_factory=set)
    _known: dict[tuple[int, str], Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, first: int) -> None:
        """Ask one question after the other."""
        connection = HTTPConnection(*self.server.address, timeout=30)
        numbers = cycle([*range(first, len(self.questions)), *range(first)])
        while not self.stop.is_set():
            number = next(numbers)
            question = self.questions[number]
            began = time.perf_counter()
            try:
                connection.request("POST", question.path, question.body, _JSON)
                answer = connection.getresponse()
                body = answer.read()
            except OSError as error:
                self.wrong.append(f"{question.kind}: {error!r}")
                connection.close()
                continue
            took = time.perf_counter() - began
            stated = answer.headers["X-Credence-Models"]
            with self._lock:
                self.seconds.append(took)
                self.counts[question.kind] = self.counts.get(question.kind, 0) + 1
                self.combinations.add((question.kind, stated))
                self._judge(number, answer.status, stated, body)
            # It rests as long as it waited: what is promoted needs a processor too.
            time.sleep(took)
        connection.close()

    def _judge(self, number: int, status: int, stated: str, body: bytes) -> None:
        """Compare an answer with what was found offline for the versions that it states."""
        question = self.questions[number]
        told = json.loads(body)
        if status != 200:
            self.wrong.append(f"{question.kind}: {status} {body[:200]!r}")
            return
        versions = dict(pair.split("=") for pair in stated.split(", "))
        expected = self._expected(number, stated, versions)
        if question.path == "/v1/audit":
            same = all(told[key] == value for key, value in expected.items())
            same = same and versions == {ACCOUNTS: told["version"]}
        else:
            pairs = zip(told["scores"], expected, strict=True)
            same = told["models"] == versions and not any(differs(*pair) for pair in pairs)
        if not same:
            self.wrong.append(f"{question.kind} {number} by {stated}: {body[:400]!r}")

    def _expected(self, number: int, stated: str, versions: dict[str, str]) -> Any:
        key, question = (number, stated), self.questions[number]
        if key not in self._known:
            if question.path == "/v1/audit":
                found: Any = self.offline.audience(question.body, versions[ACCOUNTS])
            else:
                found = self.offline.scores(json.loads(question.body), versions)
            self._known[key] = found
        return self._known[key]


_JSON = {"Content-Type": "application/json"}


def questions(bodies: Bodies) -> list[Question]:
    """Return what is asked: three kinds of scores, and an audience."""
    stored, brought = bodies.stored(4)[:12], bodies.inline(metrics=True)[:6]
    found = []
    for turn, body in enumerate(stored):
        found.append(Question("stored", "/v1/score", body))
        if turn % 2:
            found.append(Question("inline", "/v1/score", brought[turn // 2]))
        if turn % 4 == 0:
            found.append(Question("audit", "/v1/audit", _AUDIT))
            found.append(Question("mixed", "/v1/score", _mixed(body, brought[turn // 4])))
    return found


def _mixed(stored: bytes, brought: bytes) -> bytes:
    """Return a request for stored creators and one with a history, at the published moment."""
    one, other = json.loads(stored), json.loads(brought)
    return json.dumps({**one, "creators": [*one["creators"], *other["creators"]]}).encode()


def swaps(home: Broken, count: int) -> Iterator[tuple[str, int]]:
    """Move champions forward and back, one a turn; yield each model and the version it has then."""
    for turn in range(count):
        name = MODELS[turn % len(MODELS)]
        standing = registry.champion(name)
        if standing is not None and standing.number == home.others[name]:
            yield name, succession.rollback(name)[1]
        else:
            version = registry.version(name, home.others[name])
            succession.promote(version, over=standing, evidence={"why": "a swap under load"})
            yield name, version.number


def publish(home: Broken) -> None:
    """Publish the store again, by the champions of the moment."""
    command = [sys.executable, "-m", "cli", "publish", "--tables", str(home.world)]
    subprocess.run(command, check=True, capture_output=True, env=dict(os.environ))


def ready(server: Server) -> Json:
    """Return what /readyz says."""
    connection = HTTPConnection(*server.address, timeout=30)
    try:
        connection.request("GET", "/readyz")
        found: Json = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return found


@dataclass(slots=True)
class Seen:
    """What was measured."""

    reached: list[float] = field(default_factory=list)
    memory: dict[int, int] = field(default_factory=dict)
    lagged: bool = False
    lag_ended: bool = False


def run(home: Broken, server: Server, log: Log, count: int, workers: int) -> Seen:
    """Swap models, and wait each time until every worker has taken it over."""
    seen, pids = Seen(), log.workers(workers)
    began = time.monotonic()
    for turn, (name, number) in enumerate(swaps(home, count), 1):
        began = time.monotonic()
        log.wait_for_switch(pids, name, str(number), BOUND_SECONDS * 3)
        seen.reached.append(time.monotonic() - began)
        if turn in (10, count):
            seen.memory[turn] = max(resident(pid) for pid in pids)
        if turn >= count // 2 and not seen.lagged and ready(server)["store"]["lags"]:
            seen.lagged = True
            before = len(log.events("store_switched"))
            publish(home)
            log.wait_for_more("store_switched", before, pids, BOUND_SECONDS)
            seen.lag_ended = not ready(server)["store"]["lags"]
        told = f"  swap {turn} of {count}: {name} {number} after {seen.reached[-1]:.1f} s"
        print(told, file=sys.stderr, flush=True)
    return seen


def judged(load: Load, seen: Seen, lost: int) -> bool:
    """Print the figures; return whether every bound is met."""
    answers, longest = len(load.seconds), max(seen.reached)
    growth = seen.memory[max(seen.memory)] / seen.memory[min(seen.memory)]
    ordered = sorted(load.seconds)
    lines = {
        f"answers {answers}: {load.counts}, by {len(load.combinations)} kinds and versions;"
        f" wrong or failed {len(load.wrong)} (0)": not load.wrong,
        f"a swap reached every worker after {statistics.median(seen.reached):.1f} s in the median,"
        f" {longest:.1f} s at most, n = {len(seen.reached)} ({BOUND_SECONDS:.0f} s)": longest
        <= BOUND_SECONDS,
        f"memory of the largest worker after the last swap / after the tenth: {growth:.3f}"
        f" ({GROWTH})": growth <= GROWTH,
        f"the store's lag was told ({seen.lagged}) until it was published ({seen.lag_ended})": (
            seen.lagged and seen.lag_ended
        ),
        f"workers lost: {lost} (0)": not lost,
        f"requests meanwhile took {ordered[answers // 2] * 1e3:.1f} ms in the median,"
        f" {ordered[int(0.99 * answers)] * 1e3:.1f} ms at the 99th percentile (no bound)": True,
    }
    for line, met in lines.items():
        print(f"  {'ok  ' if met else 'MISS'} {line}")
    for line in load.wrong[:5]:
        print(f"       {line}")
    return all(lines.values())


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--swaps", type=int, default=100)
    options.add_argument("--workers", type=int, default=2)
    given = options.parse_args()
    words = ["-m", "cli", "serve", "--port", "PORT", "--workers", str(given.workers)]
    allowed = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory() as scratch, broken(Path(scratch)) as home:
        about, log = home.about(), Log(Path(scratch) / "server.log")
        environment = {"CREDENCE_HOME": str(home.folder)}
        with started(
            "credence",
            [sys.executable, *words],
            log=log.path,
            cores=Cores.of_this_machine(),
            environment=environment,
        ) as server:
            for pid in (0, server.process.pid):
                os.sched_setaffinity(pid, allowed)
            asked = questions(Bodies(about))
            server.wait(asked[0].body)
            load = Load(server, Offline.of(home.world, about.as_of), asked)
            clients = [threading.Thread(target=load.ask, args=(one,)) for one in range(CLIENTS)]
            for client in clients:
                client.start()
            try:
                seen = run(home, server, log, given.swaps, given.workers)
            finally:
                load.stop.set()
                for client in clients:
                    client.join()
            lost = len(log.events("worker_lost"))
    sys.exit(0 if judged(load, seen, lost) else 1)


if __name__ == "__main__":
    main()
