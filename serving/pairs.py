"""From a file of (creator, brief, moment) rows to rows of the tables, and what leads nowhere."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.arrays import UNKNOWN_TIME, Flags, Ints
from features.computing import Spine
from features.reader import File
from features.rules import REFERENCE
from features.spine import standing
from features.tables import SetAside, Tables


@dataclass(frozen=True, slots=True)
class Asked:
    """The rows of a file, each at its place.

    `spine` has a row for each of them; `good` marks those that can be scored, `rejects` tells of
    the others. `readable` rows may still name a creator or brief that is not there.
    """

    spine: Spine
    good: Flags
    readable: Flags
    rejects: list[SetAside]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Distinct good pairs, sorted by creator, brief, as_of, compensation and fee; unknown first."""

    spine: Spine
    read: int
    collapsed: int
    rejects: list[SetAside]


def pairs_of(file: File, tables: Tables, as_of: int) -> Pairs:
    """Return the pairs of a file, in the order in which their scores are written.

    Parameters
    ----------
    file : File
        Read with the schema PAIRS.
    tables : Tables
        Where creators and briefs are looked up.
    as_of : int
        The moment of rows that name none, microseconds.

    Returns
    -------
    Pairs
    """
    asked = resolve(file, tables, as_of)
    good = np.flatnonzero(asked.good)
    kept = _distinct(asked.spine, good)
    return Pairs(take(asked.spine, kept), len(file), len(good) - len(kept), asked.rejects)


def resolve(file: File, tables: Tables, as_of: int = UNKNOWN_TIME) -> Asked:
    """Return where the rows of a file of pairs, or of a spine, stand in the tables.

    Parameters
    ----------
    file : File
        Read with the schema PAIRS or SPINE.
    tables : Tables
        Where creators and briefs are looked up.
    as_of : int
        The moment of rows that name none, microseconds.

    Returns
    -------
    Asked
    """
    frame = file.frame
    creator = _rows(frame.text("creator_id"), tables.creators.index)
    brief_ids = frame.text("brief_id")
    brief = _rows(brief_ids, tables.briefs.index)
    times = frame.time("as_of")
    moments = np.where(times == UNKNOWN_TIME, as_of, times)
    brief = standing(tables.briefs, brief, moments)
    lost_creator = file.good & (creator < 0)
    lost_brief = file.good & ~lost_creator & (brief < 0) & pc.is_valid(brief_ids).to_numpy(False)
    rejects = [
        *file.set_aside,
        *_lost(file, lost_creator, "creator_id", "creators"),
        *_lost(file, lost_brief, "brief_id", "briefs"),
    ]
    spine = Spine(
        creator=creator,
        as_of=moments,
        brief=brief,
        compensation=frame.number("compensation"),
        fee=frame.number("fee") + 0.0,  # no zero below zero
    )
    return Asked(spine, file.good & ~lost_creator & ~lost_brief, file.good, rejects)


def take(spine: Spine, rows: Ints | slice) -> Spine:
    """Return these rows of a spine.

    Parameters
    ----------
    spine : Spine
    rows : ndarray of int64 or slice
        In the order wanted.
    """
    return Spine(
        creator=spine.creator[rows],
        as_of=spine.as_of[rows],
        brief=spine.brief[rows],
        compensation=spine.compensation[rows],
        fee=spine.fee[rows],
    )


def _rows(ids: pa.Array, index: dict[str, int]) -> Ints:
    """Return the row of each id, -1 for one that is null or not there."""
    names = pa.array(list(index), pa.large_string())
    rows = np.array([*index.values(), -1], dtype=np.int64)
    places = pc.index_in(ids, value_set=names).fill_null(len(index))
    found: Ints = rows[places.to_numpy(zero_copy_only=False)]
    return found


def _lost(file: File, rows: Flags, column: str, table: str) -> list[SetAside]:
    reason = f"{column} is not in {table}, or set aside there"
    return file.reject(np.flatnonzero(rows), column, REFERENCE, reason)


def _distinct(spine: Spine, rows: Ints) -> Ints:
    """Return the first of each group of equal rows, in order."""
    columns = [spine.fee, spine.compensation, spine.as_of, spine.brief, spine.creator]
    # Fees and compensations are never negative, so that -1 sorts unknown ones first.
    keys = [np.nan_to_num(column[rows], nan=-1.0) for column in columns]
    order = np.lexsort(keys)
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = np.any([key[order][1:] != key[order][:-1] for key in keys], axis=0)
    return rows[order[new]]
