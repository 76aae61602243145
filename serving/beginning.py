"""How a batch job begins: its inputs, in how many partitions, as of when, and with which models."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from features.arrays import UNKNOWN_TIME
from features.schema import PAIRS, TABLES
from features.sources import find, is_csv, sha256
from features.tables import Tables
from serving import manifest as manifests
from serving.job import FILE, PAIRS_SENT, Job, read_tables
from serving.manifest import Manifest
from serving.moments import instant, moment, text
from serving.parted import Index, load_index, part_folder
from serving.partition import Paths, hashes_of, partition, table_files
from serving.parts import write_bytes
from serving.pinned import CONVERSION, FOLLOWERS, Pinned, pinned
from serving.sending import Sent, once, send
from serving.spill import BUDGET

PART_BYTES = 2**26
"""Bytes of a partition's tables, unpacked: what is read and scored at once by one thread."""

WORK = ".work"
"""The folder in the output for what is finished but not yet in order."""

_SETTING, _TABLES = "setting.json", "tables"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a job reads: `index` where the tables are partitioned, `files` where they are not."""

    tables: Path
    pairs: Path
    index: Index | None
    files: Paths
    hashes: dict[str, str]

    @classmethod
    def of(cls, tables: Path, pairs: Path) -> "Inputs":
        """Return the inputs as they are now."""
        index = load_index(tables)
        files = {} if index is not None else table_files(tables)
        if index is None:
            hashes = hashes_of(files)
        else:
            hashes = {name: table.sha256 for name, table in index.tables.items()}
        return cls(tables, pairs, index, files, {**hashes, "pairs": sha256([pairs])})

    @property
    def parts(self) -> int:
        """How many partitions there are, or are to be made."""
        if self.index is not None:
            return self.index.parts
        tables = sum(_unpacked(path) for paths in self.files.values() for path in paths)
        return -(-max(tables, _unpacked(self.pairs), 1) // PART_BYTES)


@dataclass(frozen=True, slots=True)
class Begun:
    """A job that can be run, its manifest, and partitions that were read on the way."""

    job: Job
    manifest: Manifest
    known: dict[int, Tables]
    totals: dict[str, int] | None
    """Rows of each table, the pairs among them; None where only reading tells."""


def begin(
    inputs: Inputs, out: Path, plan: Manifest, as_of: int | None, max_rejects: float
) -> Begun:
    """Begin a job, or go on with the one that `plan` is the manifest of.

    Parameters
    ----------
    inputs : Inputs
    out : Path
    plan : Manifest
        Without versions where the job is new.
    as_of : int or None
        As asked for.
    max_rejects : float

    Returns
    -------
    Begun

    Raises
    ------
    InputError
        If an input cannot be used, or a champion is missing.
    """
    work, parts = out / WORK, inputs.parts
    _set(work, {"parts": parts, "hashes": inputs.hashes, "pairs": str(inputs.pairs.absolute())})
    sent = once(work / PAIRS_SENT, Sent, lambda to: send([inputs.pairs], PAIRS, parts, to))
    models = _models(plan, sent.briefed)
    folder, index = inputs.tables, inputs.index
    if index is None and parts > 1:
        folder = work / _TABLES
        index = partition(inputs.tables, folder, parts, anew=True, budget=BUDGET)
    known: dict[int, Tables] = {}
    if plan.versions:
        when = instant(plan.as_of)
    elif as_of is not None:
        when = as_of
    else:
        latest, known = latest_of(folder, index, inputs.hashes)
        when = moment(latest, None)
    if not plan.versions:
        plan = msgspec.structs.replace(
            plan, as_of=text(when), versions=models.versions, digests=models.digests
        )
        manifests.save(out, plan)
    job = Job(
        tables=str(folder.absolute()),
        parts=parts,
        parted=index is not None,
        pairs=sent,
        pairs_file=inputs.pairs.name,
        hashes=inputs.hashes,
        as_of=when,
        reasons=int(plan.options["--reasons"] or 0),
        part_rows=int(plan.options["part_rows"] or 0),
        versions=plan.versions,
        digests=plan.digests,
        catalogue_hash=plan.catalogue_hash,
        max_rejects=max_rejects,
    )
    write_bytes(work / FILE, msgspec.json.encode(job))
    if index is None:
        return Begun(job, plan, known, None)
    totals = {name: table.rows for name, table in index.tables.items()}
    return Begun(job, plan, known, {**totals, "pairs": sent.rows})


def latest_of(
    folder: Path, index: Index | None, hashes: dict[str, str]
) -> tuple[int, dict[int, Tables]]:
    """Return the latest observation in any table, and partitions that were read to find it.

    Parameters
    ----------
    folder : Path
    index : Index or None
        Where the tables are partitioned.
    hashes : dict of str to str

    Returns
    -------
    int
        UNKNOWN_TIME where nothing was observed.
    dict of int to Tables
        Only what there is of tables that are not partitioned.
    """
    if index is None:
        tables = read_tables(folder, 0, False, hashes)
        return tables.latest, {0: tables}
    # What Parquet files say of their times bounds what stands of them: few parts must be read.
    bounds = {number: _bound(part_folder(folder, number)) for number in range(index.parts)}
    latest: int | None = None
    for number in sorted(bounds, key=lambda number: -bounds[number]):
        if latest is not None and latest >= bounds[number]:
            break
        found = read_tables(folder, number, True, hashes).latest
        if found != UNKNOWN_TIME:
            latest = found if latest is None else max(latest, found)
    return UNKNOWN_TIME if latest is None else latest, {}


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
    metadata = pq.read_metadata(path)
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


def _models(plan: Manifest, briefed: bool) -> Pinned:
    """Return the models that a begun job is held to, else the champions that the pairs need."""
    if plan.versions:
        return pinned(tuple(plan.digests), plan.versions, plan.digests)
    return pinned((FOLLOWERS, CONVERSION) if briefed else (FOLLOWERS,))


def _set(work: Path, setting: dict[str, object]) -> None:
    """Keep what is in the work folder only if it is of these inputs."""
    path, wanted = work / _SETTING, msgspec.json.encode(setting, order="sorted")
    if not path.exists() or path.read_bytes() != wanted:
        shutil.rmtree(work, ignore_errors=True)
        write_bytes(path, wanted)


def _unpacked(path: Path) -> int:
    """Return the bytes of a file's values."""
    try:
        if is_csv(path):
            return path.stat().st_size
        metadata = pq.read_metadata(path)
        return sum(metadata.row_group(n).total_byte_size for n in range(metadata.num_row_groups))
    except (OSError, pa.ArrowException):
        return 0  # told of in words where it is read
