"""Sorted runs in files to one sorted stream, some rows of each in memory at a time."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc

from serving.parts import write

BATCH = 1_024
"""Rows of a run that are read at once."""

FAN = 128
"""Runs merged at once: more are merged in groups first, so that memory does not grow with them."""

_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")

Run = Sequence[Path]  # files that hold sorted rows, one after the other


def write_run(path: Path, tables: Iterable[Any], schema: Any, together: int = BATCH) -> None:
    """Write a file of a run, whole or not at all.

    Parameters
    ----------
    path : Path
    tables : iterable of pyarrow.Table
        Sorted rows.
    schema : pyarrow.Schema
    together : int
        Rows that are read at once.
    """

    def fill(file: IO[bytes]) -> None:
        with pa.ipc.new_file(file, schema, options=_OPTIONS) as writer:
            for table in tables:
                writer.write_table(table, max_chunksize=together)

    write(path, fill)


def run_schema(run: Run) -> Any:
    """Return the schema of a run's rows."""
    with pa.OSFile(str(run[0])) as file, pa.ipc.open_file(file) as reader:
        return reader.schema


def merged(runs: Sequence[Run], key: str, scratch: Path) -> Iterator[Any]:
    """Yield the rows of all runs in the order of their key.

    Parameters
    ----------
    runs : sequence of Run
        Each sorted by the key; rows of equal keys are in one run only, and stay in its order.
    key : str
        A column of texts or whole numbers without null.
    scratch : Path
        A folder for runs that are merged first.

    Yields
    ------
    pyarrow.Table
    """
    while len(runs) > FAN:
        groups = [runs[start : start + FAN] for start in range(0, len(runs), FAN)]
        schema = run_schema(runs[0])
        paths = [scratch / f"{len(runs):05d}-{number:05d}" for number in range(len(groups))]
        for path, group in zip(paths, groups, strict=True):
            if not path.exists():
                write_run(path, _merged(group, key), schema)
        runs = [[path] for path in paths]
    yield from _merged(runs, key)


def _merged(runs: Sequence[Run], key: str) -> Iterator[Any]:
    streams = [_batches(run) for run in runs]
    heads = [(stream, head) for stream in streams if (head := next(stream, None)) is not None]
    while heads:
        # No run has rows up to here that are not in memory.
        bound = min(head.column(key)[-1].as_py() for _, head in heads)
        pieces, left = [], []
        for stream, head in heads:
            count = pc.sum(pc.less_equal(head.column(key), bound)).as_py()
            pieces.append(head.slice(0, count))
            rest = head.slice(count) if count < len(head) else next(stream, None)
            if rest is not None:
                left.append((stream, rest))
        heads, found = left, pa.concat_tables(pieces)
        yield found.take(pc.sort_indices(found.column(key)))  # a stable sort


def _batches(run: Run) -> Iterator[Any]:
    """Yield the rows of a run, some at a time."""
    for path in run:
        with pa.OSFile(str(path)) as file, pa.ipc.open_file(file) as reader:
            for number in range(reader.num_record_batches):
                batch = reader.get_batch(number)
                if batch.num_rows:
                    yield pa.Table.from_batches([batch])


def sized(tables: Iterable[Any], rows: int, schema: Any) -> Iterator[Any]:
    """Yield the same rows in tables of so many, the last one of fewer; one if there is no row.

    Parameters
    ----------
    tables : iterable of pyarrow.Table
    rows : int
    schema : pyarrow.Schema

    Yields
    ------
    pyarrow.Table
        Each in one piece, so that its bytes in a file depend on its rows alone.
    """
    waiting, count, empty = [], 0, True
    for table in tables:
        waiting.append(table)
        count += len(table)
        while count >= rows:
            whole = pa.concat_tables(waiting)
            yield whole.slice(0, rows).combine_chunks()
            waiting, count, empty = [whole.slice(rows)], count - rows, False
    if count or empty:
        yield pa.concat_tables([schema.empty_table(), *waiting]).combine_chunks()
