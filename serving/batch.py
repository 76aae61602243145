"""`credence score`: pairs in a file to scores in Parquet parts, whatever interrupts it."""

import os
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
from tqdm import tqdm

from features.catalogue import catalogue_hash
from features.computing import Spine
from features.errors import InputError
from features.reader import read
from features.summary import HISTORY, data_summary
from features.tables import SetAside, Tables
from serving import manifest as manifests
from serving.manifest import Manifest
from serving.moments import instant, moment, text
from serving.pairs import Pairs, read_pairs, take
from serving.parts import held, is_part, write_part
from serving.pinned import CONVERSION, FOLLOWERS, Pinned, pinned
from serving.scores import rejects_table, scores_table, with_reasons
from serving.scoring import audiences, reasons_of, scored

PART_ROWS = 20_000
"""Rows of a part: seconds of work, which is what a stopped job loses at most."""

# Where a part begins, by the file that it goes to.
Places = list[tuple[Path, int]]


class TooManyRejectsError(InputError):
    """More rows were set aside than the job may lose."""


@dataclass(frozen=True, slots=True)
class _Job:
    """All that the output depends on, but for the models."""

    out: Path
    tables: Tables
    pairs: Pairs
    rejects: list[SetAside]
    reasons: int
    part_rows: int


def score(
    tables: Path,
    pairs: Path,
    out: Path,
    *,
    as_of: int | None = None,
    reasons: int = 0,
    max_rejects: float = 0.05,
    part_rows: int = PART_ROWS,
) -> int:
    """Score every pair into `out`; parts that an earlier run finished are kept.

    Parameters
    ----------
    tables : Path
        A tables folder.
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

    Returns
    -------
    int
        Rows that were set aside.

    Raises
    ------
    InputError
        If an input cannot be used, too much of it is set aside, a champion is missing, or `out`
        holds, or is being filled by, another job.
    """
    started = time.monotonic()
    with held(out):
        begun = manifests.load(out)
        _say(f"reading {tables}")
        found = read(tables)
        when = moment(found, as_of) if begun is None else instant(begun.as_of)
        asked = read_pairs(pairs, found, when)
        _refuse_too_many(found, asked, max_rejects)
        job = _Job(out, found, asked, [*asked.rejects, *found.set_aside], reasons, part_rows)
        plan = _plan(job, when, as_of)
        if begun is not None:
            manifests.refuse_other(out, begun, plan)
            plan = begun
        plan = _run(job, plan, begun is not None)
        if not plan.finished:
            seconds = round(time.monotonic() - started, 3)
            manifests.save(out, msgspec.structs.replace(plan, finished=True, seconds=seconds))
    return len(job.rejects)


def _plan(job: _Job, when: int, as_of: int | None) -> Manifest:
    """Return the manifest of a job without its models."""
    return Manifest(
        pairs=job.pairs.read,
        scores=len(job.pairs.spine),
        rejected_pairs=len(job.pairs.rejects),
        collapsed=job.pairs.collapsed,
        rejects=len(job.rejects),
        missing=_missing(job.tables, job.pairs.spine),
        as_of=text(when),
        versions={},
        digests={},
        catalogue_hash=catalogue_hash(),
        options={
            "--as-of": None if as_of is None else text(as_of),
            "--reasons": job.reasons,
            "part_rows": job.part_rows,
        },
        hashes={**job.tables.hashes, "pairs": job.pairs.sha256},
    )


def _missing(tables: Tables, spine: Spine) -> dict[str, int]:
    """Return how many rows see nothing of a table."""
    first, places = audiences(spine)
    lacking = data_summary(tables, take(spine, first)).missing
    counts: Counter[str] = Counter()
    for names, rows in zip(lacking, np.bincount(places).tolist(), strict=True):
        counts.update(dict.fromkeys(names, rows))
    return {table: counts[table] for table in HISTORY if counts[table]}


def _run(job: _Job, plan: Manifest, resumed: bool) -> Manifest:
    """Write every part that is not there yet, and return the manifest with its models."""
    scores = _places(job, "scores", plan.scores)
    rejects = _places(job, "rejects", plan.rejects)
    missing = [(path, start) for path, start in scores if not _there(job, path, start, plan.scores)]
    lacking = [f"{count} of {plan.scores} see no {table}" for table, count in plan.missing.items()]
    if lacking:
        _say(f"pairs: {', '.join(lacking)}")
    if resumed:
        _say(f"{job.out}: {len(scores) - len(missing)} of {len(scores)} parts were finished before")
    if missing or not resumed:
        models = _models(job, plan, resumed)
        if not resumed:
            versions, digests = models.versions, models.digests
            plan = msgspec.structs.replace(plan, versions=versions, digests=digests)
            manifests.save(job.out, plan)
        _write_scores(job, models, missing)
    for path, start in rejects:
        if not _there(job, path, start, plan.rejects):
            write_part(path, rejects_table(job.rejects[start : start + job.part_rows]))
    return plan


def _models(job: _Job, plan: Manifest, resumed: bool) -> Pinned:
    """Return the models that the pairs need: the first run's, or the champions."""
    briefed = bool((job.pairs.spine.brief >= 0).any())
    names = (FOLLOWERS, CONVERSION) if briefed else (FOLLOWERS,)
    return pinned(names, plan.versions, plan.digests) if resumed else pinned(names)


def _write_scores(job: _Job, models: Pinned, missing: Places) -> None:
    spine = job.pairs.spine
    parts = [(path, take(spine, slice(start, start + job.part_rows))) for path, start in missing]
    total = sum(len(rows) for _, rows in parts)
    with tqdm(total=total, delay=2, unit=" pairs", file=sys.stderr) as progress:
        for path, rows in parts:
            write_part(path, _part(job, models, rows))
            progress.update(len(rows))


def _part(job: _Job, models: Pinned, rows: Spine) -> pa.Table:
    """Return the scores of these pairs."""
    found = scored(job.tables, rows, models.champions, threads=os.cpu_count() or 1)
    table = scores_table(job.tables, rows, found, models.versions)
    if not job.reasons:
        return table
    return with_reasons(table, reasons_of(found, models.champions, job.reasons))


def _places(job: _Job, name: str, rows: int) -> Places:
    """Return the parts of so many rows; one without a row where there is none."""
    starts = range(0, max(rows, 1), job.part_rows)
    folder = job.out / name
    return [(folder / f"part-{n:05d}.parquet", start) for n, start in enumerate(starts)]


def _there(job: _Job, path: Path, start: int, rows: int) -> bool:
    return is_part(path, min(job.part_rows, rows - start))


def _refuse_too_many(tables: Tables, pairs: Pairs, most: float) -> None:
    """Raise where a larger share of the pairs, or of a table's rows, is set aside."""
    shares = {name: (counts.set_aside, counts.read) for name, counts in tables.counts.items()}
    shares["pairs"] = (len(pairs.rejects), pairs.read)
    for name, (bad, read_rows) in shares.items():
        if bad > most * read_rows:
            found = Counter(
                (one.rule, one.reason)
                for one in (*pairs.rejects, *tables.set_aside)
                if one.table == name
            )
            (rule, reason), times = found.most_common(1)[0]
            raise TooManyRejectsError(
                f"{name}: {bad} of {read_rows} rows were set aside, more than --max-rejects"
                f" {most:g} allows; {times} of them for {rule}: {reason}. Correct them, or allow"
                " more"
            )


def _say(words: str) -> None:
    print(words, file=sys.stderr)
