"""How large the account is, whom it follows, and how long it has been watched."""

# mypy: disable-error-code="no-any-return"
# NumPy types an element of an array as Any.
import math

import numpy as np

from features.arrays import Flags, Floats
from features.compiled import kernel_part
from features.spec import Family
from features.view import View
from features.view_creator import (
    FACT_ACCOUNT,
    FACT_FIRST_SNAPSHOT,
    FACT_FOLLOWERS,
    FACT_FOLLOWING,
    FACT_LAST_SNAPSHOT,
    FACT_MEDIA_COUNT,
)
from features.view_snapshots import MIN_SPAN, SNAPSHOT_AGE, SNAPSHOT_FOLLOWING, first_inside

size = Family("growth")


@size.feature(unit="log10 followers", text="Followers (log10)", needs=["snapshots"])
@kernel_part
def log_followers(view: View) -> float:
    """log10(1 + followers) of the last snapshot."""
    return np.log10(1.0 + view.now[FACT_FOLLOWERS])


@size.feature(
    unit="log10 ratio",
    text="Accounts followed per follower (log10)",
    bounds=(-math.inf, math.inf),
    needs=["snapshots"],
)
@kernel_part
def following_ratio(view: View) -> float:
    """log10((1 + following) / (1 + followers)) of the last snapshot."""
    return np.log10((1.0 + view.now[FACT_FOLLOWING]) / (1.0 + view.now[FACT_FOLLOWERS]))


@size.feature(
    unit="ratio per 90 days",
    text="Following and unfollowing of others, last {days} days",
    windows=(90,),
    needs=["snapshots"],
)
@kernel_part
def following_churn(view: View, days: float) -> float:
    """Sum of absolute changes of `following` over 1 + its last value, snapshots of {days} days.

    Scaled to {days} days; unknown unless the snapshots span at least a sixth of them.
    """
    seen = view.snapshots
    changed = 0.0
    first = -1
    last = -1
    for i in range(first_inside(seen, days), len(seen)):
        if np.isnan(seen[i, SNAPSHOT_FOLLOWING]):
            continue
        if first < 0:
            first = i
        else:
            changed += abs(seen[i, SNAPSHOT_FOLLOWING] - seen[last, SNAPSHOT_FOLLOWING])
        last = i
    if last < 0:
        return np.nan
    span = seen[first, SNAPSHOT_AGE] - seen[last, SNAPSHOT_AGE]
    if span < MIN_SPAN * days:
        return np.nan
    return changed / (1.0 + seen[last, SNAPSHOT_FOLLOWING]) * (days / span)


@size.feature(
    unit="log10 followers per post",
    text="Followers per post ever published (log10)",
    bounds=(-math.inf, math.inf),
    needs=["snapshots"],
)
@kernel_part
def followers_per_post(view: View) -> float:
    """log10((1 + followers) / (1 + media_count)) of the last snapshot."""
    return np.log10((1.0 + view.now[FACT_FOLLOWERS]) / (1.0 + view.now[FACT_MEDIA_COUNT]))


@size.feature(unit="days", text="Days of follower history", needs=["snapshots"])
@kernel_part
def history_days(view: View) -> float:
    """Days between the first and the last visible snapshot."""
    return view.now[FACT_FIRST_SNAPSHOT] - view.now[FACT_LAST_SNAPSHOT]


@size.feature(unit="days", text="Age of the account in days")
@kernel_part
def account_age_days(view: View) -> float:
    """Days since the account was created."""
    return view.now[FACT_ACCOUNT]


@kernel_part
def size_columns(view: View, wanted: Flags, out: Floats) -> None:
    """Fill in the wanted features of this module, in the order of their definition."""
    out[0] = log_followers(view) if wanted[0] else np.nan
    out[1] = following_ratio(view) if wanted[1] else np.nan
    out[2] = following_churn(view, 90.0) if wanted[2] else np.nan
    out[3] = followers_per_post(view) if wanted[3] else np.nan
    out[4] = history_days(view) if wanted[4] else np.nan
    out[5] = account_age_days(view) if wanted[5] else np.nan
