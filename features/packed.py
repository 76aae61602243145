"""Arrays of creators whose rows came typed and packed: the short way for clean histories.

The rows of a request were decoded into strict types already, and nearly always nothing is wrong
with them. Then what kernels read can be written straight from the packed rows, in microseconds.
Whatever is less plain (a row that would be set aside, a key that stands twice) is for
`features.rows.from_rows`, which alone says what becomes of it.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from features.arrays import Codes, Flags, Ints
from features.assemble import codes_of
from features.compiled import straight
from features.convert import TEXT, column_of
from features.deals import Briefs
from features.packed_arrays import arrays_of
from features.packed_layout import PACKED
from features.packed_rare import deals_of, followers
from features.profiles import Followers
from features.schema import CREATORS as CREATORS_SCHEMA

__all__ = ["PACKED", "History", "Packed", "unpacked"]

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
    categories : sequence of str or None, length n
        Of each creator.
    briefs : sequence of str
        The brief of each collaboration, in their order.
    """

    data: bytearray
    sizes: Sequence[Sequence[int]]
    categories: Sequence[str | None]
    briefs: Sequence[str] = ()


class History(NamedTuple):
    """What kernels read of n creators: their rows in order, and what is no plain number of them.

    `sizes` and `memory` are those of `features.packed_arrays`.
    """

    sizes: Ints
    memory: Ints
    category: Codes
    followers: Followers


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
        For each creator what `from_rows` gives for its history alone, creators in the order given.
        None if any history is not clean.
    clean : ndarray of bool, shape (n,)
        Which ones are: one creator, no row of another, and none that breaks a rule, refers to
        nothing or shares its key.
    """
    sizes = np.array(packed.sizes, dtype=np.int64)
    data = np.frombuffer(packed.data, dtype=np.uint8)
    clean, memory = _arrays_of(data, sizes, deals_of(packed.briefs, briefs))
    if not all(clean.tolist()):
        return None, clean
    category = np.array([_label(text) for text in packed.categories], dtype=np.int64)
    return History(sizes, memory, category, followers(packed.data, sizes, memory)), clean


@lru_cache(4096)
def _label(text: str | None) -> int:
    """Return the code of a label, whose letter case and outer blanks do not matter."""
    return int(codes_of(column_of(pa.array([text], TEXT), _LABEL))[0])
