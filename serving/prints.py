"""What a stored entry was made of, as 16 bytes: where these are equal, so are the entries.

An entry follows from what its creator's rows show at the store's moment, from that moment, from the
models, and from the code and machine that computed it (`ground`). Other creators' rows never enter
it. So an entry whose print is that of an earlier store is taken over as it is. Features are ages of
rows and what windows hold: another moment makes another entry of every creator that has a past. Of
one without, the moment is no part.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from features.arrays import UNKNOWN_TIME, Flags, Ints
from features.histories import collaboration_rows, histories_of
from features.tables import Tables
from features.view import visible
from models.manifest import cpu, libraries
from serving.entries import FORMAT

SIZE = 16
"""Bytes of a print."""

_PACKAGES = ("features", "models", "serving")
_NESTED = ("metric", "outcome")
_NEVER = np.array(UNKNOWN_TIME)


def ground(catalogue: str, digests: dict[str, str]) -> str:
    """Return what all entries of a store are made of, whatever its moment and rows.

    Parameters
    ----------
    catalogue : str
        Hash of the feature catalogue.
    digests : dict of str to str
        Of the models' bundles, by name.
    """
    parts = [FORMAT, catalogue, digests, _code(), libraries(), cpu()]
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()


def prints(tables: Tables, as_of: int, base: str) -> list[bytes]:
    """Return the print of every creator.

    Parameters
    ----------
    tables : Tables
    as_of : int
        The store's moment, microseconds.
    base : str
        `ground` of the store.

    Returns
    -------
    list of bytes
        In the order of `tables.creators`.
    """
    creators = histories_of(tables).creators
    dated = (creators.created_at < UNKNOWN_TIME) | (creators.observed_at < UNKNOWN_TIME)
    found = list(_shown(tables, as_of))
    counts = np.stack([np.diff(one.offsets) for one in found], axis=1)
    moments = np.where(dated | counts.any(axis=1), as_of, 0)
    # The counts come first: no two histories are written alike.
    own = [np.ascontiguousarray(one).view(np.int64) for one in _columns(creators)]
    heads = np.column_stack([moments, counts, *own])
    starts = [one.offsets.tolist() for one in found]
    started, printed = hashlib.blake2b(base.encode(), digest_size=SIZE), []
    for row, head in enumerate(heads):
        digest = started.copy()
        digest.update(head.data)
        for one, start in zip(found, starts, strict=True):
            first, last = start[row], start[row + 1]
            if first < last:
                for column in one.columns:
                    digest.update(column[first:last].data)
        printed.append(digest.digest())
    return printed


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """What is visible of a table: its columns, and where the rows of each creator begin."""

    offsets: Ints
    columns: list[Any]

    @classmethod
    def of(cls, offsets: Ints, columns: Sequence[Any], seen: Flags) -> "_Shown":
        """Return those of all rows that are seen."""
        if not seen.all():
            offsets = np.concatenate([[0], np.cumsum(seen)])[offsets]
            columns = [one[seen] for one in columns]
        return cls(offsets, [np.ascontiguousarray(one) for one in columns])


def _shown(tables: Tables, as_of: int) -> Iterator[_Shown]:
    """Yield what each table shows at a moment: all columns that kernels are given."""
    rows = histories_of(tables)
    for one in (rows.snapshots, rows.audience):
        yield _Shown.of(one.offsets, _columns(one), visible(one.known, _NEVER, as_of))
    sampled = rows.followers
    columns = [*_columns(sampled), tables.followers.frame]
    yield _Shown.of(sampled.offsets, columns, visible(sampled.known, _NEVER, as_of))
    for parent in (rows.posts, collaboration_rows(tables)):
        yield from _with_children(parent, as_of)


def _with_children(rows: Any, as_of: int) -> Iterator[_Shown]:
    """Yield what is shown of rows with further rows below each, and of those below."""
    name = next(name for name in _NESTED if f"{name}_offsets" in rows._fields)
    offsets, known = getattr(rows, f"{name}_offsets"), getattr(rows, f"{name}_known")
    seen = visible(rows.known, rows.hidden, as_of)
    below = visible(known, _NEVER, as_of) & np.repeat(seen, np.diff(offsets))
    counts = np.diff(np.concatenate([[0], np.cumsum(below)])[offsets])
    own = [one for one in rows._fields if not one.startswith(name)]
    yield _Shown.of(rows.offsets, [*_columns(rows, own), counts], seen)
    children = [one for one in rows._fields if one.startswith(name)]
    yield _Shown.of(offsets[rows.offsets], _columns(rows, children), below)


def _columns(rows: Any, names: Sequence[str] | None = None) -> list[Any]:
    """Return columns of a table, all by default; where rows begin is told by their counts."""
    wanted = rows._fields if names is None else names
    return [getattr(rows, name) for name in wanted if not name.endswith("offsets")]


@cache
def _code() -> str:
    """Return the hash of all code that computes entries."""
    root, digest = Path(__file__).parent.parent, hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted((root / package).glob("*.py")):
            digest.update(f"{path.name} {path.stat().st_size} ".encode() + path.read_bytes())
    return digest.hexdigest()
