"""Creators of one request that are scored together, wherever their features come from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, cast

import msgspec

from features.arrays import UNKNOWN_TIME, Floats
from features.summary import DataSummary
from models.fake_followers import FakeFollowersScores
from models.reasons import Peers
from serving.contract import DataUsed, FakeFollowersScore
from serving.sampled import FrameFound

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Whole(Protocol):
    """Everything that is known of the audiences of n creators."""

    @property
    def followers(self) -> FakeFollowersScores | None:
        """By the audience model, if there is one."""

    @property
    def peers(self) -> Peers:
        """Platform and tier of each creator."""


@dataclass(slots=True, eq=False)
class Group:
    """What is known of n creators at the request's `as_of`.

    Parameters
    ----------
    places : sequence of int, length n
        Where each stands in the request.
    X : Floats, shape (n, len(NAMES))
        The catalogue's columns.
    conversion_share : Floats, shape (n,), or None
        The share by the conversion model's own copy of the audience model.
    tiers : sequence of str or None, length n
        By followers.
    risks, shares : sequence of float, length n, or None
        By the audience model, if there is one.
    levels : sequence of str, length n
        Of the audiences; none at all without the model.
    told : sequence of FakeFollowersScore or Raw or None, length n
        What is answered about each audience.
    data : sequence of DataUsed or Raw, length n
        What the scores rest on.
    missing : sequence of tuple of str, length n
        Tables of HISTORY without a visible row.
    whole : Whole
        Whatever else reasons need.
    """

    places: Sequence[int]
    X: Floats
    conversion_share: Floats | None
    tiers: Sequence[str | None]
    risks: Sequence[float] | None
    shares: Sequence[float] | None
    levels: Sequence[str]
    told: Sequence[FakeFollowersScore | msgspec.Raw | None]
    data: Sequence[DataUsed | msgspec.Raw]
    missing: Sequence[tuple[str, ...]]
    whole: Whole


def audience_told(scores: FakeFollowersScores, row: int) -> FakeFollowersScore:
    """Return what is answered about one audience.

    Parameters
    ----------
    scores : FakeFollowersScores
        Of several.
    row : int
        Which one.
    """
    return FakeFollowersScore(
        risk=known(scores.risk, row),
        share=known(scores.share, row),
        share_low=known(scores.low, row),
        share_high=known(scores.high, row),
        n_sampled=int(scores.n_sampled[row]),
        level=scores.level[row],
    )


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


def known(values: Floats, row: int) -> float | None:
    """Return a number, None for NaN."""
    value = float(values[row])
    return None if math.isnan(value) else value
