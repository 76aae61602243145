"""`credence publish`: tables to the online store, switched at once under running servers."""

import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import lmdb
import msgspec
import numpy as np
from tqdm import tqdm

from features.arrays import Ints
from features.catalogue import BASE, NAMES, catalogue_hash
from features.computing import Spine, samples, states
from features.reader import read
from features.summary import data_summary
from features.tables import Tables
from features.tiers import tiers
from models.champions import pins
from models.reasons import Peers
from models.scoring import Champions, audience_scores
from serving.entries import FORMAT, Known, Meta, pack_briefs, pack_creators, pack_meta
from serving.moments import moment
from serving.parts import TEMPORARY, held, sync, write_bytes
from serving.pinned import CONVERSION, FOLLOWERS, pinned
from serving.store import BRIEFS, CREATOR, CURRENT, DATA, META, current, online

CHUNK = 2_000
"""Creators written at once."""

SPACE = 2**28
"""Bytes that a new store may fill at first; doubled whenever they do not suffice."""


def publish(tables: Path, *, as_of: int | None = None) -> int:
    """Publish the creators and briefs of a tables folder.

    Parameters
    ----------
    tables : Path
        A tables folder.
    as_of : int, optional
        The moment to publish, microseconds; by default just after the latest observation.

    Returns
    -------
    int
        Rows of the tables that were set aside.

    Raises
    ------
    InputError
        If the tables cannot be used, `fake_followers` has no champion, or another process is
        publishing.
    """
    print(f"reading {tables}", file=sys.stderr)
    found = read(tables)
    when = moment(found.latest, as_of)
    names = (FOLLOWERS, CONVERSION) if CONVERSION in pins() else (FOLLOWERS,)
    models = pinned(names)
    meta = Meta(
        format=FORMAT,
        catalogue_hash=catalogue_hash(),
        as_of=when,
        versions=models.versions,
        digests=models.digests,
        hashes=dict(found.hashes),
        creators=len(found.creators.ids),
    )
    with held(online()):
        path = online() / _stamp(meta)
        if not (path / DATA).exists():
            _build(path, found, models.champions, meta)
        before = current()
        write_bytes(online() / CURRENT, f"{path.name}\n".encode())
        _remove(keep=(path, before))
    print(f"published {meta.creators} creators: {path}", file=sys.stderr)
    return len(found.set_aside)


def _stamp(meta: Meta) -> str:
    """Return a name that only equal content shares."""
    return hashlib.sha256(msgspec.json.encode(meta, order="sorted")).hexdigest()[:16]


def _build(path: Path, tables: Tables, champions: Champions, meta: Meta) -> None:
    """Write a store that appears at `path` only once it is whole and on disk."""
    draft = path.with_name(f"{TEMPORARY}{path.name}")
    draft.mkdir()
    database = lmdb.open(str(draft), map_size=SPACE, lock=False, sync=False, metasync=False)
    # In the order of the keys, which is the order of the ids: appending is faster and packs full.
    _put(database, [(BRIEFS, pack_briefs(tables.briefs))])
    rows = np.arange(len(tables.creators.ids))
    with tqdm(total=len(rows), delay=2, unit=" creators", file=sys.stderr) as progress:
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            values = pack_creators(_known(tables, part, meta.as_of, champions))
            keys = (CREATOR + tables.creators.ids[row].encode() for row in part.tolist())
            _put(database, list(zip(keys, values, strict=True)))
            progress.update(len(part))
    _put(database, [(META, pack_meta(meta))])
    database.sync(True)
    database.close()
    sync(draft)
    draft.rename(path)
    sync(path.parent)


def _known(tables: Tables, creators: Ints, as_of: int, champions: Champions) -> Known:
    """Return what is known of creators, computed as a batch job does."""
    spine = Spine.of(creators, as_of)
    found = states(tables, creators, as_of, threads=os.cpu_count() or 1)
    X = np.full((len(creators), len(NAMES)), np.nan)
    X[:, : len(BASE)] = found.base
    return Known(
        states=found,
        audience=audience_scores(champions, X, samples(tables, spine)),
        peers=Peers(tables.creators.platform[creators].tolist(), tiers(found.followers)),
        summary=data_summary(tables, spine),
    )


def _put(database: lmdb.Environment, items: Sequence[tuple[bytes, bytes]]) -> None:
    """Write all items or, where space is short, make more and try again."""
    while True:
        try:
            with database.begin(write=True) as transaction:
                for key, value in items:
                    transaction.put(key, value, append=True)
        except lmdb.MapFullError:
            database.set_mapsize(2 * database.info()["map_size"])
        else:
            return


def _remove(keep: Iterable[Path | None]) -> None:
    """Remove the other stores that no process reads."""
    for path in online().iterdir():
        if path in keep or not (path / DATA).exists():
            continue
        with suppress(BlockingIOError, FileNotFoundError), (path / DATA).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path)
