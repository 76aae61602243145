"""When a client asks again: the server's Retry-After, else exponential backoff with full jitter."""

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"\d{1,9}")


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Pace:
    """Waiting between the attempts of one call, with the clocks it goes by.

    Parameters
    ----------
    base : float
        Seconds; the first wait is between none and this, and doubles from attempt to attempt.
    longest : float
        Up to so many seconds.
    patience : float
        A Retry-After of more than so many seconds is not waited for: the call fails at once.
    clock, sleep, now, chance : callable
        Seconds that never go back, how to wait, the time of day, a number in [0, 1).
    """

    base: float = 0.1
    longest: float = 5.0
    patience: float = 30.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = _utc_now
    chance: Callable[[], float] = random.random

    def wait(self, attempt: int, asked: float | None) -> float | None:
        """Return how long to wait, None for longer than there is patience for.

        Parameters
        ----------
        attempt : int
            How many attempts failed before this one.
        asked : float, optional
            Seconds that the server asked for; the jitter comes on top, as it asks many the same.
        """
        if asked is not None and asked > self.patience:
            return None
        jitter: float = self.chance() * min(self.longest, self.base * 2.0**attempt)
        return (asked or 0.0) + jitter

    def retry_after(self, value: str | None, date: str | None = None) -> float | None:
        """Return the seconds of a Retry-After, None for one that is missing or cannot be read.

        Parameters
        ----------
        value : str, optional
            Whole seconds or an HTTP date.
        date : str, optional
            The response's own Date, which a date is counted from: clocks differ.
        """
        if value is None:
            return None
        if _SECONDS.fullmatch(value):
            return float(value)
        until = _moment(value)
        if until is None:
            return None
        return max(0.0, (until - (_moment(date) or self.now())).total_seconds())


def _moment(text: str | None) -> datetime | None:
    """Return an HTTP date."""
    try:
        found = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
