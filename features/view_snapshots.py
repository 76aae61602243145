"""Profile totals as one creator's view shows them: of a window, and the steps between."""

from typing import NamedTuple

import numpy as np

from features.arrays import DAY, Floats, Ints, Times
from features.compiled import kernel_part
from features.statistics import column, median, spread, unknowns
from features.view import age, first_unseen

MIN_STEP_DAYS = 0.75  # snapshots nearer than this to a later one say nothing about a daily rate
MAX_DAILY_STEP_DAYS = 1.5  # a longer step belongs to no day of the week
MIN_SPAN = 1.0 / 6.0  # of a window: a shorter history gives no rate
MIN_STEPS = 7  # fewer steps have no usual rate
MIN_SIGMA = 5e-4  # log growth a day: organic noise of a large account
JUMP_Z = 4.0  # a step this far from the usual rate is a jump

# Columns of View.snapshots. A step leads from the row before to this one; the first row has none.
SNAPSHOT_COLUMNS = np.int64(8)
(
    SNAPSHOT_AGE,  # days
    SNAPSHOT_FOLLOWERS,
    SNAPSHOT_FOLLOWING,
    SNAPSHOT_STEP_DAYS,  # days since the row before
    SNAPSHOT_GAIN,  # followers since the row before
    SNAPSHOT_RATE,  # log growth a day since the row before
    SNAPSHOT_WEEKEND,  # 1 where a daily step's middle is a Saturday or Sunday, UTC; NaN if longer
    SNAPSHOT_Z,  # robust z of the rate among the view's steps
) = np.arange(SNAPSHOT_COLUMNS)

_SATURDAY = 2  # 1970-01-01 was a Thursday: days since then modulo 7
_SUNDAY = 3


class SnapshotRows(NamedTuple):
    """The arrays of `features.tables.Snapshots`."""

    offsets: Ints
    known: Times
    values: Floats


@kernel_part
def snapshots_seen(rows: SnapshotRows, creator: int, as_of: int, days: float) -> Floats:
    """Return the columns SNAPSHOT_... of the window, thinned from the latest snapshot backwards."""
    start = rows.offsets[creator]
    stop = first_unseen(rows.known, start, rows.offsets[creator + 1], as_of)
    kept = np.empty(stop - start, dtype=np.int64)
    n = 0
    for row in range(stop - 1, start - 1, -1):
        if age(rows.known[row], as_of) > days:
            break
        if n == 0 or rows.known[kept[n - 1]] - rows.known[row] >= MIN_STEP_DAYS * DAY:
            kept[n] = row
            n += 1
    n = len(kept[:n])  # counted in a loop that may not run, n would pass for the constant 0
    seen = unknowns(n, SNAPSHOT_COLUMNS)
    for i in range(n):
        row = kept[n - 1 - i]
        seen[i, SNAPSHOT_AGE] = age(rows.known[row], as_of)
        seen[i, SNAPSHOT_FOLLOWERS] = rows.values[row, 0]
        seen[i, SNAPSHOT_FOLLOWING] = rows.values[row, 1]
        if i > 0:
            _step(seen, i, rows.known[kept[n - i]], rows.known[row])
    _score_steps(seen)
    return seen


@kernel_part
def _step(seen: Floats, i: int, before: int, after: int) -> None:
    """Fill in the step that ends at row `i`."""
    days = (after - before) / DAY
    first = seen[i - 1, SNAPSHOT_FOLLOWERS]
    last = seen[i, SNAPSHOT_FOLLOWERS]
    seen[i, SNAPSHOT_STEP_DAYS] = days
    seen[i, SNAPSHOT_GAIN] = last - first
    seen[i, SNAPSHOT_RATE] = (np.log1p(last) - np.log1p(first)) / days
    if days <= MAX_DAILY_STEP_DAYS:
        weekday = ((before + (after - before) // 2) // DAY) % 7
        seen[i, SNAPSHOT_WEEKEND] = 1.0 if weekday in (_SATURDAY, _SUNDAY) else 0.0


@kernel_part
def _score_steps(seen: Floats) -> None:
    """Fill in the robust z of every step; the usual spread is at least noise and rounding."""
    n = len(seen)
    if n <= MIN_STEPS:
        return
    grain = rounding(seen) / (1.0 + median(column(seen, SNAPSHOT_FOLLOWERS)))
    rates = column(seen[1:], SNAPSHOT_RATE)
    usual = median(rates)
    sigma = max(spread(rates), MIN_SIGMA, grain)
    for i in range(1, n):
        seen[i, SNAPSHOT_Z] = (seen[i, SNAPSHOT_RATE] - usual) / sigma


@kernel_part
def rounding(seen: Floats) -> float:
    """Return the largest power of ten that divides every follower count, 1 where none does.

    Some platforms round counts to three digits; a step of one unit there is no event.
    """
    grain = 1.0
    if len(seen) < 2:
        return grain
    while grain < 1e9:
        for i in range(len(seen)):
            if seen[i, SNAPSHOT_FOLLOWERS] % (10.0 * grain) != 0.0:
                return grain
        grain *= 10.0
    return grain


@kernel_part
def usual_rate(seen: Floats) -> float:
    """Return the median log growth a day over the steps, NaN without one."""
    return median(column(seen[1:], SNAPSHOT_RATE))


@kernel_part
def largest_step(seen: Floats) -> int:
    """Return the row whose step has the largest z, 0 where no step has one."""
    best = 0
    for i in range(1, len(seen)):
        z = seen[i, SNAPSHOT_Z]
        if not np.isnan(z) and (best == 0 or z > seen[best, SNAPSHOT_Z]):
            best = i
    return best


@kernel_part
def first_inside(snapshots: Floats, days: float) -> int:
    """Return the first row of the window."""
    first = 0
    while first < len(snapshots) and snapshots[first, SNAPSHOT_AGE] > days:
        first += 1
    return first


@kernel_part
def jump(seen: Floats) -> int:
    """Return the row that ends the largest jump, 0 where no step is one."""
    best = largest_step(seen)
    if best > 0 and seen[best, SNAPSHOT_Z] >= JUMP_Z:
        return best
    return 0
