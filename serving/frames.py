"""`credence features`: a spine in a file to the same rows with X, for training elsewhere.

Tables that are partitioned, or too large to be read at once, are read and computed a part at a time
(`serving.portions`): memory grows with the columns of the spine alone.
"""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from tqdm import tqdm

from features.catalogue import NAMES
from features.computing import matrix
from features.errors import InputError
from features.reader import File
from features.schema import SPINE
from features.tables import Tables
from serving.given import Given
from serving.pairs import resolve
from serving.parts import clear_end
from serving.portions import features_table, in_portions
from serving.tabular import carried, rows_of, write_rows

CHUNK = 16_384
"""Rows computed and written at once."""

_X = [pa.field(name, pa.float64()) for name in NAMES]


def write_features(tables: Path, spine: Path, out: Path) -> int:
    """Write the rows of a spine with the features of each, in its order.

    Parameters
    ----------
    tables : Path
        A tables folder, or the output of `credence partition`.
    spine : Path
        CSV or Parquet with creator_id, as_of [, brief_id, compensation, fee].
    out : Path
        Gets the spine's columns and X: CSV by its suffix, else Parquet. Unknown features, and all
        of a bad row, are null.

    Returns
    -------
    int
        Rows of spine and tables that were set aside.

    Raises
    ------
    InputError
        If an input cannot be used, or the spine has a column named as a feature.
    OSError
        If the disk is full.
    """
    print(f"reading {tables}", file=sys.stderr)
    file = carried(spine, SPINE)
    rows = rows_of(file, out)
    taken = sorted(set(rows.column_names) & set(NAMES))
    if taken:
        raise InputError(f"{spine} has columns named as features: {', '.join(taken)}. Rename them.")
    schema = pa.schema([*rows.schema.remove_metadata(), *_X])
    given = Given.of(tables)
    if given.index is None and given.portions == 1:
        found = given.read(0)
        aside, features = _together(found, file)
        with clear_end(out, "give the same command again"):
            _write(out, rows, features, schema)
        return len(found.set_aside) + aside
    with in_portions(given, file, out, CHUNK) as (aside, features):
        _write(out, rows, features, schema)
    return aside


def _together(tables: Tables, file: File) -> tuple[int, Iterator[pa.Table]]:
    """Return how many rows of a spine were set aside, and the features of all, some at a time."""
    asked = resolve(file, tables)
    # A row that cannot be read is one of an unknown creator to the features.
    spine = replace(asked.spine, creator=np.where(asked.readable, asked.spine.creator, -1))

    def chunk(start: int) -> pa.Table:
        part = spine.take(slice(start, start + CHUNK))
        return features_table(matrix(tables, part, threads=os.cpu_count() or 1))

    return len(asked.rejects), map(chunk, range(0, max(len(spine), 1), CHUNK))


def _write(out: Path, rows: pa.Table, features: Iterator[pa.Table], schema: pa.Schema) -> None:
    """Write rows with their features, some at a time; the next are made meanwhile."""

    def whole() -> Iterator[pa.Table]:
        start = 0
        with (
            tqdm(total=len(rows), delay=2, unit=" rows", file=sys.stderr) as progress,
            ThreadPoolExecutor(1) as beside,
        ):
            coming = beside.submit(next, features, None)
            while (found := coming.result()) is not None:
                coming = beside.submit(next, features, None)
                own = rows.slice(start, len(found)).columns
                yield pa.table([*own, *found.columns], schema=schema)
                start += len(found)
                progress.update(len(found))

    write_rows(out, schema, whole())
