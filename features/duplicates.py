"""Rows that share a key: exact copies collapse, differing rows hide each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from features.arrays import UNKNOWN_TIME, Ints, Times, ints
from features.frame import Frame, Weights
from features.ordering import repeated
from features.texts import of_codes


@dataclass(frozen=True, slots=True)
class Unique:
    """What is left of a frame's rows when each key stands once.

    `keep` are rows in input order, None for all, each visible until the time in `hidden`;
    `conflicting` are all distinct rows that share their key with a differing one.
    """

    keep: Ints | None
    hidden: Times
    collapsed: int
    conflicting: Ints


def unique(frame: Frame, links: dict[str, Ints], rivals: Times | None = None) -> Unique:
    """Return which rows of a table with a key stand, and until when.

    Parameters
    ----------
    frame : Frame
        Good rows.
    links : dict
        For key columns that refer to another table: the row there.
    rivals : ndarray of int64, optional
        For each row when the first row of the same key became known that differs and is not in
        this frame; UNKNOWN_TIME without one.

    Returns
    -------
    Unique
        Of differing rows with one key the first known one stands until the second becomes
        known; none stands where two are first known together, or always.
    """
    rows = len(frame)
    shared = _sharing(frame, links)
    if rivals is not None:
        shared = np.union1d(shared, np.flatnonzero(rivals != UNKNOWN_TIME))
    if not len(shared):
        return Unique(None, never(rows), 0, ints())
    hidden = np.full(rows, UNKNOWN_TIME, dtype=np.int64)
    known = frame.time(frame.schema.known_at) if frame.schema.known_at else ints(rows)
    key, content = _groups(frame, links, shared)
    # Of each distinct row the first copy, groups of one key together, in order of known.
    _, first = np.unique(content, return_index=True)
    order = first[np.lexsort((shared[first], known[shared[first]], key[first]))]
    distinct, key = shared[order], key[order]
    rival = np.full(len(distinct), UNKNOWN_TIME) if rivals is None else rivals[distinct]
    single = _alone(key)
    alone = single & (rival == UNKNOWN_TIME)
    starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    starts = starts[~alone[starts]]
    # The last entry answers for a row that differs from none here.
    second = np.append(known[distinct], UNKNOWN_TIME)[np.where(single[starts], -1, starts + 1)]
    stand, until = distinct[starts], np.minimum(second, rival[starts])
    hidden[stand] = until
    keep = np.ones(rows, dtype=np.bool_)
    keep[shared] = False
    keep[distinct[alone]] = True
    keep[stand[until > known[stand]]] = True
    kept = np.flatnonzero(keep)
    return Unique(kept, hidden[kept], len(shared) - len(distinct), np.sort(distinct[~alone]))


def never(rows: int) -> Times:
    """Return the time at which so many rows are hidden that never are, one number for all."""
    return np.broadcast_to(np.int64(UNKNOWN_TIME), rows)


def _alone(key: Ints) -> Any:
    """Return which entries of the sorted keys have no equal."""
    same = key[1:] == key[:-1]
    return ~(np.concatenate([[False], same]) | np.concatenate([same, [False]]))


def _sharing(frame: Frame, links: dict[str, Ints]) -> Ints:
    """Return the rows whose key stands more than once."""
    names = frame.schema.key
    if len(names) == 1 and names[0] not in links:
        # As many texts as rows: found by an index of them, which later finds those asked for.
        index = frame.index(names[0])
        if index.rising:
            return ints()
        first = index.first
        return np.flatnonzero(np.bincount(first, minlength=len(first))[first] > 1)
    keys = [links[name] if name in links else frame.column(name) for name in names]
    return repeated(*map(numbers_of, keys))


def numbers_of(column: Any) -> Ints:
    """Return integers that are equal where the values of a column are.

    Parameters
    ----------
    column : pyarrow.Array, ndarray or Weights

    Returns
    -------
    ndarray of int64
        Positions in a dictionary for texts and maps, otherwise the values themselves or bits.
    """
    if isinstance(column, Weights):
        texts = [
            f"{column.key[a:b].tolist()}{column.weight[a:b].tolist()}"
            for a, b in zip(column.offsets[:-1], column.offsets[1:], strict=True)
        ]
        column = pa.array(texts, pa.large_string())
    if isinstance(column, pa.Array):
        coded = column.dictionary_encode()
        return np.asarray(of_codes(coded, np.arange(len(coded.dictionary) + 1)), dtype=np.int64)
    if column.dtype == np.float64:
        # One NaN for all, and no zero below zero.
        return np.where(np.isnan(column), np.nan, column + 0.0).view(np.int64)
    return np.asarray(column, dtype=np.int64)


def _groups(frame: Frame, links: dict[str, Ints], rows: Ints) -> tuple[Ints, Ints]:
    """Return for these rows a number of their key and a number of their whole content."""
    part = frame.take(rows)
    keys = [numbers_of(links[n][rows] if n in links else part.columns[n]) for n in part.schema.key]
    key = _numbered(keys)
    rest = [numbers_of(c) for n, c in part.columns.items() if n not in part.schema.key]
    return key, _numbered([key, *rest])


def _numbered(columns: Sequence[Ints]) -> Ints:
    """Return a number for each distinct combination of the columns' values."""
    combined = columns[0]
    for column in columns:
        _, place = np.unique(column, return_inverse=True)
        _, combined = np.unique(combined, return_inverse=True)
        combined = combined * (int(place.max()) + 1) + place
    return np.asarray(combined, dtype=np.int64)
