"""Creators of one request that are scored together, wherever their features come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from features.arrays import UNKNOWN_TIME, Floats
from features.summary import DataSummary
from models.reasons import Peers
from models.scoring import AudienceScores
from serving.contract import DataUsed
from serving.sampled import FrameFound

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """What is known of n creators at the request's `as_of`.

    Parameters
    ----------
    places : sequence of int, length n
        Where each stands in the request.
    X : Floats, shape (n, len(NAMES))
        The catalogue's columns.
    audience : AudienceScores
        Of the n creators.
    peers : Peers
        Platform and tier of each.
    data : sequence of DataUsed, length n
        What the scores rest on.
    """

    places: Sequence[int]
    X: Floats
    audience: AudienceScores
    peers: Peers
    data: Sequence[DataUsed]


def data_used(summary: DataSummary, row: int, set_aside: int = 0) -> DataUsed:
    """Return what one creator's scores rest on.

    Parameters
    ----------
    summary : DataSummary
        Of several creators.
    row : int
        Which one.
    set_aside : int
        Rows of its history that were not used.
    """
    seen = int(summary.last_snapshot_at[row])
    return DataUsed(
        posts_90d=int(summary.posts_90d[row]),
        snapshots_90d=int(summary.snapshots_90d[row]),
        followers_sampled=int(summary.followers_sampled[row]),
        followers_frame=cast("FrameFound | None", summary.followers_frame[row]),
        last_snapshot_at=None if seen == UNKNOWN_TIME else EPOCH + timedelta(microseconds=seen),
        set_aside=set_aside,
        missing=list(summary.missing[row]),
    )
