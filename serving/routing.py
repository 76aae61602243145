"""Whose posts and collaborations rows belong to, and which ids creators of several parts claim.

An id stands in one row at a time (`features.duplicates`), but only rows of one part meet there. So
ids are brought together first, some at a time: where rows of several parts hold one, each of these
parts is told when the first row elsewhere became known, its *rival*, and judges as if it saw it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.arrays import UNKNOWN_TIME, Flags, Ints
from features.frame import Frame
from features.rules import broken
from features.settle import arrow_finder
from serving.hashing import parts_of

CHILDREN = {"posts": "post_metrics", "collaborations": "outcomes"}
"""Tables whose ids others refer to, and who does."""

Standing = Callable[[int], Any]
"""Number of a part to the ids of the creators that stand there."""


def claims(frame: Frame, parts: int, briefs: Any | None) -> Any:
    """Return which ids the rows claim that keep the rules, and for which part.

    Parameters
    ----------
    frame : Frame
        Rows of a table of CHILDREN.
    parts : int
    briefs : pyarrow.LargeStringArray or None
        Ids of the briefs that stand; None where that table is absent.

    Returns
    -------
    pyarrow.Table
        id, creator_id, part and known.
    """
    good = np.ones(len(frame), dtype=np.bool_)
    for finding in broken(frame):
        good[finding.rows] = False
    if briefs is not None and "brief_id" in frame.columns:
        good &= arrow_finder(briefs)(frame.text("brief_id")) >= 0
    rows = np.flatnonzero(good)
    kept = frame.take(rows) if len(rows) < len(frame) else frame
    creators = kept.text("creator_id")
    return pa.table(
        {
            "id": kept.text(frame.schema.key[0]),
            "creator_id": creators,
            "part": parts_of(creators, parts),
            "known": kept.time(frame.schema.known_at),
        }
    )


def owners(claims: Any, standing: Standing) -> tuple[Any, Ints, Any]:
    """Return the part of each id, and the rivals of ids that several parts claim.

    Parameters
    ----------
    claims : pyarrow.Table
        All claims of some ids.
    standing : callable
        Asked for parts with a doubtful claim only.

    Returns
    -------
    ids : pyarrow.LargeStringArray
        Distinct.
    parts : ndarray of int64
        One entry an id: where its row stands, if it does anywhere.
    rivals : pyarrow.Table
        id, part and known: the part's rows of the id differ from one known from then on.
    """
    coded = claims["id"].combine_chunks().dictionary_encode()
    code = np.asarray(coded.indices, dtype=np.int64)
    part, known = claims["part"].to_numpy(), claims["known"].to_numpy()
    owner = np.zeros(len(coded.dictionary), dtype=np.int64)
    owner[code] = part
    rows = np.flatnonzero(np.isin(code, code[part != owner[code]]))
    creators = claims["creator_id"].combine_chunks()
    rows = rows[_stand(creators.take(pa.array(rows)), part[rows], standing)]
    id_, place, time = code[rows], part[rows], known[rows]
    order = np.lexsort((place, time, id_))
    first = order[_starts(id_[order])]
    owner[id_[first]] = place[first]
    rival = _rivals(id_, place, time, first)
    _, one = np.unique(np.stack([id_, place]), axis=1, return_index=True)
    one = one[rival[one] != UNKNOWN_TIME]
    names = coded.dictionary.take(pa.array(id_[one]))
    return coded.dictionary, owner, pa.table({"id": names, "part": place[one], "known": rival[one]})


def _rivals(id_: Ints, place: Ints, time: Ints, first: Ints) -> Ints:
    """Return for each claim when the first one of the same id in another part was known."""
    earliest, foremost = np.full((2, int(id_.max(initial=0)) + 1), UNKNOWN_TIME)
    earliest[id_[first]], foremost[id_[first]] = time[first], place[first]
    others = place != foremost[id_]
    second = np.full(len(earliest), UNKNOWN_TIME)
    np.minimum.at(second, id_[others], time[others])
    found: Ints = np.where(others, earliest[id_], second[id_])
    return found


def _stand(creators: Any, parts: Ints, standing: Standing) -> Flags:
    """Return which rows' creators stand in their part."""
    stand = np.zeros(len(parts), dtype=np.bool_)
    for number in np.unique(parts).tolist():
        rows = np.flatnonzero(parts == number)
        found = pc.is_in(creators.take(pa.array(rows)), value_set=standing(number))
        stand[rows] = found.to_numpy(zero_copy_only=False)
    return stand


def _starts(keys: Ints) -> Flags:
    """Return which sorted keys are the first of their kind."""
    return np.concatenate([np.ones(min(len(keys), 1), dtype=np.bool_), keys[1:] != keys[:-1]])
