"""The columns that tell fake follower accounts from real ones, from what a follower list shows."""

import numpy as np

from features.arrays import Floats
from features.compiled import kernel, kernel_part
from models.arithmetic import logarithm

ACCOUNT_COLUMNS = (
    "log_followers",
    "log_following",
    "log_posts",
    "log_following_ratio",
    "log_posts_to_following",
    "zero_posts",
    "at_following_limit",
    "has_profile_pic",
    "is_private",
    "username_digit_ratio",
    "log_bio_length",
    "empty_bio",
)
"""Ratios, logs and flags, so that they mean the same whatever the scale of a source.

The length of a name tells nothing (AUC .50), and digits of it are known where their ratio is not in
some sources alone, so that a missing one would tell the source.
"""

FOLLOWING_LIMITS = (5_000.0, 7_500.0)
"""The most accounts a member may follow on X (for most) and on Instagram."""

AT_LIMIT = 0.02
"""Who follows at most this share fewer than a limit allows stands at it; nobody is far above."""

TYPICAL_NAME = 12.0
"""Characters of a usual name (SRF Data 2017: mean 12.1), where only its digits are known."""


def account_matrix(values: Floats) -> Floats:
    """Return the columns of follower accounts.

    Parameters
    ----------
    values : Floats, shape (n, 9)
        followers, following, posts, has_profile_pic, is_private, username_length, username_digits,
        username_digit_ratio, bio_length; NaN for unknown.

    Returns
    -------
    Floats, shape (n, 12)
        `ACCOUNT_COLUMNS`; NaN where what a column needs is unknown.
    """
    out = np.empty((len(values), len(ACCOUNT_COLUMNS)))
    # A copy: compiled code is made for writable arrays, and stored samples are not.
    _account_matrix(np.array(values, dtype=np.float64, order="C"), out)
    return out


@kernel_part
def _log1p(x: float) -> float:
    return logarithm(1.0 + x)


@kernel_part
def _is_zero(x: float) -> float:
    """Return 1 or 0, or NaN where x is unknown."""
    if x != x:  # noqa: PLR0124  (NaN)
        return x
    return 1.0 if x == 0.0 else 0.0


@kernel_part
def _at_limit(following: float) -> float:
    """Return 1 at a limit, else 0, or NaN where following is unknown."""
    if following != following:  # noqa: PLR0124  (NaN)
        return following
    for limit in FOLLOWING_LIMITS:
        if limit * (1.0 - AT_LIMIT) <= following <= limit + 1.0:
            return 1.0
    return 0.0


@kernel
def _account_matrix(values: Floats, out: Floats) -> None:
    for i in range(len(values)):
        followers, following, posts = values[i, 0], values[i, 1], values[i, 2]
        length, digits, ratio, bio = values[i, 5], values[i, 6], values[i, 7], values[i, 8]
        # Some sources give the digits of a name, some their ratio, some no length.
        if ratio != ratio:  # noqa: PLR0124  (NaN)
            if length != length:  # noqa: PLR0124  (NaN)
                ratio = digits / max(TYPICAL_NAME, digits)
            elif length > 0.0:
                ratio = digits / length
        out[i, 0] = _log1p(followers)
        out[i, 1] = _log1p(following)
        out[i, 2] = _log1p(posts)
        out[i, 3] = _log1p(following) - _log1p(followers)
        out[i, 4] = _log1p(posts) - _log1p(following)
        out[i, 5] = _is_zero(posts)
        out[i, 6] = _at_limit(following)
        out[i, 7] = values[i, 3]
        out[i, 8] = values[i, 4]
        out[i, 9] = ratio
        out[i, 10] = _log1p(bio)
        out[i, 11] = _is_zero(bio)
