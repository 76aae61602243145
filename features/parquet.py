"""Parquet files to the columns of a `Frame`: row group by row group, on all of Arrow's threads.

Each row group is decoded and converted on its own, straight into the table's columns, so that
hardly more than these is ever held.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.arrays import UNKNOWN_TIME
from features.columns import Column, Schema
from features.convert import TEXT, WrongColumn, column_of, wrong_column
from features.errors import unreadable
from features.frame import Frame, Origin, Weights, joined_weights
from features.rules import is_fine
from features.values import WrongType, wrong_type

STEP = 1 << 16
"""Rows converted at once: few enough that they are still in the cache when they are checked."""

DETAILED = frozenset({"posts", "collaborations"})
"""Tables whose ids are mostly different in every row that refers to them."""


@dataclass(frozen=True)
class ParquetFile:
    """One file: its columns of the schema, and where its row groups begin."""

    path: Path
    schema: Schema
    metadata: Any
    present: tuple[str, ...]

    def __len__(self) -> int:
        return int(self.metadata.num_rows)

    @cached_property
    def starts(self) -> list[int]:
        """First row of each row group, and the end."""
        groups = range(self.metadata.num_row_groups)
        return [0, *accumulate(self.metadata.row_group(group).num_rows for group in groups)]

    @cached_property
    def texts(self) -> frozenset[str]:
        """The columns that hold texts, as far as Parquet knows."""
        columns = [self.metadata.schema.column(n) for n in range(self.metadata.num_columns)]
        return frozenset(one.path for one in columns if one.logical_type.type == "STRING")

    def group(self, number: int, *, threads: bool, coded: Sequence[str] = ()) -> Any:
        """Return one row group as an Arrow table, some columns as codes."""
        codes = [name for name in coded if name in self.texts]
        with pq.ParquetFile(self.path, metadata=self.metadata, read_dictionary=codes) as file:
            return file.read_row_group(number, columns=list(self.present), use_threads=threads)

    def take(self, rows: Any) -> Any:
        """Return these rows, in this order, as an Arrow table read anew.

        Raises
        ------
        InputError
            If the file has changed meanwhile.
        """
        wanted = np.asarray(rows, dtype=np.int64)
        owner = np.searchsorted(self.starts, wanted, side="right") - 1
        parts, order = [], np.argsort(owner, kind="stable")
        for number in np.unique(owner).tolist():
            inside = wanted[owner == number] - self.starts[number]
            try:
                parts.append(self.group(number, threads=True).take(pa.array(inside)))
            except (pa.ArrowException, OSError) as error:
                raise unreadable(self.path, self.schema, error) from error
        back = np.empty(len(order), dtype=np.int64)
        back[order] = np.arange(len(order))
        return pa.concat_tables(parts).take(pa.array(back))


def opened(path: Path, schema: Schema) -> tuple[ParquetFile, list[str]]:
    """Return a Parquet file to be read, and the names of all its columns.

    Parameters
    ----------
    path : Path
    schema : Schema

    Returns
    -------
    ParquetFile
    list of str

    Raises
    ------
    InputError
        If it cannot be read as Parquet.
    """
    try:
        with pq.ParquetFile(path) as file:
            names = list(file.schema_arrow.names)
            known = tuple(name for name in dict.fromkeys(names) if name in schema.names)
            return ParquetFile(path, schema, file.metadata, known), names
    except (pa.ArrowException, OSError, ValueError) as error:
        raise unreadable(path, schema, error) from error


def frame_of(files: Sequence[ParquetFile], schema: Schema) -> Frame:
    """Return the rows of Parquet files, one after the other.

    Parameters
    ----------
    files : sequence of ParquetFile
    schema : Schema

    Returns
    -------
    Frame

    Raises
    ------
    InputError
        If a file cannot be read or a value has a wrong type.
    """
    return _Reading(files, schema).frame()


class _Reading:
    """The columns of a table while its row groups are put into them."""

    def __init__(self, files: Sequence[ParquetFile], schema: Schema) -> None:
        self.files, self.schema = files, schema
        self.rows = sum(len(file) for file in files)
        self.columns = [
            column
            for column in schema.columns
            if any(column.name in file.present for file in files)
        ]
        self.coded = [column.name for column in self.columns if _is_coded(schema, column)]
        self.groups = [
            (file, number) for file in files for number in range(file.metadata.num_row_groups)
        ]
        self.ends = np.cumsum([f.starts[n + 1] - f.starts[n] for f, n in self.groups]).tolist()
        self.fine = [set[str]() for _ in self.groups]
        values, place = self._values(), {name: n for n, name in enumerate(schema.values)}
        self.side_by_side = values
        self.whole = {
            column.name: self._room(column)
            if values is None or column.name not in place
            else values[:, place[column.name]]
            for column in self.columns
            if column.kind not in _LISTED
        }
        self.pieces: dict[str, list[Any]] = {
            column.name: [None] * len(self.groups)
            for column in self.columns
            if column.kind in _LISTED
        }

    def frame(self) -> Frame:
        """Return all rows."""
        with ThreadPoolExecutor(pa.cpu_count()) as pool:
            # Every failure is awaited, and the first in the order of files, columns and rows told.
            failures = [found for found in pool.map(self._read, range(len(self.groups))) if found]
        if failures:
            raise self._failure(failures)
        columns = {
            column.name: self.whole[column.name]
            if column.name in self.whole
            else self._joined(column)
            for column in self.columns
        }
        parts = tuple((file.path.name, file) for file in self.files)
        fine = frozenset(set.intersection(*self.fine) if self.fine else set())
        return Frame(self.schema, self.rows, columns, Origin(parts), self.side_by_side, fine)

    def _values(self) -> Any:
        """Return room for the numbers that stand side by side, unknown where a file has none."""
        names = self.schema.values
        if not names:
            return None
        full = all(name in file.present for file in self.files for name in names)
        return (np.empty if full else _unknown)((self.rows, len(names)))

    def _room(self, column: Column) -> Any:
        """Return room for a column, unknown where a file has none."""
        full = all(column.name in file.present for file in self.files)
        if column.kind == "time":
            return np.full(self.rows, UNKNOWN_TIME) if not full else np.empty(self.rows, np.int64)
        return (np.empty if full else _unknown)(self.rows)

    def _read(self, place: int) -> tuple[int, int, int, Exception] | None:
        """Convert one row group, or return where it fails: file, column, row, and why."""
        file, number = self.groups[place]
        at = self.files.index(file)
        try:
            raw = file.group(number, threads=len(self.groups) == 1, coded=self.coded)
        except (pa.ArrowException, OSError, ValueError) as error:
            return at, -1, -1, error
        for column_place, column in enumerate(self.columns):
            if column.name not in file.present:
                continue
            array = raw.column(column.name)
            try:
                self._convert(place, column, array)
            except WrongColumn as error:
                error.args = (str(array.type),)
                return at, column_place, -1, error
            except WrongType as error:
                return at, column_place, file.starts[number] + error.row, error
        return None

    def _convert(self, place: int, column: Column, array: Any) -> None:
        """Convert one column of one row group."""
        if column.name in self.pieces:
            piece = column_of(array, column)
            self.pieces[column.name][place] = piece
            fine = is_fine(piece, column)
        else:
            fine = self._fill(self.ends[place] - len(array), column, array)
        if fine:
            self.fine[place].add(column.name)

    def _fill(self, start: int, column: Column, array: Any) -> bool:
        """Convert numbers a few at a time and return whether all of them keep their rules."""
        fine, whole = True, self.whole[column.name]
        for first in range(0, len(array), STEP):
            try:
                values = column_of(array.slice(first, STEP), column)
            except WrongType as error:
                raise WrongType(first + error.row, error.value) from error
            fine = fine and is_fine(values, column)
            whole[start + first : start + first + len(values)] = values
        return fine

    def _failure(self, failures: list[tuple[int, int, int, Exception]]) -> Exception:
        at, place, row, error = min(failures, key=lambda failure: failure[:3])
        path = self.files[at].path
        if isinstance(error, WrongColumn):
            return wrong_column(
                self.schema.name, self.columns[place], path.name, str(error.args[0])
            )
        if isinstance(error, WrongType):
            column = self.columns[place]
            return wrong_type(self.schema.name, column, path.name, row, error.value)
        return unreadable(path, self.schema, error)

    def _joined(self, column: Column) -> Any:
        """Return the pieces of a column of texts or maps as one."""
        pieces = self.pieces[column.name]
        sizes = np.diff([0, *self.ends]).tolist()
        if column.kind == "weights":
            none = [Weights.none(size) for size in sizes]
            return joined_weights([p or n for p, n in zip(pieces, none, strict=True)])
        texts = [
            pa.nulls(size, TEXT) if piece is None else piece
            for piece, size in zip(pieces, sizes, strict=True)
        ]
        if column.name in self.coded:
            coded = [piece.dictionary_encode() for piece in texts]
            whole = pa.chunked_array(coded, pa.dictionary(pa.int32(), TEXT))
            return whole.unify_dictionaries().combine_chunks()
        return pa.concat_arrays(texts) if texts else pa.nulls(0, TEXT)


_LISTED = frozenset({"id", "text", "label", "weights"})


def _is_coded(schema: Schema, column: Column) -> bool:
    """Return whether a column's texts are few beside its rows, so that codes stand for them."""
    if column.kind == "id":
        owner = dict(schema.references).get(column.name)
        return schema.key != (column.name,) and owner not in DETAILED
    return column.kind in {"text", "label", "choice"}


def _unknown(shape: int | tuple[int, ...]) -> Any:
    return np.full(shape, np.nan)
