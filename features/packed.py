"""Arrays of creators whose rows came typed and packed: the short way for clean histories.

The rows of a request were decoded into strict types already, and nearly always nothing is wrong
with them. Then what kernels read can be written straight from the packed rows, in microseconds.
Whatever is less plain (a row that would be set aside, a key that stands twice) is for
`features.rows.from_rows`, which alone says what becomes of it.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from features.arrays import Flags, owned
from features.assemble import codes_of
from features.compiled import straight
from features.convert import TEXT, column_of
from features.deals import Briefs
from features.histories import collaboration_rows, follower_rows, histories_of
from features.packed_arrays import arrays_of
from features.packed_layout import PACKED
from features.packed_rare import breakdowns, deals, deals_of, followers, texts_of
from features.profiles import Followers
from features.schema import CREATORS as CREATORS_SCHEMA
from features.tables import Tables
from features.view_creator import Histories
from features.view_deal import CollaborationRows

__all__ = ["PACKED", "History", "Packed", "history_of", "unpacked"]

_LABEL = CREATORS_SCHEMA.column("category")
_arrays_of = straight(arrays_of)


class Packed(NamedTuple):
    """Histories of n creators.

    Parameters
    ----------
    data : bytearray
        MessagePack: an array of histories, each a map of the tables PACKED in that order, each an
        array of rows, each a map of the columns of its schema in their order; null for unknown,
        times as timestamps.
    sizes : sequence of sequence of int, shape (n, 8)
        How many rows each history has of each table.
    briefs : sequence of str
        The brief of each collaboration, in their order.
    """

    data: bytearray
    sizes: Sequence[Sequence[int]]
    briefs: Sequence[str] = ()


class History(NamedTuple):
    """What kernels read of n creators."""

    histories: Histories
    collaborations: CollaborationRows
    followers: Followers


def history_of(tables: Tables) -> History:
    """Return what kernels read of the creators of some tables, as they were compiled for it."""
    histories = Histories(*[_owned(rows) for rows in histories_of(tables)])
    return History(histories, _owned(collaboration_rows(tables)), tables.followers)


def _owned(rows: Any) -> Any:
    return type(rows)(*[owned(column, column.dtype.type) for column in rows])


def unpacked(packed: Packed, briefs: Briefs) -> tuple[History | None, Flags]:
    """Return what kernels read of creators, if the history of each is clean.

    Parameters
    ----------
    packed : Packed
        At least one history.
    briefs : Briefs
        Where the briefs of collaborations are looked up.

    Returns
    -------
    history : History or None
        For each creator the arrays that `from_rows` gives for its history alone, creators in the
        order given. None if any history is not clean.
    clean : ndarray of bool, shape (n,)
        Which ones are: one creator, no row of another, and none that breaks a rule, refers to
        nothing or shares its key.
    """
    clean, offsets, found = _arrays_of(
        np.frombuffer(packed.data, dtype=np.uint8),
        np.array(packed.sizes, dtype=np.int64),
        deals_of(packed.briefs, briefs),
    )
    if not all(clean.tolist()):
        return None, clean
    category = found.creators.category
    category[:] = [_label(text) for text in texts_of(packed.data, category)]
    followed = followers(packed.data, found, offsets)
    histories = Histories(
        found.creators,
        found.snapshots,
        found.posts,
        breakdowns(found, offsets),
        follower_rows(followed),
    )
    return History(histories, deals(found, offsets), followed), clean


@lru_cache(4096)
def _label(text: str | None) -> int:
    """Return the code of a label, whose letter case and outer blanks do not matter."""
    return int(codes_of(column_of(pa.array([text], TEXT), _LABEL))[0])
