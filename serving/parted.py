"""Partitioned tables: what `credence partition` writes, and how a part of them is read.

partition.json      which tables, their files, rows and hashes, how many parts
shared/             briefs, brands and accounts as they were
part-00000/         a tables folder: NAME/00000.parquet or NAME.csv, links to shared/,
    places/         places/NAME.parquet: where each row stood in its table
    rivals/         rivals/NAME.parquet: ids that creators of other parts claim too
    part.json       hashes, written last
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.arrays import Ints
from features.build import build
from features.columns import Schema
from features.errors import InputError
from features.frame import Frame, Origin
from features.ledger import Ledger
from features.schema import TABLES
from features.settle import Rivals
from features.sources import find, sha256, source
from features.tables import Tables
from features.texts import Finder
from serving.hashing import NAME
from serving.parts import write, write_bytes
from serving.routing import CHILDREN

INDEX, RECORD, SHARED, PLACES, RIVALS = "partition.json", "part.json", "shared", "places", "rivals"
FORMAT = 1
WHOLE = ("brands", "briefs", "accounts")
"""Tables that are not of one creator."""


class Table(msgspec.Struct, frozen=True):
    """A table before it was partitioned."""

    sha256: str
    files: list[tuple[str, int]]
    """Names and rows."""

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(rows for _, rows in self.files)


class Index(msgspec.Struct, frozen=True):
    """`partition.json`."""

    parts: int
    tables: dict[str, Table]
    format: int = FORMAT
    hash: str = NAME


class Part(msgspec.Struct, frozen=True):
    """`part.json`: SHA-256 of the bytes of each table's files."""

    hashes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Placed(Origin):
    """The rows of one part, which stood elsewhere in their table."""

    files: tuple[tuple[str, int], ...]
    places: Callable[[], Ints]

    def place(self, position: int) -> int:
        """Return how many rows of the whole table stand before this one."""
        return int(self.places()[position])

    def locate(self, position: int) -> tuple[str, int]:
        """Return the file and the zero-based row in it where a row of the part stood."""
        row = self.place(position)
        for name, rows in self.files:
            if row < rows:
                return name, row
            row -= rows
        raise IndexError(position)


def part_folder(folder: Path, number: int) -> Path:
    """Return the folder of a part."""
    return folder / f"part-{number:05d}"


def load_index(folder: Path) -> Index | None:
    """Return what partitioned tables are in a folder, None where there are none.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    InputError
        If they were written by another version, or the file is damaged.
    """
    path = folder / INDEX
    if not path.exists():
        return None
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Index)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is damaged ({error}): partition the tables again") from None
    if (found.format, found.hash) != (FORMAT, NAME):
        raise InputError(f"{path} is of another version of credence: partition the tables again")
    return found


def save_index(folder: Path, index: Index) -> None:
    """Write the index, which makes partitioned tables of a folder."""
    write_bytes(folder / INDEX, msgspec.json.format(msgspec.json.encode(index), indent=2))


def read_part(folder: Path, index: Index, number: int) -> Tables:
    """Return one part of partitioned tables, judged as it would be within the whole.

    Parameters
    ----------
    folder : Path
    index : Index
    number : int

    Returns
    -------
    Tables
        `set_aside` tells of rows where they stood before.

    Raises
    ------
    InputError
        If a file is missing or is not what was written.
    """
    here = part_folder(folder, number)
    record, ledger = _record(here), Ledger()

    def load(name: str, finders: Mapping[str, Finder]) -> Frame | None:
        if name not in index.tables or (name == "accounts" and number):
            return None
        found = read_rows(here, TABLES[name], record.hashes[name], finders)
        ledger.hashes[name] = index.tables[name].sha256
        return found if name in WHOLE else placed(found, here, index.tables[name].files)

    rivals = {name: found for name in CHILDREN if (found := _rivals(here / RIVALS / name))}
    return build(load, ledger, rivals=rivals)


def read_rows(
    here: Path, schema: Schema, expected: str, finders: Mapping[str, Finder] | None = None
) -> Frame:
    """Return the rows of one table of a part, whose bytes must be those that were written."""
    paths = find(here, schema.name)
    if not paths or sha256(paths) != expected:
        what = "is damaged" if paths else "is gone"
        raise InputError(
            f"{here / schema.name} {what}: partition the tables again", table=schema.name
        )
    return source(paths, schema, finders=finders).frame


def placed(frame: Frame, here: Path, files: list[tuple[str, int]]) -> Frame:
    """Return a frame of a part whose rows know where they stood."""
    name = frame.schema.name
    places = cache(lambda: pq.read_table(here / PLACES / f"{name}.parquet").column(0).to_numpy())
    return replace(frame, origin=Placed(frame.origin.parts, tuple(files), places))


def write_places(here: Path, name: str, places: Any) -> None:
    """Write where the rows of a part's table stood."""
    write(
        here / PLACES / f"{name}.parquet",
        lambda file: pq.write_table(
            pa.table({"place": places}),
            file,
            compression="zstd",
            use_dictionary=False,
            column_encoding={"place": "DELTA_BINARY_PACKED"},
        ),
    )


def _record(here: Path) -> Part:
    try:
        return msgspec.json.decode((here / RECORD).read_bytes(), type=Part)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(f"{here / RECORD} cannot be read ({error}): partition again") from None


def _rivals(path: Path) -> Rivals | None:
    path = path.with_suffix(".parquet")
    if not path.exists():
        return None
    found = pq.read_table(path)
    ids = found.column("id").combine_chunks().cast(pa.large_string())
    return ids, np.array(found.column("known").to_numpy())
