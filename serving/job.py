"""One partition of a batch job: what it needs is plain data, and what it does is files.

The same function runs in a thread, in a process beside, or on another machine of a cluster that
sees the same folders. It writes sorted runs of scores and rejects, which are merged afterwards, and
last of all a record of its counts: a partition with a record is finished.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from features.catalogue import catalogue_hash
from features.computing import Spine
from features.errors import InputError
from features.frame import joined
from features.reader import File, file_of
from features.schema import PAIRS, TABLES
from features.sources import typed
from features.summary import HISTORY, data_summary
from features.tables import SetAside, Tables
from serving.given import read_tables
from serving.merging import write_run
from serving.pairs import Pairs, pairs_of, take
from serving.parted import WHOLE, Placed
from serving.parts import write_bytes
from serving.pinned import CONVERSION, FOLLOWERS, Pinned, pinned
from serving.scores import rejects_table, scores_table, with_reasons
from serving.scoring import audiences, reasons_of, scored
from serving.sending import Arrived, Sent
from serving.streaming import PLACE

FILE, PAIRS_SENT, RUNS = "job.json", "pairs", "runs"
ORDER = "__order"
"""The column of a run of rejects that says where they stand among all."""

_TABLE = 2**44  # more rows than a table has


class Job(msgspec.Struct, frozen=True):
    """`job.json` in a work folder: all that a partition needs to know."""

    tables: str
    parts: int
    parted: bool
    """Whether the tables are partitioned: else they are one part."""
    pairs: Sent
    pairs_file: str
    hashes: dict[str, str]
    as_of: int
    reasons: int
    part_rows: int
    versions: dict[str, str]
    digests: dict[str, str]
    catalogue_hash: str
    max_rejects: float

    def results(self, work: Path) -> Path:
        """Return the folder of what was scored: another job's workers, if any are left, miss it."""
        bits = msgspec.json.encode(msgspec.structs.replace(self, max_rejects=0.0))
        return work / RUNS / hashlib.sha256(bits).hexdigest()[:16]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one partition."""

    number: int
    pairs: int
    scores: int
    rejected_pairs: int
    collapsed: int
    rejects: int
    blocks: int
    """Files of its run of scores."""
    missing: dict[str, int]
    read: dict[str, int]
    """Rows of each table, the pairs among them."""
    broken: list[tuple[str, str, str, int]]
    """How many rows were set aside, by table, rule and reason."""


def run_part(
    work: Path,
    number: int,
    *,
    threads: int = 1,
    tables: Tables | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> Record:
    """Score one partition into the work folder.

    Parameters
    ----------
    work : Path
        Holds the job; every file appears in it whole or not at all.
    number : int
    threads : int
        Changes no bit.
    tables : Tables, optional
        The partition, where it has been read.
    progress : callable
        Told of pairs scored.

    Returns
    -------
    Record
        Not saved, and nothing scored, where too much of the partition is bad.

    Raises
    ------
    InputError
        If an input cannot be used or is not what it was when the job began.
    """
    job = msgspec.json.decode((work / FILE).read_bytes(), type=Job)
    results = job.results(work)
    if found := load_record(results, number):
        return found
    if job.catalogue_hash != catalogue_hash():
        raise InputError(
            "a worker runs another version of credence than the command: install the same one"
        )
    if tables is None:
        tables = read_tables(Path(job.tables), number, job.parted, job.hashes)
    pairs = pairs_of(_pairs(work, job, number), tables, job.as_of)
    # Every partition sees the tables that are of no creator; one of them tells of their rows.
    rejects = pairs.rejects + [
        one for one in tables.set_aside if not (number and one.table in WHOLE)
    ]
    record = _record(job, number, tables, pairs, rejects)
    if too_many([record], job.max_rejects, None if job.parts > 1 else record.read):
        return record
    models = _models(tuple(job.versions.items()), tuple(job.digests.items()))
    for block in range(record.blocks):
        path = results / "scores" / f"{number:05d}-{block:05d}"
        rows = take(pairs.spine, slice(block * job.part_rows, (block + 1) * job.part_rows))
        if not path.exists():
            table = _scores(tables, rows, models, job.reasons, threads)
            write_run(path, [table], table.schema)
        progress(len(rows))
    _write_rejects(results / "rejects" / f"{number:05d}", rejects)
    write_bytes(_record_file(results, number), msgspec.json.encode(record))
    return record


def load_record(results: Path, number: int) -> Record | None:
    """Return what came of a partition that was finished, else None."""
    path = _record_file(results, number)
    return msgspec.json.decode(path.read_bytes(), type=Record) if path.exists() else None


def _record_file(results: Path, number: int) -> Path:
    return results / "records" / f"{number:05d}.json"


def too_many(records: Sequence[Record], most: float, totals: dict[str, int] | None) -> str:
    """Return which table lost more than the allowed share of its rows, and why; else nothing.

    Parameters
    ----------
    records : sequence of Record
        Partitions so far: what they lost is never found again.
    most : float
    totals : dict of str to int or None
        Rows of each table in all partitions; None where they are not known.

    Returns
    -------
    str
    """
    if totals is None:
        return ""
    reasons: dict[str, Counter[tuple[str, str]]] = {}
    for record in records:
        for table, rule, reason, times in record.broken:
            reasons.setdefault(table, Counter())[rule, reason] += times
    for table, found in reasons.items():
        if found.total() > most * totals.get(table, 0):
            (rule, reason), times = found.most_common(1)[0]
            return (
                f"{table}: {found.total()} of {totals.get(table, 0)} rows were set aside, more than"
                f" --max-rejects {most:g} allows; {times} of them for {rule}: {reason}. Correct"
                " them, or allow more"
            )
    return ""


def _pairs(work: Path, job: Job, number: int) -> File:
    """Return the pairs of one partition, each with its place in their file."""
    sent = Arrived(PAIRS, work / PAIRS_SENT, job.pairs)
    rows = [(rows, frame) for _, rows, frame in sent.frames(number, whole=True)]
    if not rows:
        layout = pa.ipc.read_schema(pa.py_buffer(job.pairs.layouts[0]))
        rows = [(None, typed(Path(job.pairs_file), layout.empty_table(), PAIRS))]
    frame = joined([frame for _, frame in rows])
    places = np.concatenate(
        [np.zeros(0, np.int64)]
        + [one.column(PLACE).to_numpy() for one, _ in rows if one is not None]
    )
    origin = Placed(frame.origin.parts, tuple(job.pairs.files), lambda: places)
    frame = replace(frame, origin=origin)
    return file_of(Path(job.pairs_file), frame, job.hashes["pairs"])


def _record(job: Job, number: int, tables: Tables, pairs: Pairs, rejects: list[SetAside]) -> Record:
    counted = Counter((one.table, one.rule, one.reason) for one in rejects)
    n = len(pairs.spine)
    return Record(
        number=number,
        pairs=pairs.read,
        scores=n,
        rejected_pairs=len(pairs.rejects),
        collapsed=pairs.collapsed,
        rejects=len(rejects),
        blocks=max(-(-n // job.part_rows), 1),
        missing=_missing(tables, pairs.spine),
        read={"pairs": pairs.read, **{name: one.read for name, one in tables.counts.items()}},
        broken=[(*key, times) for key, times in counted.items()],
    )


def _missing(tables: Tables, spine: Spine) -> dict[str, int]:
    """Return how many rows see nothing of a table."""
    first, places = audiences(spine)
    lacking = data_summary(tables, take(spine, first)).missing
    counts: Counter[str] = Counter()
    for names, rows in zip(lacking, np.bincount(places).tolist(), strict=True):
        counts.update(dict.fromkeys(names, rows))
    return {table: counts[table] for table in HISTORY if counts[table]}


@lru_cache(maxsize=1)
def _models(versions: tuple[tuple[str, str], ...], digests: tuple[tuple[str, str], ...]) -> Pinned:
    """Return the models that a job is held to, read once a process."""
    names = (FOLLOWERS, CONVERSION) if CONVERSION in dict(digests) else (FOLLOWERS,)
    return pinned(names, dict(versions), dict(digests))


def _scores(tables: Tables, rows: Spine, models: Pinned, reasons: int, threads: int) -> pa.Table:
    """Return the scores of these pairs."""
    found = scored(tables, rows, models.champions, threads=threads)
    table = scores_table(tables, rows, found, models.versions)
    if not reasons:
        return table
    return with_reasons(table, reasons_of(found, models.champions, reasons))


def _write_rejects(path: Path, rejects: list[SetAside]) -> None:
    """Write the rejects of a partition, by table and place, with where they stand among all."""
    number = {name: (1 + place) * _TABLE for place, name in enumerate(TABLES)} | {"pairs": 0}
    orders = np.array([number[one.table] + one.place for one in rejects], dtype=np.int64)
    table = rejects_table(rejects).append_column(ORDER, pa.array(orders))
    table = table.take(pa.array(np.argsort(orders)))
    write_run(path, [table], table.schema)
