"""What keys cost a request, and how many requests two processes take from one bucket at once.

The cost is that of a gate with 1,000 keys whose quota is never used up: it reads Authorization,
hashes and compares the secret, checks end and scope, and takes the request out of its bucket. The
bucket's file is shared without a lock; the race says what share of requests goes uncounted when
two processes take from it at once, with 100 us of work between (less than an answer costs) or none.
"""

import multiprocessing
import statistics
import tempfile
import time
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path

from serving import key_file
from serving.gate import Gate, presented_by
from serving.http import Head
from serving.keys import made
from serving.quotas import Quotas, Rate, create
from serving.scopes import SCOPES

ROUNDS = 15
CALLS = 20_000
KEYS = 1_000
RACERS = 2
BURST = 100_000
RACES = 9


def _microseconds(gate: Gate, text: str) -> float:
    """Return what one admission takes, over many."""
    headers = [
        (b"host", b"127.0.0.1:3000"),
        (b"user-agent", b"client"),
        (b"content-type", b"application/json"),
        (b"content-length", b"80"),
        (b"authorization", f"Bearer {text}".encode()),
    ]
    scope = {"type": "http", "headers": headers}
    start = time.perf_counter()
    for _ in range(CALLS):
        gate.keyed()
        gate.admit(presented_by(Head(scope)), "score")
    return (time.perf_counter() - start) / CALLS * 1e6


def _cost(folder: Path) -> None:
    file = folder / "keys.json"
    now = datetime.now(UTC)
    several = [
        made(now, scopes=SCOPES, per_minute=10_000_000, burst=10_000_000) for _ in range(KEYS)
    ]
    with key_file.changing(file) as held:
        held += [key for key, _ in several]
    create(folder / "quotas", RACERS)
    gate = Gate(file, Quotas(folder / "quotas"))
    costs = [_microseconds(gate, several[KEYS // 2][1]) for _ in range(ROUNDS)]
    print(
        f"a key costs {statistics.median(costs):.1f} us a request, median of {ROUNDS} rounds of"
        f" {CALLS} ({min(costs):.1f}-{max(costs):.1f})"
    )


def _race(file: Path, together: Barrier, taken: "multiprocessing.Queue[int]") -> None:
    """Take requests until there are none."""
    quotas, rate, count = Quotas(file), Rate.of(1, BURST), 0
    together.wait()
    while not quotas.take(0, rate):
        count += 1
    taken.put(count)


def _overshoot(folder: Path) -> int:
    """Return by how many requests two processes exceed what the bucket holds."""
    file = folder / "quotas"
    create(file, RACERS)
    context = multiprocessing.get_context("spawn")
    taken: multiprocessing.Queue[int] = context.Queue()
    together = context.Barrier(RACERS)
    racers = [context.Process(target=_race, args=(file, together, taken)) for _ in range(RACERS)]
    for one in racers:
        one.start()
    total = sum(taken.get() for _ in racers)
    for one in racers:
        one.join()
    return total - BURST


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        _cost(Path(folder))
        races = [_overshoot(Path(folder)) for _ in range(RACES)]
        print(
            f"{RACERS} processes take {BURST} requests and {statistics.median(races)} more, median"
            f" of {RACES} races ({min(races)}-{max(races)})"
        )


if __name__ == "__main__":
    main()
