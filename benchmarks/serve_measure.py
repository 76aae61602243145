"""Loads taken in turns, so that whatever else the machine is doing falls on all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from benchmarks.serve_driver import drive
from benchmarks.serve_servers import Server, busy

WARM_SECONDS = 0.2
"""Unmeasured, before each window: the turns of others have emptied the caches."""

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Case:
    """Requests to a server on so many connections."""

    server: Server
    bodies: Sequence[bytes]
    connections: int


@dataclass(frozen=True, slots=True)
class Window:
    """What one window of one case came to; times in microseconds."""

    n: int
    each: float
    """A request's share of the window."""
    p50: float
    p99: float
    slowest: float
    used: float
    """Of the processor's time, a request."""


def window(case: Case, *, seconds: float = 0.0, count: int = 0) -> Window:
    """Measure one case once, for so long or so many answers."""
    server, several = case.server, case.connections
    requests = server.requests(case.bodies)
    drive(server.address, requests, several, seconds=WARM_SECONDS)
    worker = server.worker()
    before = busy(worker)
    load = drive(server.address, requests, several, seconds=seconds, count=count)
    used, n = busy(worker) - before, len(load.latencies)
    return Window(
        n=n,
        each=load.elapsed / n / 1e3,
        p50=load.quantile(0.5) / 1e3,
        p99=load.quantile(0.99) / 1e3,
        slowest=load.latencies[-1] / 1e3,
        used=used / n / 1e3,
    )


def interleaved(cases: Mapping[Key, Case], rounds: int, seconds: float) -> dict[Key, list[Window]]:
    """Return a window of each case in every round."""
    found: dict[Key, list[Window]] = {key: [] for key in cases}
    for turn in range(rounds):
        # The other way round every second time, so that none always follows the same one.
        for key in list(cases)[:: 1 if turn % 2 == 0 else -1]:
            found[key].append(window(cases[key], seconds=seconds))
    return found


def slowest(cases: Mapping[Key, Case], most: int, slice_: int) -> dict[Key, float]:
    """Return the slowest of so many answers of each case, taken slice by slice in turn."""
    found: dict[Key, float] = dict.fromkeys(cases, 0.0)
    for done in range(0, most, slice_):
        for key, case in cases.items():
            seen = window(case, count=min(slice_, most - done)).slowest
            found[key] = max(found[key], seen)
    return found
