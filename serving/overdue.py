"""An end to what takes too long, whatever it waits for."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

GRACE_SECONDS = 5.0
"""How long work may take to heed that its time is over; then the kernel ends the process."""


class OverdueError(BaseException):
    """The time is over; no `except Exception` of a library takes it for one of its own."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise in whatever runs inside once so many seconds are over; main thread only.

    A library that does not return to Python, or swallows the error, ends with the process.

    Parameters
    ----------
    seconds : float
        How long it may take.

    Raises
    ------
    OverdueError
        If it took longer.
    """
    before = signal.signal(signal.SIGALRM, _over)
    signal.setitimer(signal.ITIMER_REAL, seconds, GRACE_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _over(*_: object) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    raise OverdueError
