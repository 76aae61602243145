"""The follower sample that each row of a spine sees."""

from dataclasses import dataclass

import numpy as np

from features.arrays import Floats, Ints, Times
from features.drivers import sample_rows
from features.histories import histories_of
from features.spine import Spine
from features.tables import Tables


@dataclass(frozen=True, slots=True)
class Samples:
    """The last visible sample of each row, one after the other.

    Parameters
    ----------
    offsets : ndarray of int64, shape (n + 1,)
        Row i has the followers offsets[i]:offsets[i + 1].
    values : ndarray of float64, shape (m, 9)
        Columns FOLLOWER_VALUES.
    frame : ndarray of float64, shape (m,)
        Position in FRAMES, NaN unknown.
    known : ndarray of int64, shape (m,)
        When each follower was observed, microseconds.
    """

    offsets: Ints
    values: Floats
    frame: Floats
    known: Times


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
    followers = tables.followers
    bounds = np.zeros((len(spine), 2), dtype=np.int64)
    sample_rows(histories_of(tables).followers, spine.moments, bounds)
    lengths = bounds[:, 1] - bounds[:, 0]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    rows = np.arange(offsets[-1]) + np.repeat(bounds[:, 0] - offsets[:-1], lengths)
    return Samples(
        offsets=offsets,
        values=followers.values[rows],
        frame=followers.frame[rows],
        known=followers.known[rows],
    )
