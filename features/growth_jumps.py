"""The largest step of the following: how large, how round, and how much of it stays.

A burst of bought followers is large, of a round size, and decays.
"""

# mypy: disable-error-code="no-any-return"
# NumPy types an element of an array as Any.
import math

import numpy as np

from features.arrays import Flags, Floats
from features.compiled import kernel_part
from features.spec import Family
from features.statistics import clip, ratio
from features.view import View
from features.view_creator import FACT_ROUNDING, FACT_USUAL
from features.view_snapshots import (
    JUMP_Z,
    SNAPSHOT_AGE,
    SNAPSHOT_FOLLOWERS,
    SNAPSHOT_GAIN,
    SNAPSHOT_RATE,
    SNAPSHOT_STEP_DAYS,
    SNAPSHOT_Z,
    jump,
    largest_step,
)

jumps = Family("growth")

MAX_Z = 100.0
MIN_SHARE_STEPS = 10
MIN_SHARE_GAINS = 20.0  # times the rounding of the counts
PACKAGE_TOLERANCE = 0.1  # of the package: how far from it counts as not round at all
DECAY_DAYS = 30.0
MIN_DECAY_DAYS = 7.0


@kernel_part
def excess(view: View, row: int) -> float:
    """Return the followers gained in the step to `row` beyond the usual growth."""
    seen = view.snapshots
    usual = np.expm1(view.now[FACT_USUAL] * seen[row, SNAPSHOT_STEP_DAYS])
    return seen[row, SNAPSHOT_GAIN] - (1.0 + seen[row - 1, SNAPSHOT_FOLLOWERS]) * usual


@jumps.feature(
    unit="robust z",
    text="Largest daily jump in followers against the usual, last {days} days",
    bounds=(0.0, MAX_Z),
    windows=(180,),
    needs=["snapshots"],
)
@kernel_part
def growth_jump_z(view: View, _days: float) -> float:
    """Largest robust z of daily log growth between snapshots of {days} days, at most 100.

    z is the distance from the median over 1.4826 MAD, at least .0005 a day and at least the
    rounding of the follower counts; unknown with fewer than 7 steps.
    """
    best = largest_step(view.snapshots)
    if best == 0:
        return np.nan
    return min(view.snapshots[best, SNAPSHOT_Z], MAX_Z)


@jumps.feature(
    unit="log",
    text="Size of the largest jump in followers, last {days} days",
    bounds=(-math.inf, math.inf),
    windows=(180,),
    needs=["snapshots"],
)
@kernel_part
def growth_jump_size(view: View, _days: float) -> float:
    """Log growth of the step with the largest z of {days} days beyond the usual growth."""
    seen = view.snapshots
    best = largest_step(seen)
    if best == 0:
        return np.nan
    return (seen[best, SNAPSHOT_RATE] - view.now[FACT_USUAL]) * seen[best, SNAPSHOT_STEP_DAYS]


@jumps.feature(
    unit="share",
    text="Share of follower gains that came in three steps, last {days} days",
    bounds=(0.0, 1.0),
    windows=(180,),
    needs=["snapshots"],
)
@kernel_part
def growth_jump_share(view: View, _days: float) -> float:
    """Share of all gains between snapshots of {days} days that came in the three largest.

    Unknown with fewer than 10 steps, and where all gains are less than 20 times the rounding of the
    counts.
    """
    seen = view.snapshots
    if len(seen) <= MIN_SHARE_STEPS:
        return np.nan
    total = 0.0
    first = 0.0
    second = 0.0
    third = 0.0
    for i in range(1, len(seen)):
        gain = seen[i, SNAPSHOT_GAIN]
        if gain <= 0.0:
            continue
        total += gain
        if gain > first:
            first, second, third = gain, first, second
        elif gain > second:
            second, third = gain, second
        elif gain > third:
            third = gain
    if total < MIN_SHARE_GAINS * view.now[FACT_ROUNDING]:
        return np.nan
    return min(ratio(first + second + third, total), 1.0)


@jumps.feature(
    unit="closeness",
    text="How round the largest jump is, last {days} days",
    bounds=(0.0, 1.0),
    windows=(180,),
    needs=["snapshots"],
)
@kernel_part
def growth_jump_roundness(view: View, _days: float) -> float:
    """1 where the largest jump is 1, 2.5 or 5 times a power of ten, falling to 0 at 10 % from it.

    The jump is the step with the largest z of {days} days, usual growth taken off; unknown where
    that z is below 4: without a jump.
    """
    row = jump(view.snapshots)
    if row == 0:
        return np.nan
    gained = excess(view, row)
    if gained < 1.0:
        return 0.0
    unit = 10.0 ** np.floor(np.log10(gained))
    nearest = np.inf
    for package in (1.0, 2.5, 5.0, 10.0):
        nearest = min(nearest, abs(gained / (package * unit) - 1.0))
    return max(0.0, 1.0 - nearest / PACKAGE_TOLERANCE)


@jumps.feature(
    unit="share",
    text="Share of the largest jump lost again within 30 days",
    bounds=(-1.0, 1.0),
    windows=(180,),
    needs=["snapshots"],
)
@kernel_part
def growth_jump_decay(view: View, _days: float) -> float:
    """Share of the largest jump that is missing 7 to 30 days later, against usual growth from it.

    Of the last snapshot in these days; within -1 to 1; unknown without a jump in {days} days.
    """
    seen = view.snapshots
    row = jump(seen)
    if row == 0:
        return np.nan
    later = row
    while (
        later + 1 < len(seen)
        and seen[row, SNAPSHOT_AGE] - seen[later + 1, SNAPSHOT_AGE] <= DECAY_DAYS
    ):
        later += 1
    passed = seen[row, SNAPSHOT_AGE] - seen[later, SNAPSHOT_AGE]
    if passed < MIN_DECAY_DAYS:
        return np.nan
    expected = (1.0 + seen[row, SNAPSHOT_FOLLOWERS]) * np.exp(view.now[FACT_USUAL] * passed)
    lost = expected - (1.0 + seen[later, SNAPSHOT_FOLLOWERS])
    return clip(ratio(lost, excess(view, row)), -1.0, 1.0)


@jumps.feature(
    unit="steps",
    text="Number of jumps in followers, last {days} days",
    windows=(180,),
    needs=["snapshots"],
)
@kernel_part
def growth_step_days(view: View, _days: float) -> float:
    """Count of steps between snapshots of {days} days with a robust z of 4 or more."""
    seen = view.snapshots
    if largest_step(seen) == 0:
        return np.nan
    steps = 0
    for i in range(1, len(seen)):
        if seen[i, SNAPSHOT_Z] >= JUMP_Z:
            steps += 1
    return float(steps)


@kernel_part
def jump_columns(view: View, wanted: Flags, out: Floats) -> None:
    """Fill in the wanted features of this module, in the order of their definition."""
    out[0] = growth_jump_z(view, 180.0) if wanted[0] else np.nan
    out[1] = growth_jump_size(view, 180.0) if wanted[1] else np.nan
    out[2] = growth_jump_share(view, 180.0) if wanted[2] else np.nan
    out[3] = growth_jump_roundness(view, 180.0) if wanted[3] else np.nan
    out[4] = growth_jump_decay(view, 180.0) if wanted[4] else np.nan
    out[5] = growth_step_days(view, 180.0) if wanted[5] else np.nan
