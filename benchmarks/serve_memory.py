"""Resident memory of a worker after many requests of every kind, refused ones included."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.serve_bodies import Bodies
from benchmarks.serve_driver import drive
from benchmarks.serve_fleet import ON, fleet
from benchmarks.serve_home import Home
from benchmarks.serve_servers import Cores, Server, resident

FIRST, LAST, STEP = 50_000, 500_000, 50_000
CONNECTIONS = 8
_STATUS = (b"200", b"404", b"422")
_AUDITED = b'{"followers":[{"followers":10,"following":900,"posts":0}]}'


def memory(state: Home, cores: Cores) -> None:
    """Print the worker's resident memory on the way to half a million answers."""
    bodies = Bodies(state.about())
    with (
        tempfile.TemporaryDirectory() as scratch,
        fleet(state, (ON,), cores, Path(scratch)) as all_,
    ):
        server = all_[ON]
        worker, asked, sizes = server.worker(), list(mixed(server, bodies)), {}
        for done in range(STEP, LAST + 1, STEP):
            drive(server.address, asked, CONNECTIONS, count=STEP, status=_STATUS)
            sizes[done] = resident(worker)
            print(
                f"  {done:9,} answers: {sizes[done] / 1024:7.1f} MiB resident,"
                f" {resident(worker, 'RssAnon') / 1024:7.1f} of its own",
                flush=True,
            )
        ratio = sizes[LAST] / sizes[FIRST]
        print(f"  after {LAST:,} / after {FIRST:,}: {ratio:.3f}   at most 1.05")


def mixed(server: Server, bodies: Bodies) -> Iterator[bytes]:
    """Yield one request after the other of 64 turns, mostly for a stored creator."""
    kinds = (bodies.stored(reasons=3), bodies.inline(metrics=True), bodies.stored(20))
    for turn, body in enumerate(bodies.stored()):
        for _ in range(5):
            yield server.request(body)
        yield server.request(kinds[turn % len(kinds)][turn])
        yield server.request(_AUDITED, path="/v1/audit")
        creator = bodies.about.creators[turn]
        yield server.request(b"", "GET", f"/v1/creators/{creator}")
        # Refused: of another type, not published, without a route.
        yield server.request(b'{"creators":[{"creator_id":1}]}')
        yield server.request(body.replace(bodies.about.creators[turn].encode(), b"nobody"))
        yield server.request(b"", "GET", f"/v1/nothing/{turn}")
