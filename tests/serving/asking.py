"""Rows of a tables folder, as a client that holds those tables would send them."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

OWNED = ("creators", "snapshots", "posts", "audience", "followers", "collaborations")
NESTED = {"post_metrics": ("posts", "post_id"), "outcomes": ("collaborations", "collaboration_id")}


def history(folder: Path, creator_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return every row about a creator, as the `history` of a request."""
    found = {name: _where(_table(folder / name), "creator_id", [creator_id]) for name in OWNED}
    for name, (above, key) in NESTED.items():
        found[name] = _where(_table(folder / name), key, found[above].column(key).to_pylist())
    rows = {name: [_plain(row) for row in table.to_pylist()] for name, table in found.items()}
    return {name: some for name, some in rows.items() if some}


def row(folder: Path, table: str, key: str, value: str) -> dict[str, Any]:
    """Return the row of a table with this key, as JSON has it."""
    return _plain(_where(_table(folder / table), key, [value]).to_pylist()[0])


def ids(folder: Path, table: str, key: str) -> list[str]:
    """Return the sorted ids of a table."""
    return sorted(_table(folder / table).column(key).to_pylist())


@cache
def _table(path: Path) -> pa.Table:
    return pq.read_table(path.with_suffix(".parquet"))


def _where(table: pa.Table, column: str, values: Sequence[str]) -> pa.Table:
    kind = table.column(column).type
    return table.filter(pc.is_in(table.column(column), value_set=pa.array(values, kind)))


def _plain(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as JSON has it, without its nulls; a map arrives as a list of pairs."""
    plain = {}
    for name, value in found.items():
        if value is None:
            continue
        is_map = name.startswith("target_")
        plain[name] = dict(value) if is_map else value
    text = json.dumps(plain, default=datetime.isoformat)
    decoded: dict[str, Any] = json.loads(text)
    return decoded


def offered(creator_id: str, **fields: object) -> dict[str, object]:
    """Return a creator as a request names it, on the offer that `batch` makes."""
    return {"creator_id": creator_id, "compensation": "monetary", "fee": 250, **fields}
