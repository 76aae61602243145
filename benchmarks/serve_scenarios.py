"""What is asked of the servers."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from benchmarks.serve_bodies import Bodies
from benchmarks.serve_fleet import EVERYONE, ON
from benchmarks.serve_measure import Case
from benchmarks.serve_servers import Server
from serving.contract import ScoreRequest

BUSY, ALONE = 8, 1
"""Connections."""
HUNDRED = 100

ONE = "one stored creator"
MANY = f"{HUNDRED} stored creators"
REASONS = "one stored creator, reasons: 3"
INLINE = "one creator inline: 90 posts, 90 snapshots"
METRICS = "one creator inline: 90 posts with metrics, 90 snapshots"


class Key(NamedTuple):
    """What is measured."""

    scenario: str
    connections: int
    server: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of request."""

    name: str
    bodies: Sequence[bytes]
    servers: tuple[str, ...]
    connections: tuple[int, ...]


def scenarios(bodies: Bodies) -> list[Scenario]:
    """Return every kind of request, with the servers that understand it."""
    both = (BUSY, ALONE)
    return [
        Scenario(ONE, bodies.stored(), EVERYONE, both),
        Scenario(MANY, bodies.stored(HUNDRED), EVERYONE, (BUSY,)),
        Scenario(REASONS, bodies.stored(reasons=3), (ON,), both),
        Scenario(INLINE, bodies.inline(metrics=False), (ON,), both),
        Scenario(METRICS, bodies.inline(metrics=True), (ON,), both),
    ]


def cases(asked: Sequence[Scenario], servers: Mapping[str, Server]) -> dict[Key, Case]:
    """Return every scenario on each of the servers there are."""
    return {
        Key(one.name, connections, name): Case(servers[name], one.bodies, connections)
        for one in asked
        for connections in one.connections
        for name in one.servers
        if name in servers
    }


def decoding(scenario: Scenario, times: int = 20) -> float:
    """Return the microseconds that msgspec alone needs for a body, as the service decodes it."""
    decode = msgspec.json.Decoder(ScoreRequest).decode
    start = time.thread_time()
    for _ in range(times):
        for body in scenario.bodies:
            decode(body)
    return (time.thread_time() - start) / times / len(scenario.bodies) * 1e6
