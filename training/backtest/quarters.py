"""Calendar quarters in UTC, and the parts of them that a period holds."""

from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime
from itertools import pairwise

from features.errors import InputError

MONTHS = 3


@dataclass(frozen=True, slots=True)
class Quarter:
    """A calendar quarter, or the part of it that is asked for.

    Parameters
    ----------
    name : str
        Such as "2025 Q4", also of a part.
    start, stop : int
        Half-open, microseconds: a model trained at `start` answers what begins before `stop`.
    """

    name: str
    start: int
    stop: int


def quarters(start: int, stop: int) -> list[Quarter]:
    """Cut a period at the first days of January, April, July and October.

    Parameters
    ----------
    start, stop : int
        The period, half-open, microseconds.

    Returns
    -------
    list of Quarter
        In order, without a gap; only the first and the last may be parts.

    Raises
    ------
    InputError
        If the period does not begin before it ends.
    """
    if start >= stop:
        raise InputError(
            f"--from {day(start)} is not before --to {day(stop)}: give a period that begins before"
            " it ends"
        )
    first = _moment(start)
    number = first.year * 4 + (first.month - 1) // MONTHS
    edges = [start]
    # The calendar ends with the year 9999, and with it the last quarter.
    while (number + len(edges)) // 4 <= MAXYEAR and (edge := _edge(number + len(edges))) < stop:
        edges.append(edge)
    return [
        Quarter(f"{(number + place) // 4} Q{(number + place) % 4 + 1}", begin, end)
        for place, (begin, end) in enumerate(pairwise([*edges, stop]))
    ]


def day(microseconds: int) -> str:
    """Return the day of a moment in UTC, such as 2025-10-01."""
    return _moment(microseconds).date().isoformat()


def _moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds // 10**6, UTC)


def _edge(number: int) -> int:
    """Return when the quarter of this number, 4 a year, begins."""
    first = datetime(number // 4, number % 4 * MONTHS + 1, 1, tzinfo=UTC)
    return int(first.timestamp()) * 10**6
