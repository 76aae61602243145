"""Profile totals as one creator's view shows them: of a window, and the steps between.

Most of a row is the same at every moment, so it is made once a creator (`steps_of`); a view copies
the rows of its window and adds their ages.
"""

from typing import NamedTuple

import numpy as np

from features.arrays import DAY, Floats, Ints, Times
from features.compiled import kernel_part
from features.statistics import column, first_at_most, median, spread
from features.view import age, first_unseen, first_within

MIN_STEP_DAYS = 0.75  # snapshots nearer than this to a later one say nothing about a daily rate
MAX_DAILY_STEP_DAYS = 1.5  # a longer step belongs to no day of the week
MIN_SPAN = 1.0 / 6.0  # of a window: a shorter history gives no rate
MIN_STEPS = 7  # fewer steps have no usual rate
MIN_SIGMA = 5e-4  # log growth a day: organic noise of a large account
JUMP_Z = 4.0  # a step this far from the usual rate is a jump

# Columns of View.snapshots. A step leads from the row before to this one; the first row has none.
SNAPSHOT_COLUMNS = np.int64(9)
(
    SNAPSHOT_AGE,  # days
    SNAPSHOT_FOLLOWERS,
    SNAPSHOT_FOLLOWING,
    SNAPSHOT_LOG,  # log(1 + followers)
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


class Steps(NamedTuple):
    """The columns SNAPSHOT_... of a creator's rows from `first` on, without ages.

    They are `apart` where every view keeps all of them, for no two are too near to each other.
    """

    first: int
    rows: Floats
    apart: bool


@kernel_part
def steps_of(rows: SnapshotRows, first: int, stop: int) -> Steps:
    """Return rows first:stop, each with the step from the row before."""
    steps = np.empty((stop - first, SNAPSHOT_COLUMNS))
    apart = True
    for i in range(stop - first):
        row = first + i
        steps[i, SNAPSHOT_FOLLOWERS] = rows.values[row, 0]
        steps[i, SNAPSHOT_FOLLOWING] = rows.values[row, 1]
        steps[i, SNAPSHOT_LOG] = np.log1p(rows.values[row, 0])
        if i > 0:
            _step(steps, i, rows.known[row - 1], rows.known[row])
            apart = apart and rows.known[row] - rows.known[row - 1] >= MIN_STEP_DAYS * DAY
    return Steps(first, steps, apart)


@kernel_part
def snapshots_seen(
    rows: SnapshotRows, steps: Steps, creator: int, as_of: int, days: float
) -> Floats:
    """Return the columns SNAPSHOT_... of the window, thinned from the latest snapshot backwards.

    `steps` holds the whole window.
    """
    stop = first_unseen(rows.known, steps.first, rows.offsets[creator + 1], as_of)
    start = first_within(rows.known, steps.first, stop, as_of, days)
    if not steps.apart:
        return _thinned(rows, steps, start, stop, as_of)
    seen = steps.rows[start - steps.first : stop - steps.first].copy()
    for i in range(len(seen)):
        seen[i, SNAPSHOT_AGE] = age(rows.known[start + i], as_of)
    if len(seen) > 0:
        _unknown_step(seen, 0)
    return seen


@kernel_part
def _thinned(rows: SnapshotRows, steps: Steps, start: int, stop: int, as_of: int) -> Floats:
    """Return rows start:stop without those that are too near to a later one that is kept."""
    kept = np.empty(stop - start, dtype=np.int64)
    n = 0
    for row in range(stop - 1, start - 1, -1):
        if n == 0 or rows.known[kept[n - 1]] - rows.known[row] >= MIN_STEP_DAYS * DAY:
            kept[n] = row
            n += 1
    n = len(kept[:n])  # counted in a loop that may not run, n would pass for the constant 0
    seen = np.empty((n, SNAPSHOT_COLUMNS))
    for i in range(n):
        row = kept[n - 1 - i]
        for j in range(SNAPSHOT_COLUMNS):
            seen[i, j] = steps.rows[row - steps.first, j]
        seen[i, SNAPSHOT_AGE] = age(rows.known[row], as_of)
        if i == 0:
            _unknown_step(seen, i)
        elif kept[n - i] != row - 1:
            _step(seen, i, rows.known[kept[n - i]], rows.known[row])
    return seen


@kernel_part
def first_snapshot_seen(rows: SnapshotRows, creator: int, as_of: int) -> bool:
    """Tell whether the first snapshot of all is visible."""
    start = rows.offsets[creator]
    return bool(first_unseen(rows.known, start, rows.offsets[creator + 1], as_of) > start)


@kernel_part
def _unknown_step(steps: Floats, i: int) -> None:
    """Mark a row as one that no step leads to."""
    for j in range(SNAPSHOT_STEP_DAYS, SNAPSHOT_COLUMNS):
        steps[i, j] = np.nan


@kernel_part
def _step(steps: Floats, i: int, start: int, end: int) -> None:
    """Fill in the step to row i from the one before it."""
    days = (end - start) / DAY
    steps[i, SNAPSHOT_STEP_DAYS] = days
    steps[i, SNAPSHOT_GAIN] = steps[i, SNAPSHOT_FOLLOWERS] - steps[i - 1, SNAPSHOT_FOLLOWERS]
    steps[i, SNAPSHOT_RATE] = (steps[i, SNAPSHOT_LOG] - steps[i - 1, SNAPSHOT_LOG]) / days
    steps[i, SNAPSHOT_Z] = np.nan
    steps[i, SNAPSHOT_WEEKEND] = np.nan
    if days <= MAX_DAILY_STEP_DAYS:
        weekday = ((start + (end - start) // 2) // DAY) % 7
        steps[i, SNAPSHOT_WEEKEND] = 1.0 if weekday in (_SATURDAY, _SUNDAY) else 0.0


@kernel_part
def score_steps(seen: Floats, grain: float) -> float:
    """Fill in the robust z of every step and return the usual rate, both unknown of few steps.

    `grain` is the `rounding` of the counts: the usual spread is at least noise and rounding.
    """
    n = len(seen)
    if n <= MIN_STEPS:
        return np.nan
    least = grain / (1.0 + median(column(seen, SNAPSHOT_FOLLOWERS)))
    rates = column(seen[1:], SNAPSHOT_RATE)
    usual = median(rates)
    sigma = max(spread(rates), MIN_SIGMA, least)
    for i in range(1, n):
        seen[i, SNAPSHOT_Z] = (seen[i, SNAPSHOT_RATE] - usual) / sigma
    return usual


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
    return first_at_most(snapshots, SNAPSHOT_AGE, days)


@kernel_part
def jump(seen: Floats) -> int:
    """Return the row that ends the largest jump, 0 where no step is one."""
    best = largest_step(seen)
    if best > 0 and seen[best, SNAPSHOT_Z] >= JUMP_Z:
        return best
    return 0
