"""Lookups of random ids in a store of a million creators, beside LMDB's own get of the same bytes.

    python -m benchmarks.scale_store [--creators 1000000] [--quick]

Needs a published store in CREDENCE_HOME: its entries are written again and again under other ids,
in chance order, so that sizes and contents are those of real ones. Ids to look up are drawn anew in
every round; all ways look up the same ones, in turns, on one core. Last, what the workers of a real
`credence serve` hold of such a store after answers about a hundred thousand creators.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import lmdb
import msgspec
import numpy as np

from benchmarks.scale_home import failed, prepared
from benchmarks.serve_driver import drive
from benchmarks.serve_servers import Cores, resident, started
from benchmarks.turns import spread
from features.drivers import Asked
from features.home import home
from serving.entries import pack_meta
from serving.store import BRIEFS, CREATOR, CURRENT, DATA, META, Store, online, published

LEAST = 0.5
"""Of the rate of LMDB's own get."""

ROUNDS, IDS = 9, 20_000
STORE = "the store's get"
TOGETHER = 100
REQUESTS = 100_000
_SHARED = ("bundles", "kernels", "mlflow.db", "artifacts")
_PUT = 10_000

Way = Callable[[Sequence[str]], object]


def multiplied(store: Store, creators: int, folder: Path) -> Path:
    """Write the entries of a store under so many ids, and return the state folder for it."""
    random_ = np.random.default_rng(7)
    entries = [entry for entry in store.packed(store.ids()) if entry is not None]
    which = random_.integers(0, len(entries), creators).tolist()
    names = sorted(f"{number * 2654435761 % 2**32:08x}-{number}" for number in range(creators))
    for name in _SHARED:
        (folder / name).symlink_to((home() / name).resolve())
    made = folder / "online" / "multiplied"
    made.mkdir(parents=True)
    size = sum(map(len, entries)) // len(entries)
    with lmdb.open(
        str(made), map_size=(size + 2**12) * creators + 2**26, lock=False, sync=False
    ) as database:
        _put(database, [(BRIEFS, store._value(BRIEFS))])
        for start in range(0, creators, _PUT):
            some = zip(names[start : start + _PUT], which[start : start + _PUT], strict=True)
            _put(database, [(CREATOR + name.encode(), entries[one]) for name, one in some])
        meta = msgspec.structs.replace(store.meta, creators=creators)
        _put(database, [(META, pack_meta(meta))])
        database.sync(True)
    (folder / "online" / CURRENT).write_text(f"{made.name}\n")
    return folder


def _put(database: Any, items: Sequence[tuple[bytes, bytes]]) -> None:
    with database.begin(write=True) as transaction:
        for key, value in items:
            transaction.put(key, value, append=True)


def ways_of(store: Store, together: int) -> dict[str, Way]:
    """Return the ways to look up one id, or several together; the first is LMDB's own."""
    plain = store._lmdb  # the same pages: LMDB cannot open a file twice in one process
    brief, unknown = np.zeros(together, np.int64), np.full(together, np.nan)
    moment = np.full(together, store.as_of)
    offer = Asked(np.arange(together), store.brief_rows, brief, unknown, unknown, moment)

    def get(some: Sequence[str]) -> object:
        with plain.begin() as transaction:
            return [transaction.get(CREATOR + one.encode()) for one in some]

    return {
        "LMDB's get": get,
        STORE: store.get,
        "and their features": lambda some: store.get(some).entries.matrix(offer),
    }


def lookups(store: Store, together: int, rounds: int, ids: int) -> float:
    """Print the rates of lookups, and return the store's as a ratio to LMDB's own."""
    names, chance = store.ids(), random.Random(together)
    ways = ways_of(store, together)
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        drawn = list(_grouped(chance.sample(names, min(ids, len(names))), together))
        # Whoever comes first finds pages that are not mapped yet: nobody's turn.
        for some in drawn:
            store.packed(some)
        for name, way in ways.items():
            start = time.perf_counter()
            for some in drawn:
                way(some)
            rates[name].append(together * len(drawn) / (time.perf_counter() - start))
    print(f"random ids, {together} at a time ({rounds} rounds of {ids:,}), creators a second:")
    floor = rates["LMDB's get"]
    for name, found in rates.items():
        print(f"  {name:20} {median(found):10,.0f}, ratio {spread(found, floor)}")
    return median(one / other for one, other in zip(rates[STORE], floor, strict=True))


def _grouped(names: Sequence[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(names) - size + 1, size):
        yield list(names[start : start + size])


def memory(pid: int) -> str:
    """Return what a process holds: its own memory, and pages of files that it shares."""
    own, files = (resident(pid, field) / 1024 for field in ("RssAnon", "RssFile"))
    return f"{own:,.0f} MiB of its own, {files:,.0f} MiB of mapped files"


def workers(requests: int) -> None:
    """Print what the workers of a server hold of the store after so many answers."""
    store = published()
    assert store is not None
    brief = store.briefs.ids[0]
    names = random.Random(11).sample(store.ids(), min(requests, store.meta.creators))
    bodies = [
        json.dumps({"brief_id": brief, "creators": [{"creator_id": one}]}).encode() for one in names
    ]
    del store
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "cli", "serve", "--port", "PORT", "--workers", "1"]
        cores = Cores.of_this_machine()
        log = Path(scratch) / "serve.log"
        with started("credence", command, log=log, cores=cores, environment={}) as server:
            server.wait(bodies[0])
            worker = server.worker()
            print(f"a worker of credence serve: {memory(worker)}", flush=True)
            drive(server.address, server.requests(bodies), 8, count=len(bodies))
            print(f"  after {len(bodies):,} answers about others: {memory(worker)}", flush=True)


def look(rounds: int, ids: int, requests: int) -> None:
    """Print all figures of the store of this home."""
    store = published()
    assert store is not None
    size = (store.path / DATA).stat().st_size / 2**20
    print(f"{store.meta.creators:,} creators, {size:,.0f} MiB; this process: {memory(os.getpid())}")
    ratios = [lookups(store, together, rounds, ids) for together in (1, TOGETHER)]
    print(f"this process after {2 * rounds * ids:,} lookups: {memory(os.getpid())}", flush=True)
    del store
    workers(requests)
    if min(ratios) < LEAST:
        failed(f"lookups at least {LEAST} times as quick as LMDB's own get")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creators", type=int, default=1_000_000)
    parser.add_argument("--quick", action="store_true", help="50,000 creators, fewer lookups")
    parser.add_argument("--look", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    rounds, ids, requests = (3, 2_000, 2_000) if asked.quick else (ROUNDS, IDS, REQUESTS)
    creators = min(asked.creators, 50_000) if asked.quick else asked.creators
    if asked.look:
        look(rounds, ids, requests)
        return
    prepared()
    store = published()
    assert store is not None
    with tempfile.TemporaryDirectory(dir=online().parent) as folder:
        start = time.perf_counter()
        made = multiplied(store, creators, Path(folder))
        print(f"stored {creators:,} creators in {time.perf_counter() - start:.0f} s", flush=True)
        more = ["--creators", str(creators), *(["--quick"] if asked.quick else [])]
        environment = {**os.environ, "CREDENCE_HOME": str(made)}
        command = [sys.executable, "-m", "benchmarks.scale_store", "--look", *more]
        sys.exit(subprocess.run(command, env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
