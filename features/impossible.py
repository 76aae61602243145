"""What no labelled account can look like: numbers that contradict each other, or that nobody has.

Labels are only as good as the collection behind them, so these rows are told apart from rows that
merely lack something. Samples of followers are not held to it: they are taken as platforms give
them, and a bad guess about one follower is no reason to lose it.
"""

from collections.abc import Iterator

import numpy as np

from features.arrays import Flags
from features.frame import Frame

# More than any platform has accounts, or lets anyone write, however characters are counted. Limits
# of today's platforms (30 characters of name, 150 of bio, 7,500 followed) have exceptions.
MOST_POSSIBLE = {
    "followers": 1e10,
    "following": 1e10,
    "posts": 1e10,
    "username_length": 500.0,
    "bio_length": 10_000.0,
}
ROUNDING = 0.05 + 1e-9  # of a digit ratio that was rounded to one decimal, the coarsest of any use


def impossible(frame: Frame) -> Iterator[tuple[str, Flags, str]]:
    """Return which labelled accounts cannot be.

    Parameters
    ----------
    frame : Frame
        With the columns of accounts; one that is absent contradicts nothing.

    Yields
    ------
    tuple of str, ndarray of bool and str
        The column, which rows, and what is wrong with it, without a value.
    """
    for name, most in MOST_POSSIBLE.items():
        yield name, frame.number(name) > most, f"is above {most:,.0f}, which no account reaches"
    length, digits = frame.number("username_length"), frame.number("username_digits")
    # Comparisons with NaN are false, so what is unknown is never impossible.
    yield "username_length", length == 0, "is 0, but no platform has empty names"
    yield "username_digits", digits > length, "is above username_length"
    expected = np.where(digits == 0, 0.0, digits / np.where(length > 0, length, np.nan))
    apart = np.abs(frame.number("username_digit_ratio") - expected)
    reason = "is not username_digits / username_length, rounding aside"
    yield "username_digit_ratio", apart > ROUNDING, reason
