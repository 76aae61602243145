"""The tables that a command is given: a folder as it is or partitioned, read part by part."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from features.arrays import UNKNOWN_TIME
from features.csvfiles import is_csv
from features.errors import InputError
from features.reader import read
from features.schema import TABLES
from features.sources import find
from features.tables import Tables
from serving.parted import Index, load_index, part_folder, read_part
from serving.partition import Paths, hashes_of, partition, table_files
from serving.parts import write_bytes
from serving.spill import BUDGET

PART_BYTES = 2**26
"""Bytes of a partition's tables, unpacked: what is read and computed at once by one thread."""

AT_ONCE = 2**29
"""Bytes of values up to which tables are read as a whole where nothing waits for parts of them."""

_SETTING = "setting.json"


@dataclass(frozen=True, slots=True)
class Given:
    """Tables as they are now: `index` where they are partitioned, `files` where they are not."""

    folder: Path
    index: Index | None
    files: Paths
    hashes: dict[str, str]

    @classmethod
    def of(cls, folder: Path) -> "Given":
        """Return the tables of a folder.

        Parameters
        ----------
        folder : Path
            A tables folder, or the output of `credence partition`.

        Raises
        ------
        InputError
            If there are none, or a file cannot be read.
        """
        index = load_index(folder)
        if index is not None:
            hashes = {name: table.sha256 for name, table in index.tables.items()}
            return cls(folder, index, {}, hashes)
        files = table_files(folder)
        return cls(folder, None, files, hashes_of(files))

    @property
    def parts(self) -> int:
        """How many parts there are."""
        return 1 if self.index is None else self.index.parts

    @property
    def unpacked(self) -> int:
        """Bytes of the values of tables that are not partitioned."""
        return sum(unpacked(path) for paths in self.files.values() for path in paths)

    @property
    def portions(self) -> int:
        """In how many parts to read them: one, if they can be read as a whole."""
        if self.index is not None:
            return self.index.parts
        size = self.unpacked
        return 1 if size <= AT_ONCE else -(-size // PART_BYTES)

    def divided(self, into: Path, parts: int) -> "Given":
        """Return the tables in parts, partitioned where they are not.

        Parameters
        ----------
        into : Path
            A folder for the parts; what an earlier run finished there is kept.
        parts : int
            How many to make; for one the tables stay as they are.
        """
        if self.index is not None or parts == 1:
            return self
        index = partition(self.folder, into, parts, anew=True, budget=BUDGET)
        return replace(self, folder=into, index=index)

    def read(self, number: int) -> Tables:
        """Return one part."""
        return read_tables(self.folder, number, self.index is not None, self.hashes)

    def latest(self) -> tuple[int, dict[int, Tables]]:
        """Return the latest observation in any table, and parts that were read to find it.

        Returns
        -------
        int
            UNKNOWN_TIME where nothing was observed.
        dict of int to Tables
            Only what there is of tables that are not partitioned.
        """
        if self.index is None:
            tables = self.read(0)
            return tables.latest, {0: tables}
        # What Parquet files say of their times bounds what stands of them: few parts must be read.
        bounds = {number: _bound(part_folder(self.folder, number)) for number in range(self.parts)}
        latest: int | None = None
        for number in sorted(bounds, key=lambda number: -bounds[number]):
            if latest is not None and latest >= bounds[number]:
                break
            found = self.read(number).latest
            if found != UNKNOWN_TIME:
                latest = found if latest is None else max(latest, found)
        return UNKNOWN_TIME if latest is None else latest, {}


def read_tables(folder: Path, number: int, parted: bool, hashes: Mapping[str, str]) -> Tables:
    """Return the tables of one partition.

    Parameters
    ----------
    folder : Path
    number : int
    parted : bool
        Whether the folder holds partitioned tables: else it is the one partition.
    hashes : mapping of str to str
        Of the tables when the job began.

    Returns
    -------
    Tables

    Raises
    ------
    InputError
        If they cannot be read or are not what they were.
    """
    index = load_index(folder) if parted else None
    tables = read(folder) if index is None else read_part(folder, index, number)
    if changed := [name for name, found in tables.hashes.items() if hashes.get(name) != found]:
        raise InputError(f"{folder}: {', '.join(changed)} changed since the job began")
    return tables


def keep_only(work: Path, setting: Mapping[str, object]) -> None:
    """Keep what is in a work folder only if it was begun with this setting.

    Parameters
    ----------
    work : Path
    setting : mapping
        All that what is in the folder depends on.
    """
    path, wanted = work / _SETTING, msgspec.json.encode(setting, order="sorted")
    if not path.exists() or path.read_bytes() != wanted:
        shutil.rmtree(work, ignore_errors=True)
        write_bytes(path, wanted)


def unpacked(path: Path) -> int:
    """Return the bytes of a file's values, 0 for one that cannot be read."""
    try:
        if is_csv(path):
            return path.stat().st_size
        metadata = pq.read_metadata(path)
        return sum(metadata.row_group(n).total_byte_size for n in range(metadata.num_row_groups))
    except (OSError, pa.ArrowException):
        return 0  # told of in words where it is read


def _bound(here: Path) -> int:
    """Return a moment that no observation in a part is later than."""
    found = [-UNKNOWN_TIME]
    for name, schema in TABLES.items():
        if "observed_at" in schema.names:
            found += [_latest_in(path) for path in find(here, name)]
    return max(found)


def _latest_in(path: Path) -> int:
    """Return the latest `observed_at` of a file by its own account, else UNKNOWN_TIME."""
    if is_csv(path):
        return UNKNOWN_TIME
    try:
        metadata = pq.read_metadata(path)
    except (OSError, pa.ArrowException):
        return UNKNOWN_TIME  # told of in words where it is read
    names = [metadata.schema.column(n).path for n in range(metadata.num_columns)]
    if "observed_at" not in names:
        return -UNKNOWN_TIME
    latest = -UNKNOWN_TIME
    for group in range(metadata.num_row_groups):
        column = metadata.row_group(group).column(names.index("observed_at"))
        statistics = column.statistics
        if statistics is None or not (statistics.has_min_max or statistics.null_count):
            return UNKNOWN_TIME
        if statistics.has_min_max:
            latest = max(latest, _microseconds(metadata, statistics))
    return latest


def _microseconds(metadata: Any, statistics: Any) -> int:
    """Return the largest time of a column, rounded up to microseconds."""
    kind = metadata.schema.to_arrow_schema().field("observed_at").type
    number = int(statistics.max_raw)
    return {"s": number * 10**6, "ms": number * 1000, "us": number, "ns": number // 1000 + 1}[
        kind.unit
    ]
