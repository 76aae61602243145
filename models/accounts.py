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
    "following_room",
    "has_profile_pic",
    "is_private",
    "username_length",
    "username_digits",
    "username_digit_ratio",
    "log_bio_length",
    "empty_bio",
)
"""Ratios, logs and flags, so that they mean the same whatever the scale of a source."""

FOLLOWING_LIMITS = (5_000.0, 7_500.0)
"""The most accounts a member may follow on X (for most) and on Instagram."""


def account_matrix(values: Floats) -> Floats:
    """Return the columns of follower accounts.

    Parameters
    ----------
    values : Floats, shape (n, 9)
        followers, following, posts, has_profile_pic, is_private, username_length, username_digits,
        username_digit_ratio, bio_length; NaN for unknown.

    Returns
    -------
    Floats, shape (n, 14)
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
def _room(following: float) -> float:
    """Return the relative distance to the nearest limit, at most 1: bulk accounts stand at one."""
    room = 1.0
    for limit in FOLLOWING_LIMITS:
        room = min(room, abs(following - limit) / limit)
    return following if following != following else room  # noqa: PLR0124  (NaN)


@kernel
def _account_matrix(values: Floats, out: Floats) -> None:
    for i in range(len(values)):
        followers, following, posts = values[i, 0], values[i, 1], values[i, 2]
        length, digits, ratio, bio = values[i, 5], values[i, 6], values[i, 7], values[i, 8]
        # Some sources give the digits of a name, some their ratio.
        if ratio != ratio and length > 0.0:  # noqa: PLR0124  (NaN)
            ratio = digits / length
        if digits != digits:  # noqa: PLR0124  (NaN)
            digits = np.floor(ratio * length + 0.5)
        out[i, 0] = _log1p(followers)
        out[i, 1] = _log1p(following)
        out[i, 2] = _log1p(posts)
        out[i, 3] = _log1p(following) - _log1p(followers)
        out[i, 4] = _log1p(posts) - _log1p(following)
        out[i, 5] = _is_zero(posts)
        out[i, 6] = _room(following)
        out[i, 7] = values[i, 3]
        out[i, 8] = values[i, 4]
        out[i, 9] = length
        out[i, 10] = digits
        out[i, 11] = ratio
        out[i, 12] = _log1p(bio)
        out[i, 13] = _is_zero(bio)
