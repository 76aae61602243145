"""Sampled followers of an audit: their columns, how they were chosen, and what that limits."""

from collections.abc import Collection, Sequence
from itertools import chain
from operator import attrgetter
from typing import Literal, cast

import numpy as np

from features.arrays import Floats
from features.profiles import FOLLOWER_VALUES
from serving.rows import AccountRow

FrameFound = Literal["random", "recent", "engaged", "mixed"]

_CAUTIONS = {
    "recent": "The rows are the most recent followers",
    "engaged": "The rows are followers who engaged with posts",
    "mixed": "The rows were not all sampled in one way",
}
_columns = attrgetter(*FOLLOWER_VALUES)


def values_of(followers: Sequence[AccountRow]) -> Floats:
    """Return the columns of `features.profiles.FOLLOWER_VALUES`, shape (n, 9), NaN for None."""
    count = len(followers) * len(FOLLOWER_VALUES)
    flat = np.fromiter(chain.from_iterable(map(_columns, followers)), np.float64, count)
    return flat.reshape(-1, len(FOLLOWER_VALUES))


def frame_of(frames: Collection[str | None]) -> FrameFound | None:
    """Return how an audience was sampled.

    Parameters
    ----------
    frames : collection of str or None
        What its rows, of which there are some, say; None for nothing.

    Returns
    -------
    str or None
        What all rows say, "mixed" where they differ.
    """
    different = set(frames)
    return cast("FrameFound | None", different.pop()) if len(different) == 1 else "mixed"


def caution(frame: FrameFound | None) -> str | None:
    """Return what to beware of in a share of an audience that was not sampled at random."""
    said = _CAUTIONS.get(frame or "")
    return said and f"{said}: the share speaks of them, not of the whole audience."
