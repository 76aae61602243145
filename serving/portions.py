"""The features of a spine from tables read a part at a time, in the order of the spine's rows.

Each part's rows go to a run sorted by their places, and the runs are merged. What is finished is a
file beside the output: a command that was stopped does the rest when it is given again.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
from tqdm import tqdm

from features.arrays import Floats, Ints
from features.catalogue import NAMES, catalogue_hash
from features.computing import matrix
from features.reader import File
from features.tables import Tables
from serving.given import Given, keep_only
from serving.hashing import parts_of
from serving.merging import merged, sized, write_run
from serving.pairs import Asked, resolve
from serving.parted import WHOLE
from serving.parts import clear_end, held, write_bytes

BLOCK = 2_048
"""Rows computed at once."""

TOGETHER = 64
"""Rows of a run that are read at once: they are long, and many runs are merged together."""

_PLACE = "place"
_X = [pa.field(name, pa.float64()) for name in NAMES]
_RUN = pa.schema([(_PLACE, pa.int64()), *_X])


def features_table(X: Floats) -> pa.Table:
    """Return X as a table, unknown values null."""
    return pa.table([pa.array(column, from_pandas=True) for column in X.T], schema=pa.schema(_X))


@contextmanager
def in_portions(
    tables: Given, file: File, out: Path, rows: int
) -> Iterator[tuple[int, Iterator[pa.Table]]]:
    """Compute the features of a spine's rows part by part.

    Parameters
    ----------
    tables : Given
    file : File
        The spine.
    out : Path
        What is written in the end: a hidden folder beside it holds what is finished until then.
    rows : int
        In a table.

    Yields
    ------
    aside : int
        Rows of spine and tables that were set aside.
    features : iterator of pyarrow.Table
        X of all rows, in their order.
    """
    work = out.with_name(f".{out.name}.work")
    parts = tables.portions
    with held(work), clear_end(work):
        hashes = {**tables.hashes, "spine": file.sha256}
        keep_only(work, {"parts": parts, "hashes": hashes, "catalogue": catalogue_hash()})
        found = tables.divided(work / "tables", parts)
        numbers = parts_of(file.frame.text("creator_id"), parts)
        portions = [
            Portion(work / "runs", file, number, np.flatnonzero(numbers == number))
            for number in range(parts)
        ]
        aside = len(file.set_aside) + _computed(portions, found)
        runs = [[one.run] for one in portions]
        tables_of_all = sized(merged(runs, _PLACE, work / "merged"), rows, _RUN)
        yield aside, (one.drop_columns(_PLACE) for one in tables_of_all)
        shutil.rmtree(work, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Portion:
    """The rows of a spine whose creators are of one part of the tables."""

    folder: Path
    file: File
    number: int
    places: Ints

    @property
    def run(self) -> Path:
        """Where its features go."""
        return self.folder / f"{self.number:05d}"

    @property
    def record(self) -> Path:
        """Says how many rows of the part were set aside; written last."""
        return self.run.with_suffix(".json")

    def compute(self, tables: Given) -> int:
        """Write the features of the rows unless they are there; return the rows set aside."""
        if self.record.exists():
            return msgspec.json.decode(self.record.read_bytes(), type=int)
        found = tables.read(self.number)
        some = replace(
            self.file,
            frame=self.file.frame.take(self.places),
            good=self.file.good[self.places],
            set_aside=[],
        )
        asked = resolve(some, found)
        write_run(self.run, self._blocks(found, asked), _RUN, TOGETHER)
        # Every part sees the tables that are of no creator; one of them tells of their rows.
        own = [one for one in found.set_aside if not (self.number and one.table in WHOLE)]
        aside = len(own) + len(asked.rejects)
        write_bytes(self.record, msgspec.json.encode(aside))
        return aside

    def _blocks(self, tables: Tables, asked: Asked) -> Iterator[pa.Table]:
        # A row that cannot be read is one of an unknown creator to the features.
        spine = replace(asked.spine, creator=np.where(asked.readable, asked.spine.creator, -1))
        for start in range(0, len(spine), BLOCK):
            rows = slice(start, start + BLOCK)
            X = features_table(matrix(tables, spine.take(rows)))
            yield pa.table([pa.array(self.places[rows]), *X.columns], schema=_RUN)


def _computed(portions: list[Portion], tables: Given) -> int:
    """Compute all portions, in threads, and return how many rows were set aside."""
    aside = 0
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        with tqdm(total=len(portions), delay=2, unit=" parts", file=sys.stderr) as progress:
            for found in pool.map(lambda one: one.compute(tables), portions):
                aside += found
                progress.update()
    finally:
        pool.shutdown(cancel_futures=True)
    return aside
