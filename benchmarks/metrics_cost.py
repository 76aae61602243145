"""What the metrics of a plain score of one creator cost, beside prometheus_client doing as much.

Ours count the request, its route, status, time, what is in flight, both models' predictions, scores
and abstentions and the tables that were missing. The peer counts as much less as it is today asked
of it: request, time, in flight and two predictions, with its children kept ready and its files of
several processes, which is what a server with workers needs. Rounds take turns.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from serving.metrics import Metrics, share

ROUNDS = 15
CALLS = 20_000
MODELS = {"fake_followers": "3", "conversion": "12"}


def _ours(folder: Path, creators: int) -> Callable[[], None]:
    """Return what an answered request calls."""
    share(folder / "tallies", 2)
    metrics = Metrics(folder / "tallies")
    risks, chances, levels = [0.31] * creators, [0.12] * creators, ["low"] * creators
    missing = [("audience", "followers")] * creators

    def count() -> None:
        started = metrics.began()
        metrics.scored(MODELS, risks, levels, chances, missing)
        metrics.ended("/v1/score", 200, started)

    return count


def _theirs(folder: Path) -> Callable[[], None]:
    """Return the same of prometheus_client."""
    # Its name of the folder is read when it counts first.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values

    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    requests = Counter("requests", "-", ("route", "status"), registry=registry)
    seconds = Histogram("seconds", "-", ("route",), registry=registry)
    made = Counter("predictions", "-", ("model", "version"), registry=registry)
    flying = Gauge("flying", "-", registry=registry, multiprocess_mode="livesum")
    request, took = requests.labels("/v1/score", "2xx"), seconds.labels("/v1/score")
    first, second = (made.labels(*one) for one in MODELS.items())

    def count() -> None:
        flying.inc()
        started = time.perf_counter()
        first.inc()
        second.inc()
        flying.dec()
        took.observe(time.perf_counter() - started)
        request.inc()

    return count


def _microseconds(count: Callable[[], None]) -> float:
    # Of the processor: what others run beside it is not counted.
    start = time.process_time()
    for _ in range(CALLS):
        count()
    return (time.process_time() - start) / CALLS * 1e6


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        peers = {
            "ours, one creator": _ours(Path(folder) / "one", 1),
            "ours, 20 creators": _ours(Path(folder) / "several", 20),
            "prometheus_client, a part of it": _theirs(Path(folder)),
        }
        costs: dict[str, list[float]] = {name: [] for name in peers}
        for _ in range(ROUNDS):
            for name, count in peers.items():
                costs[name].append(_microseconds(count))
    for name, found in costs.items():
        print(
            f"{name}: {statistics.median(found):.1f} us a request, median of {ROUNDS} rounds of"
            f" {CALLS} ({min(found):.1f}-{max(found):.1f})"
        )


if __name__ == "__main__":
    main()
