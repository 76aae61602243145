"""What few packed histories hold: breakdowns, follower samples and collaborations."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from features.arrays import UNKNOWN_TIME, Floats, Ints, ints
from features.assemble import followers_of
from features.convert import TEXT
from features.deals import Briefs, Collaborations
from features.frame import Frame, Origin
from features.packed_arrays import Arrays
from features.packed_layout import (
    APART,
    AUDIENCE,
    COLLABORATIONS,
    FOLLOWERS,
    KNOWN,
    OUTCOMES,
    WIDTH,
    slot_of,
)
from features.packed_order import Deals
from features.packed_read import NO_TEXT
from features.packed_scalars import Word, text_of
from features.profiles import FOLLOWER_VALUES, Audience, Followers
from features.schema import FOLLOWERS as FOLLOWERS_SCHEMA
from features.settle import Settled
from features.view_audience import AudienceRows
from features.view_deal import CollaborationRows

_NEVER = int(np.iinfo(np.int64).min)
_NO_DEALS = Deals(np.zeros((4, 0), dtype=np.int64), np.zeros(0))
_BREAKDOWN = [slot_of("audience", name) for name in ("dimension", "value", "share")]
_PUBLISHED = slot_of("collaborations", "published_at")
_SAMPLE = slot_of("followers", "sample_id")


def deals_of(names: Sequence[str], briefs: Briefs) -> Deals:
    """Return the briefs of collaborations as columns.

    Parameters
    ----------
    names : sequence of str
    briefs : Briefs
        Where they are looked up.
    """
    if not names:
        return _NO_DEALS
    rows = np.array([briefs.index.get(name, -1) for name in names], dtype=np.int64)
    columns = ((briefs.known, _NEVER), (briefs.hidden, UNKNOWN_TIME))
    codes = ((briefs.brand, 0), (briefs.category, 0))
    whole = np.array([_taken(column, rows, unknown) for column, unknown in (*columns, *codes)])
    return Deals(whole, _taken(briefs.goal, rows, np.nan))


def _taken(column: Any, rows: Ints, unknown: float) -> Any:
    """Return the values of a column at rows, `unknown` at -1."""
    values = np.full(len(rows), unknown, dtype=column.dtype)
    there = rows >= 0
    values[there] = column[rows[there]]
    return values


def texts_of(data: bytearray, places: Ints) -> list[str | None]:
    """Return texts by their places.

    Parameters
    ----------
    data : bytearray
    places : ndarray of int64
        NO_TEXT for none.
    """
    return [None if place == NO_TEXT else text_of(data, place) for place in places.tolist()]


def _column(found: Arrays, table: Word, slot: int) -> Ints:
    height = int(found.heights[table])
    start = int(found.starts[table]) + slot * height
    return found.cells.cells[start : start + height]


def _numbers(found: Arrays, table: Word) -> Floats:
    height, apart, width = int(found.heights[table]), int(APART[table]), int(WIDTH[table])
    start = int(found.starts[table])
    cells = found.cells.cells[start + height * apart : start + height * width]
    return cells.view(np.float64).reshape(height, width - apart)


def breakdowns(found: Arrays, offsets: Ints) -> AudienceRows:
    """Return the breakdowns of audiences.

    Parameters
    ----------
    found : Arrays
    offsets : ndarray of int64, shape (8, n + 1)
    """
    if not found.heights[AUDIENCE]:
        return _no_breakdowns(offsets.shape[1] - 1)
    known = _column(found, AUDIENCE, int(KNOWN[AUDIENCE]))
    dimension, value, share = (_column(found, AUDIENCE, slot) for slot in _BREAKDOWN)
    return AudienceRows(offsets[AUDIENCE], known, dimension, value, share.view(np.float64))


@lru_cache(16)
def _no_breakdowns(n: int) -> AudienceRows:
    none = Audience.empty(n)
    return AudienceRows(none.offsets, none.known, none.dimension, none.value, none.share)


def deals(found: Arrays, offsets: Ints) -> CollaborationRows:
    """Return the collaborations.

    Parameters
    ----------
    found : Arrays
    offsets : ndarray of int64, shape (8, n + 1)
    """
    if not found.heights[COLLABORATIONS]:
        return _no_deals(offsets.shape[1] - 1)
    known, hidden, brand, category = found.cells.deals
    return CollaborationRows(
        offsets[COLLABORATIONS],
        known,
        hidden,
        _column(found, COLLABORATIONS, _PUBLISHED),
        brand,
        category,
        found.cells.goals,
        found.cells.outcomes,
        _column(found, OUTCOMES, int(KNOWN[OUTCOMES])),
        _numbers(found, OUTCOMES),
    )


@lru_cache(16)
def _no_deals(n: int) -> CollaborationRows:
    none = Collaborations.empty(n)
    return CollaborationRows(*[getattr(none, name) for name in CollaborationRows._fields])


def followers(data: bytearray, found: Arrays, offsets: Ints) -> Followers:
    """Return the samples by the reader's own rules, for which no row is bad.

    Parameters
    ----------
    data : bytearray
    found : Arrays
    offsets : ndarray of int64, shape (8, n + 1)
    """
    height, n = int(found.heights[FOLLOWERS]), offsets.shape[1] - 1
    if not height:
        return _nobody(n)
    names = (*FOLLOWER_VALUES, "frame")
    columns: dict[str, Any] = dict(zip(names, _numbers(found, FOLLOWERS).T, strict=True))
    columns["observed_at"] = _column(found, FOLLOWERS, int(KNOWN[FOLLOWERS]))
    columns["sample_id"] = pa.array(texts_of(data, _column(found, FOLLOWERS, _SAMPLE)), TEXT)
    frame = Frame(FOLLOWERS_SCHEMA, np.arange(height), columns, Origin(()))
    creator = np.repeat(np.arange(n), np.diff(offsets[FOLLOWERS]))
    return followers_of(Settled(frame, {"creator_id": creator}, ints(height)), n)


@lru_cache(16)
def _nobody(n: int) -> Followers:
    return Followers.empty(n)
