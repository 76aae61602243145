"""Parquet files to the columns of a `Frame`: several row groups at once, some rows at a time.

Rows are decoded, converted and checked while they are in the cache, straight into the table's
columns, so that hardly more than these is ever held.
"""

from collections.abc import Callable, Iterator, Sequence
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

# These keep the memory of a batch for the next; clearing it anew would take longer than decoding.
_KEEPS = next(name for name in ("jemalloc", "system") if name in pa.supported_memory_backends())
pa.set_memory_pool(getattr(pa, f"{_KEEPS}_memory_pool")())

BATCH = 1 << 17
"""Rows decoded at once: few enough that their memory is used again for the next ones."""

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

    def batches(self, number: int, coded: Sequence[str]) -> Iterator[Any]:
        """Yield the rows of one row group, some at a time, some columns as codes."""
        codes = [name for name in coded if name in self.texts]
        with pq.ParquetFile(self.path, metadata=self.metadata, read_dictionary=codes) as file:
            yield from file.iter_batches(
                BATCH, row_groups=[number], columns=list(self.present), use_threads=False
            )

    def group(self, number: int) -> Any:
        """Return one row group as an Arrow table."""
        with pq.ParquetFile(self.path, metadata=self.metadata) as file:
            return file.read_row_group(number, columns=list(self.present))

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
                parts.append(self.group(number).take(pa.array(inside)))
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


Failure = tuple[int, int, int, Exception]
"""Where reading fails, by file, column and row, and why."""


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
            if column.kind not in _LISTED
        }
        self.pieces: dict[str, list[list[Any]]] = {
            column.name: [[] for _ in self.groups]
            for column in self.columns
            if column.kind in _LISTED
        }

    def frame(self) -> Frame:
        """Return all rows."""
        with ThreadPoolExecutor(pa.cpu_count()) as pool:
            # Every failure is awaited, and the first in the order of files, columns and rows told.
            found = pool.map(self._read, range(len(self.groups)))
            failures = [failure for some in found for failure in some]
        if failures:
            raise self._failure(failures)
        columns = {
            column.name: self.whole[column.name]
            if column.name in self.whole
            else self._joined(column)
            for column in self.columns
        }
        parts = tuple((file.path.name, file) for file in self.files)
        fine = frozenset(columns) - self.broken
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
        return [*failures.values()]

    def _convert(
        self, place: int, at: int, first: int, batch: Any, failures: dict[str, Failure]
    ) -> None:
        """Convert some rows of one row group, the columns that have not failed before."""
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
                self._put(place, self.starts[place] + first, column, values)

    def _put(self, place: int, start: int, column: Column, values: Any) -> None:
        # Checked while it is in the cache; a column that is not fine is looked at again.
        if not is_fine(values, column):
            self.broken.add(column.name)
        if column.name in self.pieces:
            self.pieces[column.name][place].append(values)
        else:
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
        """Return the pieces of a column of texts or maps as one."""
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
            whole = pa.chunked_array(coded, pa.dictionary(pa.int32(), TEXT))
            return whole.unify_dictionaries().combine_chunks()
        return pa.concat_arrays(pieces) if pieces else _nulls(0)


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
