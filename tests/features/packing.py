"""Rows of one creator after another, packed as a request's are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

import msgspec

from features.deals import Briefs
from features.packed import PACKED, History, Packed, history_of
from features.rows import from_rows
from features.schema import TABLES
from tests.features.raw_rows import Rows, differences

NESTED = {"post_metrics": ("posts", "post_id"), "outcomes": ("collaborations", "collaboration_id")}


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
        [str(row["brief_id"]) for rows in histories for row in rows.get("collaborations", [])],
    )


def _laid_out(table: str, row: Mapping[str, object]) -> dict[str, object]:
    return {name: row.get(name) for name in TABLES[table].names}


def plainly(rows: Rows, briefs: Briefs) -> History:
    """Return one history by the reader's general way."""
    given = {name: some for name, some in rows.items() if some}
    return history_of(from_rows(given, briefs=briefs))


def unequal(one: History, other: History) -> list[str]:
    """Return where two histories differ in any bit."""
    return [
        f"{name}: {found}"
        for (name, left), (_, right) in zip(_arrays(one), _arrays(other), strict=True)
        for found in differences(left, right)
    ]


def _arrays(history: History) -> Iterator[tuple[str, object]]:
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
