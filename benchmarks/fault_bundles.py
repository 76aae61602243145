"""500 damaged bundles: none is accepted, and no serving process is lost.

Most are damaged as disks, transfers and tools damage files, and must not even be read: bytes
flipped, files cut off, line ends changed, files swapped, left out and added. In the others every
hash was made anew, so that only structure and known answers can tell: they are loaded in processes
apart, as the refresher does, and some are promoted in the registry of a server under load.
`python -m benchmarks.fault_bundles`, a few minutes, with the champions of CREDENCE_HOME.
"""

import argparse
import os
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import NamedTuple

from benchmarks.fault_damage import STRUCTURE, altered
from benchmarks.fault_home import MODELS, Broken, broken, register
from benchmarks.fault_log import Log
from benchmarks.fault_swaps import ready
from benchmarks.serve_bodies import Bodies
from benchmarks.serve_driver import drive
from benchmarks.serve_servers import Cores, Server, started
from models import registry
from models.bundle import Bundle, read, seal, to_model, write
from models.champions import Pin
from models.fetch import local
from models.layout import BundleError
from serving.proving import Prover

APART = 12
"""Bundles that are loaded by a process apart each."""
PROMOTED = 6
REFUSED_WITHIN = 60.0
"""Seconds in which a server must have refused a version."""
_SPARE = 10_000
TREES = "booster.txt"


class Tally(NamedTuple):
    """Bundles by what was done to them, and those of them that were accepted."""

    tried: Counter[str]
    accepted: Counter[str]


def resealed(bundle: Bundle, how: str, random: Random) -> Bundle | None:
    """Return a bundle with damaged trees and hashes that are right, None if nothing changed."""
    text = bundle.parts[TREES].decode()
    try:
        changed = STRUCTURE[how](text, random)
    except IndexError:
        return None
    if changed == text:
        return None
    return sealed_again(bundle, {**bundle.parts, TREES: changed.encode()})


def sealed_again(bundle: Bundle, parts: dict[str, bytes]) -> Bundle:
    """Return a bundle of other parts, hashed anew."""
    upstream = bundle.upstream
    return seal(manifest=bundle.manifest, parts=parts, answers=bundle.answers, upstream=upstream)


def from_disk(sound: dict[str, Bundle], count: int, random: Random, scratch: Path) -> Tally:
    """Damage bundles on disk and read them, as a worker does, by the digest of the registry."""
    tally = Tally(Counter(), Counter())
    for _ in range(count):
        bundle = sound[random.choice(MODELS)]
        folder = scratch / "damaged"
        write(bundle, folder)
        how = altered(folder, random)
        tally.tried[how] += 1
        try:
            to_model(read(folder, bundle.digest))
        except BundleError:
            pass
        else:
            tally.accepted[how] += 1
        shutil.rmtree(folder)
    return tally


def structures(
    sound: dict[str, Bundle], count: int, random: Random
) -> Iterator[tuple[str, Bundle]]:
    """Yield bundles whose trees are damaged and whose hashes are right, of each kind in turn."""
    with_trees = [bundle for bundle in sound.values() if bundle.parts.get(TREES)]
    for how in islice(cycle(STRUCTURE), count):
        # Chance may change nothing, such as a node that leads where it led.
        tries = (resealed(random.choice(with_trees), how, random) for _ in range(100))
        yield how, next(found for found in tries if found is not None)


def in_children(found: list[tuple[str, Bundle]]) -> Tally:
    """Load bundles in processes apart, one after the other as long as a process lives."""
    tally = Tally(Counter(how for how, _ in found), Counter())
    left = [(how, bundle, _SPARE + at) for at, (how, bundle) in enumerate(found)]
    for _, bundle, number in left:
        write(bundle, local(bundle.name, number))
    for how, bundle, number in left:
        why = Prover().refusals({bundle.name: Pin(number, bundle.digest)})
        tally.accepted[how] += not why
    return tally


def in_one_child(found: list[tuple[str, Bundle]]) -> Tally:
    """Load bundles in one process for as long as it lives, then in another."""
    tally = Tally(Counter(how for how, _ in found), Counter())
    left = []
    for at, (how, bundle) in enumerate(found):
        number = 2 * _SPARE + at
        write(bundle, local(bundle.name, number))
        left.append((how, bundle.name, Pin(number, bundle.digest)))
    while left:
        verdicts, _ = Prover().told([pair[1:] for pair in left])
        judged = [pair for pair in left if pair[2].digest in verdicts]
        for how, _, pin in judged:
            tally.accepted[how] += not verdicts[pin.digest]
        left = [pair for pair in left if pair[2].digest not in verdicts][1:]
    return tally


def promoted(home: Broken, server: Server, log: Log, bad: list[tuple[str, Bundle]]) -> Tally:
    """Promote damaged versions in the registry of a server; none may come to serve."""
    tally = Tally(Counter(), Counter())
    for how, bundle in bad:
        name, number = bundle.name, register(bundle)
        tally.tried[how] += 1
        registry.crown(name, number, [])
        until, refused = time.monotonic() + REFUSED_WITHIN, False
        while not refused and time.monotonic() < until:
            told = log.events("model_refused")
            refused = (name, str(number)) in {(one["model"], one["version"]) for one in told}
            time.sleep(0.1)
        named = {one.get(name) for one in log.events("champions", "models_switched")}
        answers = ready(server)
        serves = (answers["status"], answers["models"][name]) == ("ready", str(home.first[name]))
        tally.accepted[how] += not (refused and serves and str(number) not in named)
        registry.crown(name, home.first[name], [])
    return tally


def report(what: str, tally: Tally) -> bool:
    """Print a tally; return whether nothing was accepted."""
    bad = tally.accepted.total()
    print(f"  {'MISS' if bad else 'ok  '} {what}: {tally.tried.total()}, accepted {bad} (0)")
    print(f"       {dict(tally.tried)}")
    if bad:
        print(f"       accepted: {dict(+tally.accepted)}")
    return not bad


def served(home: Broken, bad: list[tuple[str, Bundle]], scratch: Path) -> bool:
    """Promote damaged versions while a server answers; return whether it loses nothing."""
    log = Log(scratch / "server.log")
    words = ["-m", "cli", "serve", "--port", "PORT", "--workers", "2"]
    allowed = os.sched_getaffinity(0)
    with started(
        "credence",
        [sys.executable, *words],
        log=log.path,
        cores=Cores.of_this_machine(),
        environment={"CREDENCE_HOME": str(home.folder)},
    ) as server:
        for pid in (0, server.process.pid):
            os.sched_setaffinity(pid, allowed)
        bodies = Bodies(home.about()).stored(4)
        server.wait(bodies[0])
        pids, stop, answers = log.workers(2), threading.Event(), list[int]()

        def ask() -> None:
            # Any answer but a 200 ends it, and the script.
            while not stop.is_set():
                found = drive(server.address, server.requests(bodies), 2, count=50)
                answers.append(len(found.latencies))
                time.sleep(0.1)

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            tally = promoted(home, server, log, bad)
        finally:
            stop.set()
            asking.join()
        alive = log.workers(2) == pids and not log.events("worker_lost")
    fine = report("promoted in the registry of a server", tally)
    print(f"  {'ok  ' if alive else 'MISS'} workers lost: none; {sum(answers)} answers meanwhile")
    return fine and alive


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--count", type=int, default=500)
    options.add_argument("--seed", type=int, default=7)
    given = options.parse_args()
    random, shares = Random(given.seed), given.count // 5
    with tempfile.TemporaryDirectory() as folder, broken(Path(folder)) as home:
        scratch = Path(folder)
        sound = {name: read(local(name, _fetched(name, n))) for name, n in home.first.items()}
        bad = list(structures(sound, 2 * shares, random))
        apart, served_, rest = bad[:APART], bad[APART : APART + PROMOTED], bad[APART + PROMOTED :]
        fine = [
            report("damaged on disk", from_disk(sound, given.count - len(bad), random, scratch)),
            report("damaged with hashes made anew, a process each", in_children(apart)),
            report("damaged with hashes made anew", in_one_child(rest)),
            served(home, served_, scratch),
        ]
    sys.exit(0 if all(fine) else 1)


def _fetched(name: str, number: int) -> int:
    """Have a version on this machine."""
    from models.fetch import fetch

    fetch(name, number)
    return number


if __name__ == "__main__":
    main()
