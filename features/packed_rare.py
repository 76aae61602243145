"""What few packed histories hold: follower samples, and collaborations, whose briefs are known."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from features.arrays import UNKNOWN_TIME, Ints, ints
from features.assemble import followers_of
from features.convert import TEXT
from features.deals import Briefs
from features.frame import Frame, Origin
from features.packed_layout import APART, FOLLOWERS, KNOWN, WIDTH, slot_of
from features.packed_order import Deals
from features.packed_read import NO_TEXT
from features.packed_scalars import text_of
from features.profiles import FOLLOWER_VALUES, Followers
from features.schema import FOLLOWERS as FOLLOWERS_SCHEMA
from features.settle import Settled

_NEVER = int(np.iinfo(np.int64).min)
_NO_DEALS = Deals(np.zeros((4, 0), dtype=np.int64), np.zeros(0))
_SAMPLE, _FRAME = slot_of("followers", "sample_id"), slot_of("followers", "frame")


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


def followers(data: bytearray, sizes: Ints, memory: Ints) -> Followers:
    """Return the samples by the reader's own rules, for which no row is bad.

    Parameters
    ----------
    data : bytearray
    sizes, memory : ndarray of int64
        Of `features.packed_arrays`.
    """
    counts = sizes[:, FOLLOWERS]
    if not counts.any():
        return _nobody(len(sizes))
    height, apart, width = int(counts.sum()), int(APART[FOLLOWERS]), int(WIDTH[FOLLOWERS])
    start = int((sizes.sum(axis=0) * WIDTH)[:FOLLOWERS].sum())
    cells = memory[start : start + height * width]
    whole = cells[: height * apart].reshape(apart, height)
    numbers = cells[height * apart :].view(np.float64).reshape(height, -1)
    columns: dict[str, Any] = dict(zip(FOLLOWER_VALUES, numbers.T, strict=True))
    columns["frame"] = whole[_FRAME].view(np.float64)
    columns["observed_at"] = whole[int(KNOWN[FOLLOWERS])]
    columns["sample_id"] = pa.array(_texts(data, whole[_SAMPLE]), TEXT)
    frame = Frame(FOLLOWERS_SCHEMA, np.arange(height), columns, Origin(()))
    creator = np.repeat(np.arange(len(sizes)), counts)
    return followers_of(Settled(frame, {"creator_id": creator}, ints(height)), len(sizes))


def _texts(data: bytearray, places: Ints) -> list[str | None]:
    """Return texts by their places, NO_TEXT for none."""
    return [None if place == NO_TEXT else text_of(data, place) for place in places.tolist()]


@lru_cache(16)
def _nobody(n: int) -> Followers:
    return Followers.empty(n)
