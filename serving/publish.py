"""`credence publish`: tables to the online store, switched at once under running servers.

Partitions are computed at once in threads, and their sorted runs of entries merged into the store.
What is finished is a file: a command that was stopped does the rest when it is given again. Entries
of creators of which nothing changed are taken over from the store before (`serving.prints`).
"""

import errno
import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import lmdb
import msgspec
from tqdm import tqdm

from features.catalogue import catalogue_hash
from features.tables import Tables
from models.champions import pins
from serving.edition import ENTRY, KEY, SCHEMA, Done, Edition, Packed, nothing
from serving.entries import FORMAT, Meta, pack_meta
from serving.given import Given, keep_only
from serving.merging import merged, sized
from serving.moments import moment
from serving.parts import TEMPORARY, clear_end, held, sync, write_bytes
from serving.pinned import CONVERSION, FOLLOWERS, pinned
from serving.prints import ground
from serving.store import (
    BRIEFS,
    CREATOR,
    CURRENT,
    DATA,
    META,
    Store,
    StoreError,
    current,
    online,
    published,
)

SPACE = 2**28
"""Bytes that a new store may fill at first; doubled whenever they do not suffice."""

AT_ONCE = 2_000
"""Entries put in one transaction."""

WORK = ".work"
"""The folder beside the stores for what is finished of the next one."""

_TABLES, _MERGED = "tables", "merged"
_FULL = tuple(os.strerror(code) for code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


def publish(tables: Path, *, as_of: int | None = None) -> int:
    """Publish the creators and briefs of a tables folder.

    Parameters
    ----------
    tables : Path
        A tables folder, or the output of `credence partition`.
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
    OSError
        If the disk is full; the same command goes on where this one stopped.
    """
    names = (FOLLOWERS, CONVERSION) if CONVERSION in pins() else (FOLLOWERS,)
    models = pinned(names)
    with held(online()), clear_end(online()):
        print(f"reading {tables}", file=sys.stderr)
        found, known, when = _begin(Given.of(tables), online() / WORK, as_of)
        meta = Meta(
            format=FORMAT,
            catalogue_hash=catalogue_hash(),
            as_of=when,
            versions=models.versions,
            digests=models.digests,
            hashes=found.hashes,
            ground=ground(catalogue_hash(), models.digests),
        )
        path = online() / _stamp(meta)
        if (path / DATA).exists():
            meta, words = Store.open(path).meta, "all as before"
        else:
            folder = online() / WORK / path.name
            edition = Edition(folder, when, meta.ground, models.champions, _before())
            done = _made(edition, found, known)
            meta, words = _build(path, edition, done, meta), _told(done)
        before = current()
        write_bytes(online() / CURRENT, f"{path.name}\n".encode())
        _remove(keep=(path, before))
        shutil.rmtree(online() / WORK, ignore_errors=True)
    print(f"published {meta.creators} creators, {words}: {path}", file=sys.stderr)
    return meta.set_aside


def _begin(tables: Given, work: Path, as_of: int | None) -> tuple[Given, dict[int, Tables], int]:
    """Return the tables in parts, those that were read on the way, and the moment."""
    parts = tables.portions
    keep_only(work, {"parts": parts, "hashes": tables.hashes})
    found = tables.divided(work / _TABLES, parts)
    if as_of is not None:
        return found, {}, as_of
    latest, known = found.latest()
    return found, known, moment(latest, None)


def _stamp(meta: Meta) -> str:
    """Return a name that only equal content shares."""
    return hashlib.sha256(msgspec.json.encode(meta, order="sorted")).hexdigest()[:16]


def _before() -> Packed:
    """Return what gives the entries of the store that is published, if this version reads it."""
    with suppress(StoreError):
        if found := published():
            return found.packed
    return nothing


def _made(edition: Edition, tables: Given, known: dict[int, Tables]) -> list[Done]:
    """Make the entries of all partitions, those that are finished left as they are."""
    numbers = range(tables.parts)
    cores = os.cpu_count() or 1
    at_once = min(cores, len(numbers))

    def one(number: int) -> Done:
        there = edition.done(number)
        if there is not None:
            return there
        part = known.pop(number, None)
        return edition.make(part or tables.read(number), number, cores // at_once)

    done = []
    with tqdm(total=len(numbers), delay=2, unit=" parts", file=sys.stderr) as progress:
        pool = ThreadPoolExecutor(at_once)
        try:
            for found in pool.map(one, numbers):
                done.append(found)
                progress.update()
        finally:
            pool.shutdown(cancel_futures=True)
    return done


def _told(done: Sequence[Done]) -> str:
    """Return how many entries were computed, and how many were there."""
    computed = sum(one.computed for one in done)
    return f"{computed} computed and {sum(one.creators for one in done) - computed} as before"


def _build(path: Path, edition: Edition, done: Sequence[Done], meta: Meta) -> Meta:
    """Write a store that appears at `path` only once it is whole and on disk."""
    meta = msgspec.structs.replace(
        meta,
        creators=sum(one.creators for one in done),
        set_aside=sum(one.set_aside for one in done),
    )
    draft = path.with_name(f"{TEMPORARY}{path.name}")
    draft.mkdir()
    with _writing(draft) as database:
        # In the order of the keys, which is that of the ids: appending is faster and packs full.
        _put(database, [(BRIEFS, edition.briefs.read_bytes())])
        with tqdm(total=meta.creators, delay=2, unit=" creators", file=sys.stderr) as progress:
            for items in _entries(edition, len(done)):
                _put(database, items)
                progress.update(len(items))
        _put(database, [(META, pack_meta(meta))])
        database.sync(True)
    sync(draft)
    draft.rename(path)
    sync(path.parent)
    return meta


def _entries(edition: Edition, parts: int) -> Iterator[list[tuple[bytes, bytes]]]:
    """Yield the keys and entries of all creators in order, so many at a time.

    A store's bytes follow from what is put together, and so not from how many parts there were.
    """
    runs = [edition.run(number) for number in range(parts)]
    for table in sized(merged(runs, KEY, edition.folder / _MERGED), AT_ONCE, SCHEMA):
        keys = [CREATOR + one.encode() for one in table.column(KEY).to_pylist()]
        yield list(zip(keys, table.column(ENTRY).to_pylist(), strict=True))


@contextmanager
def _writing(folder: Path) -> Iterator[lmdb.Environment]:
    """Open a database for writing; a full disk is an OSError as anywhere else."""
    database = lmdb.open(str(folder), map_size=SPACE, lock=False, sync=False, metasync=False)
    try:
        yield database
    except lmdb.Error as error:
        if isinstance(error, lmdb.DiskError) or str(error).endswith(_FULL):
            raise OSError(errno.ENOSPC, str(error), str(folder)) from error
        raise
    finally:
        database.close()


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
