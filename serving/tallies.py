"""Counts of all workers of a server: words of memory that each of them writes alone.

A worker has a seat of the shared file and each of its threads a lane of that seat. Nothing else
writes a lane, so that a count is one read and one write and needs no lock; whoever is asked for the
sums adds up all lanes. A worker that dies leaves its seat as it was and the one that replaces it
counts on from there: sums never go back.
"""

import itertools
import mmap
import os
import threading
from pathlib import Path

import numpy as np

from features.arrays import Flags, Floats, Ints
from serving import seats

WORD = 8
"""Bytes of a count: a whole number, or a float where it is a sum of some."""
LANES = 4
"""Threads of a worker that count: its event loop's, those of its pool, one to spare."""
NAMES = 16
"""Counts of a lane whose names are known only once they are counted; the last is for all others."""
Name = tuple[str, str]
OTHERS: Name = ("other", "other")
"""The name of those."""

_NAME_WORDS = 8
_NAME_BYTES = _NAME_WORDS * WORD
_NAME_STARTS = range(0, NAMES * _NAME_BYTES, _NAME_BYTES)
_NO_NAME: Name = ("", "")
_HEADER = 1  # words of a seat before its lanes: the worker's process


class Tallies:
    """The counts of one worker, and the sums of all.

    Parameters
    ----------
    width : int
        Counts of a lane.
    file : Path, optional
        What `create` made for the same width; without it the counts are this process's own.
    """

    def __init__(self, width: int, file: Path | None = None) -> None:
        self.width = width
        if file is None:
            self._seats, self._seat = 1, 0
            self._memory = mmap.mmap(-1, _size(width, 1))
        else:
            # Open until the process ends: closing it would give up the seat.
            descriptor = os.open(file, os.O_RDWR)
            size = os.fstat(descriptor).st_size
            self._seats = size // _size(width, 1)
            self._seat = seats.take(descriptor, self._seats)
            self._memory = mmap.mmap(descriptor, size)
        # Whole aligned words: a reader sees one that was written, never half of it.
        self._words = memoryview(self._memory).cast("q")
        self._words[self._seat * _seat_words(width)] = os.getpid()
        self._next = itertools.count()
        self.here = Lane(self)

    def take_lane(self) -> "memoryview[int]":
        """Return the bytes of a lane for the calling thread; a thread too many gets the last."""
        lane = min(next(self._next), LANES - 1)
        words = self._seat * _seat_words(self.width) + _HEADER + lane * _lane_words(self.width)
        start = words * WORD
        return memoryview(self._memory)[start : start + _lane_words(self.width) * WORD]

    def sums(self) -> Ints:
        """Return the counts of each seat, shape (seats, width)."""
        counts: Ints = self._lanes()[:, :, : self.width].sum(axis=1)
        return counts

    def float_sums(self) -> Floats:
        """Return the sums of each seat, shape (seats, width), as far as they are sums of floats."""
        # Words that are no floats may look like any: what they add up to is nobody's business.
        with np.errstate(all="ignore"):
            sums: Floats = self._lanes()[:, :, : self.width].view(np.float64).sum(axis=1)
        return sums

    def named(self) -> dict[Name, int]:
        """Return the counts of every name, over all seats."""
        found: dict[Name, int] = {}
        for lane in self._lanes().reshape(-1, _lane_words(self.width)):
            counts = lane[self.width : self.width + NAMES].tolist()
            names = lane[self.width + NAMES :].reshape(NAMES, _NAME_WORDS)
            for raw, count in zip(names, counts, strict=True):
                if count:
                    name = _name(raw.tobytes())
                    found[name] = found.get(name, 0) + count
        return found

    def alive(self) -> Flags:
        """Return which seats belong to a process that runs."""
        pids = self._words[:: _seat_words(self.width)].tolist()
        return np.array([_runs(pid) for pid in pids])

    @property
    def seat(self) -> int:
        """Which seat is this worker's."""
        return self._seat

    def _lanes(self) -> Ints:
        """Return a copy of everything, shape (seats, lanes, words of a lane)."""
        words = np.array(self._words).reshape(self._seats, _seat_words(self.width))
        return words[:, _HEADER:].reshape(self._seats, LANES, _lane_words(self.width))


class Lane(threading.local):
    """The counts of the calling thread: made anew for every thread that asks for an attribute.

    Attributes
    ----------
    parts : tuple
        Its counts, the same memory as floats, and where what was named is counted.
    """

    parts: tuple["memoryview[int]", "memoryview[float]", dict[Name, int]]

    def __init__(self, tallies: Tallies) -> None:
        memory = tallies.take_lane()
        self._first = tallies.width
        self._names = memory[(tallies.width + NAMES) * WORD :]
        # A worker that was here before may have named some.
        names = [_name(self._names[start:][:_NAME_BYTES].tobytes()) for start in _NAME_STARTS]
        places = {name: self._first + at for at, name in enumerate(names) if name != _NO_NAME}
        self.parts = memory.cast("q"), memory.cast("d"), places

    def place(self, name: Name) -> int:
        """Return where to count under a name; names that come too late share one.

        Parameters
        ----------
        name : tuple of str
            At most 64 bytes of it are kept.
        """
        places = self.parts[2]
        if name not in places:
            at = min(len(set(places.values())), NAMES - 1)
            text = " ".join(name if at < NAMES - 1 else OTHERS).encode()[:_NAME_BYTES]
            # Before anything is counted there: a reader skips names without counts.
            start = _NAME_STARTS[at]
            self._names[start : start + _NAME_BYTES] = text.ljust(_NAME_BYTES, b"\0")
            if at < NAMES - 1:
                places[name] = self._first + at
            return self._first + at
        return places[name]


def create(file: Path, width: int, workers: int) -> None:
    """Make counts of nothing; those of a server that still ends on the same port stay its own.

    Parameters
    ----------
    file : Path
        Where.
    width : int
        Counts of a lane.
    workers : int
        How many count in it.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        # Written out: a disk that is full says so now, and not by a signal to the workers.
        opened.write(bytes(_size(width, workers)))


def _lane_words(width: int) -> int:
    return width + NAMES * (1 + _NAME_WORDS)


def _seat_words(width: int) -> int:
    return _HEADER + LANES * _lane_words(width)


def _size(width: int, workers: int) -> int:
    return WORD * workers * _seat_words(width)


def _name(raw: bytes) -> Name:
    first, _, second = raw.rstrip(b"\0").decode(errors="replace").partition(" ")
    return first, second


def _runs(pid: int) -> bool:
    """Return whether there is a process of that number; of none a seat was never taken."""
    if not pid:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
