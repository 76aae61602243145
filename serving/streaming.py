"""A table's files as blocks of rows, each with its place in the table; never the whole table."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from features.columns import Schema
from features.csvfiles import as_text, header, is_csv
from features.errors import unreadable
from features.frame import Frame
from features.sources import typed, unknown_names, warn_unknown

PLACE = "__place"
"""The column of a block that says how many rows of the table stand before a row."""

ROWS = 65_536
"""Rows of a block."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a table: as they came, with their places, and typed.

    `group` numbers runs of files of one layout: rows of two groups cannot stand in one file.
    """

    rows: Any
    frame: Frame
    group: int


@dataclass(slots=True)
class Seen:
    """What a stream has come by so far: its files with their rows, and where groups begin."""

    files: list[tuple[str, int]]
    layouts: list[Any]


def blocks(paths: Sequence[Path], schema: Schema, seen: Seen) -> Iterator[Block]:
    """Yield a table's rows in order, every value checked for its type.

    Parameters
    ----------
    paths : sequence of Path
        The table's files, CSV or Parquet by their suffix.
    schema : Schema
    seen : Seen
        Filled in on the way; complete when the blocks are.

    Yields
    ------
    Block

    Raises
    ------
    InputError
        If a file cannot be read, a required column is missing or a value has a wrong type.
    """
    unknown: set[str] = set()
    for path in paths:
        start, raw = sum(rows for _, rows in seen.files), 0
        with _reading(path, schema):
            names, layout, tables = _opened(path, schema)
        unknown.update(unknown_names(str(path), schema, names))
        if not seen.layouts or seen.layouts[-1] != layout:
            seen.layouts.append(layout)
        with _reading(path, schema):
            for table in tables:
                frame = typed(path, table, schema, raw)
                places = pa.array(np.arange(start + raw, start + raw + len(table)))
                yield Block(table.append_column(PLACE, places), frame, len(seen.layouts) - 1)
                raw += len(table)
        seen.files.append((path.name, raw))
    warn_unknown(str(paths[0] if len(paths) == 1 else paths[0].parent), schema, sorted(unknown))


@contextmanager
def _reading(path: Path, schema: Schema) -> Iterator[None]:
    """Turn what reading raises into words."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeError, csv.Error) as error:
        raise unreadable(path, schema, error) from error


def _opened(path: Path, schema: Schema) -> tuple[list[str], Any, Iterator[Any]]:
    """Return the names of all columns, and the layout and rows of those the schema knows."""
    if is_csv(path):
        names = header(path)
        known = [name for name in names if name in set(schema.names)]
        layout = pa.schema([pa.field(name, pa.large_string()) for name in known])
        return names, layout, _csv_tables(path, known)
    file = pq.ParquetFile(path)
    names = list(file.schema_arrow.names)
    known = [name for name in dict.fromkeys(names) if name in set(schema.names)]
    layout = pa.schema([_plain(file.schema_arrow.field(names.index(name))) for name in known])
    return names, layout, _parquet_tables(file, layout)


def _plain(field: Any) -> Any:
    """Return the field without dictionaries and metadata, which say nothing of its values."""
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    return pa.field(field.name, pa.string() if pa.types.is_string_view(kind) else kind)


def _parquet_tables(file: Any, layout: Any) -> Iterator[Any]:
    with file:
        for batch in file.iter_batches(ROWS, columns=layout.names):
            yield pa.Table.from_batches([batch]).select(layout.names).cast(layout)


def _csv_tables(path: Path, names: list[str]) -> Iterator[Any]:
    """Yield columns of a CSV file as text, as `features.csvfiles.csv_table` reads it whole."""
    blocks = pacsv.ReadOptions(block_size=2**23)
    with pacsv.open_csv(path, read_options=blocks, **as_text(names)) as reader:
        for batch in reader:
            yield pa.Table.from_batches([batch])
