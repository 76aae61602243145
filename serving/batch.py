"""`credence score`: pairs in a file to scores in Parquet parts, whatever interrupts it.

Pairs and tables are partitioned by creator where they are not small; partitions are scored at once
in threads, in processes or on a cluster (`serving.job`), and their sorted runs are merged to parts
that depend on nothing but the inputs. What is finished is a file; a restart does the rest.
"""

import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from threading import Event

import msgspec
from tqdm import tqdm

from features.catalogue import catalogue_hash
from features.errors import InputError
from features.summary import HISTORY
from features.tables import Tables
from serving import manifest as manifests
from serving.beginning import WORK, Begun, Inputs, begin
from serving.job import ORDER, RUNS, Record, load_record, run_part, too_many
from serving.manifest import Manifest
from serving.merging import Run, merged, run_schema, sized
from serving.moments import text
from serving.parts import clear_end, held, is_part, write_part

PART_ROWS = 20_000
"""Rows of a part: seconds of work, which is what a stopped job loses at most."""

Told = Callable[[int], object]
Runner = Callable[[Path, Sequence[int], Told], Iterator[Record]]


class TooManyRejectsError(InputError):
    """More rows were set aside than the job may lose."""


def score(
    tables: Path,
    pairs: Path,
    out: Path,
    *,
    as_of: int | None = None,
    reasons: int = 0,
    max_rejects: float = 0.05,
    part_rows: int = PART_ROWS,
    workers: int | None = None,
    scheduler: str | None = None,
) -> int:
    """Score every pair into `out`; what an earlier run finished is kept.

    Parameters
    ----------
    tables : Path
        A tables folder, or the output of `credence partition`.
    pairs : Path
        CSV or Parquet with creator_id [, brief_id, as_of, compensation, fee].
    out : Path
        Gets scores/, rejects/ and manifest.json.
    as_of : int, optional
        The moment of pairs that name none, microseconds; by default just after the latest
        observation in the tables.
    reasons : int
        Reasons a model and pair; 0 leaves the column out.
    max_rejects : float
        Largest share of the pairs, and of the rows of each table, that may be set aside.
    part_rows : int
        Rows in a part.
    workers : int, optional
        Score in so many processes beside; by default in threads of this one.
    scheduler : str, optional
        Address of a Dask cluster to score on, whose machines see all these folders.

    Returns
    -------
    int
        Rows that were set aside.

    Raises
    ------
    InputError
        If an input cannot be used, too much of it is set aside, a champion is missing, or `out`
        holds, or is being filled by, another job.
    OSError
        If the disk is full; the same command goes on where this one stopped.
    """
    started = time.monotonic()
    moment = None if as_of is None else text(as_of)
    options = {"--as-of": moment, "--reasons": reasons, "part_rows": part_rows}
    with held(out), clear_end(out):
        before = manifests.load(out)
        inputs = Inputs.of(tables, pairs)
        plan = Manifest(options=options, hashes=inputs.hashes, catalogue_hash=catalogue_hash())
        if before is not None:
            manifests.refuse_other(out, before, plan)
            if _finished(out, before, part_rows):
                return before.rejects
        try:
            begun = begin(inputs, out, before or plan, as_of, max_rejects)
            records = _records(begun, out, _runner(workers, scheduler, begun.known))
        except InputError:
            _leave_nothing(out, before)
            raise
        found = _counted(begun.manifest, records)
        _merge(records, begun.job.results(out / WORK), out, part_rows)
        seconds = round(time.monotonic() - started, 3)
        manifests.save(out, msgspec.structs.replace(found, finished=True, seconds=seconds))
        shutil.rmtree(out / WORK, ignore_errors=True)
    return found.rejects


def _finished(out: Path, manifest: Manifest, part_rows: int) -> bool:
    """Return whether nothing of a job is missing, and say what is there."""
    if not manifest.finished:
        return False
    scores = _missing_parts(out / "scores", manifest.scores, part_rows)
    rejects = _missing_parts(out / "rejects", manifest.rejects, part_rows)
    number = max(-(-manifest.scores // part_rows), 1)
    _say(f"{out}: {number - scores} of {number} parts were finished before")
    if scores or rejects:
        return False
    shutil.rmtree(out / WORK, ignore_errors=True)
    return True


def _missing_parts(folder: Path, rows: int, size: int) -> int:
    """Return how many parts of so many rows are not there, or not whole."""
    starts = range(0, max(rows, 1), size)
    return sum(
        not is_part(_part(folder, number), min(size, rows - start))
        for number, start in enumerate(starts)
    )


def _part(folder: Path, number: int) -> Path:
    return folder / f"part-{number:05d}.parquet"


def _records(begun: Begun, out: Path, runner: Runner) -> list[Record]:
    """Score the partitions that are not finished yet, and return what came of all of them."""
    work, job = out / WORK, begun.job
    there = [load_record(job.results(work), number) for number in range(job.parts)]
    records = [record for record in there if record is not None]
    missing = [number for number, record in enumerate(there) if record is None]
    blocks = len([*(job.results(work) / "scores").glob("*")])
    if blocks:
        _say(
            f"{out}: going on; {len(records)} of {job.parts} partitions and {blocks} blocks of"
            " scores were finished before"
        )
    with tqdm(total=job.pairs.rows, delay=2, unit=" pairs", file=sys.stderr) as progress:
        progress.update(sum(record.pairs for record in records))
        _refuse_too_many(records, begun)
        for record in runner(work, missing, progress.update):
            records.append(record)
            progress.update(record.pairs - record.scores)
            _refuse_too_many(records, begun)
    return sorted(records, key=lambda record: record.number)


def _refuse_too_many(records: Sequence[Record], begun: Begun) -> None:
    totals = begun.totals or (records[0].read if records else {})
    if why := too_many(records, begun.job.max_rejects, totals):
        raise TooManyRejectsError(why)


def _runner(workers: int | None, scheduler: str | None, known: dict[int, Tables]) -> Runner:
    """Return what scores partitions."""
    if workers is None and scheduler is None:
        return partial(_in_threads, known)
    from serving.cluster import on_cluster

    return partial(on_cluster, workers, scheduler)


def _in_threads(
    known: dict[int, Tables], work: Path, numbers: Sequence[int], progress: Told
) -> Iterator[Record]:
    """Score partitions in threads: one computes while another reads or writes."""
    cores = os.cpu_count() or 1
    at_once = max(min(cores, len(numbers)), 1)
    stopped = Event()

    def told(rows: int) -> None:
        if stopped.is_set():
            raise InterruptedError
        progress(rows)

    pool = ThreadPoolExecutor(at_once)
    try:
        one = partial(run_part, work, threads=cores // at_once, progress=told)
        futures = [pool.submit(one, number, tables=known.pop(number, None)) for number in numbers]
        for future in as_completed(futures):
            yield future.result()
    finally:
        stopped.set()
        pool.shutdown(cancel_futures=True)


def _counted(plan: Manifest, records: Sequence[Record]) -> Manifest:
    """Return the manifest with what came of all partitions, and say what they lacked."""
    missing: Counter[str] = Counter()
    for record in records:
        missing.update(record.missing)
    found = msgspec.structs.replace(
        plan,
        **{
            name: sum(getattr(record, name) for record in records)
            for name in ("pairs", "scores", "rejected_pairs", "collapsed", "rejects")
        },
        missing={table: missing[table] for table in HISTORY if missing[table]},
    )
    lacking = [
        f"{count} of {found.scores} see no {table}" for table, count in found.missing.items()
    ]
    if lacking:
        _say(f"pairs: {', '.join(lacking)}")
    return found


def _merge(records: Sequence[Record], runs: Path, out: Path, part_rows: int) -> None:
    """Write the parts of scores and rejects that are not there yet."""
    scores: list[Run] = [
        [runs / "scores" / f"{one.number:05d}-{block:05d}" for block in range(one.blocks)]
        for one in records
    ]
    rejects: list[Run] = [[runs / "rejects" / f"{one.number:05d}"] for one in records]
    for name, key, some in (("scores", "creator_id", scores), ("rejects", ORDER, rejects)):
        schema = run_schema(some[0])
        tables = sized(merged(some, key, runs / f"{name}-merged"), part_rows, schema)
        for number, table in enumerate(tables):
            path = _part(out / name, number)
            kept = [column for column in table.column_names if column != ORDER]
            if not is_part(path, len(table)):
                write_part(path, table.select(kept))


def _leave_nothing(out: Path, before: Manifest | None) -> None:
    """Remove what a refused job has begun, where no work would be lost with it."""
    work = out / WORK
    if before is None and not (work / "tables").exists() and not (work / RUNS).exists():
        shutil.rmtree(work, ignore_errors=True)
        (out / manifests.NAME).unlink(missing_ok=True)


def _say(words: str) -> None:
    print(words, file=sys.stderr)
