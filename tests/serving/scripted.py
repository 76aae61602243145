"""A loopback server that answers what a test tells it to, and time that a test moves."""

import random
import socket
import struct
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from serving.pace import Pace

RESET, CLOSE, STALL = b"reset", b"close", b"stall"
"""Instead of an answer: break the connection, end it, leave the client waiting."""


def answer(status: int, body: str = "{}", kind: str = "application/json", **headers: str) -> bytes:
    """Return a response as bytes."""
    named = {"content-type": kind, "content-length": str(len(body)), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status} Reason\r\n{lines}\r\n{body}".encode()


def problem(status: int, **headers: str) -> bytes:
    """Return a problem of the service's as bytes."""
    body = f'{{"title":"T","status":{status},"detail":"D"}}'
    return answer(status, body, "application/problem+json", **headers)


ALIVE = answer(200, '{"models":[],"missing":[]}')
"""An answer to GET /v1/models."""


class Request(NamedTuple):
    """What arrived, and over the how-manieth connection."""

    connection: int
    head: str
    body: bytes


class Scripted:
    """Answers each request with the next of its script; the last one again and again."""

    def __init__(self, *script: bytes | Sequence[bytes]) -> None:
        self._script = list(script)
        self.requests: list[Request] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "Scripted":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        for one in self._open:
            one.close()

    def _listen(self) -> None:
        """Serve one connection after the other, until the listener is shut down."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        number = len(self._open)
        try:
            while self._answered(connection, number):
                pass
        except OSError:
            connection.close()

    def _answered(self, connection: socket.socket, number: int) -> bool:
        """Answer one request; return whether the connection goes on."""
        received = b""
        while b"\r\n\r\n" not in received or len(received) < _length(received):
            chunk = connection.recv(65536)
            if not chunk:
                return False
            received += chunk
        head, _, body = received.partition(b"\r\n\r\n")
        self.requests.append(Request(number, head.decode(), body))
        step = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        for part in [step] if isinstance(step, bytes) else step:
            if part == STALL:
                return False
            if part == RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if part in (RESET, CLOSE):
                connection.close()
                return False
            connection.sendall(part)
        return True


def _length(received: bytes) -> int:
    """Return how long the whole request is."""
    head, _, _ = received.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(head) + 4 + int(line.partition(b":")[2])
    return len(head) + 4


class Time:
    """Clocks that stand until somebody waits, and every wait."""

    def __init__(self, step: float = 0.0) -> None:
        self.seconds = 100.0
        self.waits: list[float] = []
        self._step = step
        self._random = random.Random(7)

    def clock(self) -> float:
        """Return the seconds, a step later each time."""
        self.seconds += self._step
        return self.seconds

    def wait(self, seconds: float) -> None:
        """Let so much time pass."""
        self.waits.append(seconds)
        self.seconds += seconds

    def pace(self, chance: float | None = None) -> Pace:
        """Return a pace that goes by these clocks, and rolls the same number each time if given."""
        return Pace(
            clock=self.clock,
            sleep=self.wait,
            now=lambda: datetime(2031, 5, 1, 12, tzinfo=UTC),
            chance=self._random.random if chance is None else lambda: chance,
        )
