"""The moment at which tables are seen, and moments as text."""

import sys
from datetime import UTC, datetime, timedelta

from features.arrays import UNKNOWN_TIME
from features.errors import InputError
from features.rules import EARLIEST, LATEST

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(latest: int, as_of: int | None) -> int:
    """Return the moment asked for, else the one just after the tables' latest observation.

    Parameters
    ----------
    latest : int
        `Tables.latest`.
    as_of : int or None
        Microseconds since 1970 in UTC.

    Returns
    -------
    int
        Microseconds; now where nothing was observed. A moment that was not asked for is printed.
    """
    if as_of is not None:
        return as_of
    if latest == UNKNOWN_TIME:
        found, why = (datetime.now(UTC) - _EPOCH) // timedelta(microseconds=1), "now"
    else:
        found, why = latest + 1, "just after the latest observed_at of the tables"
    print(f"as_of {text(found)}: {why}", file=sys.stderr)
    return found


def text(moment: int) -> str:
    """Return a moment in ISO 8601, to the microsecond.

    Parameters
    ----------
    moment : int
        Microseconds since 1970 in UTC.

    Returns
    -------
    str
        Such as 2026-01-31T12:00:00.000001Z.
    """
    written = _EPOCH + timedelta(microseconds=moment)
    return written.isoformat(timespec="microseconds").replace("+00:00", "Z")


def instant(text: str, name: str = "as_of") -> int:
    """Return the moment that ISO 8601 text names.

    Parameters
    ----------
    text : str
        With an offset from UTC.
    name : str
        What the text was given as.

    Returns
    -------
    int
        Microseconds since 1970 in UTC.

    Raises
    ------
    InputError
        If it is no time, or has no offset.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"{name} {text!r} is no ISO 8601 time such as 2026-01-31T12:00Z") from None
    if moment.tzinfo is None:
        raise InputError(f"{name} {text!r} has no offset from UTC: such as {moment.isoformat()}Z")
    found = (moment - _EPOCH) // timedelta(microseconds=1)
    if not EARLIEST <= found <= LATEST:
        raise InputError(f"{name} {text!r} is outside the years 1 to 9999 in UTC")
    return found
