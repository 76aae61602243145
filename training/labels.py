"""What a collaboration brought within thirty days of publishing, and since when that is known."""

from dataclasses import dataclass

import numpy as np

from features.arrays import DAY, UNKNOWN_TIME, Floats, Ints, Times
from features.tables import Tables
from features.view import visible

HORIZON_DAYS = 30
HORIZON = HORIZON_DAYS * DAY
_CONVERSIONS = 2  # column of Collaborations.outcomes: impressions, clicks, conversions, revenue


@dataclass(frozen=True, slots=True)
class Labels:
    """The mature collaborations of a tables folder, in the tables' order.

    Parameters
    ----------
    rows : ndarray of int64, shape (n,)
        Their rows in `tables.collaborations`.
    count : ndarray of float64, shape (n,)
        Conversions accumulated by day 30 after publishing, whole and never negative.
    matured : ndarray of int64, shape (n,)
        When the outcome that settled the count was observed, microseconds.
    """

    rows: Ints
    count: Floats
    matured: Times


def mature(tables: Tables, as_of: int) -> Labels:
    """Label every collaboration whose day 30 had been observed by `as_of`.

    The count is the cumulative one observed at day 30, or linear between the observations around
    it (zero at publishing), rounded half to even. Refunds, falls of the cumulative count, are taken
    as they are. Collaborations that are unpublished, too young, or without a brief are left out:
    they are unknown, not failures.

    Parameters
    ----------
    tables : Tables
        Validated raw tables.
    as_of : int
        Moment of training, microseconds; only what was known before it counts.

    Returns
    -------
    Labels
        One entry for each mature collaboration.
    """
    table = tables.collaborations
    seen = visible(table.known, table.hidden, as_of) & (table.published != UNKNOWN_TIME)
    seen &= ~np.isnan(table.goal)
    known = table.outcome_known
    usable = visible(known, np.full_like(known, UNKNOWN_TIME), as_of)
    usable &= ~np.isnan(table.outcomes[:, _CONVERSIONS])
    rows, counts, matured = [], [], []
    for row in np.flatnonzero(seen):
        start, stop = table.outcome_offsets[row : row + 2]
        chosen = usable[start:stop]
        times = known[start:stop][chosen] - table.published[row]
        label = day30(times, table.outcomes[start:stop, _CONVERSIONS][chosen])
        if label is not None:
            rows.append(row)
            counts.append(label[0])
            matured.append(label[1] + table.published[row])
    return Labels(
        np.array(rows, np.int64), np.array(counts, np.float64), np.array(matured, np.int64)
    )


def day30(times: Times, conversions: Floats) -> tuple[float, int] | None:
    """Return the conversions at day 30 and the time they were settled, or None while too young.

    Parameters
    ----------
    times : ndarray of int64, shape (n,)
        Microseconds between publishing and each observation, increasing.
    conversions : ndarray of float64, shape (n,)
        Cumulative conversions at each observation.

    Returns
    -------
    tuple of (float, int) or None
        The count, and the first observation time at or after day 30.
    """
    after = times > 0
    times, conversions = times[after], conversions[after]
    settled = int(np.searchsorted(times, HORIZON))
    if settled == len(times):
        return None
    count = np.interp(HORIZON, np.r_[0, times], np.r_[0.0, conversions])
    return float(np.rint(count)), int(times[settled])
