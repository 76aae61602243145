"""What of a creator's data each row sees, for a person who asks why a score is unsure."""

from dataclasses import dataclass

import numpy as np

from features.arrays import UNKNOWN_TIME, Floats, Ints, Times
from features.drivers import summary_rows
from features.histories import collaboration_rows, histories_of
from features.samples import frame_names, frames
from features.spine import Spine
from features.tables import Tables

# Columns that `summary_rows` fills in.
COUNTED = 5
_POSTS, _SNAPSHOTS, _FOLLOWERS, _LATEST, _MISSING = range(COUNTED)

HISTORY = ("snapshots", "posts", "post_metrics", "audience", "followers", "collaborations")
_TABLES_OF = [
    tuple(table for bit, table in enumerate(HISTORY) if mask >> bit & 1)
    for mask in range(2 ** len(HISTORY))
]


@dataclass(frozen=True, slots=True)
class DataSummary:
    """One entry a row.

    Parameters
    ----------
    posts_90d, snapshots_90d : ndarray of int64, shape (n,)
        Visible rows of the last 90 days.
    followers_sampled : ndarray of int64, shape (n,)
        Followers in the last visible sample.
    followers_frame : list of str or None, length n
        How they were chosen: one of FRAMES, or "mixed"; None where it is unknown.
    last_snapshot_at : ndarray of int64, shape (n,)
        Microseconds, UNKNOWN_TIME without one.
    missing : list of tuple of str
        The tables of HISTORY without a visible row.
    """

    posts_90d: Ints
    snapshots_90d: Ints
    followers_sampled: Ints
    followers_frame: list[str | None]
    last_snapshot_at: Times
    missing: list[tuple[str, ...]]


def data_summary(tables: Tables, spine: Spine) -> DataSummary:
    """Return what data each row of the spine sees.

    Parameters
    ----------
    tables : Tables
    spine : Spine
        Only creator and as_of matter; of an unknown creator everything is missing.

    Returns
    -------
    DataSummary
    """
    seen = blank_summary(len(spine))
    summary_rows(histories_of(tables), collaboration_rows(tables), spine.moments, seen)
    return summary_of(seen, frames(tables, spine))


def blank_summary(n: int) -> Ints:
    """Return what `summary_rows` fills in: of n rows, that everything is missing."""
    seen = np.zeros((n, COUNTED), dtype=np.int64)
    seen[:, _LATEST] = UNKNOWN_TIME
    seen[:, _MISSING] = 2 ** len(HISTORY) - 1
    return seen


def summary_of(seen: Ints, frame: Floats) -> DataSummary:
    """Return the summary of what `summary_rows` filled in, and of the samples' frames."""
    return DataSummary(
        posts_90d=seen[:, _POSTS],
        snapshots_90d=seen[:, _SNAPSHOTS],
        followers_sampled=seen[:, _FOLLOWERS],
        followers_frame=frame_names(frame),
        last_snapshot_at=seen[:, _LATEST],
        missing=[_TABLES_OF[mask] for mask in seen[:, _MISSING].tolist()],
    )
