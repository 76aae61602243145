"""How a batch job begins: its inputs, in how many partitions, as of when, and with which models."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from features.schema import PAIRS
from features.sources import sha256
from features.tables import Tables
from serving import given
from serving import manifest as manifests
from serving.given import Given, keep_only, unpacked
from serving.job import FILE, PAIRS_SENT, Job
from serving.manifest import Manifest
from serving.moments import instant, moment, text
from serving.parts import write_bytes
from serving.pinned import CONVERSION, FOLLOWERS, Pinned, pinned
from serving.sending import Sent, once, send

WORK = ".work"
"""The folder in the output for what is finished but not yet in order."""

_TABLES = "tables"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a job reads, with the hashes of all of it."""

    tables: Given
    pairs: Path
    hashes: dict[str, str]

    @classmethod
    def of(cls, tables: Path, pairs: Path) -> "Inputs":
        """Return the inputs as they are now."""
        found = Given.of(tables)
        return cls(found, pairs, {**found.hashes, "pairs": sha256([pairs])})

    @property
    def parts(self) -> int:
        """How many partitions there are, or are to be made."""
        if self.tables.index is not None:
            return self.tables.parts
        return -(-max(self.tables.unpacked, unpacked(self.pairs), 1) // given.PART_BYTES)


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
    pairs = str(inputs.pairs.absolute())
    keep_only(work, {"parts": parts, "hashes": inputs.hashes, "pairs": pairs})
    sent = once(work / PAIRS_SENT, Sent, lambda to: send([inputs.pairs], PAIRS, parts, to))
    models = _models(plan, sent.briefed)
    tables = inputs.tables.divided(work / _TABLES, parts)
    known: dict[int, Tables] = {}
    if plan.versions:
        when = instant(plan.as_of)
    elif as_of is not None:
        when = as_of
    else:
        latest, known = tables.latest()
        when = moment(latest, None)
    if not plan.versions:
        plan = msgspec.structs.replace(
            plan, as_of=text(when), versions=models.versions, digests=models.digests
        )
        manifests.save(out, plan)
    job = Job(
        tables=str(tables.folder.absolute()),
        parts=parts,
        parted=tables.index is not None,
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
    if tables.index is None:
        return Begun(job, plan, known, None)
    totals = {name: table.rows for name, table in tables.index.tables.items()}
    return Begun(job, plan, known, {**totals, "pairs": sent.rows})


def _models(plan: Manifest, briefed: bool) -> Pinned:
    """Return the models that a begun job is held to, else the champions that the pairs need."""
    if plan.versions:
        return pinned(tuple(plan.digests), plan.versions, plan.digests)
    return pinned((FOLLOWERS, CONVERSION) if briefed else (FOLLOWERS,))
