"""Rows of one creator after another, packed as a request's are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import NamedTuple

import msgspec

from features.arrays import Codes, Ints
from features.compiled import kernel
from features.deals import Briefs
from features.histories import collaboration_rows, follower_rows, histories_of
from features.packed import PACKED, History, Packed
from features.packed_arrays import arrays_in
from features.packed_tables import collaborations_in, histories_in
from features.profiles import Followers
from features.rows import from_rows
from features.schema import TABLES
from features.view_audience import FollowerRows
from features.view_creator import Histories
from features.view_deal import CollaborationRows
from tests.features.raw_rows import Rows, differences

NESTED = {"post_metrics": ("posts", "post_id"), "outcomes": ("collaborations", "collaboration_id")}


class Shown(NamedTuple):
    """The tables that kernels make of histories."""

    histories: Histories
    collaborations: CollaborationRows
    followers: Followers


@kernel
def _tables(
    sizes: Ints, memory: Ints, category: Codes, followers: FollowerRows
) -> tuple[Histories, CollaborationRows]:
    arrays = arrays_in(sizes, memory)
    return histories_in(arrays, category, followers), collaborations_in(arrays)


def shown(history: History) -> Shown:
    """Return the tables that kernels make of packed histories."""
    sizes, memory, category, followers = history
    return Shown(*_tables(sizes, memory, category, follower_rows(followers)), followers)


def owned(rows: Rows, creator_id: str) -> Rows:
    """Return the rows of a history that are one creator's, and what was observed of them."""
    found: Rows = {}
    for name in PACKED:
        if name in NESTED:
            above, key = NESTED[name]
            ids = {row[key] for row in found[above]}
            found[name] = [row for row in rows.get(name, []) if row.get(key) in ids]
        else:
            found[name] = [r for r in rows.get(name, []) if r.get("creator_id") == creator_id]
    return found


def packed(histories: Sequence[Rows]) -> Packed:
    """Return histories as a request has them packed."""
    laid_out = [
        {name: [_laid_out(name, row) for row in rows.get(name, [])] for name in PACKED}
        for rows in histories
    ]
    return Packed(
        bytearray(msgspec.msgpack.encode(laid_out)),
        [[len(rows.get(name, [])) for name in PACKED] for rows in histories],
        [_category(rows) for rows in histories],
        [str(row["brief_id"]) for rows in histories for row in rows.get("collaborations", [])],
    )


def _category(rows: Rows) -> str | None:
    """Return what the first row of a creator says."""
    [first, *_] = rows.get("creators") or [{}]
    return str(found) if (found := first.get("category")) is not None else None


def _laid_out(table: str, row: Mapping[str, object]) -> dict[str, object]:
    return {name: row.get(name) for name in TABLES[table].names}


def plainly(rows: Rows, briefs: Briefs) -> Shown:
    """Return one history by the reader's general way."""
    tables = from_rows({name: some for name, some in rows.items() if some}, briefs=briefs)
    return Shown(histories_of(tables), collaboration_rows(tables), tables.followers)


def unequal(one: Shown, other: Shown) -> list[str]:
    """Return where two histories differ in any bit."""
    return [
        f"{name}: {found}"
        for (name, left), (_, right) in zip(_arrays(one), _arrays(other), strict=True)
        for found in differences(left, right)
    ]


def _arrays(history: Shown) -> Iterator[tuple[str, object]]:
    for table in history.histories._fields:
        rows = getattr(history.histories, table)
        yield from ((f"{table}.{name}", getattr(rows, name)) for name in rows._fields)
    deals = history.collaborations
    yield from ((f"collaborations.{name}", getattr(deals, name)) for name in deals._fields)
    for field in fields(history.followers):
        yield f"followers.{field.name}", getattr(history.followers, field.name)


def is_plain(rows: Rows, briefs: Briefs) -> bool:
    """Tell whether the reader sets no row of a history aside and collapses none."""
    tables = from_rows({name: some for name, some in rows.items() if some}, briefs=briefs)
    counts = tables.counts.values()
    return not any(count.set_aside or count.collapsed for count in counts)
