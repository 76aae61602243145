"""What tests do in processes of their own, in a module that is quick to import."""

import multiprocessing
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

from serving import key_file
from serving.keys import made
from serving.metrics import Metrics
from serving.quotas import SECOND, Quotas, Rate

ALL = Rate.of(1, 20_000)


def take_all(
    file: Path, place: int, together: Barrier, taken: "multiprocessing.Queue[int]"
) -> None:
    """Take what is in a bucket, at a time that stands still."""
    quotas, count = Quotas(file, clock=lambda: SECOND), 0
    together.wait()
    while not quotas.take(place, ALL):
        count += 1
    taken.put(count)


def add_some(file: Path, count: int, together: Barrier) -> None:
    """Add keys to a file, one change each."""
    together.wait()
    for _ in range(count):
        key, _ = made(datetime(2031, 5, 1, tzinfo=UTC), scopes=("score",), per_minute=6, burst=1)
        with key_file.changing(file) as held:
            held.append(key)


def ask_some(file: Path, ended: int, begun: int, ready: Event, go: Event) -> None:
    """Count requests, some of which never end, as a worker that is killed does."""
    counted = Metrics(file)
    for _ in range(ended):
        counted.ended("/livez", 200, counted.began())
        counted.predictions({"conversion": "7"}, {"conversion": 1})
    for _ in range(begun):
        counted.began()
    ready.set()
    go.wait()
