"""The follower sample that each row of a spine sees."""

from dataclasses import dataclass

import numpy as np

from features.arrays import DAY, FRAMES, Floats, Ints
from features.drivers import sample_rows
from features.histories import histories_of
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
    rows, offsets = _seen(tables, spine)
    frame, age = _origin(tables.followers, rows, offsets, spine)
    return Samples(offsets=offsets, values=tables.followers.values[rows], frame=frame, age=age)


def frames(tables: Tables, spine: Spine) -> list[str | None]:
    """Return how the sample of each row was chosen: one of FRAMES, "mixed", or None if unknown."""
    names = (*FRAMES, "mixed")
    found, _ = _origin(tables.followers, *_seen(tables, spine), spine)
    return [None if code != code else names[int(code)] for code in found.tolist()]  # noqa: PLR0124  (NaN)


def _seen(tables: Tables, spine: Spine) -> tuple[Ints, Ints]:
    """Return the rows of `followers` that each row sees, and where they begin."""
    bounds = np.zeros((len(spine), 2), dtype=np.int64)
    sample_rows(histories_of(tables).followers, spine.moments, bounds)
    lengths = bounds[:, 1] - bounds[:, 0]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return np.arange(offsets[-1]) + np.repeat(bounds[:, 0] - offsets[:-1], lengths), offsets


def _origin(followers: Followers, rows: Ints, offsets: Ints, spine: Spine) -> tuple[Floats, Floats]:
    """Return frame and age of each sample."""
    frame, age = np.full((2, len(spine)), np.nan)
    there = np.flatnonzero(np.diff(offsets))
    if not len(there):
        return frame, age
    starts = offsets[there]
    said = np.nan_to_num(followers.frame[rows], nan=-1.0)
    low, high = (extreme.reduceat(said, starts) for extreme in (np.minimum, np.maximum))
    frame[there] = np.where(low == high, np.where(low < 0.0, np.nan, low), MIXED)
    last = np.maximum.reduceat(followers.known[rows], starts)
    age[there] = (spine.as_of[there] - last) / DAY
    return frame, age
