"""Raw rows for the reader's tests: drawn at random, written as files, compared as arrays."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from features.arrays import AGES, GENDERS
from features.columns import Column, Schema
from features.schema import TABLES
from features.tables import Tables

Rows = dict[str, list[dict[str, object]]]
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
PARQUET = {
    "id": pa.string(),
    "text": pa.string(),
    "label": pa.string(),
    "time": pa.timestamp("us", "UTC"),
    "count": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "choice": pa.string(),
    "choices": pa.list_(pa.string()),
    "weights": pa.map_(pa.string(), pa.float64()),
    "total": pa.int64(),
}
# Few ids, so that keys meet and references hit; the last of each is never a row of its table.
IDS = {
    "creator_id": ["c0", "c1", "c2", "nobody"],
    "post_id": ["p0", "p1", "p2", "nowhere"],
    "brand_id": ["n0", "n1"],
    "brief_id": ["b0", "b1", "nothing"],
    "collaboration_id": ["k0", "k1", "never"],
    "sample_id": ["s0", "s1"],
}
WORDS = {"language": ["de", " DE", "fr"], "category": ["food", "Food", "cars"]}
BAD: dict[str, object] = {"count": -1, "number": -0.5, "choice": "?", "id": "a b", "total": -1}


def _cell(random: Random, column: Column) -> object:
    """Return mostly a good value, at times null or one that breaks a rule, never a wrong type."""
    if random.random() < 0.01:
        return BAD.get(column.kind)
    if not column.required and random.random() < 0.4:
        return None
    values: dict[str, Callable[[], object]] = {
        "id": lambda: random.choice(IDS[column.name]),
        "text": lambda: random.choice(["here", "there"]),
        "label": lambda: random.choice(WORDS[column.name]),
        "time": lambda: EPOCH + timedelta(days=random.randrange(5), microseconds=1),
        "count": lambda: random.choice([1, 2, 2**53]),
        "number": lambda: random.choice([0.1, 0.25, 1.0]),
        "flag": lambda: random.random() < 0.5,
        "choice": lambda: random.choice(column.choices[:3]),
        "choices": lambda: random.sample(column.choices, 2),
        "weights": lambda: {name: random.random() for name in random.sample(column.choices, 2)},
        "total": lambda: random.randrange(4),
    }
    return values[column.kind]()


def rows_of(seed: int, per_table: int = 12) -> Rows:
    """Return rows of every table, some of them twice, some with a key of another."""
    random = Random(seed)
    rows: Rows = {}
    for name, schema in TABLES.items():
        some: list[dict[str, object]] = [
            {column.name: _cell(random, column) for column in schema.columns}
            for _ in range(random.randrange(per_table))
        ]
        for row in some:
            if name == "audience" and random.random() < 0.9:
                choices = {"country": ("DE", "AD"), "gender": GENDERS, "age": AGES}
                row["dimension"], values = random.choice(list(choices.items()))
                row["value"] = random.choice(values)
        rows[name] = [*some, *random.sample(some, min(len(some), random.randrange(3)))]
    # Creators and briefs mostly stand, so that what refers to them does.
    rows["creators"] = [
        {**(rows["creators"][place] if place < len(rows["creators"]) else {}), **fixed}
        for place, fixed in enumerate(
            {"creator_id": c, "platform": "x"} for c in IDS["creator_id"][:3]
        )
    ] + rows["creators"][:1]
    return rows


def drawn_rows() -> st.SearchStrategy[Rows]:
    """Draw rows of every table."""
    return st.integers(0, 2**32 - 1).map(rows_of)


def arrow_table(schema: Schema, rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Return rows as an Arrow table of the documented types."""
    names = [c for c in schema.columns if c.required or any(c.name in row for row in rows)]
    kinds = pa.schema([(column.name, PARQUET[column.kind]) for column in names])
    cells = {c.name: [_pairs(row.get(c.name)) for row in rows] for c in names}
    return pa.table(cells, schema=kinds)


def _pairs(value: object) -> object:
    return list(value.items()) if isinstance(value, dict) else value


def write_parquet(rows: Rows, folder: Path) -> Path:
    """Write every table as Parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, some in rows.items():
        pq.write_table(arrow_table(TABLES[name], some), folder / f"{name}.parquet")
    return folder


def write_csv(rows: Rows, folder: Path) -> Path:
    """Write every table as CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, some in rows.items():
        names = arrow_table(TABLES[name], some).column_names
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(names)
            writer.writerows([_written(row.get(column)) for column in names] for row in some)
    return folder


def _written(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict | list) else value


def differences(one: object, other: object, path: str = "tables") -> list[str]:
    """Return where two objects of arrays differ in any bit."""
    if is_dataclass(one) and not isinstance(one, type):
        return [
            found
            for field in fields(one)
            for found in differences(
                getattr(one, field.name), getattr(other, field.name), f"{path}.{field.name}"
            )
        ]
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        same = one.dtype == other.dtype and one.shape == other.shape
        return [] if same and one.tobytes() == other.tobytes() else [f"{path}: {one} != {other}"]
    return [] if one == other else [f"{path}: {one} != {other}"]


def arrays_differ(one: Tables, other: Tables) -> list[str]:
    """Return where the arrays of two readings differ, whatever was set aside."""
    return [
        found
        for field in fields(Tables)
        if field.name not in {"set_aside", "hashes"}
        for found in differences(getattr(one, field.name), getattr(other, field.name), field.name)
    ]


def folder_of(path: Path, **tables: str) -> Path:
    """Write CSV tables, and one creator `a` unless given others."""
    for name, text in {"creators": "creator_id,platform\na,instagram\n", **tables}.items():
        (path / f"{name}.csv").write_text(text)
    return path
