"""How many requests each key may still make, counted over all workers of a server.

Each key has a bucket of `burst` requests that fills up again at `per_minute`. What there is to know
of a bucket is one moment, that at which it will be full: it lies as far ahead as requests were
taken. It is kept as a sum of words in memory that the workers map from one file, a word for what
each of them took and one for the time that the bucket stood full. So no worker overwrites what
another one counts, and none takes a lock, which costs system calls and lets a worker that is put to
sleep stop all the others. Workers that take the last request at the very same moment all get it:
together they are ahead by one request each at most, and that is counted too.
"""

import mmap
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from serving import seats
from serving.key_file import MOST_KEYS

SECOND = 10**9
"""Buckets reckon in whole nanoseconds of the machine's monotonic clock, equal in all processes."""

_WORD = 8


@dataclass(frozen=True, slots=True)
class Rate:
    """A quota in nanoseconds."""

    interval: int
    """A request's share of a minute."""
    tolerance: int
    """How far ahead of its share a key may be."""

    @classmethod
    def of(cls, per_minute: int, burst: int) -> "Rate":
        """Return the rate of so many requests a minute, and so many at once.

        Parameters
        ----------
        per_minute, burst : int
            Both at least 1.
        """
        interval = 60 * SECOND // per_minute
        return cls(interval, (burst - 1) * interval)


class Quotas:
    """The buckets of all keys, as one worker sees them.

    Parameters
    ----------
    file : Path, optional
        What `create` made; without it the buckets are this process's own.
    clock : callable
        Nanoseconds that never go back.
    """

    def __init__(
        self, file: Path | None = None, *, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._clock = clock
        if file is None:
            self._seats, self._seat = 1, 0
            memory = mmap.mmap(-1, _size(1))
        else:
            # Open until the process ends: closing it would give up the seat.
            descriptor = os.open(file, os.O_RDWR)
            size = os.fstat(descriptor).st_size
            self._seats = size // (_WORD * MOST_KEYS) - 1
            self._seat = seats.take(descriptor, self._seats)
            memory = mmap.mmap(descriptor, size)
        # Whole aligned words: a reader sees one that was written, never half of it.
        self._words = memoryview(memory).cast("q")

    def take(self, place: int, rate: Rate) -> int:
        """Take one request out of a bucket.

        Parameters
        ----------
        place : int
            Of the key in its file.
        rate : Rate
            Its quota.

        Returns
        -------
        int
            0, or after how many whole seconds to come again where the bucket is empty.
        """
        words, width = self._words, self._seats + 1
        first = place * width
        stood, *taken = words[first : first + width].tolist()
        now = self._clock()
        full_at = stood + sum(taken)
        # No further than an empty bucket and what workers may get at once: the place may have been
        # another key's before.
        empty = now + rate.tolerance + width * rate.interval
        if not now <= full_at <= empty:
            full_at = min(max(full_at, now), empty)
            words[first] = full_at - sum(taken)
        ahead = full_at - now
        if ahead > rate.tolerance:
            return -((rate.tolerance - ahead) // SECOND)
        words[first + 1 + self._seat] = taken[self._seat] + rate.interval
        return 0


def create(file: Path, workers: int) -> None:
    """Make full buckets; those of a server that still ends on the same port stay its own.

    Parameters
    ----------
    file : Path
        Where.
    workers : int
        How many count in it.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        # Written out: a disk that is full says so now, and not by a signal to the workers.
        opened.write(bytes(_size(workers)))


def _size(seats: int) -> int:
    return _WORD * MOST_KEYS * (seats + 1)
