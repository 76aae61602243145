"""Admission: which requests a worker takes on, when, and which are told to come later.

A worker answers small requests on its event loop, one after the other, and works on large ones in a
few threads. Before both is a line that is bounded by how long the last one in it would wait: who
finds no place is told so at once, while what was admitted is still answered soon. Between two small
requests at most a moment passes before the loop looks at its sockets again, so that a refusal never
waits for the line.
"""

import asyncio
import time
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import NoReturn, TypeVar

from serving.line import Line, Waiting
from serving.problems import Problem

T = TypeVar("T")
Outcome = Callable[[], T]
"""Returns what came of a request's work, or raises it."""
Done = Callable[[Outcome[T]], None]

THREADS = 2
"""Requests that one worker works on at once off the event loop; the kernels release the lock."""
BREATH = 500_000
"""Nanoseconds of small requests before the event loop looks for others."""
MILLISECOND = 1_000_000
MOST_HELD = 256 * 2**20
"""Bytes of bodies that arrived with requests that are not answered yet."""
MOST_ARRIVING = 1_000
"""Requests whose body has not arrived as a whole."""
RETRY_SECONDS = 1


def busy() -> Problem:
    """Return what a request is told that finds no place."""
    return Problem(
        503,
        "this server has more requests than it can answer now: see Retry-After",
        headers={"retry-after": str(RETRY_SECONDS)},
    )


def _refused() -> NoReturn:
    raise busy()


def _join(line: Line, waiting: Waiting) -> None:
    """Let a request wait; refuse whoever has no place any more for it."""
    gone = line.join(waiting)
    if gone is not None:
        gone.refuse()


class Admission:
    """The lines of one worker.

    Parameters
    ----------
    light, heavy : Line, optional
        Where small requests and large ones wait.
    clock : callable
        Nanoseconds that never go back.
    """

    def __init__(
        self,
        light: Line | None = None,
        heavy: Line | None = None,
        clock: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self._clock = clock
        self._light = light or Line(1024, 200 * MILLISECOND, 16, MILLISECOND)
        self._heavy = heavy or Line(256, 2_000 * MILLISECOND, 2 * THREADS, 20 * MILLISECOND)
        # Whether the loop will come back to the line, and until when who comes need not wait in it.
        self._called, self._until = False, 0
        self._working = 0
        self._pool = ThreadPoolExecutor(THREADS, "credence")
        self._arriving = 0
        self._held = 0

    def soon(self, client: Hashable, work: Callable[[], T], done: Done[T]) -> None:
        """Do work of a millisecond or two on the event loop, now or when its turn has come.

        Parameters
        ----------
        client : hashable
            Who asked.
        work : callable
            What to do.
        done : callable
            Called on the event loop with what does the work, or with what raises that there is no
            place. It does not raise.
        """
        start = self._clock()
        if not self._called:
            self._called, self._until = True, start + BREATH
            asyncio.get_running_loop().call_soon(self._work)
        elif self._light.length or start >= self._until:
            waiting = Waiting(client, start, partial(done, work), partial(done, _refused))
            _join(self._light, waiting)
            return
        done(work)
        self._light.took(client, self._clock() - start)

    def _work(self) -> None:
        """Work for a moment on who waits, longest for nobody."""
        line, clock = self._light, self._clock
        start = clock()
        end = start + BREATH
        try:
            while start < end and (turn := line.next()) is not None:
                if start - turn.since > line.patience:
                    turn.refuse()
                    continue
                turn.begin()
                now = clock()
                line.took(turn.client, now - start)
                start = now
        finally:
            self._called = line.length > 0
            if self._called:
                asyncio.get_running_loop().call_soon(self._work)

    def aside(self, client: Hashable, work: Callable[[], T], done: Done[T]) -> None:
        """Do work of more than a few milliseconds off the event loop when its turn has come.

        Parameters
        ----------
        client : hashable
            Who asked.
        work : callable
            What to do in a thread.
        done : callable
            Called on the event loop with what returns or raises what came of it. It does not raise.
        """
        begin = partial(self._start, client, work, done)
        _join(self._heavy, Waiting(client, self._clock(), begin, partial(done, _refused)))
        self._more()

    @contextmanager
    def arriving(self) -> Iterator[Callable[[int], None]]:
        """Give a request whose body arrives a place, until it is answered.

        Yields
        ------
        callable
            To be told how many bytes have come; raises where that is too much for this worker.

        Raises
        ------
        Problem
            503 where too many bodies arrive already.
        """
        if self._arriving >= MOST_ARRIVING:
            raise busy()
        mine = 0

        def hold(size: int) -> None:
            nonlocal mine
            if self._held + size > MOST_HELD:
                raise busy()
            self._held += size
            mine += size

        self._arriving += 1
        try:
            yield hold
        finally:
            self._arriving -= 1
            self._held -= mine

    def _more(self) -> None:
        """Start who is next where a thread is free."""
        while self._working < THREADS and (turn := self._heavy.next()) is not None:
            if self._clock() - turn.since > self._heavy.patience:
                turn.refuse()
                continue
            self._working += 1
            turn.begin()

    def _start(self, client: Hashable, work: Callable[[], T], done: Done[T]) -> None:
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        future.add_done_callback(partial(self._ended, client, self._clock(), done))

    def _ended(
        self, client: Hashable, started: int, done: Done[T], future: asyncio.Future[T]
    ) -> None:
        self._working -= 1
        self._heavy.took(client, (self._clock() - started) // THREADS)
        self._more()
        done(future.result)
