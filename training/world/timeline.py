"""The stretch of time a world covers: it ends at a fixed moment, never at the clock."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

DAY = 86_400_000_000
END = datetime(2026, 7, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Start and end in microseconds since 1970, and the whole days between them."""

    start: int
    end: int
    days: int

    def at(self, days: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Return the times `days` (fractional) after the start, to the second; NaN is the start."""
        seconds = np.floor(np.nan_to_num(days) * 86_400).astype(np.int64)
        return self.start + seconds * 1_000_000

    def day(self, times: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the day each time falls on, held inside the history."""
        return np.clip((times - self.start) // DAY, 0, self.days - 1)

    def months(self) -> list[int]:
        """Return the first moment of each month of the history, and its end."""
        starts: list[int] = []
        months = END.year * 12 + END.month - 1
        while True:
            moment = _microseconds(datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC))
            if moment < self.start:
                return starts[::-1]
            starts.append(moment)
            months -= 1


def timeline(months: int) -> Timeline:
    """Return the `months` calendar months before the fixed end.

    Raises
    ------
    ValueError
        If there are fewer than six months, too few for outcomes to mature.
    """
    if months < 6:
        message = f"months must be at least 6 so that outcomes can mature, not {months}"
        raise ValueError(message)
    first = END.year * 12 + END.month - 1 - months
    start = datetime(first // 12, first % 12 + 1, 1, tzinfo=UTC)
    return Timeline(_microseconds(start), _microseconds(END), (END - start).days)


def _microseconds(moment: datetime) -> int:
    return int((moment - _EPOCH).total_seconds()) * 1_000_000
