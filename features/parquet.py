"""One Parquet file of a table: its columns, and its rows a batch, a group or a few at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.columns import Schema
from features.errors import unreadable

# These keep the memory of a batch for the next, this one for seconds: clearing it anew would take
# longer than decoding.
_KEEPS = next(name for name in ("jemalloc", "system") if name in pa.supported_memory_backends())
pa.set_memory_pool(getattr(pa, f"{_KEEPS}_memory_pool")())
if _KEEPS == "jemalloc":
    pa.jemalloc_set_decay_ms(10_000)

BATCH = 1 << 17
"""Rows decoded at once: few enough that their memory is used again for the next ones."""


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
