"""An open-loop HTTP driver: requests are sent when they are due, whatever became of others.

What a closed loop hides shows here: a server that falls behind is asked all the same. Latencies
count from when a request was due, also where no connection was free to send it.
"""

import select
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.serve_driver import PIECE, Address, Arrival, Link, uncollected

AFTER_SECONDS = 5.0
"""How long answers are waited for once the last request was sent."""

ANY = (b"200", b"4", b"5")


@dataclass(slots=True)
class Seen:
    """Answers of one status: when each was due and how long it took, nanoseconds."""

    due: list[int] = field(default_factory=list)
    took: list[int] = field(default_factory=list)
    retry_after: int = 0

    def quantile(self, share: float) -> float:
        """Return the latency that this share did not exceed, milliseconds."""
        ordered = sorted(self.took)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] / 1e6


@dataclass(frozen=True, slots=True)
class Offered:
    """What came of requests that were offered."""

    seen: Mapping[bytes, Seen]
    seconds: float
    sent: int
    late: int
    """Never sent, as no connection was free."""
    lost: int
    """Without an answer, or cut off."""

    def rate(self, status: bytes = b"200") -> float:
        """Return answers of a status a second."""
        return len(self.seen[status].took) / self.seconds if status in self.seen else 0.0


class _Load:
    """One run."""

    def __init__(self, address: Address, connections: int) -> None:
        self.address = address
        self.poll = select.epoll()
        self.links: dict[int, Link] = {}
        self.free: deque[Link] = deque()
        self.seen: dict[bytes, Seen] = {}
        self.sent = self.late = self.lost = 0
        for _ in range(connections):
            self.connect()

    def connect(self) -> None:
        link = Link(self.address)
        self.links[link.socket.fileno()] = link
        self.poll.register(link.socket, select.EPOLLIN)
        self.free.append(link)

    def send(self, request: bytes, due: int) -> None:
        if not self.free:
            self.late += 1
            return
        link = self.free.popleft()
        link.sent_at, link.arrival, link.head = due, Arrival(), b""
        try:
            link.send(request)
        except OSError:
            self.lose(link)
            return
        self.sent += 1

    def take(self, timeout: float) -> None:
        """Take the answers that are there."""
        for number, _ in self.poll.poll(timeout):
            link = self.links[number]
            try:
                piece = link.receive(PIECE)
            except OSError:
                piece = b""
            if not piece:
                self.lose(link)
                continue
            link.head = link.head or piece
            if link.arrival.add(piece, ANY):
                self.count(link)

    def count(self, link: Link) -> None:
        now, head = time.perf_counter_ns(), link.head
        one = self.seen.setdefault(head[9:12], Seen())
        one.due.append(link.sent_at)
        one.took.append(now - link.sent_at)
        one.retry_after += b"\r\nretry-after:" in head
        self.free.append(link)

    def lose(self, link: Link) -> None:
        self.lost += 1
        self.poll.unregister(link.socket)
        del self.links[link.socket.fileno()]
        link.socket.close()
        if link in self.free:
            self.free.remove(link)
        self.connect()

    def close(self) -> None:
        self.poll.close()
        for link in self.links.values():
            link.socket.close()


def offer(
    address: Address,
    requests: Sequence[bytes],
    rate: float,
    seconds: float,
    *,
    connections: int = 512,
) -> Offered:
    """Offer requests evenly for some time.

    Parameters
    ----------
    address : tuple of str and int
        Of the server.
    requests : sequence of bytes
        Taken in turn.
    rate : float
        Requests a second.
    seconds : float
        How long.
    connections : int
        At most so many requests are under way.
    """
    load, clock = _Load(address, connections), time.perf_counter_ns
    try:
        with uncollected():
            start, step, several = clock(), 1e9 / rate, len(requests)
            total = int(rate * seconds)
            for turn in range(total):
                due = start + int(turn * step)
                while clock() < due:
                    load.take(0.0)
                load.send(requests[turn % several], due)
            end = clock() + int(AFTER_SECONDS * 1e9)
            while len(load.free) < connections and clock() < end:
                load.take(0.1)
        lost = load.lost + connections - len(load.free)
        return Offered(load.seen, seconds, load.sent, load.late, lost)
    finally:
        load.close()
