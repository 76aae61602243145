"""Rows of a file with further columns, to a CSV or Parquet file, part by part."""

import csv
import io
import warnings
from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.arrays import UNKNOWN_TIME
from features.columns import Column, Schema
from features.csvfiles import is_csv
from features.errors import InputError, UnknownColumnWarning
from features.frame import Frame
from features.reader import File, read_file
from serving import parts

WHOLE = 2.0**63


def carried(path: Path, schema: Schema, optional: Collection[str] = ()) -> File:
    """Read a file whose columns are all carried through, so that none of them is warned of.

    Parameters
    ----------
    path, schema, optional
        As in `features.reader.read_file`.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnknownColumnWarning)
        return read_file(path, schema, optional=optional)


def rows_of(file: File, out: Path) -> pa.Table:
    """Return the rows of a file with all their columns, typed where `out` can hold types.

    Parameters
    ----------
    file : File
        CSV holds text only: what is written to CSV again stays as it was.
    out : Path
        The file to be written, CSV by its suffix.

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    InputError
        If `out` is that very file.
    """
    if out.exists() and out.samefile(file.path):
        raise InputError(f"--out {out} is the input: choose another file")
    rows = file.raw
    if is_csv(file.path) and not is_csv(out):
        for column in file.frame.schema.columns:
            if column.name in file.frame.columns:
                place = rows.schema.get_field_index(column.name)
                texts = rows.column(column.name)
                rows = rows.set_column(place, column.name, _typed(file.frame, column, texts))
    return rows


def _typed(frame: Frame, column: Column, texts: pa.ChunkedArray) -> Any:
    """Return a column of text as what its kind is."""
    if column.kind == "time":
        times = frame.time(column.name)
        return pa.array(times, pa.timestamp("us", "UTC"), mask=times == UNKNOWN_TIME)
    if column.kind not in ("count", "number", "flag"):
        return texts
    values = frame.number(column.name)
    unknown = np.isnan(values)
    if column.kind == "flag":
        return pa.array(values == 1.0, pa.bool_(), mask=unknown)
    if column.kind == "count" and (np.abs(values[~unknown]) < WHOLE).all():
        return pa.array(np.where(unknown, 0.0, values).astype(np.int64), mask=unknown)
    return pa.array(values, mask=unknown)


def write_rows(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """Write tables one after the other to a file that appears only once it is whole.

    Parameters
    ----------
    path : Path
        CSV by its suffix, else Parquet.
    schema : pyarrow.Schema
        Of each table.
    tables : iterable of pyarrow.Table
    """
    form = _csv if is_csv(path) else _parquet
    parts.write(path, lambda file: form(file, schema, tables))


def _parquet(file: IO[bytes], schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table)


def _csv(file: IO[bytes], schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(schema.names)
    for table in tables:
        columns = [_texts(column) for column in table.columns]
        writer.writerows(zip(*columns, strict=True))
    text.flush()
    text.detach()


def _texts(column: pa.ChunkedArray) -> list[object]:
    """Return values that the csv module writes as our reader reads them."""
    values: list[object] = column.to_pylist()
    if pa.types.is_timestamp(column.type):
        return [one.isoformat() if isinstance(one, datetime) else one for one in values]
    return values
