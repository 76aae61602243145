"""Packed histories in order, as the tables that views are cut from."""

# mypy: disable-error-code="no-any-return"
# NumPy types an element of an array as Any.
import numpy as np

from features.arrays import UNKNOWN_TIME, Codes, Floats, Ints
from features.compiled import kernel_part
from features.packed_arrays import Arrays
from features.packed_layout import (
    APART,
    AUDIENCE,
    COLLABORATIONS,
    CREATORS,
    KNOWN,
    METRICS,
    OUTCOMES,
    POSTS,
    SNAPSHOTS,
    WIDTH,
    slot_of,
)
from features.packed_order import DEAL_BRAND, DEAL_CATEGORY, DEAL_HIDDEN, DEAL_KNOWN
from features.packed_scalars import Word
from features.view_audience import AudienceRows, FollowerRows
from features.view_creator import CreatorRows, Histories
from features.view_deal import CollaborationRows
from features.view_posts import PostRows
from features.view_snapshots import SnapshotRows


def _slots(table: str, *names: str) -> Ints:
    return np.array([slot_of(table, name) for name in names])


_PLATFORM, _COUNTRY, _CREATED, _VERIFIED, _ACCEPTS, _FEE, _OBSERVED = _slots(
    "creators",
    "platform",
    "country",
    "created_at",
    "is_verified",
    "accepts",
    "min_fee",
    "observed_at",
)
_DIMENSION, _VALUE, _SHARE = _slots("audience", "dimension", "value", "share")
(_PUBLISHED,) = _slots("collaborations", "published_at")


@kernel_part
def _whole(arrays: Arrays, table: Word, slot: Word) -> Ints:
    """Return a column of texts or times."""
    height = arrays.heights[table]
    start = arrays.starts[table] + slot * height
    return arrays.ordered.cells[start : start + height]


@kernel_part
def _number(arrays: Arrays, table: Word, slot: Word) -> Floats:
    """Return a column of numbers."""
    return _whole(arrays, table, slot).view(np.float64)


@kernel_part
def _numbers(arrays: Arrays, table: Word) -> Floats:
    """Return the numbers of a table, one row of values after the other."""
    height = arrays.heights[table]
    start = arrays.starts[table] + height * APART[table]
    values = arrays.ordered.cells[start : arrays.starts[table + 1]].view(np.float64)
    return values.reshape(height, WIDTH[table] - APART[table])


@kernel_part
def _creators(arrays: Arrays, category: Codes) -> CreatorRows:
    return CreatorRows(
        _number(arrays, CREATORS, _PLATFORM),
        _number(arrays, CREATORS, _COUNTRY),
        category,
        _whole(arrays, CREATORS, _CREATED),
        _number(arrays, CREATORS, _VERIFIED),
        _number(arrays, CREATORS, _ACCEPTS),
        _number(arrays, CREATORS, _FEE),
        _whole(arrays, CREATORS, _OBSERVED),
    )


@kernel_part
def _snapshots(arrays: Arrays) -> SnapshotRows:
    return SnapshotRows(
        arrays.offsets[SNAPSHOTS],
        _whole(arrays, SNAPSHOTS, KNOWN[SNAPSHOTS]),
        _numbers(arrays, SNAPSHOTS),
    )


@kernel_part
def _posts(arrays: Arrays) -> PostRows:
    return PostRows(
        arrays.offsets[POSTS],
        _whole(arrays, POSTS, KNOWN[POSTS]),
        np.full(arrays.heights[POSTS], UNKNOWN_TIME, dtype=np.int64),
        _numbers(arrays, POSTS),
        arrays.ordered.metrics,
        _whole(arrays, METRICS, KNOWN[METRICS]),
        _numbers(arrays, METRICS),
    )


@kernel_part
def _breakdowns(arrays: Arrays) -> AudienceRows:
    return AudienceRows(
        arrays.offsets[AUDIENCE],
        _whole(arrays, AUDIENCE, KNOWN[AUDIENCE]),
        _whole(arrays, AUDIENCE, _DIMENSION),
        _whole(arrays, AUDIENCE, _VALUE),
        _number(arrays, AUDIENCE, _SHARE),
    )


@kernel_part
def histories_in(arrays: Arrays, category: Codes, followers: FollowerRows) -> Histories:
    """Return the tables of creators' own histories; no post of theirs is in dispute."""
    return Histories(
        _creators(arrays, category),
        _snapshots(arrays),
        _posts(arrays),
        _breakdowns(arrays),
        followers,
    )


@kernel_part
def collaborations_in(arrays: Arrays) -> CollaborationRows:
    """Return the table of their collaborations."""
    deals = arrays.ordered.deals
    return CollaborationRows(
        arrays.offsets[COLLABORATIONS],
        deals[DEAL_KNOWN],
        deals[DEAL_HIDDEN],
        _whole(arrays, COLLABORATIONS, _PUBLISHED),
        deals[DEAL_BRAND],
        deals[DEAL_CATEGORY],
        arrays.ordered.goals,
        arrays.ordered.outcomes,
        _whole(arrays, OUTCOMES, KNOWN[OUTCOMES]),
        _numbers(arrays, OUTCOMES),
    )
