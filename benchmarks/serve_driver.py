"""A light closed-loop HTTP driver: connections that are kept, each with one request under way.

Requests are encoded beforehand and taken in turn, whichever connection is free next. An answer
counts once all of it is there and its status is the expected one; anything else ends the run.
"""

import gc
import select
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

PIECE = 2**18
"""Bytes read at once; more than any answer of these benchmarks."""
SILENCE = 60
"""Seconds without an answer after which a server counts as stuck."""

Address = tuple[str, int]
Status = bytes | tuple[bytes, ...]


class BadAnswerError(RuntimeError):
    """A server answered something else than the benchmark counts."""


@dataclass(frozen=True, slots=True)
class Load:
    """Answers to so many connections, in nanoseconds: sorted latencies, and from first to last."""

    latencies: list[int]
    elapsed: int

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.elapsed * 1e9

    def quantile(self, share: float) -> int:
        """Return the latency that this share of answers did not exceed."""
        return self.latencies[min(int(share * len(self.latencies)), len(self.latencies) - 1)]


class Arrival:
    """The answers of one connection, in whatever pieces they arrive."""

    __slots__ = ("_held", "_size")

    def __init__(self) -> None:
        self._held = b""
        self._size = 0

    def add(self, piece: bytes, status: Status = b"200") -> bool:
        """Take a piece and return whether it completes the answer under way.

        Parameters
        ----------
        piece : bytes
            Of the stream.
        status : bytes or tuple of bytes
            The expected one, or several.

        Raises
        ------
        BadAnswerError
            For another status, an answer without Content-Length, more bytes than it says, or a
            connection that ends.
        """
        if not piece:
            raise BadAnswerError(f"the connection ended; before that came {self._held[:500]!r}")
        held = self._held + piece if self._held else piece
        if not self._size:
            self._size = _size(held, status)
        if not self._size or len(held) < self._size:
            self._held = held
            return False
        if len(held) > self._size:
            raise BadAnswerError(f"bytes follow an answer: {held[self._size :][:500]!r}")
        self._held, self._size = b"", 0
        return True


def _size(held: bytes, status: Status) -> int:
    """Return how many bytes head and body have, 0 while the head is not there."""
    end = held.find(b"\r\n\r\n")
    if end < 0:
        return 0
    head = held[:end].lower()
    if not head.startswith(status, 9):
        raise BadAnswerError(f"status {status!r} expected, got {held[:1000]!r}")
    at = head.find(b"\r\ncontent-length:")
    if at < 0:
        raise BadAnswerError(f"an answer without Content-Length: {held[:500]!r}")
    stop = head.find(b"\r\n", at + 17)
    return end + 4 + int(head[at + 17 : stop if stop > 0 else end])


class Link:
    """One connection with one request under way."""

    __slots__ = ("arrival", "head", "receive", "send", "sent_at", "socket")

    def __init__(self, address: Address) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A timeout of Python's own would cost a system call before each of ours.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SILENCE, 0))
        self.receive, self.send = self.socket.recv, self.socket.sendall
        self.arrival = Arrival()
        self.head = b""
        self.sent_at = 0


def drive(
    address: Address,
    requests: Sequence[bytes],
    connections: int,
    *,
    seconds: float = 0.0,
    count: int = 0,
    status: Status = b"200",
) -> Load:
    """Send requests until the time is over, or so many were answered.

    Parameters
    ----------
    address : tuple of str and int
        Of the server.
    requests : sequence of bytes
        Taken in turn, from the first.
    connections : int
        Requests under way at once.
    seconds, count : float, int
        When to stop sending; one of them.
    status : bytes or tuple of bytes
        Of every answer, or several.

    Raises
    ------
    BadAnswerError
        For an answer that cannot be counted, and for none at all.
    """
    links: dict[int, Link] = {}
    try:
        with select.epoll() as poll, uncollected():
            for _ in range(connections):
                link = Link(address)
                links[link.socket.fileno()] = link
                poll.register(link.socket, select.EPOLLIN)
            return _loop(poll, links, requests, seconds=seconds, count=count, status=status)
    finally:
        for link in links.values():
            link.socket.close()


def _loop(
    poll: select.epoll,
    links: dict[int, Link],
    requests: Sequence[bytes],
    *,
    seconds: float,
    count: int,
    status: Status,
) -> Load:
    clock, latencies, several = time.perf_counter_ns, list[int](), len(requests)
    start = clock()
    until = start + int(seconds * 1e9) if seconds else 2**63
    most = count or 2**63
    now, sent, under_way = start, 0, 0
    for link in links.values():
        link.sent_at = clock()
        link.send(requests[sent % several])
        sent, under_way = sent + 1, under_way + 1
    while under_way:
        ready = poll.poll(SILENCE)
        if not ready:
            raise BadAnswerError(f"no answer for {SILENCE} s")
        for number, _ in ready:
            link = links[number]
            if not link.arrival.add(link.receive(PIECE), status):
                continue
            now = clock()
            latencies.append(now - link.sent_at)
            if now >= until or sent >= most:
                under_way -= 1
                continue
            request = requests[sent % several]
            sent += 1
            link.sent_at = clock()
            link.send(request)
    latencies.sort()
    return Load(latencies, now - start)


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector from looking at this process in between."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
