"""The follower sample that each row of a spine sees."""

from dataclasses import dataclass

import numpy as np

from features.arrays import DAY, FRAMES, Floats, Ints
from features.drivers import Moments, sample_rows
from features.histories import follower_rows
from features.spine import Spine
from features.tables import Followers, Tables

MIXED = float(len(FRAMES))
"""Frame of a sample whose followers were not all chosen in one way."""


@dataclass(frozen=True, slots=True)
class Samples:
    """The last visible sample of each row, one after the other.

    Parameters
    ----------
    offsets : ndarray of int64, shape (n + 1,)
        Row i has the followers offsets[i]:offsets[i + 1].
    values : ndarray of float64, shape (m, 9)
        Columns FOLLOWER_VALUES.
    frame : ndarray of float64, shape (n,)
        How each sample was chosen: position in FRAMES, or MIXED; NaN unknown, and without a sample.
    age : ndarray of float64, shape (n,)
        Days since the sample's last follower was observed; NaN without a sample.
    """

    offsets: Ints
    values: Floats
    frame: Floats
    age: Floats


def samples(tables: Tables, spine: Spine) -> Samples:
    """Return the last visible follower sample of each row.

    Parameters
    ----------
    tables : Tables
    spine : Spine
        Only creator and as_of matter; an unknown creator has no sample.

    Returns
    -------
    Samples
    """
    return samples_of(tables.followers, spine.moments)


def samples_of(followers: Followers, moments: Moments) -> Samples:
    """Return the last visible sample of each creator and moment, as `samples` does."""
    n = len(moments.creator)
    if not len(followers.known):
        frame, age = np.full((2, n), np.nan)
        return Samples(np.zeros(n + 1, np.int64), followers.values, frame, age)
    rows, offsets = _seen(followers, moments)
    frame, age = _origin(followers, rows, offsets, moments)
    return Samples(offsets=offsets, values=followers.values[rows], frame=frame, age=age)


def frames(tables: Tables, spine: Spine) -> Floats:
    """Return how the sample of each row was chosen, as in `Samples`, without the samples."""
    return _origin(tables.followers, *_seen(tables.followers, spine.moments), spine.moments)[0]


def frame_names(frame: Floats) -> list[str | None]:
    """Return how samples were chosen: one of FRAMES, "mixed", or None if that is unknown."""
    names = (*FRAMES, "mixed")
    return [None if code != code else names[int(code)] for code in frame.tolist()]  # noqa: PLR0124  (NaN)


def _seen(followers: Followers, moments: Moments) -> tuple[Ints, Ints]:
    """Return the rows of `followers` that each row sees, and where they begin."""
    bounds = np.zeros((len(moments.creator), 2), dtype=np.int64)
    sample_rows(follower_rows(followers), moments, bounds)
    lengths = bounds[:, 1] - bounds[:, 0]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return np.arange(offsets[-1]) + np.repeat(bounds[:, 0] - offsets[:-1], lengths), offsets


def _origin(
    followers: Followers, rows: Ints, offsets: Ints, moments: Moments
) -> tuple[Floats, Floats]:
    """Return frame and age of each sample."""
    frame, age = np.full((2, len(moments.creator)), np.nan)
    there = np.flatnonzero(np.diff(offsets))
    if not len(there):
        return frame, age
    starts = offsets[there]
    said = np.nan_to_num(followers.frame[rows], nan=-1.0)
    low, high = (extreme.reduceat(said, starts) for extreme in (np.minimum, np.maximum))
    frame[there] = np.where(low == high, np.where(low < 0.0, np.nan, low), MIXED)
    last = np.maximum.reduceat(followers.known[rows], starts)
    age[there] = (moments.as_of[there] - last) / DAY
    return frame, age
