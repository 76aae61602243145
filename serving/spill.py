"""Rows sent to many numbered files through little memory."""

import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from features.arrays import Ints

BUDGET = 2**26
"""Bytes of rows that wait in memory to be written."""

_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")


class Spill:
    """Appends rows to the file of their part: Arrow streams, one after the other.

    Parameters
    ----------
    folder : Path
        Gets a file `00000` a part that has rows.
    budget : int
        Bytes of rows to hold before they are written.
    """

    def __init__(self, folder: Path, budget: int = BUDGET) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._budget = budget
        self._waiting: defaultdict[int, list[Any]] = defaultdict(list)
        self._bytes = 0

    def add(self, rows: Any, parts: Ints) -> None:
        """Send each row to its part.

        Parameters
        ----------
        rows : pyarrow.Table
        parts : ndarray of int64
            One entry a row.
        """
        if not len(rows):
            return
        order = np.argsort(parts, kind="stable")
        numbers, starts = np.unique(parts[order], return_index=True)
        # Sorted once, so that a part's rows are one slice; copied, so that no slice holds others.
        taken = rows.take(pa.array(order)).combine_chunks()
        for number, start, stop in zip(
            numbers.tolist(), starts.tolist(), [*starts.tolist()[1:], len(order)], strict=True
        ):
            self._waiting[number].append(taken.slice(start, stop - start))
        self._bytes += taken.nbytes
        if self._bytes >= self._budget:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        for number, slices in self._waiting.items():
            table = pa.concat_tables(slices).combine_chunks()
            with (
                (self._folder / f"{number:05d}").open("ab") as file,
                pa.ipc.new_stream(file, table.schema, options=_OPTIONS) as stream,
            ):
                stream.write_table(table)
        self._waiting.clear()
        self._bytes = 0

    def close(self) -> None:
        """Write what waits and put all files on disk."""
        self.flush()
        for path in self._folder.iterdir():
            with path.open("rb") as file:
                os.fsync(file.fileno())


def spilled(path: Path) -> Any | None:
    """Return the rows of one part's file in the order in which they came, None without a file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    pyarrow.Table or None
    """
    if not path.exists():
        return None
    tables = []
    with pa.OSFile(str(path)) as file:
        while file.tell() < file.size():
            with pa.ipc.open_stream(file) as stream:
                tables.append(stream.read_all())
    return pa.concat_tables(tables).combine_chunks()
