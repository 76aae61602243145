"""Parquet files to the columns of a `Frame`: several row groups at once, some rows at a time.

Rows are decoded, converted and checked while they are in the cache, straight into the table's
columns, so that hardly more than these is ever held.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa

from features.arrays import UNKNOWN_TIME
from features.columns import Column, Schema
from features.convert import TEXT, WrongColumn, column_of, wrong_column
from features.errors import unreadable
from features.frame import Frame, Origin, Weights, joined_weights
from features.parquet import ParquetFile
from features.rules import is_fine
from features.texts import Finder, found, is_coded
from features.values import WrongType, wrong_type

DETAILED = frozenset({"posts", "collaborations"})
"""Tables whose ids are mostly different in every row that refers to them."""


def frame_of(files: Sequence[ParquetFile], schema: Schema, finders: Mapping[str, Finder]) -> Frame:
    """Return the rows of Parquet files, one after the other.

    Parameters
    ----------
    files : sequence of ParquetFile
    schema : Schema
    finders : mapping
        By table, what finds its ids: those that refer to it are looked up and not kept, unless one
        of them breaks a rule.

    Returns
    -------
    Frame

    Raises
    ------
    InputError
        If a file cannot be read or a value has a wrong type.
    """
    return _Reading(files, schema, finders).frame()


Failure = tuple[int, int, int, Exception]
"""Where reading fails, by file, column and row, and why."""


class _Reading:
    """The columns of a table while its row groups are put into them."""

    def __init__(
        self, files: Sequence[ParquetFile], schema: Schema, finders: Mapping[str, Finder]
    ) -> None:
        self.files, self.schema = files, schema
        self.finders = {
            name: finders[table]
            for name, table in schema.references
            if table in finders and all(name in file.present for file in files)
        }
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
        self.sizes = [file.starts[n + 1] - file.starts[n] for file, n in self.groups]
        before = dict(zip(map(id, files), [0, *accumulate(map(len, files))], strict=False))
        self.starts = [before[id(file)] for file, _ in self.groups]
        self.broken: set[str] = set()
        values, place = self._values(), {name: n for n, name in enumerate(schema.values)}
        self.side_by_side = values
        self.whole = {
            column.name: self._room(column)
            if values is None or column.name not in place
            else values[:, place[column.name]]
            for column in self.columns
            if not self._is_listed(column)
        }
        self.pieces: dict[str, list[list[Any]]] = {
            column.name: [[] for _ in self.groups]
            for column in self.columns
            if self._is_listed(column)
        }

    def frame(self) -> Frame:
        """Return all rows."""
        with ThreadPoolExecutor(pa.cpu_count()) as pool:
            # Every failure is awaited, and the first in the order of files, columns and rows told.
            found = pool.map(self._read, range(len(self.groups)))
            failures = [failure for some in found for failure in some]
        if failures:
            raise self._failure(failures)
        if self.broken & self.finders.keys():
            # To tell which ids break a rule, and how, takes their texts.
            return _Reading(self.files, self.schema, {}).frame()
        columns = {
            column.name: self.whole[column.name]
            if column.name in self.whole
            else self._joined(column)
            for column in self.columns
        }
        parts = tuple((file.path.name, file) for file in self.files)
        fine = frozenset(columns) - self.broken
        return Frame(self.schema, self.rows, columns, Origin(parts), self.side_by_side, fine)

    def _is_listed(self, column: Column) -> bool:
        """Return whether the column's values are kept in pieces as they come."""
        return column.kind in _LISTED and column.name not in self.finders

    def _values(self) -> Any:
        """Return room for the numbers that stand side by side."""
        names = self.schema.values
        return np.empty((self.rows, len(names))) if names else None

    def _room(self, column: Column) -> Any:
        """Return room for a column, unknown where a file has none."""
        if column.name in self.finders:
            return np.empty(self.rows, np.int64)
        full = all(column.name in file.present for file in self.files)
        if column.kind == "time":
            return np.full(self.rows, UNKNOWN_TIME) if not full else np.empty(self.rows, np.int64)
        return (np.empty if full else _unknown)(self.rows)

    def _read(self, place: int) -> list[Failure]:
        """Convert one row group and return where it fails."""
        file, number = self.groups[place]
        failures: dict[str, Failure] = {}
        at, first = self.files.index(file), file.starts[number]
        try:
            for batch in file.batches(number, self.coded):
                self._convert(place, at, first, batch, failures)
                first += len(batch)
        except (pa.ArrowException, OSError, ValueError) as error:
            return [(at, -1, -1, error)]
        if first != file.starts[number + 1]:
            # Arrow reads some damaged files without an error: what is missing was never written.
            told, there = self.sizes[place], first - file.starts[number]
            short = ValueError(f"row group {number} says {told} rows and holds {there}")
            return [(at, -1, -1, short)]
        return [*failures.values()]

    def _convert(
        self, place: int, at: int, first: int, batch: Any, failures: dict[str, Failure]
    ) -> None:
        """Convert some rows of one row group, the columns that have not failed before."""
        file, start = self.files[at], self.starts[place] + first
        for number, column in enumerate(self.columns):
            if column.name not in batch.schema.names or column.name in failures:
                continue
            array = batch.column(column.name)
            try:
                values = column_of(array, column)
            except WrongColumn as error:
                error.args = (str(array.type),)
                failures[column.name] = (at, number, -1, error)
            except WrongType as error:
                failures[column.name] = (at, number, first + error.row, error)
            else:
                self._put(place, start, column, values)
        absent = [n for n, name in enumerate(self.schema.values) if name not in file.present]
        for number in absent:
            self.side_by_side[start : start + len(batch), number] = np.nan

    def _put(self, place: int, start: int, column: Column, values: Any) -> None:
        # Checked while it is in the cache; a column that is not fine is looked at again.
        if not is_fine(values, column):
            self.broken.add(column.name)
        if column.name in self.pieces:
            self.pieces[column.name][place].append(values)
            return
        if column.name in self.finders:
            values = found(values, self.finders[column.name])
        self.whole[column.name][start : start + len(values)] = values

    def _failure(self, failures: list[Failure]) -> Exception:
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
        """Return the pieces of a column of texts together, of maps as one."""
        of_groups = zip(self.pieces[column.name], self.sizes, self.groups, strict=True)
        absent: Callable[[int], Any] = Weights.none if column.kind == "weights" else _nulls
        pieces: list[Any] = [
            piece
            for some, size, (file, _) in of_groups
            for piece in (some if column.name in file.present else [absent(size)])
        ]
        if column.kind == "weights":
            return joined_weights(pieces)
        if column.name in self.coded:
            coded = [piece.dictionary_encode() for piece in pieces]
            return pa.chunked_array(coded, pa.dictionary(pa.int32(), TEXT))
        plain = [piece.dictionary_decode() if is_coded(piece) else piece for piece in pieces]
        return pa.chunked_array(plain, TEXT)


_LISTED = frozenset({"id", "text", "label", "weights"})


def _is_coded(schema: Schema, column: Column) -> bool:
    """Return whether a column's texts are few beside its rows, so that codes stand for them."""
    if column.kind == "id":
        owner = dict(schema.references).get(column.name)
        return schema.key != (column.name,) and owner not in DETAILED
    return column.kind in {"text", "label", "choice"}


def _nulls(rows: int) -> Any:
    return pa.nulls(rows, TEXT)


def _unknown(shape: int | tuple[int, ...]) -> Any:
    return np.full(shape, np.nan)
