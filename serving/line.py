"""A bounded line of requests in which no client starves another."""

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass

MOST_SHARE = 4
"""Clients that are remembered, for each place in the line."""


@dataclass(slots=True, eq=False)
class Waiting:
    """A request in a line since some nanosecond; one of the two is called, once."""

    client: Hashable
    since: int
    begin: Callable[[], None]
    refuse: Callable[[], None]


class Line:
    """Who waits, and who is next: the client that was worked for least, and of it the first.

    That is fair queueing in the time that requests took: a client that asks for much and one that
    asks for little get as much of the worker as each other while both wait.

    Parameters
    ----------
    most : int
        How many may wait at all.
    nanoseconds : int
        How long the last one may have to wait, by what those before it took.
    few : int
        How many may wait however long those before them took.
    guess : int
        What a request takes before any was seen, nanoseconds.
    """

    __slots__ = ("_few", "_floor", "_most", "_nanoseconds", "_used", "_waiting", "length", "usual")

    def __init__(self, most: int, nanoseconds: int, few: int, guess: int = 1) -> None:
        self._most, self._nanoseconds, self._few = most, nanoseconds, few
        self._waiting: dict[Hashable, deque[Waiting]] = {}
        self._used: dict[Hashable, int] = {}
        self._floor = 0
        self.length = 0
        self.usual = guess
        """What a request may take by what others took of late, nanoseconds."""

    @property
    def patience(self) -> int:
        """How long anybody waits, should those before take longer than was to be expected."""
        return 5 * self._nanoseconds

    def join(self, waiting: Waiting) -> Waiting | None:
        """Let a request wait.

        Parameters
        ----------
        waiting : Waiting
            Joins at the end of its client's.

        Returns
        -------
        Waiting or None
            Who has no place any more: the last of the client that has most in the line, if that is
            another one with more than this one would have, else the request itself.
        """
        client, gone = waiting.client, None
        own = self._waiting.get(client)
        if self.length >= self._room():
            if not self.length:
                return waiting
            longest = max(self._waiting.values(), key=len)
            if len(longest) <= (len(own) if own else 0) + 1:
                return waiting
            # It holds two at least, so that its client stays in the line.
            gone = longest.pop()
            self.length -= 1
        if own is None:
            own = self._waiting[client] = deque()
            # Whoever was away saves nothing up.
            self._used[client] = max(self._used.get(client, 0), self._floor)
        own.append(waiting)
        self.length += 1
        return gone

    def next(self) -> Waiting | None:
        """Take who is next out of the line; None where nobody waits."""
        if not self.length:
            return None
        waiting = self._waiting
        client = (
            next(iter(waiting)) if len(waiting) == 1 else min(waiting, key=self._used.__getitem__)
        )
        queue = waiting[client]
        found = queue.popleft()
        if not queue:
            del waiting[client]
        self._floor = self._used[client]
        self.length -= 1
        return found

    def took(self, client: Hashable, nanoseconds: int) -> None:
        """Charge a client with the time that its request took.

        Parameters
        ----------
        client : Hashable
            Whose request it was.
        nanoseconds : int
            Of the worker's time.
        """
        # It rises sooner than it falls: a few slow ones among quick ones make the wait.
        away = nanoseconds - self.usual
        self.usual += max(away // (8 if away > 0 else 64), 1 - self.usual)
        if not self.length:
            self._used.clear()
            self._floor = 0
            return
        self._used[client] = self._used.get(client, self._floor) + nanoseconds
        if len(self._used) > MOST_SHARE * self._most:
            self._used = {one: self._used[one] for one in self._waiting}

    def _room(self) -> int:
        """Return how many may wait now."""
        return min(self._most, max(self._few, self._nanoseconds // self.usual))
