"""A disk that is full under a server that works: for its state, its predictions and its log.

The disk is a small tmpfs that only this process and what it starts can see. Prints what was found
and exits 1 at the first bound that is missed. It takes about two minutes.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks import serve_home
from benchmarks.fault_home import broken
from benchmarks.fault_servers import Load, MissedError, Serving, expect, serving, until
from benchmarks.serve_servers import ROOT
from features.home import home
from serving.store import CURRENT, published

APART = "CREDENCE_APART"
"""Environment variable: the given state folder, where the process has mounts of its own."""
STATE_BYTES, LOG_BYTES = 64 * 2**20, 256 * 2**10
FULL_SECONDS = 12.0
"""Longer than two turns of who writes the predictions."""
RECOVERED_SECONDS = 15.0
LOST = 2_000
"""Predictions at most that a killed worker takes along: of the five seconds before."""
CREATORS = 200


@dataclass(frozen=True, slots=True)
class Disk:
    """A small disk."""

    folder: Path

    @contextmanager
    def full(self) -> Iterator[None]:
        """Have no room on it as long as the block lasts."""
        filler = self.folder / "filler"
        with filler.open("wb", buffering=0) as file:
            for size in (2**20, 2**12, 1):
                self._fill(file.fileno(), bytes(size))
        yield
        filler.unlink()

    def _fill(self, descriptor: int, block: bytes) -> None:
        try:
            while os.write(descriptor, block):
                pass
        except OSError:
            return


@contextmanager
def disk(folder: Path, size: int) -> Iterator[Disk]:
    """Make a disk of so many bytes."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    subprocess.run([_found("mount"), *options], check=True)
    try:
        yield Disk(folder)
    finally:
        subprocess.run([_found("umount"), "--lazy", str(folder)], check=True)


def _found(command: str) -> str:
    return shutil.which(command) or command


def credence(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command on CREDENCE_HOME."""
    command = [sys.executable, "-m", "cli", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def rows(folder: Path) -> int:
    """Return how many predictions are logged; every file must be whole."""
    return sum(pq.read_table(path).num_rows for path in folder.glob("*.parquet"))


def predictions(server: Serving, small: Disk, creators: list[str]) -> None:
    """Fill the disk of the state and of the prediction log under load."""
    print("no room for predictions and state")
    folder = small.folder / "predictions"
    with Load(server.url, creators, threads=4).running() as load:
        time.sleep(1.0)
        with small.full():
            before, began = load.answered, time.monotonic()
            os.kill(server.workers()[0], signal.SIGKILL)
            server.wait(2)
            back = time.monotonic() - began
            time.sleep(max(0.0, FULL_SECONDS - back))
            answered = load.answered - before
            commands()
        written = until(
            "predictions are written again",
            RECOVERED_SECONDS,
            lambda: _told(server, "predictions_written").keys() >= _running(server),
        )
    until("all is written", RECOVERED_SECONDS, lambda: rows(folder) >= load.answered - LOST)
    told = _told(server, "predictions_unwritable")
    kept = rows(folder)
    expect(f"{answered} requests answered meanwhile, {len(load.lost)} lost", held=not load.lost)
    expect(f"a killed worker is replaced in {back:.1f} s", held=back < 20)
    expect(f"the outage was told {told} times, by process", held=set(told.values()) == {1})
    print(f"  predictions are written again {written:.1f} s after there is room")
    expect(f"{kept} of {load.answered} predictions are kept", held=kept >= load.answered - LOST)
    expect("no file is torn", held=not list(folder.glob(".*")))


def _told(server: Serving, event: str) -> Counter[int]:
    """Return how often each process told of an event."""
    return Counter(one["pid"] for one in server.events(event))


def _running(server: Serving) -> set[int]:
    """Return the workers that run and could not write predictions; others were asked nothing."""
    return _told(server, "predictions_unwritable").keys() & set(server.workers())


def commands() -> None:
    """Publish and promote without room: both say so, and what was there stays."""
    store = (home() / "online" / CURRENT).read_text()
    world = os.environ["CREDENCE_WORLD"]
    done = credence("publish", "--tables", world, "--as-of", "2026-05-01T00:00:00Z")
    said = done.stderr.strip().splitlines()[-1]
    expect(f"publish exits {done.returncode}: {said[:90]}", held=done.returncode == 1)
    same = (home() / "online" / CURRENT).read_text() == store
    expect("the store of before is published", held=same and "Traceback" not in done.stderr)
    done = credence("promote", "conversion", "2", "--force", "--why", "fault_disk")
    said = done.stderr.strip().splitlines()[-1]
    expect(f"promote exits {done.returncode}: {said[:90]}", held=done.returncode == 1)
    expect("no traceback", held="Traceback" not in done.stderr)


def again(server: Serving) -> None:
    """Publish and promote with room: the same commands do it."""
    print("with room again")
    world = os.environ["CREDENCE_WORLD"]
    done = credence("publish", "--tables", world, "--as-of", "2026-05-01T00:00:00Z")
    expect(f"publish exits {done.returncode}", held=done.returncode == 0)
    left = [path.name for path in (home() / "online").iterdir() if path.name.startswith(".")]
    expect(f"nothing is left over {left}", held=not left)
    done = credence("promote", "conversion", "2", "--force", "--why", "fault_disk")
    expect(f"promote exits {done.returncode}", held=done.returncode == 0)
    models = credence("models")
    expect("the registry is whole", held=models.returncode == 0)
    took = until(
        "every worker has taken the champion over",
        20,
        lambda: all(_version(server, pid) == "2" for pid in server.workers()),
    )
    print(f"  every worker has the champion {took:.1f} s later")


def _version(server: Serving, pid: int) -> str | None:
    named = [*server.events("worker_ready"), *server.events("models_switched")]
    own = [one for one in named if one["pid"] == pid]
    return max(own, key=lambda one: one["ts"]).get("conversion") if own else None


def log(server: Serving, small: Disk, creators: list[str]) -> None:
    """Fill the disk of the log: whoever logs goes on, and what is missing is told."""
    print("no room for the log")
    with Load(server.url, creators, threads=4).running() as load:
        with small.full():
            before = load.answered
            for _ in range(3):
                # Each time, both workers have something to say of it.
                credence("publish", "--tables", os.environ["CREDENCE_WORLD"])
                credence(
                    "publish", "--tables", os.environ["CREDENCE_WORLD"],
                    "--as-of", "2026-05-01T00:00:00Z",
                )  # fmt: skip
                time.sleep(1.0)
            answered = load.answered - before
        credence("publish", "--tables", os.environ["CREDENCE_WORLD"])
        until("it is told", 30, lambda: len(server.events("lines_dropped")) >= 2)
    lines = server.log.read_bytes().splitlines()
    torn = [line for line in lines if line and not _is_json(line)]
    expect(f"{answered} requests answered meanwhile, {len(load.lost)} lost", held=not load.lost)
    dropped = [one["lines"] for one in server.events("lines_dropped")]
    expect(f"{dropped} lines are told to be missing", held=bool(dropped))
    expect(f"{len(torn)} lines are cut off, one a process at most", held=len(torn) <= 4)


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _run(scratch: Path) -> None:
    store = published()
    assert store is not None
    creators = store.ids(CREATORS)
    with (
        disk(scratch / "state", STATE_BYTES) as state,
        disk(scratch / "log", LOG_BYTES) as logs,
        broken(state.folder) as made,
    ):
        tables = made.world if made.world.exists() else Path(os.environ[APART]).parent / "world"
        os.environ["CREDENCE_WORLD"] = str(tables)
        words = ("--log", str(state.folder / "predictions"))
        with serving(made.folder, logs.folder / "server.log", *words) as server:
            predictions(server, state, creators)
            again(server)
            log(server, logs, creators)


def main() -> None:
    options = argparse.ArgumentParser(prog="benchmarks.fault_disk")
    add = options.add_argument
    add("--home", type=Path, help="a trained and published state folder; made where none is given")
    given = options.parse_args()
    if APART not in os.environ:
        os.environ["CREDENCE_HOME"] = str(
            given.home or serve_home.trained(home().resolve() / "bench-serve").folder
        )
        os.environ[APART] = os.environ["CREDENCE_HOME"]
        command = ["unshare", "--user", "--map-root-user", "--mount", sys.executable]
        command += ["-m", "benchmarks.fault_disk"]
        sys.exit(subprocess.run([_found(command[0]), *command[1:]], check=False).returncode)
    with tempfile.TemporaryDirectory() as folder:
        try:
            _run(Path(folder))
        except MissedError as error:
            sys.exit(f"missed: {error}")


if __name__ == "__main__":
    main()
