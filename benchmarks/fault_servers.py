"""`credence serve` under faults: its processes, its log, and clients that keep asking."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.serve_servers import HOST, ROOT, alive, family, free_port, start_time
from serving.client import Client

READY_SECONDS = 120.0
END_SECONDS = 60.0
WORKER = "_bentoml_impl.worker.service"


class MissedError(Exception):
    """A bound was missed."""


def expect(told: str, *, held: bool) -> None:
    """Print what was found; raise where the bound was missed."""
    print(f"  {'ok    ' if held else 'MISSED'} {told}", flush=True)
    if not held:
        raise MissedError(told)


def until(said: str, seconds: float, found: Callable[[], bool]) -> float:
    """Return after how many seconds something is so; raise where it is not in time."""
    began = time.monotonic()
    while (took := time.monotonic() - began) < seconds:
        if found():
            return took
        time.sleep(0.05)
    raise MissedError(f"{said}: not within {seconds:.0f} s")


@dataclass(frozen=True, slots=True)
class Serving:
    """A server whose processes can be looked at."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.port}"

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return what the log has of an event."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        told = (json.loads(line) for line in lines if line.startswith("{") and line.endswith("}"))
        return [one for one in told if one["event"] == name]

    def ready(self) -> dict[int, float]:
        """Return when each worker that got ready so far did, by its process."""
        moments = {one["pid"]: one["ts"] for one in self.events("worker_ready")}
        return {pid: datetime.fromisoformat(ts).timestamp() for pid, ts in moments.items()}

    def workers(self) -> list[int]:
        """Return the worker processes that run, the oldest first."""
        found = [pid for pid in family(self.process.pid) if WORKER in _command(pid)]
        return sorted(found, key=lambda pid: int(start_time(pid) or 0))

    def port_is_free(self) -> bool:
        """Return whether another server could be started in its place."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, self.port))
            except OSError:
                return False
            return True

    def wait(self, workers: int) -> None:
        """Wait until so many workers that run are ready."""

        def all_ready() -> bool:
            if self.process.poll() is not None:
                raise MissedError(f"the server ended: {self.log.read_text()[-2000:]}")
            return len(self.ready().keys() & set(self.workers())) >= workers

        until("workers are ready", READY_SECONDS, all_ready)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


@contextmanager
def serving(
    home: Path,
    log: Path,
    *words: str,
    workers: int = 2,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Serving]:
    """Start a server with so many workers; in the end no process of it is left.

    Parameters
    ----------
    home : Path
        A state folder with champions and a published store.
    log : Path
        Where its log goes.
    *words : str
        Further options of `credence serve`.
    workers : int
        Processes.
    environment : mapping of str to str, optional
        Beside that of this process.
    """
    port = free_port()
    command = [sys.executable, "-m", "cli", "serve", "--port", str(port), "--workers", str(workers)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, *words],
            cwd=ROOT,
            env={**os.environ, "CREDENCE_HOME": str(home), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=out,
            start_new_session=True,
        )
    running = Serving(process, port, log)
    started: dict[int, str] = {}
    try:
        running.wait(workers)
        started = {pid: start_time(pid) for pid in family(process.pid)}
        yield running
    finally:
        started |= {pid: start_time(pid) for pid in family(process.pid)}
        _end(process, started)


def _end(process: "subprocess.Popen[bytes]", started: Mapping[int, str]) -> None:
    """End a server; what of it does not end by itself in time is killed."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    last = time.monotonic() + END_SECONDS
    while time.monotonic() < last and alive(started):
        process.poll()
        time.sleep(0.05)
    for pid in alive(started):
        os.kill(pid, signal.SIGKILL)
    process.wait()


@dataclass(slots=True)
class Load:
    """Clients that keep asking for scores, and what became of it."""

    url: str
    creators: Sequence[str]
    threads: int = 8
    pause: float = 0.02
    answered: int = 0
    lost: list[str] = field(default_factory=list)
    differing: int = 0
    slowest: float = 0.0
    _first: dict[str, Any] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: Any = field(default_factory=threading.Lock)

    @contextmanager
    def running(self) -> Iterator["Load"]:
        """Ask as long as the block lasts."""
        asking = [threading.Thread(target=self._ask, args=(at,)) for at in range(self.threads)]
        for thread in asking:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in asking:
                thread.join()

    def _ask(self, first: int) -> None:
        turn = first
        with Client(self.url) as client:
            while not self._stop.wait(self.pause):
                turn += self.threads
                creator = self.creators[turn % len(self.creators)]
                began = time.monotonic()
                try:
                    entry = client.score([creator]).scores[0]
                except Exception as error:  # whatever it is, a request was lost
                    with self._lock:
                        self.lost.append(f"{type(error).__name__}: {error}")
                    continue
                with self._lock:
                    self.answered += 1
                    self.slowest = max(self.slowest, time.monotonic() - began)
                    self.differing += self._first.setdefault(creator, entry) != entry
