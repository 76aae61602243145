"""What collaborations brought within thirty days of publishing, and since when that is known."""

from dataclasses import dataclass

import numpy as np

from features.arrays import DAY, UNKNOWN_TIME, Flags, Floats, Ints, Times
from features.deals import Collaborations
from features.tables import Tables
from features.view import visible
from training.arrivals import UNKNOWN, arrivals

HORIZON_DAYS = 30
HORIZON = HORIZON_DAYS * DAY
SLIPS = 0.025  # share of the labels
_CONVERSIONS = 2  # column of Collaborations.outcomes: impressions, clicks, conversions, revenue


@dataclass(frozen=True, slots=True)
class Labels:
    """What is known of collaborations of a tables folder, in the tables' order.

    Parameters
    ----------
    rows : ndarray of int64, shape (n,)
        Their rows in `tables.collaborations`.
    count : ndarray of float64, shape (n,)
        Conversions accumulated by day 30 after publishing; of a young collaboration, so far.
        Whole and never negative.
    share : ndarray of float64, shape (n,)
        Of day 30's conversions, what was to be expected so far: 1 for a mature collaboration.
    known : ndarray of int64, shape (n,)
        When the outcome that told the count was observed, microseconds.
    """

    rows: Ints
    count: Floats
    share: Floats
    known: Times

    def take(self, chosen: Ints | Flags) -> "Labels":
        """Return some of the labels."""
        return Labels(self.rows[chosen], self.count[chosen], self.share[chosen], self.known[chosen])


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
    found = labels(tables, as_of)
    return found.take(found.share == 1.0)


def labels(tables: Tables, as_of: int) -> Labels:
    """Label the mature collaborations, and the young ones by what they brought so far.

    How much of day 30's count has come at what age is learned from the mature ones' earlier
    observations. Where these are too few, or a look came too early to tell, the young collaboration
    is left out.

    Parameters
    ----------
    tables : Tables
        Validated raw tables.
    as_of : int
        Moment of training, microseconds; only what was known before it counts.

    Returns
    -------
    Labels
        One entry for each mature or young collaboration.
    """
    table = tables.collaborations
    looks = _Looks.of(table, as_of)
    rows: list[int] = np.unique(looks.row).tolist()
    starts = np.searchsorted(looks.row, rows)
    stops = np.searchsorted(looks.row, rows, "right")
    counts, known, ages = np.empty((3, len(rows)))
    early: list[tuple[slice, float]] = []
    for place, (start, stop) in enumerate(zip(starts.tolist(), stops.tolist(), strict=True)):
        seen = slice(start, stop)
        label = day30(looks.time[seen], looks.count[seen])
        if label is None:
            counts[place], last = looks.count[stop - 1], looks.time[stop - 1]
        else:
            counts[place], last = label
            early.append((seen, label[0]))
        ages[place], known[place] = last / DAY, last + table.published[rows[place]]
    delay = UNKNOWN
    if early:
        places = np.concatenate([np.arange(seen.start, seen.stop) for seen, _ in early])
        whole = np.repeat([count for _, count in early], [s.stop - s.start for s, _ in early])
        delay = arrivals(looks.time[places] / DAY, looks.count[places], whole)
    found = Labels(np.array(rows, np.int64), counts, delay.at(ages), known.astype(np.int64))
    found = found.take(~np.isnan(found.share))
    # Settled before it was agreed: of a few rows the times are slips, and they are left out; where
    # there are many the times mean something else, which the audit of leaks will say.
    before = found.known <= table.agreed[found.rows]
    return found.take(~before) if before.sum() <= SLIPS * len(before) else found


@dataclass(frozen=True, slots=True)
class _Looks:
    """Usable observations by collaboration, then time after publishing in microseconds."""

    row: Ints
    time: Times
    count: Floats

    @classmethod
    def of(cls, table: Collaborations, as_of: int) -> "_Looks":
        """Return the visible observations after publishing of visible collaborations."""
        seen = visible(table.known, table.hidden, as_of) & (table.published != UNKNOWN_TIME)
        # Published later than the moment of training: nobody could know when.
        seen &= (table.published < as_of) & ~np.isnan(table.goal)
        row = np.repeat(np.arange(len(seen)), np.diff(table.outcome_offsets))
        known, count = table.outcome_known, table.outcomes[:, _CONVERSIONS]
        usable = seen[row] & visible(known, np.full_like(known, UNKNOWN_TIME), as_of)
        usable &= ~np.isnan(count) & (known > table.published[row])
        chosen = np.flatnonzero(usable)
        return cls(row[chosen], (known - table.published[row])[chosen], count[chosen])


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
