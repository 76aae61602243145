"""Servers of a benchmark: started on a core of their own, waited for, and ended with their like."""

import math
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serve_driver import Address, BadAnswerError, drive

READY_SECONDS = 600
"""Where kernels are new, two servers compile them on the one core that all share."""
END_SECONDS = 20
HOST = "127.0.0.1"
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Cores:
    """Where servers and client run; the same core on a machine that has but one."""

    server: int
    client: int

    @classmethod
    def of_this_machine(cls) -> "Cores":
        """Return the first and the second core that this process may use."""
        allowed = sorted(os.sched_getaffinity(0))
        return cls(allowed[0], allowed[1 % len(allowed)])

    def __str__(self) -> str:
        if self.server == self.client:
            return f"servers and client share core {self.server}, the only one: no limit is shown"
        return f"servers pinned to core {self.server}, client to core {self.client}"


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    name: str
    process: subprocess.Popen[bytes]
    address: Address
    headers: tuple[str, ...]
    log: Path

    def wait(self, body: bytes) -> None:
        """Wait until a request is answered with 200; servers start side by side."""
        until, last = time.monotonic() + READY_SECONDS, "nothing"
        while self.process.poll() is None and time.monotonic() < until:
            try:
                drive(self.address, self.requests([body]), 1, count=1)
            except (OSError, BadAnswerError) as error:
                last = str(error)
            else:
                return
            time.sleep(0.2)
        said = self.log.read_text(encoding="utf-8", errors="replace")[-3000:]
        raise SystemExit(f"{self.name} did not get ready; its last answer: {last}\n{said}")

    def request(self, body: bytes, method: str = "POST", path: str = "/v1/score") -> bytes:
        """Return a request as it is sent."""
        host, port = self.address
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {host}:{port}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *self.headers,
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def requests(self, bodies: Sequence[bytes]) -> list[bytes]:
        """Return what asks for scores."""
        return [self.request(body) for body in bodies]

    def worker(self) -> int:
        """Return the process that answers: the largest of those that were started."""
        return max(family(self.process.pid), key=resident)


def busy(pid: int) -> float:
    """Return for how many nanoseconds the threads of a process have run, NaN where none tells."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return float(sum(int((task / "schedstat").read_text().split()[0]) for task in tasks))
    except OSError:
        return math.nan


def resident(pid: int, field: str = "VmRSS") -> int:
    """Return the resident memory of a process in KiB, 0 once it is gone.

    Parameters
    ----------
    pid : int
        Of the process.
    field : str
        Of /proc/PID/status.
    """
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    found = [line.split()[1] for line in lines if line.startswith(f"{field}:")]
    return int(found[0]) if found else 0


@contextmanager
def started(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    cores: Cores,
    environment: Mapping[str, str],
    headers: tuple[str, ...] = (),
) -> Iterator[Server]:
    """Start a server, and in the end stop it with every process that it started.

    Parameters
    ----------
    name : str
        For messages.
    command : sequence of str
        With PORT where its port belongs.
    log : Path
        Where its output goes.
    cores : Cores
        Where it runs.
    environment : mapping of str to str
        Beside that of this process.
    headers : tuple of str
        Of every request.
    """
    port = free_port()
    words = [word.replace("PORT", str(port)) for word in command]
    # What is started inherits the cores of whoever starts it, from its first thread on.
    os.sched_setaffinity(0, {cores.server})
    try:
        with log.open("wb") as out:
            process = subprocess.Popen(
                words,
                cwd=ROOT,
                env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    finally:
        os.sched_setaffinity(0, {cores.client})
    try:
        yield Server(name, process, (HOST, port), headers, log)
    finally:
        _end(process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a server; what of it does not end by itself in time is killed."""
    started = {pid: start_time(pid) for pid in family(process.pid)}
    process.send_signal(signal.SIGTERM)
    until = time.monotonic() + END_SECONDS
    while time.monotonic() < until and alive(started):
        process.poll()
        time.sleep(0.05)
    for pid in alive(started):
        os.kill(pid, signal.SIGKILL)
    process.wait()


def alive(started: Mapping[int, str]) -> list[int]:
    """Return those that still run; a number may be another process's by now."""
    return [pid for pid, since in started.items() if since and start_time(pid) == since]


def family(root: int) -> list[int]:
    """Return a process and all below it; workers have sessions of their own."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (found := _stat(int(entry.name))):
            parents[int(entry.name)] = int(found[1])
    found_now = [root]
    for pid in found_now:
        found_now += [child for child, parent in parents.items() if parent == pid]
    return found_now


def start_time(pid: int) -> str:
    """Return when a process was started, "" for none and for one that only waits to be reaped."""
    found = _stat(pid)
    return "" if not found or found[0] == "Z" else found[19]


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat after the name, none once it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()
