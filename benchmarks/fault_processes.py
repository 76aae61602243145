"""Processes of `credence serve` that are killed: workers under load, the parent, all at once.

Prints what was found and exits 1 at the first bound that is missed. It takes about two minutes.
"""

import argparse
import http.client
import json
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks import serve_home
from benchmarks.fault_servers import Load, MissedError, Serving, expect, serving, until
from benchmarks.serve_servers import HOST, alive, busy, start_time
from features.home import home

KILLS = 10
REQUESTS = 10_000
REPLACED_SECONDS = 10.0
FREE_SECONDS = 5.0
DRAIN_SECONDS = 45.0
LOOP_SECONDS = 20.0
LOADING = 0.4e9
"""Nanoseconds of work by which a worker that loads is told from one that waits."""
MOST_STARTS = 14
"""Of two workers that never get ready, in LOOP_SECONDS: without waits it would be some 26."""
CREATORS = 200


def kill_workers(state: Path, scratch: Path, creators: list[str]) -> None:
    """Kill a worker ten times under load: nobody loses a request, and each is replaced in time."""
    print("kill -9 of a worker, ten times under load")
    with serving(state, scratch / "workers.log") as server:
        with Load(server.url, creators).running() as load:
            # The oldest and the youngest in turn.
            took = [replaced(server, server.workers()[-(turn % 2)]) for turn in range(KILLS)]
            until("enough requests", 120, lambda: load.answered + len(load.lost) >= REQUESTS)
        lost = server.events("worker_lost")
    print(f"  replaced after {', '.join(f'{one:.1f}' for one in sorted(took))} s")
    print(f"  {load.answered} requests answered, the slowest after {load.slowest:.2f} s")
    expect(f"{len(load.lost)} requests lost {load.lost[:3]}", held=not load.lost)
    expect(f"{load.differing} answers differ", held=load.differing == 0)
    expect(f"{max(took):.1f} s at most until replaced", held=max(took) <= REPLACED_SECONDS)
    expect(f"{len(lost)} lost workers in the log", held=len(lost) == KILLS)


def replaced(server: Serving, worker: int) -> float:
    """Kill a worker; return after how many seconds another one answers."""
    before = server.ready().keys()
    os.kill(worker, signal.SIGKILL)
    killed = time.time()
    until("another worker is ready", 60, lambda: bool(server.ready().keys() - before))
    return min(at for pid, at in server.ready().items() if pid not in before) - killed


def kill_parent(state: Path, scratch: Path, creators: list[str]) -> None:
    """Kill the parent under load: no orphan, and the port free."""
    print("kill -9 of the parent")
    with serving(state, scratch / "parent.log") as server:
        started = {pid: start_time(pid) for pid in server.workers()}
        with Load(server.url, creators, threads=2).running():
            time.sleep(1.0)
            os.kill(server.process.pid, signal.SIGKILL)
            server.process.wait()
            free = until("the port is free", 30, server.port_is_free)
            gone = free + until("no orphan", 30, lambda: not alive(started))
    expect(f"the port is free after {free:.2f} s", held=free <= FREE_SECONDS)
    expect(f"no orphan after {gone:.2f} s", held=gone <= FREE_SECONDS)


def kill_all(state: Path, scratch: Path) -> None:
    """Kill each worker as it loads: they are started ever more slowly, and come back."""
    print(f"workers that die at once, for {LOOP_SECONDS:.0f} s")
    with serving(state, scratch / "loop.log") as server:
        last = time.monotonic() + LOOP_SECONDS
        while time.monotonic() < last:
            for pid in server.workers():
                if busy(pid) > LOADING:
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        lost = server.events("worker_lost")
        waits = [one["wait"] for one in lost]
        expect(f"{len(lost)} starts, waits {waits}", held=len(lost) <= MOST_STARTS)
        took = until("both are back", 120, lambda: len(server.ready()) >= 4)
        print(f"  both answer again {took:.1f} s after the last one died")


def drain(state: Path, scratch: Path, creators: list[str]) -> None:
    """End a server that is at work: what it took is answered."""
    print("SIGTERM under load")
    asked = json.dumps({"creators": [{"creator_id": one} for one in creators], "reasons": 20})
    with serving(state, scratch / "drain.log") as server:
        open_ones = [http.client.HTTPConnection(HOST, server.port, timeout=60) for _ in range(16)]
        for one in open_ones:
            one.request("GET", "/livez")
            one.getresponse().read()
            one.request("POST", "/v1/score", asked, {"Content-Type": "application/json"})
        answered: list[int] = []

        def read(one: http.client.HTTPConnection) -> None:
            reply = one.getresponse()
            reply.read()
            answered.append(reply.status)

        reading = [threading.Thread(target=read, args=(one,)) for one in open_ones]
        for thread in reading:
            thread.start()
        time.sleep(0.05)
        before = len(answered)
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        for thread in reading:
            thread.join()
        status = server.process.wait(DRAIN_SECONDS)
        took = time.monotonic() - began
    expect(
        f"{answered.count(200)} of 16 answered, {before} of them before",
        held=answered == [200] * 16,
    )
    expect(f"exit {status} after {took:.1f} s", held=status == 0)
    expect("the port is free", held=server.port_is_free())


def main() -> None:
    options = argparse.ArgumentParser(prog="benchmarks.fault_processes")
    options.add_argument(
        "--home", type=Path, help="a trained state folder; made where none is given"
    )
    given = options.parse_args()
    root = home().resolve() / "bench-serve"
    state = given.home or serve_home.trained(root).folder
    os.environ["CREDENCE_HOME"] = str(state)
    from serving.store import published

    store = published()
    if store is None:
        raise SystemExit("nothing is published: run `credence publish`")
    creators = store.ids(CREATORS)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        try:
            kill_workers(state, scratch, creators)
            kill_parent(state, scratch, creators)
            kill_all(state, scratch)
            drain(state, scratch, creators)
        except MissedError as error:
            sys.exit(f"missed: {error}")


if __name__ == "__main__":
    main()
