"""`credence features`: a spine in a file to the same rows with X, for training elsewhere."""

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
from features.reader import read
from features.schema import SPINE
from features.tables import Tables
from serving.pairs import Asked, resolve
from serving.tabular import carried, rows_of, write_rows

CHUNK = 16_384
"""Rows computed and written at once."""

_X = [pa.field(name, pa.float64()) for name in NAMES]


def write_features(tables: Path, spine: Path, out: Path) -> int:
    """Write the rows of a spine with the features of each, in its order.

    Parameters
    ----------
    tables : Path
        A tables folder.
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
    """
    print(f"reading {tables}", file=sys.stderr)
    found = read(tables)
    file = carried(spine, SPINE)
    rows = rows_of(file, out)
    taken = sorted(set(rows.column_names) & set(NAMES))
    if taken:
        raise InputError(f"{spine} has columns named as features: {', '.join(taken)}. Rename them.")
    asked = resolve(file, found)
    schema = pa.schema([*rows.schema.remove_metadata(), *_X])
    write_rows(out, schema, _chunks(found, asked, rows, schema))
    return len(found.set_aside) + len(asked.rejects)


def _chunks(tables: Tables, asked: Asked, rows: pa.Table, schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield the rows with their features, some at a time; the next are made meanwhile."""
    # A row that cannot be read is one of an unknown creator to the features.
    spine = replace(asked.spine, creator=np.where(asked.readable, asked.spine.creator, -1))
    starts = range(0, max(len(spine), 1), CHUNK)

    def chunk(start: int) -> pa.Table:
        part = spine.take(slice(start, start + CHUNK))
        X = matrix(tables, part, threads=os.cpu_count() or 1)
        features = [pa.array(column, from_pandas=True) for column in X.T]
        return pa.table([*rows.slice(start, CHUNK).columns, *features], schema=schema)

    with (
        tqdm(total=len(spine), delay=2, unit=" rows", file=sys.stderr) as progress,
        ThreadPoolExecutor(1) as beside,
    ):
        coming = beside.submit(chunk, 0)
        for start in starts:
            found = coming.result()
            if start + CHUNK < len(spine):
                coming = beside.submit(chunk, start + CHUNK)
            yield found
            progress.update(len(found))
